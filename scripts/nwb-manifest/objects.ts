/** The part `objects` of a manifest: every container that is reached from the root, by the NWB layer. */
import { realpathSync } from "node:fs";
import { dirname, relative, resolve, sep } from "node:path";
import { type ArraySource, type Dataset, type Datatype, datatypeOf, type Hdf5File } from "../../src/index.js";
import { type AbstractContainer, getClass, type NWBFile, type NwbDate, NwbError } from "../../src/nwb/index.js";
import { describeArray, describeSource, describeValues } from "./array.js";
import { orError } from "./difference.js";
import { dtypeOf, type Json } from "./dtype.js";
import { elementOf, jsonOf } from "./element.js";

/** A container in the words of a manifest. */
export interface DescribedObject {
  /** Undefined: the file holds no id, the container has one of its own. */
  readonly storedId: string | undefined;
  readonly objectId: string;
  readonly path: string | undefined;
  readonly file: string | undefined;
  readonly json: { readonly [key: string]: Json };
}

/** Where a container is stored. */
interface Place {
  readonly path: string | undefined;
  readonly file: string | undefined;
}

/**
 * Integers that PyNWB's classes supply themselves, whatever the file holds; all other numbers that are not in the file
 * are floats.
 */
const SUPPLIED_INTEGERS: ReadonlySet<string> = new Set(["interval", "starting_frame"]);

const COMMON = "hdmf-common";

/** @param path of the file that was opened, for the names of other files. */
export async function describeObjects(root: NWBFile, path: string): Promise<DescribedObject[]> {
  const describer = new Describer(path);
  const described: DescribedObject[] = [];
  for (const container of reachable(root)) described.push(await describer.object(container));
  return described;
}

/** All containers that lie in, or are named by, fields. */
function reachable(root: AbstractContainer): ReadonlySet<AbstractContainer> {
  const found = new Set<AbstractContainer>([root]);
  // A set may grow while it is gone through.
  for (const container of found) {
    for (const child of container.children) found.add(child);
    for (const value of container.fields.values()) for (const each of containersIn(value)) found.add(each);
  }
  return found;
}

function containersIn(value: unknown): readonly AbstractContainer[] {
  if (isContainer(value)) return [value];
  if (value instanceof Map) return [...value.values()].filter(isContainer);
  return Array.isArray(value) ? value.filter(isContainer) : [];
}

class Describer {
  readonly #opened: string;
  readonly #places = new Map<AbstractContainer, Place>();

  constructor(path: string) {
    this.#opened = real(path);
  }

