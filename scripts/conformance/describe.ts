/** Objects of the public API in the words of a manifest. */
import {
  type DataSelection,
  type Dataset,
  type Dataspace,
  type Datatype,
  type FilterInfo,
  type Hdf5File,
  isHdf5Error,
  type Link,
  type Reference,
} from "../../src/index.js";
import { canonicalBytes } from "./canonical-bytes.js";
import { selectionText } from "./selection-text.js";

type Json = { readonly [key: string]: unknown };

const PADDING = { "null-terminated": "nullterm", "null-padded": "nullpad", "space-padded": "spacepad" } as const;
const CHARSET = { ascii: "ascii", "utf-8": "utf8" } as const;
const NORM = { none: "none", "msb-set": "msbset", implied: "implied" } as const;
const BIT = ["zero", "one"] as const;

export async function describeType(datatype: Datatype, file: Hdf5File): Promise<Json> {
  const described = await typeOf(datatype, file);
  if (datatype.committed === undefined) return described;
  return { ...described, committed: (await file.pathOf(datatype.committed)) ?? "?" };
}

async function typeOf(datatype: Datatype, file: Hdf5File): Promise<Json> {
  const { size } = datatype;
  switch (datatype.kind) {
    case "integer":
      return { class: "integer", size, ...bits(datatype), signed: datatype.signed };
    case "bitfield":
      return { class: "bitfield", size, ...bits(datatype) };
    case "float": {
      const { order, precision, offset, sign, exponent, mantissa, bias, normalization, padding } = datatype;
      const shape = { order, precision, offset, sign, exponent, mantissa, bias, norm: NORM[normalization] };
      const pad = padding[0] || padding[1] ? { pad: [BIT[padding[0]], BIT[padding[1]]] } : {};
      const inpad = padding[2] ? { inpad: BIT[padding[2]] } : {};
      return { class: "float", size, ...shape, ...pad, ...inpad, ...(isIeee(datatype) ? {} : { nonIEEE: true }) };
    }
    case "time":
      return { class: "time", size, order: datatype.order };
    case "opaque":
      return { class: "opaque", size, tag: datatype.tag };
    case "string":
      return {
        class: "string",
        length: datatype.length === "variable" ? "vlen" : datatype.length,
        pad: PADDING[datatype.padding],
        cset: CHARSET[datatype.charset],
      };
    case "reference":
      return { class: "reference", kind: datatype.to };
    case "enum": {
      const members = datatype.members.map(({ name, value }) => [name, jsonInteger(value)] as const);
      members.sort((a, b) => Number(BigInt(a[1]) - BigInt(b[1])) || (a[0] < b[0] ? -1 : 1));
      return { class: "enum", base: await describeType(datatype.base, file), members };
    }
    case "compound": {
      const members: Json[] = [];
      for (const { name, offset, datatype: type } of inOffsetOrder(datatype.members)) {
        members.push({ name, offset, type: await describeType(type, file) });
      }
      return { class: "compound", size, members };
    }
    case "array":
      return { class: "array", dims: datatype.shape, base: await describeType(datatype.base, file) };
    case "vlen":
      return { class: "vlen", base: await describeType(datatype.base, file) };
    case "complex":
      return { class: "complex", base: await describeType(datatype.base, file) };
  }
}

export function inOffsetOrder<T extends { readonly offset: number }>(members: readonly T[]): T[] {
  return [...members].sort((a, b) => a.offset - b.offset);
}

function bits({
  order,
  precision,
  offset,
  padding,
}: {
  readonly order: string;
  readonly precision: number;
  readonly offset: number;
  readonly padding: readonly [0 | 1, 0 | 1];
}): Json {
  const pad = padding[0] || padding[1] ? { pad: [BIT[padding[0]], BIT[padding[1]]] } : {};
  return { order, precision, offset, ...pad };
}

