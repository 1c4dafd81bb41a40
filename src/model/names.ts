/** Names of links and attributes as keys and in order: by their bytes. */
import { linkKey } from "../format/messages/link.js";

/** Printable ASCII: its bytes are its characters. */
const PRINTABLE = /^[ -~]+$/;

/** The key under which a name is kept. */
export function nameKey(name: string): string {
  return PRINTABLE.test(name) ? name : linkKey(new TextEncoder().encode(name));
}

/** In ascending order of the names' bytes. */
export function byName<T extends { readonly nameBytes: Uint8Array }>(list: Iterable<T>): T[] {
  // Keys have one character per byte, so that their order is that of the bytes.
  const keyed = Array.from(list, (item) => ({ item, key: linkKey(item.nameBytes) }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return keyed.map(({ item }) => item);
}
