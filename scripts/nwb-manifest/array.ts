/** Arrays: shape, digest and first elements, read block by block so that memory stays bounded. */
import { createHash, type Hash } from "node:crypto";
import {
  type ArraySource,
  type Attribute,
  type Datatype,
  type Hdf5File,
  isComplex,
  type ReadResult,
  type Reference,
  type SelectionInput,
} from "../../src/index.js";
import { ByteSink } from "../conformance/byte-sink.js";
import { isIeee } from "../conformance/describe.js";
import { dtypeOf, type Json } from "./dtype.js";
import { type Column, type Element, elementAt, elementOf, jsonOf, type PathOf, putElement } from "./element.js";

/** Bytes of stored elements read at once. */
const BLOCK = 8 * 2 ** 20;

/** Elements shown. */
const HEAD = 6;

/** `{ dtype, value }` of a scalar, `{ dtype, shape, sha256, head }` of an array. @param file the one that references lead into. */
export async function describeSource(source: ArraySource | Attribute, file: Hdf5File | undefined): Promise<Json> {
  const { datatype, shape } = source;
  if (shape.length > 0) return describeArray(source, file);
  const column = await source.read();
  const pathOf = await pathsOf(column, datatype, 1, file);
  return { dtype: dtypeOf(datatype), value: jsonOf(elementAt(column, datatype, 0), datatype, pathOf) };
}

/** As an array whatever the rank: a scalar has shape `[]`. */
export async function describeArray(source: ArraySource | Attribute, file: Hdf5File | undefined): Promise<Json> {
  const { datatype, shape } = source;
  const digest = new Digest(datatype);
  for (const [selection, count] of blocks(shape, datatype.size)) {
    const column = await source.read(selection);
    digest.add(column, count, await pathsOf(column, datatype, count, file));
  }
  return { dtype: dtypeOf(datatype), shape, ...digest.end() };
}

/** Values in memory, in C order, as an array. */
export function describeValues(values: readonly unknown[], shape: readonly number[], datatype: Datatype): Json {
  const digest = new Digest(datatype);
  for (const value of values) digest.put(elementOf(value as never, datatype), () => "?");
  return { dtype: dtypeOf(datatype), shape, ...digest.end() };
}

class Digest {
  readonly #datatype: Datatype;
  readonly #hash: Hash = createHash("sha256");
  readonly #sink = new ByteSink((bytes) => this.#hash.update(bytes));
  readonly #head: Json[] = [];

  constructor(datatype: Datatype) {
    this.#datatype = datatype;
  }

  add(column: ReadResult, count: number, pathOf: PathOf): void {
    const ready = storedBytes(column, this.#datatype);
    const shown = ready === undefined ? count : Math.min(count, HEAD - this.#head.length);
    for (let i = 0; i < shown; i++) {
      const element = elementAt(column, this.#datatype, i);
      if (ready === undefined) this.put(element, pathOf);
      else this.#show(element, pathOf);
    }
    if (ready !== undefined) this.#sink.put(ready);
  }

  put(element: Element, pathOf: PathOf): void {
    if (this.#head.length < HEAD) this.#show(element, pathOf);
    putElement(this.#sink, element, this.#datatype, pathOf);
  }

  #show(element: Element, pathOf: PathOf): void {
    this.#head.push(jsonOf(element, this.#datatype, pathOf));
  }

  end(): { readonly sha256: string; readonly head: readonly Json[] } {
    this.#sink.flush();
    return { sha256: this.#hash.digest("hex"), head: this.#head };
  }
}

/** The bytes of a column whose typed array has the stored width: those that the digest is of. */
function storedBytes(column: ReadResult, datatype: Datatype): Uint8Array | undefined {
  if (column.kind !== "number" && column.kind !== "bigint") return undefined;
  const leaf = datatype.kind === "enum" ? datatype.base : isComplex(datatype) ? partOfComplex(datatype) : datatype;
  const { data } = column;
  if (data.BYTES_PER_ELEMENT !== leaf.size || (leaf.kind !== "integer" && leaf.kind !== "float")) return undefined;
  if (leaf.kind === "float" && !isIeee(leaf)) return undefined;
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function partOfComplex(datatype: Datatype): Datatype {
  if (datatype.kind === "complex") return datatype.base;
  return (datatype.kind === "compound" && datatype.members[0]?.datatype) || datatype;
}

/** Selections of at most a block that cover an array in C order, with their number of elements. */
function* blocks(shape: readonly number[], elementSize: number): Generator<[SelectionInput | undefined, number]> {
  const count = shape.reduce((product, n) => product * n, 1);
  if (count === 0) return;
  if (count * elementSize <= BLOCK) return yield [undefined, count];
  // Whole rows below this axis fit into a block, those above do not.
  const below = (axis: number): number => shape.slice(axis + 1).reduce((product, n) => product * n, 1);
  let axis = 0;
  while (below(axis) * elementSize > BLOCK && axis < shape.length - 1) axis++;
  const step = Math.max(1, Math.floor(BLOCK / (below(axis) * elementSize)));
  for (const leading of indices(shape.slice(0, axis))) {
    const extent = shape[axis] ?? 1;
    for (let start = 0; start < extent; start += step) {
      const stop = Math.min(extent, start + step);
      yield [[...leading, [start, stop]], (stop - start) * below(axis)];
    }
  }
}

function* indices(shape: readonly number[]): Generator<readonly number[]> {
  const [extent, ...rest] = shape;
  if (extent === undefined) return yield [];
  for (let i = 0; i < extent; i++) for (const below of indices(rest)) yield [i, ...below];
}

/** The paths of all references among the elements, looked up beforehand. */
async function pathsOf(column: Column, datatype: Datatype, count: number, file: Hdf5File | undefined): Promise<PathOf> {
  const paths = new Map<number, string>();
  if (hasReference(datatype)) {
    for (let i = 0; i < count; i++) {
      for (const reference of references(elementAt(column, datatype, i))) {
        if (paths.has(reference.address)) continue;
        paths.set(reference.address, (await file?.pathOf(reference)) ?? "?");
      }
    }
  }
  return (reference) => paths.get(reference.address) ?? "?";
}

function* references(element: Element): Generator<Reference> {
  if (typeof element !== "object" || element === null || element instanceof Uint8Array) return;
  if ("kind" in element) yield element;
  else for (const part of element) yield* references(part);
}

function hasReference(datatype: Datatype): boolean {
  switch (datatype.kind) {
    case "reference":
      return true;
    case "array":
    case "vlen":
      return hasReference(datatype.base);
    case "compound":
      return datatype.members.some((member) => hasReference(member.datatype));
    default:
      return false;
  }
}