/** Exactly IEEE binary16, 32 or 64. */
export function isIeee(datatype: Datatype & { kind: "float" }): boolean {
  const ieee = { 2: [15, 10, 5, 10, 15], 4: [31, 23, 8, 23, 127], 8: [63, 52, 11, 52, 1023] }[datatype.size];
  const { order, precision, offset, sign, exponent, mantissa, bias, normalization } = datatype;
  const found = [sign, exponent[0], exponent[1], mantissa[1], bias];
  return (
    ieee !== undefined &&
    order !== "vax" &&
    precision === datatype.size * 8 &&
    offset === 0 &&
    mantissa[0] === 0 &&
    normalization === "implied" &&
    ieee.every((value, i) => value === found[i])
  );
}

/** Integers beyond 2^53 are strings. */
export function jsonInteger(value: number | bigint): number | string {
  const exact = BigInt(value);
  const limit = 2n ** 53n;
  return exact > -limit && exact < limit ? Number(exact) : String(exact);
}

export function describeSpace(dataspace: Dataspace): Json {
  if (dataspace.kind !== "simple") return { kind: dataspace.kind };
  const { shape, maxShape = shape } = dataspace;
  return { kind: "simple", dims: shape, maxdims: maxShape.map((size) => (size === Infinity ? "unlimited" : size)) };
}

export function describeLink(link: Link): Json {
  const base = {
    name: link.name,
    ...(link.creationOrder === undefined ? {} : { order: link.creationOrder }),
    ...(link.charset === "utf-8" ? { cset: "utf8" } : {}),
    kind: link.kind,
  };
  switch (link.kind) {
    case "hard":
      return base;
    case "soft":
      return { ...base, target: link.target };
    case "external":
      return { ...base, file: link.file, target: link.target };
    case "user":
      return { ...base, linkClass: link.linkClass, value: Buffer.from(link.value).toString("hex") };
  }
}

export function describeLayout({ layout, chunkShape, shape }: Dataset): Json {
  switch (layout.kind) {
    case "chunked":
      return { kind: "chunked", chunk: chunkShape };
    case "external":
      return {
        kind: "contiguous",
        external: layout.files.map(({ file, offset, size }) => ({
          file,
          offset,
          size: size === Infinity ? "unlimited" : size,
        })),
      };
    case "virtual":
      return {
        kind: "virtual",
        mappings: layout.mappings.map(({ file, dataset, source, virtual }) => ({
          file,
          dataset,
          virtual: describeSelection(virtual, shape),
          source: describeSelection(source, shape),
        })),
      };
    default:
      return { kind: layout.kind };
  }
}

function describeSelection(selection: DataSelection, shape: readonly number[]): unknown {
  const { regular } = selection;
  if (regular === undefined) return selectionText(selection, shape);
  const limit = (list: readonly number[]): unknown[] => list.map((value) => (value === Infinity ? "unlimited" : value));
  const { start, stride, count, block } = regular;
  return { start: limit(start), stride: limit(stride), count: limit(count), block: limit(block) };
}

export function describeFilters(filters: readonly FilterInfo[]): Json[] {
  return filters.map(({ id, optional, values }) => ({ id, flags: optional ? 1 : 0, values }));
}

/** Undefined for an integer beyond 64 bits, whose bytes say all. */
function fillValueOf(dataset: Dataset): Dataset["fillValue"] {
  try {
    return dataset.fillValue;
  } catch (error) {
    if (!isHdf5Error(error, "value")) throw error;
    return undefined;
  }
}

export async function describeFill(dataset: Dataset): Promise<Json> {
  const { status, writeTime, allocTime, bytes } = dataset.fill;
  const alloc = allocTime === "incremental" ? "incr" : allocTime;
  const described = { status, time: writeTime, alloc };
  if (bytes === undefined) return described;
  const { datatype } = dataset;
  const fillValue = fillValueOf(dataset);
  const isReference = datatype.kind === "reference" && fillValue !== null;
  const target = isReference ? await dataset.file.pathOf(fillValue as Reference) : "";
  return { ...described, encoded: canonicalBytes(bytes, datatype, fillValue, target ?? "?") };
}
