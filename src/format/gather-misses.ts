/** Ways to ask for more in one round trip than the walk itself would. */
import { type ByteRange, type ByteSource, type FilteredRange, Miss } from "./byte-source.js";

/**
 * Ask for `ranges`; where a round trip is needed for them, load `alongside` in it too. Never waits for `alongside` alone.
 * @throws Miss when one of `ranges` is absent.
 */
export function needTogether(
  source: ByteSource,
  ranges: readonly ByteRange[],
  alongside: () => readonly ByteRange[],
): void {
  try {
    source.need(ranges);
  } catch (thrown) {
    if (!(thrown instanceof Miss)) throw thrown;
    const inside = alongside().filter(({ address, length }) => address + length <= source.end);
    throw new Miss([...thrown.ranges, ...inside], thrown.filtered, thrown.code);
  }
}

/**
 * Read every item, and ask for everything that was absent at once.
 *
 * For structures whose next address is known only after a decode (heap objects behind indirect blocks, headers with
 * continuations): each round takes all items one pointer further, so rounds are as many as the deepest item has levels.
 * @throws Miss holding the ranges of all items that missed; what `read` throws otherwise, at once.
 */
export function gatherMisses<T, R>(items: Iterable<T>, read: (item: T) => R): R[] {
  const results: R[] = [];
  const absent = new Map<string, ByteRange>();
  const filtered = new Map<string, FilteredRange>();
  const code: Promise<unknown>[] = [];
  for (const item of items) {
    try {
      results.push(read(item));
    } catch (thrown) {
      if (!(thrown instanceof Miss)) throw thrown;
      for (const range of thrown.ranges) absent.set(`${range.address}+${range.length}`, range);
      for (const range of thrown.filtered) filtered.set(`${range.address}+${range.length}`, range);
      code.push(...thrown.code);
    }
  }
  if (absent.size + filtered.size + code.length > 0) {
    throw new Miss([...absent.values()], [...filtered.values()], code);
  }
  return results;
}
