/** Any value in a few characters, for messages. Nothing of the value is called. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return `[${value.length > 8 ? `${value.length} entries` : value.map(shown).join(", ")}]`;
  if (typeof value === "object" && value !== null) return "an object";
  if (typeof value === "function") return "a function";
  const text = String(value);
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
