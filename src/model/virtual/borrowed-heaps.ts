/**
 * Variable-length elements of sources in other files: what they lead to in heaps there is put where the virtual dataset's
 * file looks first, under addresses that lie behind its end, until the elements are decoded.
 */
import type { Datatype } from "../../format/messages/datatype.js";
import { heapObjects } from "../global-heaps.js";
import type { StoredOptions } from "../raw-data.js";
import type { FileState } from "../state.js";
import { translateElements } from "../translate.js";
import { unusedAddress } from "../unused-address.js";

/** Are there references among the elements? They lead to objects of their own file. */
export function hasReferences(datatype: Datatype): boolean {
  switch (datatype.kind) {
    case "reference":
      return true;
    case "vlen":
    case "array":
      return hasReferences(datatype.base);
    case "compound":
      return datatype.members.some((member) => hasReferences(member.datatype));
    default:
      return false;
  }
}

/** The elements as if they lay in the other file. */
export async function borrowElements(
  from: FileState,
  to: FileState,
  bytes: Uint8Array,
  count: number,
  datatype: Datatype,
  { borrowed }: StoredOptions,
  into: Uint8Array | undefined,
): Promise<Uint8Array> {
  const heap = await heapObjects(from, bytes, datatype, count);
  const address = unusedAddress(to);
  const objects = new Map<number, Uint8Array>();
  const sink = {
    put(object: Uint8Array): { collection: number; index: number } {
      objects.set(objects.size + 1, object);
      return { collection: address, index: objects.size };
    },
  };
  const widths = { from: from.context.sizeOfOffsets, to: to.context.sizeOfOffsets };
  const made = translateElements(bytes, count, datatype, datatype, { ...widths, heap, sink, address: () => undefined });
  to.pendingHeaps.set(address, objects);
  borrowed?.push(() => to.pendingHeaps.delete(address));
  if (into === undefined) return made;
  into.set(made);
  return into;
}
