/** Writing a file anew: everything that is in it, without the space that editing left, in another format if asked for. */
import { temporaryBeside } from "#platform";
import { copyFile } from "../api/copy.js";
import { createKeeping } from "../api/create.js";
import { open } from "../api/open.js";
import type { CreateOptions, OpenOptions, Source } from "../api/options.js";
import type { Hdf5File } from "../api/types.js";
import { isWritable, type WritableDriver } from "../drivers/driver.js";
import { checkOptions, Hdf5UsageError, refuse } from "../errors.js";
import type { FilterInput } from "../filters/filter.js";
import { shapeOf } from "../format/messages/dataspace.js";
import type { DatasetState, ObjectState } from "../model/state.js";
import type { DatasetSpec } from "../model/writer-contract.js";
import type { CopyWatch } from "./edited-copy.js";
import { verifyCopy } from "./verify-copy.js";

/** Options of `repack`. Those of `open` are for the source. */
export interface RepackOptions extends CopyWatch, Pick<OpenOptions, "external" | "filters" | "limits" | "driver"> {
  readonly memberSize?: number | undefined;
  /** The format written; `"v108"` by default. */
  readonly libver?: CreateOptions["libver"];
  /** The pipeline of every dataset that can have one; `[]` takes filters away. By default each keeps its own. */
  readonly pipeline?: readonly FilterInput[] | undefined;
  /**
   * The chunk shape of every dataset of that rank; `true`: guessed for every dataset that has chunks or gets filters.
   * By default each keeps its own.
   */
  readonly chunkShape?: readonly number[] | true | undefined;
  /** Read everything again and compare; true by default. */
  readonly verify?: boolean | undefined;
}

/** Datasets of fewer bytes are not given filters: their chunks would take more than they save. */
const SMALLEST_FILTERED = 1024;

/**
 * Write all objects of a file into a new one: attributes, comments, links of every kind and their order, committed
 * datatypes, filters, chunks, fill values and user block are kept, shared objects are copied once, and references lead
 * to the copies. Space that deleted objects left is not, nor are times of objects. Data of external files and of virtual
 * datasets become the new file's own.
 * @param source what `open` takes.
 * @param target path of the new file, written beside its place and renamed when it is complete; or a driver.
 * @throws Hdf5UnsupportedError naming what cannot be kept; Hdf5StateError "failed" when what was written differs; what
 * `open` and reading throw. No new file is left.
 * @example await repack("session.h5", "small.h5", { pipeline: ["shuffle", "deflate"] });
 */
export async function repack(
  source: Source,
  target: string | WritableDriver,
  options: RepackOptions = {},
): Promise<void> {
  checkOptions(options);
  if (typeof target !== "string" && !isWritable(target)) {
    throw new Hdf5UsageError("target", "is no path and no driver that can be written", "a path or a WritableDriver");
  }
  const { external, filters, limits, driver, memberSize, signal, pipeline, chunkShape } = options;
  if (pipeline !== undefined && !Array.isArray(pipeline)) refuse("pipeline", pipeline, "an array of filters");
  if (chunkShape !== undefined && chunkShape !== true && !Array.isArray(chunkShape)) {
    refuse("chunkShape", chunkShape, "an array of extents, or true");
  }
  await using file = await open(source, { external, filters, limits, driver, memberSize, signal });
  if (typeof target !== "string") {
    await repackInto(file, target, options);
    return;
  }
  const temporary = await temporaryBeside(target);
  try {
    await repackInto(file, temporary.path, options);
    signal?.throwIfAborted();
    await temporary.commit();
  } catch (error) {
    await temporary.discard();
    throw error;
  }
}

async function repackInto(file: Hdf5File, target: string | WritableDriver, options: RepackOptions): Promise<void> {
  const { libver, filters, limits, signal, onProgress, verify = true } = options;
  const userBlock = await file.readUserBlock();
  const orders = { links: file.root.linkOrder, attributes: file.root.attrs.order };
  const out = await createKeeping(target, { libver, filters, limits, userBlock, signal }, orders);
  try {
    const reshape = (spec: DatasetSpec, source: ObjectState): DatasetSpec => reshaped(spec, source, options);
    const pairs = await copyFile(file.root, out.root, { signal, onProgress, reshape });
    await out.close();
    if (!verify) return;
    await using written = await open(target, { filters, limits, signal });
    await verifyCopy(written, pairs, signal);
  } finally {
    if (!out.closed) await out.abort();
  }
}

/** What a dataset becomes. */
function reshaped(spec: DatasetSpec, source: ObjectState, { pipeline, chunkShape }: RepackOptions): DatasetSpec {
  const { dataspace, datatype } = source.dataset as DatasetState; // asked for datasets only
  const shape = shapeOf(dataspace);
  if (dataspace.kind !== "simple" || shape.length === 0 || shape.includes(0)) return spec;
  const bytes = shape.reduce((product, extent) => product * extent, datatype.size);
  let changed = spec;
  if (pipeline !== undefined && (pipeline.length === 0 || bytes >= SMALLEST_FILTERED)) {
    const layout = pipeline.length === 0 || spec.layout === "chunked" ? spec.layout : undefined;
    changed = { ...changed, layout, filters: pipeline.length === 0 ? undefined : pipeline };
  }
  const isChunked = changed.layout === "chunked" || changed.filters !== undefined || spec.chunkShape !== undefined;
  if (chunkShape === true && isChunked) return { ...changed, chunkShape };
  if (chunkShape === undefined || chunkShape === true || chunkShape.length !== shape.length) return changed;
  const limits = dataspace.maxShape ?? shape;
  const fitting = chunkShape.map((length, d) => Math.min(length, limits[d] ?? length));
  return { ...changed, layout: undefined, chunkShape: fitting };
}
