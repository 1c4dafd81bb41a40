/** The SHA-256 of all elements in the manifests' canonical bytes, from what `read` gives. */
import { createHash } from "node:crypto";
import {
  type Attribute,
  type Bytes,
  type CompoundData,
  type DataSelection,
  type Dataset,
  type Datatype,
  type Hdf5File,
  isComplex,
  isHdf5Error,
  type ReadOptions,
  type ReadResult,
  type Reference,
  type SelectionInput,
} from "../../src/index.js";
import { ByteSink } from "./byte-sink.js";
import { inOffsetOrder, isIeee } from "./describe.js";
import { selectionText } from "./selection-text.js";

/** Bytes of stored elements read at once. */
const BLOCK = 32 * 2 ** 20;

/** One column of elements, as `read` gives it. */
type Column = { readonly kind: ReadResult["kind"]; readonly data: unknown };

/** Stored bytes of the same elements, where they must be taken as they are. */
interface Raw {
  readonly bytes: Uint8Array;
  readonly offset: number;
  /** The same, read member by member: there variable-length elements are what lies in the heap. */
  readonly members: Column | undefined;
}

const NO_COLUMN: Column = { kind: "bytes", data: undefined };

/** What references lead to, found out before the bytes are made. */
class Targets {
  readonly #file: Hdf5File;
  readonly #paths = new Map<number, string>();
  readonly #extents = new Map<number, readonly number[] | undefined>();
  readonly #wanted = new Map<number, Reference>();

  readonly #regionsUnknown: boolean;

  constructor(file: Hdf5File, regionsUnknown: boolean) {
    this.#file = file;
    this.#regionsUnknown = regionsUnknown;
  }

  path(reference: Reference): string {
    const path = this.#paths.get(reference.address);
    if (path === undefined) this.#wanted.set(reference.address, reference);
    return path ?? "?";
  }

