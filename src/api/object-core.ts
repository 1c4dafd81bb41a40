/** What the handles of groups, datasets and committed datatypes share. */
import type { ObjectReference } from "../datatypes/values.js";
import { decodeText } from "../format/text.js";
import { assertPresent, type CallOptions, reading, writing } from "../model/calls.js";
import type { Reached } from "../model/paths.js";
import type { Soon } from "../model/soon.js";
import type { ObjectState } from "../model/state.js";
import type { Writer } from "../model/writer-contract.js";
import type { HandleFactory } from "./handles.js";
import type { Hdf5File } from "./types.js";

export class ObjectCore {
  readonly state: ObjectState;
  readonly path: string | undefined;
  readonly factory: HandleFactory;
  #reference: ObjectReference | undefined;

  constructor(reached: Reached, factory: HandleFactory) {
    this.state = reached.object;
    this.path = reached.path;
    this.factory = factory;
  }

  get reference(): ObjectReference {
    const { address } = this.state;
    this.#reference ??= Object.freeze({ kind: "object-reference", address, file: undefined } as const);
    return this.#reference;
  }

  get comment(): string | undefined {
    const { comment } = this.state;
    return comment && decodeText(comment);
  }

  get file(): Hdf5File {
    return this.factory.file(this.state.file);
  }

  get name(): string | undefined {
    return this.path?.slice(this.path.lastIndexOf("/") + 1);
  }

  /** The starting point of paths. */
  get reached(): Reached {
    return { object: this.state, path: this.path };
  }

  /** A call that reads the object, or what lies at another path seen from it. */
  read<T>(call: () => Promise<T>, options?: CallOptions, path: string | undefined = this.path): Promise<T> {
    const run = (): Promise<T> => {
      assertPresent(this.state);
      return call();
    };
    return reading(this.state.file, run, options, path);
  }

  /** A call that changes the object. */
  write(call: (writer: Writer) => Soon<void>, options?: CallOptions): Promise<void> {
    return this.#writing(call, options) ?? Promise.resolve();
  }

  /** A call that changes links. */
  relink(call: (writer: Writer) => Soon<void>): Promise<void> {
    return this.making(call) ?? Promise.resolve();
  }

  /** A call that changes links, of which something comes. */
  making<T>(call: (writer: Writer) => Soon<T>): Soon<T> {
    return this.#writing((writer) => {
      this.state.file.linksRevision++;
      return call(writer);
    });
  }

  #writing<T>(call: (writer: Writer) => Soon<T>, options?: CallOptions): Soon<T> {
    const run = (writer: Writer): Soon<T> => {
      assertPresent(this.state);
      return call(writer);
    };
    return writing(this.state.file, run, options, this.path);
  }
}
