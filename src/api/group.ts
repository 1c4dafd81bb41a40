/** Groups: links by name, paths, listings, and everything that makes or removes links. */
import type { DatatypeInput } from "../datatypes/datatype-input.js";
import type { ObjectReference } from "../datatypes/values.js";
import { Hdf5UsageError, isHdf5Error } from "../errors.js";
import type { LinkMessage } from "../format/messages/link.js";
import { HEADERS_AHEAD, readHeadersAhead } from "../model/ahead.js";
import { assertOpen, requireWriter } from "../model/calls.js";
import { loadLinks } from "../model/load-links.js";
import { followLink, joinPath, linkAt, type Reached, resolvePath, splitPath } from "../model/paths.js";
import type { Soon } from "../model/soon.js";
import type { ObjectState } from "../model/state.js";
import type { DatasetSpec } from "../model/writer-contract.js";
import { AttributesHandle } from "./attributes.js";
import { values } from "./element-source.js";
import { type HandleFactory, stateOf } from "./handles.js";
import { inListOrder, publicLink, unresolved } from "./listing.js";
import { ObjectCore } from "./object-core.js";
import type { ListOptions } from "./options.js";
import type { Attributes, Dataset, Group, Hdf5File, Hdf5Object, Link, NamedDatatype, Unresolved } from "./types.js";

export class GroupHandle implements Group {
  readonly kind = "group";
  readonly attrs: Attributes;
  readonly #core: ObjectCore;