  extent(reference: Reference): readonly number[] | undefined {
    this.path(reference);
    if (this.#regionsUnknown) return undefined;
    return this.#extents.get(reference.address);
  }

  /** Look up what was asked for. False when nothing was missing. */
  async resolve(): Promise<boolean> {
    const wanted = [...this.#wanted.values()];
    this.#wanted.clear();
    for (const reference of wanted) {
      this.#paths.set(reference.address, (await this.#file.pathOf(reference)) ?? "?");
      if (reference.kind !== "region-reference") continue;
      try {
        this.#extents.set(reference.address, (await this.#file.deref(reference)).dataset.shape);
      } catch (error) {
        if (!isHdf5Error(error)) throw error;
        this.#extents.set(reference.address, undefined);
      }
    }
    return wanted.length > 0;
  }
}

/** The digest of a dataset or attribute, or of one selection of it. @param options.regions write "?" for all selections. */
export async function digestOf(
  source: Dataset | Attribute,
  file: Hdf5File,
  selection?: SelectionInput,
  options: { readonly regions?: "unknown" | undefined } = {},
): Promise<string> {
  const { datatype, shape } = source;
  const hash = createHash("sha256");
  const targets = new Targets(file, options.regions === "unknown");
  for (const part of selection === undefined ? parts(shape, datatype.size) : [selection]) {
    const result = await readValues(source, part);
    const raw = hasRaw(datatype) ? (await source.read(part, { raw: true })).data : undefined;
    const members = raw === undefined ? undefined : await readMembers(source, part);
    const fast = raw === undefined ? fastBytes(datatype, result) : undefined;
    if (fast !== undefined) {
      hash.update(fast);
      continue;
    }
    const count = elementsOf(source, part);
    const encodeAll = (take: (bytes: Uint8Array) => void): void => {
      const sink = new ByteSink(take);
      for (let i = 0; i < count; i++) {
        encode(sink, datatype, result, i, raw && { bytes: raw, offset: i * datatype.size, members }, targets);
      }
      sink.flush();
    };
    if (hasReference(datatype)) {
      do encodeAll(() => undefined);
      while (await targets.resolve());
    }
    encodeAll((bytes) => hash.update(bytes));
  }
  return hash.digest("hex");
}

/** The values, but for integers of more than 64 bits, which `read` refuses where they do not fit. */
async function readValues(source: Dataset | Attribute, part: SelectionInput | undefined): Promise<ReadResult> {
  const { datatype } = source;
  // What is wide is taken from the stored bytes alone.
  if (isWide(datatype)) return { kind: "bytes", ...(await source.read(part, { raw: true })) };
  if (datatype.kind !== "compound" || isComplex(datatype)) return source.read(part, { strings: "bytes" });
  const fields = datatype.members.filter((member) => !isWide(member.datatype)).map(({ name }) => name);
  const all = fields.length === datatype.members.length;
  return source.read(part, all ? { strings: "bytes" } : { strings: "bytes", fields });
}

async function readMembers(source: Dataset | Attribute, part: SelectionInput | undefined): Promise<Column> {
  const names = (datatype: Datatype): string[] => {
    if (datatype.kind === "compound") return datatype.members.map(({ name }) => name);
    return datatype.kind === "vlen" || datatype.kind === "array" ? names(datatype.base) : [];
  };
  return source.read(part, { raw: true, fields: names(source.datatype) } as ReadOptions);
}

/** An integer of more than 64 bits, or an array of such. */
function isWide(datatype: Datatype): boolean {
  if (datatype.kind === "integer" || datatype.kind === "bitfield") return datatype.size > 8;
  return (datatype.kind === "array" || datatype.kind === "enum") && isWide(datatype.base);
}

function elementsOf(source: Dataset | Attribute, part: SelectionInput | undefined): number {
  if (part === undefined) return source.shape.reduce((product, n) => product * n, 1);
  const entries = part as readonly (readonly [number, number])[];
  return source.shape.reduce((product, n, d) => {
    const entry = entries[d];
    return product * (entry === undefined ? n : entry[1] - entry[0]);
  }, 1);
}

function* parts(shape: readonly number[], size: number): Iterable<SelectionInput | undefined> {
  const [rows] = shape;
  const rowBytes = shape.slice(1).reduce((product, n) => product * n, size);
  if (rows === undefined || rows * rowBytes <= BLOCK) return yield undefined;
  const step = Math.max(1, Math.floor(BLOCK / rowBytes));
  for (let from = 0; from < rows; from += step) yield [[from, Math.min(rows, from + step)]];
}

/** Numbers whose arrays hold the canonical bytes already. */
function fastBytes(datatype: Datatype, result: ReadResult): Uint8Array | undefined {
  const leaf = datatype.kind === "array" || datatype.kind === "enum" ? datatype.base : datatype;
  if (leaf.kind === "array" || leaf.kind === "enum") return undefined;
  if (result.kind !== "number" && result.kind !== "bigint") return undefined;
  const { data } = result;
  if (data.BYTES_PER_ELEMENT !== leaf.size) return undefined;
  if (leaf.kind === "float") {
    if (!isIeee(leaf)) return undefined;
    const values = data as Float32Array | Float64Array;
    for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i])) values[i] = Number.NaN;
  } else if (leaf.kind !== "integer" && leaf.kind !== "bitfield") return undefined;
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function hasRaw(datatype: Datatype): boolean {
  switch (datatype.kind) {
    case "float":
      return !isIeee(datatype);
    case "time":
      return true;
    case "integer":
    case "bitfield":
      return datatype.size > 8;
    case "enum":
    case "array":
    case "vlen":
      return hasRaw(datatype.base);
    case "compound":
      return datatype.members.some((member) => hasRaw(member.datatype));
    default:
      return false;
  }
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

function encode(
  sink: ByteSink,
  datatype: Datatype,
  column: Column,
  index: number,
  raw: Raw | undefined,
  targets: Targets,
): void {
  switch (datatype.kind) {
    case "integer":
    case "bitfield":
      if (datatype.size > 8) {
        wideInteger(sink, datatype, raw);
        return;
      }
      sink.integer((column.data as ArrayLike<number | bigint>)[index] ?? 0, datatype.size);
      return;
    case "enum":
      encode(sink, datatype.base, column, index, raw, targets);
      return;
    case "float":
      if (!isIeee(datatype)) {
        stored(sink, datatype, raw);
        return;
      }
      sink.float((column.data as ArrayLike<number>)[index] ?? 0, datatype.size as 2 | 4 | 8);
      return;
    case "time":
      stored(sink, datatype, raw);
      return;
    case "opaque":
      sink.put((column.data as Bytes).subarray(index * datatype.size, (index + 1) * datatype.size));
      return;
    case "string": {
      const bytes = (column.data as readonly Uint8Array[])[index] ?? new Uint8Array(0);
      sink.u32(bytes.length);
      sink.put(bytes);
      return;
    }
    case "array": {
      const count = datatype.shape.reduce((product, n) => product * n, 1);
      const { base } = datatype;
      for (let k = 0; k < count; k++) {
        const below = raw && { ...raw, offset: raw.offset + k * base.size, members: undefined };
        encode(sink, base, column, index * count + k, below, targets);
      }
      return;
    }
    case "complex":
    case "compound": {
      const members = datatype.kind === "compound" ? inOffsetOrder(datatype.members) : pair(datatype.base);
      for (const [m, { name, offset, datatype: type }] of members.entries()) {
        const inside = raw?.members?.kind === "compound" ? (raw.members.data as CompoundData).column(name) : undefined;
        const below = raw && { ...raw, offset: raw.offset + offset, members: inside };
        // A complex number is two entries of one array, the other members are columns of their own.
        if (isComplex(datatype)) encode(sink, type, column, index * 2 + m, below, targets);
        else {
          const columns = column.data as CompoundData;
          // What `read` refuses has no column; it is taken from the stored bytes.
          encode(sink, type, columns.names.includes(name) ? columns.column(name) : NO_COLUMN, index, below, targets);
        }
      }
      return;
    }
    case "vlen": {
      const element = (column.data as readonly unknown[])[index];
      const inner = sequence(datatype.base, element);
      sink.u32(inner.length);
      const held = raw?.members?.kind === "vlen" ? (raw.members.data as readonly unknown[])[index] : undefined;
      for (let k = 0; k < inner.length; k++) {
        const offset = k * datatype.base.size;
        const below = held instanceof Uint8Array ? { bytes: held, offset, members: undefined } : undefined;
        encode(sink, datatype.base, inner.column, k, below, targets);
      }
      return;
    }
    case "reference": {
      const reference = (column.data as readonly (Reference | null)[])[index] ?? null;
      text(sink, reference === null ? "" : targets.path(reference));
      if (datatype.to === "object") return;
      if (reference?.kind !== "region-reference") {
        text(sink, "");
        return;
      }
      const extent = targets.extent(reference);
      text(sink, extent === undefined ? "?" : textWithin(reference.selection, extent));
      return;
    }
  }
}

/** `?` for a selection that leaves the extent: it means no elements that could be named. */
function textWithin(selection: DataSelection, extent: readonly number[]): string {
  try {
    return selectionText(selection, extent);
  } catch (error) {
    if (!isHdf5Error(error, "usage")) throw error;
    return "?";
  }
}

function pair(base: Datatype): { name: string; offset: number; datatype: Datatype }[] {
  return ["r", "i"].map((name, m) => ({ name, offset: m * base.size, datatype: base }));
}

/** Bits [offset, offset + precision) of the stored bytes. */
function wideInteger(
  sink: ByteSink,
  datatype: Datatype & { kind: "integer" | "bitfield" },
  raw: Raw | undefined,
): void {
  const { size, order, offset, precision } = datatype;
  if (raw === undefined) throw new Error(`no stored bytes at hand for a ${datatype.kind} of ${size} bytes`);
  const bytes = raw.bytes.slice(raw.offset, raw.offset + size);
  if (order === "le") bytes.reverse();
  const bits = bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n) >> BigInt(offset);
  const signed = datatype.kind === "integer" && datatype.signed;
  sink.integer(signed ? BigInt.asIntN(precision, bits) : BigInt.asUintN(precision, bits), size);
}

