/** Making a dataset, and filling it from a source: block after block, each a call of its own in the file's order. */
import type { WriteData } from "../datatypes/values.js";
import { Hdf5UsageError, isHdf5Error } from "../errors.js";
import { assertOpen, closedError, requireWriter, tracked } from "../model/calls.js";
import { linkAt } from "../model/paths.js";
import type { FileState, ObjectState } from "../model/state.js";
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
  spec.signal?.throwIfAborted();
  const blocks = new Taken(source, file, spec.signal);
  try {
    // What the spec leaves open, the first block tells: its datatype, and the shape of a row. Only then is a block taken
    // before the dataset takes its place in the order of calls.
    const isWhole = spec.datatype !== undefined && spec.shape !== undefined;
    const first = isWhole ? undefined : await blocks.next();
    if (first?.done === true) {
      const expected = "datatype and shape beside a source that may be empty";
      throw new Hdf5UsageError("source", "ended without a block", expected);
    }
    const described = first === undefined ? spec : describedBy(first.value, spec);
    file.linksRevision++;
    const dataset = await file.queue.exclusive(() => requireWriter(file).createDataset(at, path, described, kept));
    await fill(at, path, dataset, first, blocks, spec, kept);
    return dataset;
  } catch (error) {
    await blocks.giveUp();
    throw error;
  }
}

/** Blocks of whole rows. */
export type Blocks = Iterable<WriteData> | AsyncIterable<WriteData>;

/** The blocks of a source, one after another, until the caller's signal or the end of the file ends the waiting. */
class Taken {
  readonly #iterator: Iterator<WriteData> | AsyncIterator<WriteData>;
  readonly #file: FileState;
  readonly #signal: AbortSignal | undefined;
  /** What the source is doing: a source that is asked for a block, or has none left, need not be told of the end. */
  #state: "between" | "asked" | "ended" = "between";

  constructor(source: Blocks, file: FileState, signal: AbortSignal | undefined) {
    this.#iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
    this.#file = file;
    this.#signal = signal;
  }

  async next(): Promise<IteratorResult<WriteData, unknown>> {
    this.#state = "asked";
    const next = await tracked(this.#file, undefined, this.#signal, async () => {
      try {
        return await this.#iterator.next();
      } catch (error) {
        this.#state = "ended";
        throw error;
      }
    });
    this.#state = next.done === true ? "ended" : "between";
    return next;
  }

  /** Let the source release what it holds. */
  async giveUp(): Promise<void> {
    if (this.#state === "ended") return;
    const told = (async () => this.#iterator.return?.())().catch(() => undefined);
    // One that never answers must not keep anybody waiting.
    if (this.#state === "between") await told;
  }
}

async function fill(
  at: ObjectState,
  path: string,
  dataset: ObjectState,
  first: IteratorResult<WriteData, unknown> | undefined,
  blocks: Taken,
  { signal, onProgress }: DatasetSpec,
  kept: KeptTraits,
): Promise<void> {
  const { file } = dataset;
  const progress = { done: 0 };
  let breath = performance.now();
  try {
    for (let next = first ?? (await blocks.next()); next.done !== true; next = await blocks.next()) {
      // A source and a medium that never wait would keep signals, timers and everybody else from having their turn.
      if (performance.now() - breath > LONGEST_TURN) {
        await new Promise((resolve) => setTimeout(resolve, 0));
        breath = performance.now();
      }
      signal?.throwIfAborted();
      if (file.writer === undefined) throw closedError(file);
      const before = progress.done;
      const block = next.value;
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
    if (file.writer !== undefined) await file.queue.exclusive(() => remove(at, path, dataset));
    throw error;
  }
  if (file.writer === undefined) assertOpen(file);
}

/** Take the dataset away again, unless something else has its name by now. */
async function remove(at: ObjectState, path: string, dataset: ObjectState): Promise<void> {
  try {
    const { link } = await linkAt({ object: at, path: undefined }, path);
    if (link.kind !== "hard" || link.address !== dataset.address) return;
    await requireWriter(at.file).unlink(at, path);
  } catch (error) {
    // Why filling failed says more than why it cannot be undone.
    if (!isHdf5Error(error)) throw error;
  }
}
