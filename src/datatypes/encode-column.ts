/** Items of one datatype to stored elements. Compounds go through here member by member. */
import type { Bytes } from "../bytes/typed-arrays.js";
import { Hdf5UnsupportedError, Hdf5UsageError, Hdf5ValueError, quote } from "../errors.js";
import type { Datatype } from "../format/messages/datatype.js";
import { type Arranged, arrange, arrangeSequence } from "./arrange.js";
import { complexParts, usesHeap } from "./datatype-facts.js";
import { isNumeric } from "./decode-numbers.js";
import { encodeNumbers } from "./encode-numbers.js";
import type { Encoding, Place } from "./encode-options.js";
import { encodeReferences } from "./encode-references.js";
import { encodeStrings } from "./encode-strings.js";
import { flatten, product } from "./flatten.js";
import { placeParts, scatterMember } from "./gather-members.js";
import { putSequence } from "./heap-ids.js";
import { rawColumns } from "./raw-columns.js";
import type { CompoundData, NdArray } from "./values.js";
import { isCompoundData, membersOf, refuse } from "./write-data.js";

type CompoundType = Extract<Datatype, { readonly kind: "compound" }>;

/** All elements of arranged data; fresh bytes. */
export function encodeArranged(encoding: Encoding, arranged: Arranged, place: Place): Bytes {
  const { leaf, own, items, shape, fill } = arranged;
  const size = product(own);
  const count = product(shape);
  const element: Place = (item) => place(Math.floor(item / size));
  if (!fill) return encodeItems(encoding, leaf, items, element);
  if (usesHeap(leaf)) {
    // Each element needs heap objects of its own: they are freed one by one.
    const all = new Array<unknown>(count * items.length);
    for (let i = 0; i < all.length; i++) all[i] = itemAt(items, i % items.length);
    return encodeItems(encoding, leaf, all, element);
  }
  const one = encodeItems(encoding, leaf, items, element);
  const out = new Uint8Array(count * one.length);
  if (out.length > 0) out.set(one);
  for (let filled = one.length; filled < out.length; filled *= 2)
    out.copyWithin(filled, 0, Math.min(filled, out.length - filled));
  return out;
}

function itemAt(items: ArrayLike<unknown> | CompoundData, i: number): unknown {
  return isCompoundData(items) ? items.get(i) : items[i];
}

function encodeItems(
  encoding: Encoding,
  datatype: Datatype,
  items: ArrayLike<unknown> | CompoundData,
  place: Place,
): Bytes {
  const complex = complexParts(datatype);
  if (complex !== undefined && !isCompoundData(items) && !isCompound(items[0])) {
    const parts = encodeNumbers(items, complex.part, place);
    return placeParts(parts, datatype.size, complex);
  }
  if (datatype.kind === "compound") {
    return isCompoundData(items)
      ? encodeColumns(encoding, datatype, items, place)
      : encodeRows(encoding, datatype, items, place);
  }
  if (isCompoundData(items)) return refuse(items, undefined);
  if (isNumeric(datatype)) return encodeNumbers(items, datatype, place);
  switch (datatype.kind) {
    case "string":
      return encodeStrings(encoding, items, datatype, place);
    case "reference":
      return encodeReferences(encoding, items, datatype, place);
    case "vlen":
      return encodeSequences(encoding, datatype, items, place);
    default:
      return refuse(items, undefined); // arranged as what they consist of
  }
}

function encodeSequences(
  encoding: Encoding,
  datatype: Datatype & { readonly kind: "vlen" },
  items: ArrayLike<unknown>,
  place: Place,
): Bytes {
  const { base, size } = datatype;
  const out = new Uint8Array(items.length * size);
  for (let i = 0; i < items.length; i++) {
    const index = place(i);
    const { leaf, items: entries, count } = arrangeSequence(items[i], base, index);
    if (count > 0xffff_ffff) throw new Hdf5ValueError(index, `a sequence of ${count} elements is too long`);
    const bytes = encodeItems(encoding, leaf, entries, () => index);
    // An empty sequence is a null one, as libhdf5 writes it (H5Tvlen.c: H5T_vlen_seq_mem_isnull).
    if (count === 0) continue;
    putSequence(out, i * size, size, count, encoding.sink.put(bytes), encoding.options.storedAddress);
  }
  return out;
}

/** @throws Hdf5UsageError unless these are exactly the members. */
function checkNames(datatype: CompoundType, names: ReadonlySet<string>, where: string): void {
  for (const { name } of datatype.members) {
    if (!names.has(name)) throw new Hdf5UsageError(where, `has no member ${quote(name)}`, memberList(datatype));
  }
  if (names.size === datatype.members.length) return;
  const extra = [...names].find((name) => !datatype.members.some((member) => member.name === name));
  if (extra === undefined) {
    throw new Hdf5UnsupportedError("writing compounds of which two members are shown with one name");
  }
  throw new Hdf5UsageError(where, `has the member ${quote(extra)}`, memberList(datatype));
}

function memberList({ members }: CompoundType): string {
  return `exactly the members ${members.map(({ name }) => quote(name)).join(", ")}`;
}

function encodeColumns(encoding: Encoding, datatype: CompoundType, data: CompoundData, place: Place): Bytes {
  const { length } = data;
  checkNames(datatype, new Set(data.names), "data");
  const given = rawColumns(data);
  const out = new Uint8Array(length * datatype.size);
  for (const { name, offset, datatype: member } of datatype.members) {
    const column = given === undefined ? rowMajor(data.column(name)) : given.get(name);
    const arranged = arrange(column, member, [length]);
    if (arranged.fill && length !== 1)
      throw new Hdf5UsageError(`column ${quote(name)}`, "is one value", `${length} rows`);
    scatterMember(out, datatype.size, offset, encodeArranged(encoding, arranged, place), member.size);
  }
  return out;
}

/** A column that was read has the shape of the data it belongs to: what counts is the order. */
function rowMajor(column: NdArray): NdArray {
  const { items } = flatten(column);
  return { data: items, shape: [items.length], stride: [1] };
}

function isCompound(item: unknown): boolean {
  return typeof item === "object" && membersOf(item) !== undefined;
}

function encodeRows(encoding: Encoding, datatype: CompoundType, items: ArrayLike<unknown>, place: Place): Bytes {
  const { length } = items;
  const rows = new Array<ReadonlyMap<string, unknown>>(length);
  for (let i = 0; i < length; i++) {
    const members = membersOf(items[i]) ?? refuse(items[i], place(i), `an object with ${memberList(datatype)}`);
    checkNames(datatype, new Set(members.keys()), `data, element ${place(i)},`);
    rows[i] = members;
  }
  const out = new Uint8Array(length * datatype.size);
  for (const { name, offset, datatype: member } of datatype.members) {
    const values = rows.map((row) => row.get(name));
    scatterMember(out, datatype.size, offset, encodeValues(encoding, member, values, place), member.size);
  }
  return out;
}

/** Values each of which is one element. */
function encodeValues(encoding: Encoding, datatype: Datatype, values: readonly unknown[], place: Place): Bytes {
  const { kind } = datatype;
  if (isNumeric(datatype) || kind === "string" || kind === "reference" || kind === "vlen") {
    return encodeItems(encoding, datatype, values, place);
  }
  const out = new Uint8Array(values.length * datatype.size);
  values.forEach((value, i) => {
    const arranged = arrange(value, datatype, []);
    out.set(
      encodeArranged(encoding, arranged, () => place(i)),
      i * datatype.size,
    );
  });
  return out;
}
