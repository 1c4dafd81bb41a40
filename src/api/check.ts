/** Looking for damage: everything that can be reached is read, and what cannot be is said. */
import { checkOptions, type Hdf5Error, Hdf5FilterError, Hdf5FormatError, isHdf5Error, refuse } from "../errors.js";
import { reading } from "../model/calls.js";
import { allChunks } from "../model/chunk-table.js";
import { isAbsent } from "./copy-contents.js";
import { stateOf } from "./handles.js";
import type { ChunkInfo, Dataset, Finding, Hdf5File, Hdf5Object, Unresolved } from "./types.js";

interface CheckOptions {
  /** Read and decode all raw data too. */
  readonly data?: boolean | undefined;
  /** Rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined;
}

/** Rows of contiguous data read at once. */
const BLOCK_BYTES = 8 * 2 ** 20;

/** Chunks that are looked for one by one, stored or not. */
const MOST_PLACES = 2 ** 24;

/** `check` of whole-file.ts. */
export async function* checkFile(
  file: Hdf5File,
  options: { readonly data?: boolean | undefined; readonly signal?: AbortSignal | undefined },
): AsyncIterable<Finding> {
  checkOptions(options);
  const { signal } = options;
  if (typeof file !== "object" || !("root" in (file ?? {}))) refuse("file", file, "an open file");
  if (file.wasNotClosed) {
    const message = "the consistency flags say that a writer has the file open, or ended without closing it";
    yield { code: "not-closed", severity: "warning", structure: "superblock", address: 0, message };
  }
  yield* checkObject(file.root, "/", options);
  for await (const [name, object] of file.root.visit({ signal })) {
    const path = `/${name}`;
    if (object.kind === "unresolved") yield unresolvedFinding(object, path);
    else yield* checkObject(object, path, options);
  }
}

async function* checkObject(object: Hdf5Object, path: string, options: CheckOptions): AsyncGenerator<Finding> {
  const { signal } = options;
  for await (const [name, attribute] of object.attrs.entries({ signal })) {
    if (attribute.kind === "unresolved") {
      yield finding(attribute.error, object.address, `${path}@${name}`);
      continue;
    }
    yield* findings(object.address, `${path}@${name}`, signal, () => attribute.read(undefined, { signal }));
  }
  if (object.kind === "group") yield* checkLinks(object, path, signal);
  if (object.kind === "dataset") yield* checkDataset(object, path, options);
}

/** Soft links that lead nowhere; external ones are for `external` to allow, and not followed here. */
async function* checkLinks(
  group: Hdf5Object & { kind: "group" },
  path: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Finding> {
  let links: Awaited<ReturnType<typeof group.links>>;
  try {
    links = await group.links({ signal });
  } catch (error) {
    // The visit reports the damaged group itself.
    if (!isHdf5Error(error) || error.code === "state" || error.code === "driver") throw error;
    return;
  }
  for (const link of links) {
    // A name that is no UTF-8 cannot be asked for by its text.
    if (link.kind !== "soft" || link.name.includes("\ufffd")) continue;
    const place = `${path === "/" ? "" : path}/${link.name}`;
    for await (const found of findings(group.address, place, signal, () => group.get(link.name))) {
      const isLink = found.code === "link" || found.code === "policy";
      yield isLink ? { ...found, severity: "warning" } : found;
    }
  }
}

async function* checkDataset(dataset: Dataset, path: string, { data, signal }: CheckOptions): AsyncGenerator<Finding> {
  const { address, shape, chunkShape } = dataset;
  const chunks = (): AsyncIterable<Pick<ChunkInfo, "offset" | "address">> =>
    isVast(dataset) ? storedChunks(dataset) : dataset.chunks();
  yield* findings(address, path, signal, async () => dataset.fillValue);
  const index = chunks();
  let damaged = false;
  for await (const found of findings(address, path, signal, async () => {
    for await (const _ of index) signal?.throwIfAborted();
  })) {
    damaged = true;
    yield found;
  }
  if (!data || damaged) return;
  if (chunkShape !== undefined) {
    for await (const { offset, address: at } of chunks()) {
      if (at === undefined) continue;
      const box = offset.map((from, d) => [from, Math.min(from + (chunkShape[d] ?? 1), shape[d] ?? 0)] as const);
      yield* findings(at, path, signal, () => dataset.read(box, { signal }));
    }
    return;
  }
  const rowBytes = shape.slice(1).reduce((product, extent) => product * extent, dataset.datatype.size);
  const rows = Math.max(1, Math.floor(BLOCK_BYTES / Math.max(1, rowBytes)));
  yield* findings(address, path, signal, async () => {
    if (isAbsent(stateOf(dataset, "dataset"))) return;
    for await (const _ of dataset.stream({ rows, signal })) signal?.throwIfAborted();
  });
}

/** Does the extent have places for so many chunks that most can only be empty? */
function isVast({ shape, chunkShape }: Dataset): boolean {
  if (chunkShape === undefined) return false;
  return shape.reduce((count, extent, d) => count * Math.ceil(extent / (chunkShape[d] ?? 1)), 1) > MOST_PLACES;
}

async function* storedChunks(dataset: Dataset): AsyncGenerator<Pick<ChunkInfo, "offset" | "address">> {
  const object = stateOf(dataset, "dataset");
  const { baseAddress } = object.file.pager;
  for (const { offset, address } of await reading(object.file, () => allChunks(object)))
    yield { offset, address: address === undefined ? undefined : baseAddress + address };
}

/** What goes wrong when this is done. */
async function* findings(
  address: number,
  path: string,
  signal: AbortSignal | undefined,
  attempt: () => Promise<unknown>,
): AsyncGenerator<Finding> {
  signal?.throwIfAborted();
  try {
    await attempt();
  } catch (error) {
    if (!isHdf5Error(error) || error.code === "state" || error.code === "driver") throw error;
    yield finding(error, address, path);
  }
}

function unresolvedFinding({ error, link }: Unresolved, path: string): Finding {
  if (error.code === "driver") throw error;
  return finding(error, link?.kind === "hard" ? link.address : 0, path);
}

function finding(error: Hdf5Error, address: number, path: string): Finding {
  const where = error instanceof Hdf5FormatError ? error.where : undefined;
  const unknown = error.code === "unsupported" || error.code === "policy";
  return {
    code: error.code,
    severity: unknown ? "warning" : "error",
    structure: where?.structure ?? (error instanceof Hdf5FilterError ? "chunk" : "object"),
    address: where?.address ?? address,
    message: `${path}: ${error.message}`,
  };
}
