/** Header messages that a file keeps once for many objects. This module is loaded by files that have such. */
import { Cursor } from "../bytes/cursor.js";
import { Hdf5FormatError } from "../errors.js";
import type { ByteSource } from "../format/byte-source.js";
import type { FormatContext } from "../format/context.js";
import { checkHeapIdLength, readFractalHeap } from "../format/fractal-heap.js";
import { decodeSharedMessageTableMessage } from "../format/messages/shared-message-table.js";
import { readSharedMessageTable, type SharedMessageIndex } from "../format/shared-message-table.js";
import type { TreeLimits } from "../format/visited-nodes.js";
import type { SharedMessages } from "./state.js";

const HEAP_ID_SIZE = 8; // H5O_FHEAP_ID_LEN
/** Messages kept: what is shared is asked for again and again. */
const KEPT_BYTES = 4 * 2 ** 20;

/**
 * Finds shared messages of a file by their heap ids. One round trip for the table, then those of the heap; a message that
 * was found is kept. Nobody changes one: a writer puts other messages beside them.
 */
export function sharedMessages(cur: Cursor, ctx: FormatContext): SharedMessages {
  const message = decodeSharedMessageTableMessage(cur, ctx);
  const known = new Map<string, Uint8Array>();
  let kept = 0;
  return (source, heapId, messageType, limits) => {
    const key = `${messageType}:${heapId.join()}`;
    const found = known.get(key);
    if (found !== undefined) return new Cursor(found, "shared message");
    const table = readSharedMessageTable(source, message, ctx);
    const bytes = objectOf(source, table, heapId, messageType, ctx, limits).slice();
    if (kept + bytes.length <= KEPT_BYTES) {
      known.set(key, bytes);
      kept += bytes.length;
    }
    return new Cursor(bytes, "shared message");
  };
}

function objectOf(
  source: ByteSource,
  table: readonly SharedMessageIndex[],
  heapId: Uint8Array,
  messageType: number,
  ctx: FormatContext,
  limits: TreeLimits,
): Uint8Array {
  const heapAddress = table.find(({ messageTypes }) => ((messageTypes >>> messageType) & 1) !== 0)?.heapAddress;
  if (heapAddress === undefined) {
    throw new Hdf5FormatError({ structure: "shared message table" }, `has no heap for messages of type ${messageType}`);
  }
  const heap = readFractalHeap(source, heapAddress, ctx, limits);
  checkHeapIdLength(heap, heapAddress, HEAP_ID_SIZE);
  return heap.object(heapId);
}
