/** Source datasets of virtual datasets: opened under the policy, missing ones told apart from forbidden ones. */
import { Hdf5LimitError, Hdf5LinkError, isHdf5Error } from "../../errors.js";
import { openExternal } from "../external.js";
import { resolvePath, rootOf } from "../paths.js";
import type { FileState, ObjectState } from "../state.js";

/** The way from the dataset that was asked for to the one that is looked at now, and what the way may cost. */
export interface Trail {
  /** Virtual datasets being read, outermost first. */
  readonly objects: readonly ObjectState[];
  /** Bytes that may still be taken from sources: mappings of mappings could multiply without end. */
  readonly budget: { bytes: number; readonly allowed: number };
  /** Path of the outermost dataset, for the policy. */
  readonly path: string | undefined;
}

/** Slack of the budget: what small reads may take from their sources. */
const BUDGET_SLACK = 64 * 1024;
/** How often mappings may give the same element. */
const BUDGET_FACTOR = 16;

/** The trail of a read of so many bytes that begins here. */
export function newTrail(bytes: number, path: string | undefined): Trail {
  return { objects: [], budget: { bytes: 0, allowed: BUDGET_FACTOR * bytes + BUDGET_SLACK }, path };
}

/**
 * One step deeper.
 * @throws Hdf5LinkError when the dataset is its own source; Hdf5LimitError beyond `virtualDepth`.
 */
export function deeper(trail: Trail, object: ObjectState): Trail {
  const { virtualDepth } = object.file.limits;
  if (trail.objects.includes(object)) {
    throw new Hdf5LinkError("cycle", "a virtual dataset that is its own source", { file: object.file.name });
  }
  if (trail.objects.length >= virtualDepth) {
    throw new Hdf5LimitError("virtualDepth", trail.objects.length + 1, virtualDepth, "virtual datasets of each other");
  }
  return { ...trail, objects: [...trail.objects, object] };
}

/** Take bytes from sources. @throws Hdf5LimitError when overlapping mappings take far more than was asked for. */
export function charge({ budget }: Trail, bytes: number): void {
  budget.bytes += bytes;
  if (budget.bytes <= budget.allowed) return;
  throw new Hdf5LimitError("readBytes", budget.bytes, budget.allowed, "data of virtual datasets' sources");
}

/**
 * The dataset that a mapping names.
 * @returns undefined when the file or the dataset is not there.
 * @throws Hdf5PolicyError when the file is not allowed; what opening throws when it is damaged.
 */
export async function openSource(
  object: ObjectState,
  file: string,
  dataset: string,
  trail: Trail,
): Promise<ObjectState | undefined> {
  const other = await sourceFile(object.file, file, trail);
  if (other === undefined) return undefined;
  try {
    const reached = await resolvePath(await rootOf(other), dataset);
    return reached.object.kind === "dataset" ? reached.object : undefined;
  } catch (error) {
    const absent = isHdf5Error(error, "not-found") || (isHdf5Error(error, "link") && error.reason === "dangling");
    if (!absent) throw error;
    return undefined;
  }
}

async function sourceFile(from: FileState, name: string, trail: Trail): Promise<FileState | undefined> {
  if (name === ".") return from;
  return openExternal(from, name, { kind: "virtual-source", path: trail.path ?? "" });
}
