/** Comparing a copied file with what it was copied from. */
import type { CopiedPair } from "../api/copy.js";
import { storedBoxes } from "../api/copy-contents.js";
import { HANDLES } from "../api/factory.js";
import { stateOf } from "../api/handles.js";
import type { Attribute, Dataset, Group, Hdf5File, Hdf5Object } from "../api/types.js";
import { holdsAddresses, sameDatatype } from "../datatypes/datatype-facts.js";
import type { Reference } from "../datatypes/values.js";
import { isCompoundData } from "../datatypes/write-data.js";
import { Hdf5StateError, isHdf5Error } from "../errors.js";
import type { Datatype } from "../format/messages/datatype.js";
import type { LinkMessage } from "../format/messages/link.js";
import { loadAttributes } from "../model/load-attributes.js";
import { loadLinks } from "../model/load-links.js";
import { byName } from "../model/names.js";
import type { FileState } from "../model/state.js";
import { NOWHERE, translatedType } from "../model/translate.js";
import type { DataSelection, SelectionInput } from "../selection/selection.js";

/**
 * Read every object of a copy and compare it with its source.
 * @throws Hdf5StateError "failed" naming the first thing that differs.
 */
export async function verifyCopy(
  file: Hdf5File,
  pairs: readonly CopiedPair[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const addresses = new Map<FileState, Map<number, number>>();
  for (const { source, address } of pairs) {
    const known = addresses.get(source.file) ?? new Map<number, number>();
    addresses.set(source.file, known.set(source.address, address));
  }
  const to = stateOf(file.root, "root").file;
  for (const { source, path, address } of pairs) {
    signal?.throwIfAborted();
    const rules: Comparison = {
      path,
      from: source.file,
      to,
      addressOf: (known) => addresses.get(source.file)?.get(known),
    };
    const original = await HANDLES.object({ object: source, path });
    const boxes = source.dataset === undefined ? [] : storedBoxes(source);
    await compareObjects(
      original,
      await file.deref({ kind: "object-reference", address, file: undefined }),
      rules,
      boxes,
    );
  }
}

interface Comparison {
  readonly path: string;
  readonly from: FileState;
  readonly to: FileState;
  /** Where the copy of an object lies. */
  addressOf(address: number): number | undefined;
}

function check(same: boolean, what: string, { path, to }: Comparison): void {
  if (!same) throw new Hdf5StateError("failed", `the copy of ${path} has another ${what}`, { file: to.name, path });
}

/** Where elements are stored: the others are fill values. */
type Boxes = Iterable<SelectionInput | undefined> | AsyncIterable<SelectionInput | undefined>;

async function compareObjects(a: Hdf5Object, b: Hdf5Object, rules: Comparison, boxes: Boxes): Promise<void> {
  check(a.kind === b.kind, "kind", rules);
  check(sameValues(stateOf(a, "a").comment, stateOf(b, "b").comment, rules), "comment", rules);
  await compareAttributes(a, b, rules);
  if (a.kind === "group" && b.kind === "group") {
    check(sameLinks(await linksOf(a), await linksOf(b), rules), "list of links", rules);
  } else if (a.kind === "datatype" && b.kind === "datatype") {
    check(sameType(a.datatype, b.datatype, rules), "datatype", rules);
  } else if (a.kind === "dataset" && b.kind === "dataset") await compareDatasets(a, b, rules, boxes);
}

/** Links as they are stored: their texts show malformed bytes alike. */
async function linksOf(group: Group): Promise<LinkMessage[]> {
  return byName((await loadLinks(stateOf(group, "group"))).values());
}

function sameLinks(a: readonly LinkMessage[], b: readonly LinkMessage[], { addressOf }: Comparison): boolean {
  if (a.length !== b.length) return false;
  return a.every((link, i) => {
    const other = b[i] as LinkMessage; // as many as in `a`
    if (!sameBytes(link.nameBytes, other.nameBytes)) return false;
    // A link that was resolved is a hard link in the copy.
    if (link.kind === "hard") return other.kind === "hard" && addressOf(link.address) === other.address;
    if (link.kind === "soft") return other.kind !== "soft" || sameBytes(link.targetBytes, other.targetBytes);
    if (link.kind === "user") {
      return other.kind === "user" && link.linkClass === other.linkClass && sameBytes(link.value, other.value);
    }
    return other.kind !== "external" || sameBytes(link.value, other.value);
  });
}

function sameType(a: Datatype, b: Datatype, { from, to }: Comparison): boolean {
  return sameDatatype(translatedType(a, from.context.sizeOfOffsets, to.context.sizeOfOffsets), b);
}

async function compareAttributes(a: Hdf5Object, b: Hdf5Object, rules: Comparison): Promise<void> {
  const [ones, others] = [await attributesOf(a), await attributesOf(b)];
  check(sameValues([...ones.keys()], [...others.keys()], rules), "list of attributes", rules);
  for (const [key, one] of ones) {
    const other = others.get(key) as Attribute; // the keys are the same
    const what = `attribute ${JSON.stringify(one.name)}`;
    check(sameType(one.datatype, other.datatype, rules) && sameShape(one, other), what, rules);
    check(await sameElements(one, other, rules), what, rules);
  }
}

/** Attributes by the bytes of their names, in the order of these. */
async function attributesOf(object: Hdf5Object): Promise<Map<string, Attribute>> {
  const keys = [...(await loadAttributes(stateOf(object, "object"))).keys()].sort();
  const found = new Map<string, Attribute>();
  for await (const [, attribute] of object.attrs.entries()) {
    if (attribute.kind === "unresolved") throw attribute.error;
    found.set(keys[found.size] ?? "", attribute);
  }
  return found;
}

function sameShape(a: Attribute | Dataset, b: Attribute | Dataset): boolean {
  return a.dataspace.kind === b.dataspace.kind && a.shape.join() === b.shape.join();
}

async function compareDatasets(a: Dataset, b: Dataset, rules: Comparison, boxes: Boxes): Promise<void> {
  check(sameType(a.datatype, b.datatype, rules), "datatype", rules);
  check(sameShape(a, b) && a.maxShape.join() === b.maxShape.join(), "shape", rules);
  check(a.fill.status === b.fill.status, "fill value", rules);
  if (a.fill.status === "user") check(sameValues(a.fillValue, b.fillValue, rules), "fill value", rules);
  try {
    for await (const box of boxes) check(await sameElements(a, b, rules, box), "content", rules);
  } catch (error) {
    // Chunks whose codec is not at hand were moved as they are.
    if (!isHdf5Error(error, "unsupported") || a.filters.length === 0) throw error;
    await compareChunks(a, b, rules);
  }
}

async function compareChunks(a: Dataset, b: Dataset, rules: Comparison): Promise<void> {
  for await (const { offset, address } of a.chunks()) {
    if (address === undefined) continue;
    const [one, other] = [await a.readChunk(offset), await b.readChunk(offset)];
    check(sameBytes(one.bytes, other.bytes), `chunk at [${offset.join(", ")}]`, rules);
  }
}

async function sameElements(
  a: Attribute | Dataset,
  b: Attribute | Dataset,
  rules: Comparison,
  box?: SelectionInput,
): Promise<boolean> {
  if (holdsAddresses(a.datatype)) {
    const options = { strings: "bytes" } as const; // also those that are no text
    return sameValues((await a.read(box, options)).data, (await b.read(box, options)).data, rules);
  }
  const raw = { raw: true } as const;
  return sameValues((await a.read(box, raw)).data, (await b.read(box, raw)).data, rules);
}

/** Values as reading gives them; references mean the same when they lead to the copies. */
function sameValues(a: unknown, b: unknown, rules: Comparison): boolean {
  if (a === b || Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (ArrayBuffer.isView(a)) return ArrayBuffer.isView(b) && sameBytes(bytesOf(a), bytesOf(b));
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((each, i) => sameValues(each, b[i], rules));
  }
  if (isCompoundData(a)) {
    return isCompoundData(b) && a.names.every((name) => sameValues(a.column(name).data, b.column(name).data, rules));
  }
  if (isReference(a)) return isReference(b) && sameReferences(a, b, rules);
  return Object.entries(a).every(([name, each]) => sameValues(each, (b as Record<string, unknown>)[name], rules));
}

function sameReferences(a: Reference, b: Reference, rules: Comparison): boolean {
  // What leads into another file leads there still.
  const address = a.file === undefined ? (rules.addressOf(a.address) ?? NOWHERE) : a.address;
  if (a.kind !== b.kind || a.file !== b.file || address !== b.address) return false;
  if (a.kind === "attribute-reference") return b.kind === a.kind && a.name === b.name;
  return a.kind !== "region-reference" || (b.kind === a.kind && sameSelections(a.selection, b.selection, rules));
}

/** Selections as they are stored: `runs` needs an extent. */
function sameSelections(a: DataSelection, b: DataSelection, rules: Comparison): boolean {
  const parts = Object.entries(a).filter(([, part]) => typeof part !== "function");
  return parts.every(([name, part]) => sameValues(part, (b as unknown as Record<string, unknown>)[name], rules));
}

function isReference(value: unknown): value is Reference {
  return typeof value === "object" && value !== null && "kind" in value && "address" in value;
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
