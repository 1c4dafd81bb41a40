/** Any value in a few characters, for messages. Nothing of the value is called; lists in lists in lists are not shown. */
export function shown(value: unknown, depth = 0): string {
  if (Array.isArray(value)) {
    if (value.length > 8 || depth > 2) return `[${value.length} entries]`;
    return `[${value.map((entry) => shown(entry, depth + 1)).join(", ")}]`;
  }
  if (typeof value === "object" && value !== null) return "an object";
  if (typeof value === "function") return "a function";
  const text = String(value);
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