function stored(sink: ByteSink, datatype: Datatype, raw: Raw | undefined): void {
  if (raw === undefined) throw new Error(`no stored bytes at hand for a ${datatype.kind} inside variable-length data`);
  sink.put(raw.bytes.subarray(raw.offset, raw.offset + datatype.size));
}

function text(sink: ByteSink, value: string): void {
  const bytes = new TextEncoder().encode(value);
  sink.u32(bytes.length);
  sink.put(bytes);
}

/** One variable-length element as a column. Arrays and complex numbers in it are flat. */
function sequence(base: Datatype, element: unknown): { column: Column; length: number } {
  const width = flatWidth(base);
  if (Array.isArray(element)) return { column: { kind: "vlen", data: element }, length: element.length / width };
  if (ArrayBuffer.isView(element)) {
    const { length } = element as Uint8Array;
    return { column: { kind: isBytes(base) ? "bytes" : "number", data: element }, length: length / width };
  }
  const data = element as CompoundData;
  return { column: { kind: "compound", data }, length: data.length };
}

/** Is the leaf given as bytes? */
function isBytes(datatype: Datatype): boolean {
  if (datatype.kind === "array") return isBytes(datatype.base);
  return datatype.kind === "opaque" || (datatype.kind === "bitfield" && datatype.size > 8);
}

/** Entries of one element in flat data. */
function flatWidth(base: Datatype): number {
  if (base.kind === "array") return base.shape.reduce((product, n) => product * n, 1) * flatWidth(base.base);
  if (isBytes(base)) return base.size;
  return isComplex(base) ? 2 : 1;
}
