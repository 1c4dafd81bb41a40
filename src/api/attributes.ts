/** The attributes of one object. */
import type { DatatypeInput } from "../datatypes/datatype-input.js";
import type { Value, ValueName, ValueTypes, WriteData } from "../datatypes/values.js";
import { Hdf5NotFoundError, isHdf5Error, refuse } from "../errors.js";
import type { Attribute as AttributeMessage } from "../format/messages/attribute.js";
import type { Dataspace } from "../format/messages/dataspace.js";
import { shapeOf } from "../format/messages/dataspace.js";
import type { Datatype } from "../format/messages/datatype.js";
import type { CallOptions } from "../model/calls.js";
import { loadAttributes } from "../model/load-attributes.js";
import { nameKey } from "../model/names.js";
import type { AttributeSlot, FileState } from "../model/state.js";
import { type ElementSource, readMethod, valueMethod, values } from "./element-source.js";
import { inListOrder, unresolved } from "./listing.js";
import type { ObjectCore } from "./object-core.js";
import type { ListOptions, ValueOptions } from "./options.js";
import type { Attribute, Attributes, ReadMethod, Unresolved, ValueMethod } from "./types.js";

export class AttributesHandle implements Attributes {
  readonly #core: ObjectCore;

  constructor(core: ObjectCore) {
    this.#core = core;
  }

  get order(): "none" | "tracked" | "indexed" {
    return this.#core.state.attributeOrder;
  }

  async keys(options: ListOptions = {}): Promise<string[]> {
    return (await this.#list(options)).map((slot) => slot.name);
  }

  async has(name: string): Promise<boolean> {
    return (await this.#slots()).has(keyOf(name));
  }

  get<K extends ValueName>(
    name: string,
    options: ValueOptions & { readonly as: K },
  ): Promise<ValueTypes[K] | undefined>;
  get(name: string, options?: ValueOptions): Promise<Value | undefined>;
  get(name: string, options: ValueOptions = {}): Promise<unknown> {
    const { state, path } = this.#core;
    // One call: what is called after it, a write or `close`, must not come between the attribute and its value.
    return this.#core.read(
      async () => {
        const slot = (await loadAttributes(state)).get(keyOf(name));
        if (slot === undefined) return undefined;
        if ("error" in slot) throw slot.error;
        return (await values.load()).readValue(new AttributeElements(this.#core, slot), undefined, options);
      },
      options,
      placeOf(path, name),
    );
  }

  async attribute(name: string): Promise<Attribute> {
    const slot = (await this.#slots()).get(keyOf(name));
    if (slot !== undefined) return this.#attribute(slot);
    const { path, file } = this.#core;
    throw new Hdf5NotFoundError(`${path ?? ""}@${name}`, path ?? "", { file: file.name });
  }

  async *entries(options: ListOptions = {}): AsyncGenerator<[name: string, attribute: Attribute | Unresolved]> {
    let slots: readonly AttributeSlot[];
    try {
      slots = await this.#list(options);
    } catch (error) {
      if (isHdf5Error(error, "usage")) throw error;
      yield ["", unresolved(error, "", undefined)];
      return;
    }
    for (const slot of slots) {
      if ("error" in slot) yield [slot.name, unresolved(slot.error, slot.name, undefined)];
      else yield [slot.name, new AttributeHandle(this.#core, slot)];
    }
  }

  set(
    name: string,
    value: WriteData,
    options?: { readonly datatype?: DatatypeInput | undefined; readonly shape?: readonly number[] | undefined },
  ): Promise<void> {
    return this.#core.write((writer) => writer.setAttribute(this.#core.state, name, value, options));
  }

  delete(name: string): Promise<void> {
    return this.#core.write((writer) => writer.deleteAttribute(this.#core.state, name));
  }

  #slots(options?: ListOptions): Promise<ReadonlyMap<string, AttributeSlot>> {
    return this.#core.read(() => loadAttributes(this.#core.state), options);
  }

  async #list(options: ListOptions): Promise<AttributeSlot[]> {
    const slots = await this.#slots(options);
    const named = [...slots.values()].map((slot) =>
      "error" in slot
        ? { slot, nameBytes: new TextEncoder().encode(slot.name), creationOrder: undefined }
        : { slot, nameBytes: slot.nameBytes, creationOrder: slot.creationOrder },
    );
    return inListOrder(named, options.order, this.order, "attributes").map(({ slot }) => slot);
  }

  #attribute(slot: AttributeSlot): Attribute {
    if ("error" in slot) throw slot.error;
    return new AttributeHandle(this.#core, slot);
  }
}

/** How errors call an attribute. */
function placeOf(path: string | undefined, name: string): string | undefined {
  return typeof name === "string" && path !== undefined ? `${path}@${name}` : path;
}

/** @throws Hdf5UsageError unless it is a name. */
function keyOf(name: string): string {
  if (typeof name !== "string") refuse("name", name, "a string");
  return nameKey(name);
}

class AttributeHandle implements Attribute {
  readonly kind = "attribute";
  readonly read: ReadMethod;
  readonly value: ValueMethod;
  readonly #message: AttributeMessage;

  constructor(core: ObjectCore, message: AttributeMessage) {
    this.#message = message;
    const source = new AttributeElements(core, message);
    this.read = readMethod(source);
    this.value = valueMethod(source);
  }

  get name(): string {
    return this.#message.name;
  }

  get datatype(): Datatype {
    return this.#message.datatype;
  }

  get dataspace(): Dataspace {
    return this.#message.dataspace;
  }

  get shape(): readonly number[] {
    return shapeOf(this.#message.dataspace);
  }

  get charset(): "ascii" | "utf-8" {
    return this.#message.charset;
  }

  get creationOrder(): number | undefined {
    return this.#message.creationOrder;
  }
}

/** An attribute's elements: they lie in its message. */
class AttributeElements implements ElementSource {
  readonly file: FileState;
  readonly datatype: Datatype;
  readonly dataspace: Dataspace;
  readonly #core: ObjectCore;
  readonly #message: AttributeMessage;

  constructor(core: ObjectCore, message: AttributeMessage) {
    this.#core = core;
    this.#message = message;
    this.file = core.state.file;
    this.datatype = message.datatype;
    this.dataspace = message.dataspace;
  }

  call<T>(run: () => Promise<T>, options: CallOptions): Promise<T> {
    return this.#core.read(run, options, placeOf(this.#core.path, this.#message.name));
  }

  async stored(selections: Parameters<ElementSource["stored"]>[0]): Promise<Uint8Array[]> {
    const { data, datatype } = this.#message;
    const { gatherElements } = await values.load();
    return selections.map((selection) => gatherElements(data, selection, shapeOf(this.dataspace), datatype.size));
  }
}
