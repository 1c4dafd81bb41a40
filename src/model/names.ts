/** Names of links and attributes as keys and in order: by their bytes. */
import { compareBytes, linkKey } from "../format/messages/link.js";

/** The key under which a name is kept. */
export function nameKey(name: string): string {
  return linkKey(new TextEncoder().encode(name));
}

/** In ascending order of the names' bytes. */
export function byName<T extends { readonly nameBytes: Uint8Array }>(list: Iterable<T>): T[] {
  return [...list].sort((a, b) => compareBytes(a.nameBytes, b.nameBytes));
}
