/** Committed datatypes. */
import type { ObjectReference } from "../datatypes/values.js";
import type { Datatype } from "../format/messages/datatype.js";
import type { Reached } from "../model/paths.js";
import { AttributesHandle } from "./attributes.js";
import type { HandleFactory } from "./handles.js";
import { ObjectCore } from "./object-core.js";
import type { Attributes, Hdf5File, NamedDatatype } from "./types.js";

export class NamedDatatypeHandle implements NamedDatatype {
  readonly kind = "datatype";
  readonly attrs: Attributes;
  readonly datatype: Datatype;
  readonly #core: ObjectCore;

  constructor(reached: Reached, factory: HandleFactory) {
    this.#core = new ObjectCore(reached, factory);
    this.attrs = new AttributesHandle(this.#core);
    // A state of kind "datatype" has one.
    this.datatype = Object.freeze({ ...(reached.object.datatype as Datatype), committed: this.#core.reference });
  }

  /** For `stateOf`. */
  get core(): ObjectCore {
    return this.#core;
  }

  get file(): Hdf5File {
    return this.#core.file;
  }

  get path(): string | undefined {
    return this.#core.path;
  }

  get name(): string | undefined {
    return this.#core.name;
  }

  get address(): number {
    return this.#core.state.address;
  }

  get reference(): ObjectReference {
    return this.#core.reference;
  }

  get comment(): string | undefined {
    return this.#core.comment;
  }

  get modified(): Date | undefined {
    return this.#core.state.modified;
  }

  setComment(text: string | undefined): Promise<void> {
    return this.#core.write((writer) => writer.setComment(this.#core.state, text));
  }
}
