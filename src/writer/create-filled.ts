/** Making a dataset, and filling it from a source: block after block, each a call of its own in the file's order. */
import type { WriteData } from "../datatypes/values.js";
import { Hdf5UsageError } from "../errors.js";
import { assertOpen, closedError, requireWriter } from "../model/calls.js";
import type { ObjectState } from "../model/state.js";
import type { DatasetSpec, KeptTraits } from "../model/writer-contract.js";
import { checkBlocks, checkSpec } from "./arguments.js";
import { pathBelow } from "./datasets.js";
import { describedBy } from "./described-by.js";

/** Milliseconds of work after which others have their turn. */
const LONGEST_TURN = 50;

/**
 * Create a dataset from its source; the promise settles when the source has ended.
 * @throws what the source throws, after the dataset is removed again.
 */
export function createFilled(
  at: ObjectState,
  path: string,
  spec: DatasetSpec,
  source: Blocks,
  kept: KeptTraits = {},
): Promise<ObjectState> {
  const { file } = at;
  checkSpec(spec);
  checkBlocks(source);
  if (spec.data !== undefined) {
    throw new Hdf5UsageError("source", "is given beside data", "one of them: what comes first can be the first block");
  }
  const filling = createAndFill(at, path, spec, source, kept);
  // Flush and close wait for this; the caller gets what went wrong.
  const settled = filling.then(
    () => undefined,
    () => undefined,
  );
  file.sources.add(settled);
  void settled.then(() => file.sources.delete(settled));
  return filling;
}

/** A file that is being closed takes no new calls, but waits for this one: so its parts go past that check. */
async function createAndFill(
  at: ObjectState,
  path: string,
  spec: DatasetSpec,
  source: Blocks,
  kept: KeptTraits,
): Promise<ObjectState> {
  const { file } = at;
  const isWhole = spec.datatype !== undefined && spec.shape !== undefined;
  const { described, blocks } = isWhole ? { described: spec, blocks: source } : await describedBySource(spec, source);
  file.linksRevision++;
  const dataset = await file.queue.exclusive(() => requireWriter(file).createDataset(at, path, described, kept));
  await fill(at, path, dataset, blocks, spec, kept);
  return dataset;
}

/** Blocks of whole rows. */
export type Blocks = Iterable<WriteData> | AsyncIterable<WriteData>;

/**
 * What the spec leaves open, the first block tells: its datatype, and the shape of a row. Only then is a block taken
 * before the dataset takes its place in the order of calls.
 */
async function describedBySource(
  spec: DatasetSpec,
  source: Blocks,
): Promise<{ described: DatasetSpec; blocks: Blocks }> {
  const iterator = iteratorOf(source);
  const first = await iterator.next();
  if (first.done === true) {
    throw new Hdf5UsageError("source", "ended without a block", "datatype and shape beside a source that may be empty");
  }
  const described = describedBy(first.value, spec);
  return { described, blocks: resumed(first.value, iterator) };
}

function iteratorOf(source: Blocks): Iterator<WriteData> | AsyncIterator<WriteData> {
  return Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
}

async function* resumed(
  first: WriteData,
  iterator: Iterator<WriteData> | AsyncIterator<WriteData>,
): AsyncGenerator<WriteData, undefined> {
  let ended = false;
  try {
    yield first;
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
    ended = true;
  } finally {
    if (!ended) await iterator.return?.();
  }
}

async function fill(
  at: ObjectState,
  path: string,
  dataset: ObjectState,
  source: Iterable<WriteData> | AsyncIterable<WriteData>,
  { signal, onProgress }: DatasetSpec,
  kept: KeptTraits,
): Promise<void> {
  const { file } = dataset;
  const progress = { done: 0 };
  let breath = performance.now();
  try {
    for await (const block of source) {
      // A source and a medium that never wait would keep signals, timers and everybody else from having their turn.
      if (performance.now() - breath > LONGEST_TURN) {
        await new Promise((resolve) => setTimeout(resolve, 0));
        breath = performance.now();
      }
      signal?.throwIfAborted();
      if (file.writer === undefined) throw closedError(file);
      const before = progress.done;
      await file.queue.exclusive(() =>
        requireWriter(file).append(dataset, block, 0, {
          signal,
          path: pathBelow(kept.base, path),
          onProgress: ({ done }) => {
            progress.done = before + done;
            onProgress?.({ done: progress.done, total: undefined });
          },
        }),
      );
    }
    signal?.throwIfAborted();
  } catch (error) {
    file.linksRevision++;
    if (file.writer !== undefined) await file.queue.exclusive(() => requireWriter(file).unlink(at, path));
    throw error;
  }
  if (file.writer === undefined) assertOpen(file);
}
