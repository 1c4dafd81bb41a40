/** Making a dataset, and filling it from a source: block after block, each a call of its own in the file's order. */
import type { WriteData } from "../datatypes/values.js";
import { Hdf5UsageError } from "../errors.js";
import { assertOpen, closedError, requireWriter } from "../model/calls.js";
import type { ObjectState } from "../model/state.js";
import type { DatasetSpec } from "../model/writer-contract.js";
import type { ObjectCore } from "./object-core.js";

/**
 * Create a dataset; with `source`, the promise settles when the source has ended.
 * @throws what the source throws, after the dataset is removed again.
 */
export async function createDataset(core: ObjectCore, path: string, spec: DatasetSpec): Promise<ObjectState> {
  const { source } = spec;
  if (source === undefined) return core.relink((writer) => writer.createDataset(core.state, path, spec));
  if (spec.data !== undefined) {
    throw new Hdf5UsageError("source", "is given beside data", "one of them: what comes first can be the first block");
  }
  const { file } = core.state;
  const dataset = await core.relink((writer) => writer.createDataset(core.state, path, spec));
  const filling = fill(core, path, dataset, source, spec);
  // Flush and close wait for this; the caller gets what went wrong.
  const settled = filling.then(
    () => undefined,
    () => undefined,
  );
  file.sources.add(settled);
  void settled.then(() => file.sources.delete(settled));
  await filling;
  return dataset;
}

async function fill(
  core: ObjectCore,
  path: string,
  dataset: ObjectState,
  source: Iterable<WriteData> | AsyncIterable<WriteData>,
  { signal, onProgress }: DatasetSpec,
): Promise<void> {
  const { file } = dataset;
  const progress = { done: 0 };
  try {
    for await (const block of source) {
      signal?.throwIfAborted();
      if (file.writer === undefined) throw closedError(file);
      const before = progress.done;
      // A file that is being closed takes no new calls, but waits for this one: so it goes past that check.
      await file.queue.exclusive(() =>
        requireWriter(file).append(dataset, block, 0, {
          signal,
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
    if (file.writer !== undefined) await file.queue.exclusive(() => requireWriter(file).unlink(core.state, path));
    throw error;
  }
  if (file.writer === undefined) assertOpen(file);
}