  async object(container: AbstractContainer): Promise<DescribedObject> {
    const { name, neurodataType, objectId, parent } = container;
    const { path, file } = await this.#place(container);
    const storedId = await storedText(container, "object_id");
    // The writer's word, which is not always the namespace that defines the type.
    const namespace = (await storedText(container, "namespace")) ?? container.namespace;
    const fields: { [name: string]: Json } = {};
    for (const [field, value] of container.fields) {
      fields[field] = await orError(() => this.#field(container, field, value));
    }
    const json = {
      fields,
      name,
      namespace,
      neurodata_type: neurodataType,
      object_id: objectId,
      parent: parent !== undefined && (await isTakenForParent(parent)) ? parent.objectId : null,
      path: path ?? null,
      ...(file === undefined ? {} : { file }),
    };
    return { storedId, objectId, path, file, json };
  }

  async #place(container: AbstractContainer): Promise<Place> {
    const known = this.#places.get(container);
    if (known !== undefined) return known;
    const stored = await container.stored();
    const path = stored === undefined || stored.kind === "attribute" ? undefined : await stored.file.pathOf(stored);
    const source = container.containerSource;
    const other = source === undefined || real(source) === this.#opened ? undefined : real(source);
    const file = other === undefined ? undefined : relative(dirname(this.#opened), other).split(sep).join("/");
    const place: Place = { path, file };
    this.#places.set(container, place);
    return place;
  }

  async #reference(container: AbstractContainer): Promise<Json> {
    const { path = null, file } = await this.#place(container);
    const json = { ref: container.objectId, type: container.neurodataType, path };
    return file === undefined ? json : { ...json, file };
  }

  async #field(container: AbstractContainer, field: string, value: unknown): Promise<Json> {
    if (isContainer(value)) return this.#reference(value);
    if (isDate(value)) return { datetime: isoFormat(value.text) };
    if (value instanceof Map) {
      const items: { [name: string]: Json } = {};
      for (const [name, item] of value as ReadonlyMap<string, AbstractContainer>)
        items[name] = await this.#reference(item);
      return { items };
    }
    if (isSource(value)) return describeField(value);
    if (Array.isArray(value) && (await isList(container, field, value))) {
      const list: Json[] = [];
      for (const item of value as readonly (AbstractContainer | NwbDate)[]) {
        list.push(isDate(item) ? { datetime: isoFormat(item.text) } : await this.#reference(item));
      }
      return { list };
    }
    const { shape, values } = flat(value);
    const datatype = await datatypeOfValue(container, field, values[0]);
    if (shape.length > 0) return describeValues(values, shape, datatype);
    return { dtype: dtypeOf(datatype), value: jsonOf(elementOf(value as never, datatype), datatype, () => "?") };
  }
}

/** A list holds containers or dates, or is an empty one that is no data set. */
async function isList(container: AbstractContainer, field: string, value: readonly unknown[]): Promise<boolean> {
  if (value.length > 0) return isContainer(value[0]) || isDate(value[0]);
  return (await container.stored(field))?.kind !== "dataset";
}

/**
 * PyNWB recognises the parent of what it reads by type and namespace as they stand in the file. Where those name a
 * namespace that only includes a type of hdmf-common, it finds none.
 */
async function isTakenForParent(parent: AbstractContainer): Promise<boolean> {
  const stored = await storedText(parent, "namespace");
  return stored === undefined || stored === COMMON || !isCommon(parent.neurodataType);
}

function isCommon(type: string): boolean {
  try {
    getClass(type, COMMON);
    return true;
  } catch (error) {
    if (error instanceof NwbError) return false;
    throw error;
  }
}

/** An attribute of the object behind a container. */
async function storedText(container: AbstractContainer, name: string): Promise<string | undefined> {
  const stored = await container.stored();
  return stored === undefined || stored.kind === "attribute" ? undefined : stored.attrs.get(name, { as: "string" });
}

/** Scalar data are values, but for compounds: those PyNWB leaves in the file, as a data set of shape `[]`. */
function describeField(source: ArraySource): Promise<Json> {
  const file = fileOf(source);
  return source.datatype.kind === "compound" ? describeArray(source, file) : describeSource(source, file);
}

function fileOf(source: ArraySource): Hdf5File | undefined {
  return "kind" in source && source.kind === "dataset" ? (source as Dataset).file : undefined;
}

/** The datatype of a plain value: that of what is stored, or that of what PyNWB's classes supply. */
async function datatypeOfValue(container: AbstractContainer, field: string, value: unknown): Promise<Datatype> {
  if (typeof value === "string") return datatypeOf("string");
  if (SUPPLIED_INTEGERS.has(field)) return datatypeOf("int64");
  const stored = await container.stored(field);
  if (stored !== undefined && stored.kind !== "group") return stored.datatype;
  if (typeof value === "boolean") return datatypeOf("bool");
  return datatypeOf(typeof value === "bigint" ? "int64" : "float64");
}

/** Nested and typed arrays as one list in C order. */
function flat(value: unknown): { readonly shape: readonly number[]; readonly values: readonly unknown[] } {
  if (!Array.isArray(value) && !ArrayBuffer.isView(value)) return { shape: [], values: [value] };
  const items = [...(value as Iterable<unknown>)].map(flat);
  return { shape: [items.length, ...(items[0]?.shape ?? [])], values: items.flatMap(({ values }) => values) };
}

function isContainer(value: unknown): value is AbstractContainer {
  return typeof value === "object" && value !== null && "neurodataType" in value && "objectId" in value;
}

function isDate(value: unknown): value is NwbDate {
  return typeof value === "object" && value !== null && "toDate" in value;
}

function isSource(value: unknown): value is ArraySource {
  return typeof value === "object" && value !== null && "datatype" in value && "read" in value;
}

/** As Python's `isoformat` shows the date that a text stands for. */
function isoFormat(text: string): string {
  const match = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2})(?:\.(\d+))?)?(Z|[+-]\d{2}:?\d{2})?)?$/.exec(text);
  if (match === null) return text;
  const [, day, minutes, seconds = "00", fraction = "", zone = ""] = match;
  if (minutes === undefined) return text;
  const micros = fraction.slice(0, 6).padEnd(6, "0");
  const offset = zone === "Z" ? "+00:00" : zone.replace(/^([+-]\d{2}):?(\d{2})$/, "$1:$2");
  return `${day}T${minutes}:${seconds}${Number(micros) === 0 ? "" : `.${micros}`}${offset}`;
}

/** A family's pattern names no file: its folder does. */
function real(path: string): string {
  const absolute = resolve(path);
  return absolute.includes("%")
    ? resolve(realpathSync(dirname(absolute)), absolute.split(sep).at(-1) ?? "")
    : realpathSync(absolute);
}