  constructor(reached: Reached, factory: HandleFactory) {
    this.#core = new ObjectCore(reached, factory);
    this.attrs = new AttributesHandle(this.#core);
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

  get linkOrder(): "none" | "tracked" | "indexed" {
    return this.#core.state.linkOrder;
  }

  setComment(text: string | undefined): Promise<void> {
    return this.#core.write((writer) => writer.setComment(this.#core.state, text));
  }

  get(path: string): Promise<Hdf5Object> {
    return this.#core.read(() => this.#get(path), undefined, path);
  }

  async find(path: string): Promise<Hdf5Object | undefined> {
    try {
      return await this.get(path);
    } catch (error) {
      if (isHdf5Error(error, "not-found")) return undefined;
      if (isHdf5Error(error, "link") && error.reason === "dangling") return undefined;
      throw error;
    }
  }

  has(path: string): Promise<boolean> {
    return this.#core.read(
      async () => {
        if (splitPath(checkPath(path)).parts.length === 0) return true;
        try {
          await linkAt(this.#core.reached, path);
          return true;
        } catch (error) {
          if (isHdf5Error(error, "not-found")) return false;
          if (isHdf5Error(error, "link") && error.reason === "dangling") return false;
          throw error;
        }
      },
      undefined,
      path,
    );
  }

  async group(path: string): Promise<Group> {
    const object = await this.get(path);
    if (object.kind === "group") return object;
    throw new Hdf5UsageError("path", `${JSON.stringify(path)} leads to a ${object.kind}`, "a group", place(object));
  }

  async dataset(path: string): Promise<Dataset> {
    const object = await this.get(path);
    if (object.kind === "dataset") return object;
    throw new Hdf5UsageError("path", `${JSON.stringify(path)} leads to a ${object.kind}`, "a dataset", place(object));
  }

  async keys(options: ListOptions = {}): Promise<string[]> {
    return (await this.#list(options)).map(({ name }) => name);
  }

  async links(options: ListOptions = {}): Promise<Link[]> {
    return (await this.#list(options)).map(publicLink);
  }

  link(path: string): Promise<Link> {
    const call = async (): Promise<Link> => publicLink((await linkAt(this.#core.reached, checkPath(path))).link);
    return this.#core.read(call, undefined, path);
  }

  async *entries(options: ListOptions = {}): AsyncGenerator<[name: string, object: Hdf5Object | Unresolved]> {
    let links: readonly LinkMessage[];
    try {
      links = await this.#list(options);
    } catch (error) {
      if (isHdf5Error(error, "usage")) throw error;
      yield ["", unresolved(error, "", undefined)];
      return;
    }
    for (const [i, link] of links.entries()) {
      if (i % HEADERS_AHEAD === 0) await this.#readAhead(links.slice(i, i + HEADERS_AHEAD), options.signal);
      yield [link.name, await this.#entry(link, options.signal)];
    }
  }

  async *visit(
    options: ListOptions & { readonly follow?: "hard" | "soft" | "all" | undefined } = {},
  ): AsyncGenerator<[path: string, object: Hdf5Object | Unresolved]> {
    const { visitFrom } = await values.load();
    yield* visitFrom(this.#core, options);
  }

  async createGroup(
    path: string,
    options: { readonly trackOrder?: boolean | undefined; readonly comment?: string | undefined } = {},
  ): Promise<Group> {
    const { state } = this.#core;
    return this.#core.making((writer) =>
      this.#madeBy<Group>(writer.createGroup(state, checkPath(path), options), path),
    );
  }

  async createDataset(path: string, spec: DatasetSpec): Promise<Dataset> {
    const { state, path: base } = this.#core;
    checkPath(path);
    if (spec?.source === undefined) {
      return this.#core.making((writer) =>
        this.#madeBy<Dataset>(writer.createDataset(state, path, spec, { base }), path),
      );
    }
    assertOpen(state.file);
    const made = await requireWriter(state.file).createFilled(state, path, spec, spec.source, { base });
    return this.#made<Dataset>(made, path);
  }

  createSoftLink(path: string, target: string): Promise<void> {
    const { state } = this.#core;
    return this.#core.relink((writer) => writer.createLink(state, checkPath(path), { kind: "soft", target }));
  }

  createExternalLink(path: string, file: string, target: string): Promise<void> {
    const { state } = this.#core;
    return this.#core.relink((writer) => writer.createLink(state, checkPath(path), { kind: "external", file, target }));
  }

  createHardLink(path: string, object: Hdf5Object): Promise<void> {
    const { state } = this.#core;
    return this.#core.relink((writer) => {
      const target = stateOf(object, "object");
      if (target.file !== state.file) {
        throw new Hdf5UsageError("object", "lies in another file", "an object of this file, or an external link");
      }
      return writer.createLink(state, checkPath(path), { kind: "hard", object: target });
    });
  }

  async commit(path: string, datatype: DatatypeInput): Promise<NamedDatatype> {
    const { state } = this.#core;
    return this.#core.making((writer) =>
      this.#madeBy<NamedDatatype>(writer.commitDatatype(state, checkPath(path), datatype), path),
    );
  }

  delete(path: string): Promise<void> {
    return this.#core.relink((writer) => writer.unlink(this.#core.state, checkPath(path)));
  }

  move(from: string, to: string): Promise<void> {
    return this.#core.relink((writer) => writer.move(this.#core.state, checkPath(from), checkPath(to)));
  }

  #madeBy<T extends Hdf5Object>(object: Soon<ObjectState>, path: string): Soon<T> {
    return object instanceof Promise ? object.then((late) => this.#made<T>(late, path)) : this.#made<T>(object, path);
  }

  /**
   * The handle of what the writer has just made, which is of the kind asked for. Part of the call that made it: `close`
   * may have been called since.
   */
  #made<T extends Hdf5Object>(object: ObjectState, path: string): Soon<T> {
    const { absolute, parts } = splitPath(path);
    const { factory } = this.#core;
    const reached = { object, path: joinPath(absolute ? "/" : this.#core.path, ...parts) };
    return (factory.objectAtOnce(reached) ?? factory.object(reached)) as Soon<T>;
  }

  async #get(path: string): Promise<Hdf5Object> {
    const { reached, factory } = this.#core;
    return factory.object(await resolvePath(reached, checkPath(path)));
  }

  #list(options: ListOptions): Promise<LinkMessage[]> {
    const { state } = this.#core;
    return this.#core.read(
      async () => inListOrder((await loadLinks(state)).values(), options.order, state.linkOrder, "links"),
      options,
    );
  }

  #readAhead(links: readonly LinkMessage[], signal: AbortSignal | undefined): Promise<void> {
    return this.#core.read(() => readHeadersAhead(this.#core.state.file, links, { signal }), { signal });
  }

  async #entry(link: LinkMessage, signal: AbortSignal | undefined): Promise<Hdf5Object | Unresolved> {
    const { reached, factory } = this.#core;
    try {
      return await this.#core.read(async () => factory.object(await followLink(reached, link)), { signal });
    } catch (error) {
      return unresolved(error, link.name, publicLink(link));
    }
  }
}

/** @throws Hdf5UsageError unless it is a path. */
function checkPath(path: string): string {
  if (typeof path === "string") return path;
  throw new Hdf5UsageError("path", `is ${String(path)}`, "a string");
}

function place(object: Hdf5Object): { readonly file: string; readonly path: string | undefined } {
  return { file: object.file.name, path: object.path };
}
