/** A dataset as blocks of rows, one read ahead. */
import type { ReadResult } from "../datatypes/values.js";
import { checkOptions, Hdf5UsageError } from "../errors.js";
import { product } from "../selection/resolved.js";
import type { StreamOptions } from "./options.js";
import type { Dataset } from "./types.js";

/** Bytes of a block that nobody asked to be otherwise. */
const BLOCK_BYTES = 8 * 2 ** 20;

export async function* streamRows(
  dataset: Dataset,
  options: StreamOptions,
): AsyncGenerator<ReadResult & { readonly start: number }> {
  checkOptions(options);
  const { rows, start = 0, stop = dataset.length, onProgress, ...how } = options;
  check("start", start, 0, dataset.length);
  check("stop", stop, start, dataset.length);
  if (rows !== undefined) check("rows", rows, 1, Number.MAX_SAFE_INTEGER);
  const rowBytes = product(dataset.shape.slice(1)) * dataset.datatype.size;
  const progress = { done: 0, total: (stop - start) * rowBytes };
  const read = async (from: number, to: number): Promise<ReadResult & { readonly start: number }> => {
    const selection = dataset.shape.length === 0 ? undefined : ([[from, to]] as const);
    const result = await dataset.read(selection, how);
    progress.done += (to - from) * rowBytes;
    onProgress?.({ ...progress });
    return { ...result, start: from };
  };
  let ahead: Promise<ReadResult & { readonly start: number }> | undefined;
  for (const [from, to] of blocks(start, stop, rows, rowBytes, dataset.chunkShape?.[0] ?? 1)) {
    const current = ahead;
    ahead = read(from, to);
    // Whoever stops early never hears of it; whoever goes on meets the error by awaiting.
    ahead.catch(() => undefined);
    if (current !== undefined) yield await current;
  }
  if (ahead !== undefined) yield await ahead;
}

/** Blocks of whole chunks, the first one cut so that those after it begin with a chunk; or of the rows asked for. */
function* blocks(
  start: number,
  stop: number,
  rows: number | undefined,
  rowBytes: number,
  chunkRows: number,
): Iterable<readonly [from: number, to: number]> {
  const fitting = Math.max(1, Math.floor(BLOCK_BYTES / Math.max(1, rowBytes)));
  const step = rows ?? Math.max(1, Math.floor(fitting / chunkRows)) * chunkRows;
  for (let from = start; from < stop; ) {
    const cut = rows === undefined && from === start ? from % chunkRows : 0;
    const to = Math.min(stop, from + step - cut);
    yield [from, to];
    from = to;
  }
}

function check(argument: string, value: number, least: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  throw new Hdf5UsageError(argument, `is ${String(value)}`, `a number of rows from ${least} to ${most}`);
}
