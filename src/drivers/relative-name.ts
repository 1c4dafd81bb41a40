/** Names that a file gives for other files. Design: safety policy. */

/**
 * Why a name is not plainly relative; undefined when it is. Both kinds of slash separate, on every system, because a
 * file may come from any.
 */
export function relativeNameProblem(name: string): string | undefined {
  if (name === "") return "is empty";
  if (name.includes("\0")) return "holds a NUL";
  if (/^[/\\]/.test(name)) return "is absolute";
  if (/^[A-Za-z]:/.test(name)) return "names a drive";
  if (/^[A-Za-z][A-Za-z0-9+.-]*:/.test(name)) return "names a scheme";
  if (name.split(/[/\\]/).includes("..")) return "leads upwards";
  return undefined;
}
