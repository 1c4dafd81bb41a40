/**
 * May a damaged file be read like this? Every byte of a sound file is one of these, and what may change follows:
 *
 * 1. Under a checksum (metadata with one that was not put right, raw data with a fletcher32 or zlib sum), or where
 *    nothing of the file lies: every thing is as it was, or is an error. The same for a file that was cut.
 * 2. Raw data without a sum: the data of their dataset may be others, everything else is as under 1.
 * 3. Metadata without a checksum, or with one that was put right, and places that the map of the file does not know: a well-formed file with other content may come of it,
 *    so other values prove nothing. What is asked then: the same things whatever is read first; and a pointer that
 *    leads out of the file by 2^32, 2^53 or more is noticed where one that leads just behind its end is.
 *
 * Whatever was changed: no error without a type, no hang, no memory beyond the budget.
 */
import { fletcher32 } from "../../src/bytes/checksum.js";
import { applyEdits, type FileMap, type MappedStructure, type Mutation } from "../../src/testing/index.js";
import { type Snapshot, snapshot, UntypedError } from "./snapshot.js";

/** A sound file, and what is in it. */
export interface SoundFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly map: FileMap;
  readonly original: Snapshot;
  /** Of fields by position: does a pointer just behind the end of the file give an error there? Found when needed. */
  readonly followed: Map<number, boolean>;
}

/** Of so many mutations of kind 3, one is read a second time backwards. */
const BACKWARDS_EVERY = 8;

/** What is wrong with the reading of a mutation; undefined: nothing. */
export async function findFault(file: SoundFile, mutation: Mutation): Promise<string | undefined> {
  try {
    const found = await snapshot(mutation.bytes);
    const kind = kindOf(file.map, mutation);
    if (kind !== "open") return changed(file, found, kind);
    if (mutation.seed % BACKWARDS_EVERY === 0) {
      const other = difference(found, await snapshot(mutation.bytes, true));
      if (other !== undefined) return `order of reading: ${other}`;
    }
    return await unnoticed(file, mutation, found);
  } catch (error) {
    if (error instanceof UntypedError) return `error without a type: ${error.message}`;
    throw error;
  }
}

/** "strict": rule 1; addresses of datasets: rule 2; "open": rule 3. */
type Kind = "strict" | "open" | ReadonlySet<number>;

function kindOf(map: FileMap, { bytes, edits, checksumsFixed }: Mutation): Kind {
  const datasets = new Set<number>();
  for (const { start, bytes: edited } of edits) {
    const end = start + edited.length;
    const inside = (part: { readonly start: number; readonly length: number }): boolean =>
      part.start < end && start < part.start + part.length;
    for (const structure of map.structures) {
      if (inside(structure) && !isGuarded(structure, checksumsFixed)) return "open";
    }
    const data = map.data.filter(inside);
    for (const part of data) {
      if (!part.isProtected || hasRightSum(bytes.subarray(part.start, part.start + part.length))) {
        datasets.add(part.objectAddress);
      }
    }
    // Where the map has gaps, what lies in one is not known.
    if (!map.isComplete && data.length === 0 && !map.structures.some(inside)) return "open";
  }
  return datasets.size === 0 ? "strict" : datasets;
}

/** A change that Fletcher's sum does not see: to it, which counts modulo 65,535, a word of ones is one of zeros. */
function hasRightSum(chunk: Uint8Array): boolean {
  if (chunk.length <= 4) return false;
  const data = chunk.subarray(0, chunk.length - 4);
  return new DataView(chunk.buffer, chunk.byteOffset + data.length, 4).getUint32(0, true) === fletcher32(data);
}

function isGuarded({ checksumAt }: MappedStructure, checksumsFixed: boolean): boolean {
  return checksumAt !== undefined && !checksumsFixed;
}

/** A thing that is neither as it was nor an error, though it must be. */
function changed(file: SoundFile, found: Snapshot, kind: Exclude<Kind, "open">): string | undefined {
  const { things, addresses } = file.original;
  const free = (key: string): boolean => {
    if (kind === "strict" || !key.endsWith("#data")) return false;
    const address = addresses.get(key.slice(0, -"#data".length));
    return address !== undefined && kind.has(address);
  };
  for (const [key, value] of things) {
    if (free(key)) continue;
    const now = found.things.get(key);
    if (now === undefined ? !isBelowError(found, key) : now !== value && !now.startsWith("!")) {
      return `wrong value: ${key} was ${value}, is ${now ?? "missing, without an error"}`;
    }
  }
  for (const [key, value] of found.things) {
    if (!things.has(key) && !value.startsWith("!")) return `wrong value: ${key} is new`;
  }
  return undefined;
}

/** What lies under something that failed is not looked for. */
function isBelowError({ things }: Snapshot, key: string): boolean {
  const failed = (other: string): boolean => things.get(other)?.startsWith("!") === true;
  if (failed("") || failed("/#visit") || failed("/#links") || failed("/#attributes")) return true;
  const path = key.replace(/[#@].*$/s, "");
  if (failed(`${path}#attributes`) && key.startsWith(`${path}@`)) return true;
  for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) {
    const above = path.slice(0, end);
    if (failed(above) || failed(`${above}#links`)) return true;
  }
  // An attribute whose name is damaged too stands in the list without one.
  if (things.get(`${path}@`)?.startsWith("!") === true) return true;
  return false;
}

function difference(a: Snapshot, b: Snapshot): string | undefined {
  for (const [key, value] of a.things) {
    const other = b.things.get(key);
    if (other !== value) return `${key} is ${value} forwards, ${other ?? "missing"} backwards`;
  }
  for (const key of b.things.keys()) if (!a.things.has(key)) return `${key} is there only backwards`;
  return undefined;
}

async function unnoticed(file: SoundFile, mutation: Mutation, found: Snapshot): Promise<string | undefined> {
  const { leadsOut, edits, checksumsFixed } = mutation;
  const [edit] = edits;
  if (!leadsOut || !checksumsFixed || edits.length !== 1 || edit === undefined) return undefined;
  if (hasErrors(found) || !(await isFollowed(file, mutation))) return undefined;
  return `wrong value: ${mutation.what}, and nothing is an error`;
}

function hasErrors({ things }: Snapshot): boolean {
  for (const value of things.values()) if (value.startsWith("!")) return true;
  return false;
}

/** Does this pointer, led just behind the end of the file, give an error? */
async function isFollowed(file: SoundFile, mutation: Mutation): Promise<boolean> {
  const [edit] = mutation.edits;
  if (edit === undefined || hasErrors(file.original)) return false;
  let followed = file.followed.get(edit.start);
  if (followed === undefined) {
    const behind = BigInt(file.bytes.length - file.map.baseAddress + 8);
    const bytes = edit.bytes.map((_, i) => Number((behind >> BigInt(8 * i)) & 0xffn));
    const near = { ...mutation, edits: [{ start: edit.start, bytes }] };
    followed = hasErrors(await snapshot(applyEdits(file.bytes, file.map, near)));
    file.followed.set(edit.start, followed);
  }
  return followed;
}
