/** Ways to ask for more in one round trip than the walk itself would. */
import { isHdf5Error } from "../errors.js";
import { type ByteRange, type ByteSource, Miss } from "./byte-source.js";

/**
 * Ask for `ranges`; where a round trip is needed for them, load `alongside` in it too. Never waits for `alongside` alone.
 * @throws Miss when one of `ranges` is absent.
 */
export function needTogether(source: ByteSource, ranges: readonly ByteRange[], alongside: readonly ByteRange[]): void {
  try {
    source.need(ranges);
  } catch (thrown) {
    if (!(thrown instanceof Miss)) throw thrown;
    const inside = alongside.filter(({ address, length }) => address + length <= source.end);
    throw new Miss([...thrown.ranges, ...inside]);
  }
}

/**
 * Try `read` on every item, and ask for everything that was absent at once. Errors of the library are left for the
 * caller to meet when it reads the item itself: one damaged item must not keep the others from being loaded.
 *
 * For structures whose next address is known only after a decode (heap objects behind indirect blocks, headers with
 * continuations): each round takes all items one pointer further, so rounds are as many as the deepest item has levels.
 * @throws Miss holding the ranges of all items that missed.
 */
export function gatherMisses<T>(items: Iterable<T>, read: (item: T) => void): void {
  const ranges = new Map<string, ByteRange>();
  for (const item of items) {
    try {
      read(item);
    } catch (thrown) {
      if (thrown instanceof Miss) {
        for (const range of thrown.ranges) ranges.set(`${range.address}+${range.length}`, range);
      } else if (!isHdf5Error(thrown)) throw thrown;
    }
  }
  if (ranges.size > 0) throw new Miss([...ranges.values()]);
}
