/** Bytes as spec tables and dumps show them: hexadecimal pairs, with white space anywhere; "…" in quotes is ASCII text. */
export function hex(text: string): Uint8Array {
  const parts = text.match(/"[^"]*"|[0-9a-f]{2}/gi) ?? [];
  return Uint8Array.from(
    parts.flatMap((part) =>
      part[0] === '"' ? [...part.slice(1, -1)].map((c) => c.charCodeAt(0)) : [parseInt(part, 16)],
    ),
  );
}
