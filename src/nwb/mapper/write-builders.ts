/**
 * Builders → a file. First groups and data, then links and references, when everything they lead to is there, then
 * data that come piece by piece.
 */
import {
  copy,
  type Dataset,
  type DatasetSpec,
  type DatatypeInput,
  type Group,
  type OnProgress,
  type Reference,
  type WriteData,
} from "../../index.js";
import type { AbstractContainer } from "../containers/container.js";
import { isContainer, type StoredFile, stateOf } from "../containers/state.js";
import { type Block, openBlocks } from "../data/blocks.js";
import { datatypeFor } from "../data/conversion.js";
import { GrownData } from "../data/grown-data.js";
import { setDataset } from "../data/h5-data-io.js";
import { HeldData, type StorageOptions } from "../data/held-data.js";
import { NwbError } from "../errors.js";
import {
  type AttributeContent,
  type Builder,
  type DatasetBuilder,
  type GroupBuilder,
  type LinkBuilder,
  pathOfBuilder,
} from "./builders.js";
import type { ResolvedLink } from "./resolve.js";

export interface WriteRules {
  readonly target: StoredFile;
  readonly exhaustDci: boolean;
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Where a link leads, by name. */
  link(link: LinkBuilder): ResolvedLink;
  /** The path of a container in the file. */
  pathOf(container: AbstractContainer): string;
}

type Stored = Group | Dataset;

/** A dataset that is filled at the end. */
interface OpenStream {
  readonly builder: DatasetBuilder;
  readonly held: HeldData;
  readonly parent: Group;
}

/** Attributes that change while a container is in a file. */
const LIVING: ReadonlySet<string> = /* @__PURE__ */ new Set(["colnames", "categories"]);

export class BuilderWriter {
  readonly #rules: WriteRules;
  readonly #objects = new Map<Builder, Stored>();
  readonly #later: (() => Promise<void>)[] = [];
  readonly #streams: OpenStream[] = [];
  #done = 0;

  constructor(rules: WriteRules) {
    this.#rules = rules;
  }

  /** The objects that builders became. */
  get objects(): ReadonlyMap<Builder, Stored> {
    return this.#objects;
  }

  async write(root: GroupBuilder): Promise<void> {
    await this.#fillGroup(root, this.#rules.target.file.root);
    for (const step of this.#later) {
      this.#check();
      await step();
    }
    await this.#exhaust();
  }

  #check(): void {
    this.#rules.signal?.throwIfAborted();
  }

  async #fillGroup(builder: GroupBuilder, group: Group): Promise<void> {
    this.#check();
    this.#objects.set(builder, group);
    const isNew = builder.existing === undefined;
    for (const [name, content] of builder.attributes) {
      if (isNew || LIVING.has(name)) await this.#attribute(group, name, content);
    }
    for (const [name, member] of builder.members) {
      if (member.kind === "group") {
        const { existing } = member;
        const known = existing ?? (await this.#known(group, name, member));
        await this.#fillGroup(member, known ?? (await group.createGroup(name)));
      } else if (member.kind === "dataset") await this.#dataset(member, group);
      else if (isNew || !(await group.has(name))) this.#later.push(() => this.#link(group, member));
    }
  }

  /** An untyped group that is there already. */
  async #known(group: Group, name: string, member: GroupBuilder): Promise<Group | undefined> {
    if (member.container !== undefined || !(await group.has(name))) return undefined;
    return group.group(name);
  }

  async #attribute(object: Stored, name: string, content: AttributeContent): Promise<void> {
    if (content.kind === "reference") {
      this.#later.push(async () => {
        await object.attrs.set(name, await this.#reference(content.target.container));
      });
      return;
    }
    const { data, datatype } = content;
    await object.attrs.set(name, data, datatype === undefined ? {} : { datatype });
  }

  async #link(group: Group, builder: LinkBuilder): Promise<void> {
    const link = this.#rules.link(builder);
    if (link.kind === "soft") await group.createSoftLink(builder.name, link.target);
    else await group.createExternalLink(builder.name, link.file, link.target);
  }

  async #dataset(builder: DatasetBuilder, parent: Group): Promise<void> {
    this.#check();
    const { content, name, origin } = builder;
    switch (content.kind) {
      case "values": {
        const { data, datatype } = content;
        const dataset = await parent.createDataset(name, this.#spec(builder.storage, { data, datatype }));
        await this.#finish(builder, dataset);
        return;
      }
      case "references": {
        const { data, shape, datatype } = content;
        const dataset = await parent.createDataset(name, this.#spec(builder.storage, { shape, datatype }));
        await this.#finish(builder, dataset);
        if (dataset.count > 0) {
          this.#later.push(async () => dataset.write(await this.#withReferences(data)));
        }
        return;
      }
      case "empty": {
        const { shape, datatype } = content;
        await this.#finish(builder, await parent.createDataset(name, this.#spec(builder.storage, { shape, datatype })));
        return;
      }
      case "stream":
        this.#streams.push({ builder, held: content.held, parent });
        return;
      case "copy":
        await this.#finish(builder, await this.#copy(parent, name, content.dataset));
        return;
      case "rows": {
        const { base, isThere, from } = content;
        const dataset = isThere ? base : await this.#copy(parent, name, base);
        const rows = origin instanceof GrownData ? origin.rows.slice(from) : [];
        if (rows.length > 0) {
          this.#later.push(async () => dataset.append(await this.#withReferences(rows)));
        }
        if (isThere) this.#objects.set(builder, dataset);
        await (isThere ? this.#remember(builder, dataset) : this.#finish(builder, dataset));
        return;
      }
      default:
        return content satisfies never;
    }
  }

  #spec(storage: StorageOptions, content: Pick<DatasetSpec, "data" | "datatype" | "shape">): DatasetSpec {
    const { maxShape, chunkShape, filters, fillValue } = storage;
    const { signal } = this.#rules;
    return {
      ...content,
      maxShape,
      chunkShape,
      filters: filters?.length === 0 ? undefined : filters,
      fillValue,
      signal,
    };
  }

  /** Data of another dataset, moved in stored form; attributes are those of the builder. */
  async #copy(parent: Group, name: string, dataset: Dataset): Promise<Dataset> {
    const { signal, onProgress } = this.#rules;
    const before = this.#done;
    await copy(dataset, parent, name, {
      signal,
      onProgress: ({ done }) => {
        this.#done = before + done;
        onProgress?.({ done: this.#done, total: undefined });
      },
    });
    const copied = await parent.dataset(name);
    for (const attribute of await copied.attrs.keys()) await copied.attrs.delete(attribute);
    return copied;
  }

  async #finish(builder: DatasetBuilder, dataset: Dataset): Promise<void> {
    this.#objects.set(builder, dataset);
    for (const [name, content] of builder.attributes) await this.#attribute(dataset, name, content);
    this.#remember(builder, dataset);
    if (builder.content.kind === "values") this.#progress(dataset.count * dataset.datatype.size);
  }

  #remember(builder: DatasetBuilder, dataset: Dataset): void {
    const { origin } = builder;
    if (origin instanceof HeldData) {
      origin.written = dataset;
      if (origin.io !== undefined) setDataset(origin.io, dataset);
    } else if (origin instanceof GrownData) {
      origin.stored = { dataset, rows: origin.rows.length };
      const io = origin.origin?.io;
      if (io !== undefined) setDataset(io, dataset);
    }
  }

  #progress(bytes: number): void {
    this.#done += bytes;
    this.#rules.onProgress?.({ done: this.#done, total: undefined });
  }

  async #reference(container: AbstractContainer): Promise<Reference> {
    const object = await this.#rules.target.file.get(this.#rules.pathOf(container));
    return object.reference;
  }

  /** The data with references in the place of containers. */
  async #withReferences(data: unknown): Promise<WriteData> {
    if (isContainer(data)) return this.#reference(data as AbstractContainer);
    if (Array.isArray(data)) {
      const list: WriteData[] = [];
      for (const each of data) list.push(await this.#withReferences(each));
      return list;
    }
    if (typeof data === "object" && data !== null && !ArrayBuffer.isView(data) && !("kind" in data)) {
      const row: Record<string, WriteData> = {};
      for (const [name, each] of Object.entries(data)) row[name] = await this.#withReferences(each);
      return row;
    }
    return data as WriteData; // described when the builder was made
  }

  /** Write what comes piece by piece: one after the other, or a piece of each in turn. */
  async #exhaust(): Promise<void> {
    const open: { readonly dataset: Dataset; readonly blocks: AsyncIterator<Block> }[] = [];
    try {
      for (const stream of this.#streams) {
        const opened = await this.#openStream(stream);
        open.push(opened);
        if (this.#rules.exhaustDci) while (await this.#pull(opened));
      }
      for (let left = open; left.length > 0; ) {
        const next: typeof open = [];
        for (const each of left) if (await this.#pull(each)) next.push(each);
        left = next;
      }
    } finally {
      // What was not asked to the end may hold resources.
      for (const { blocks } of open) await blocks.return?.();
    }
  }

  async #openStream({
    builder,
    held,
    parent,
  }: OpenStream): Promise<{ readonly dataset: Dataset; readonly blocks: AsyncIterator<Block> }> {
    const { first, blocks } = await openBlocks(held);
    const { storage, content } = builder;
    const dtype = content.kind === "stream" ? content.dtype : undefined;
    const datatype: DatatypeInput = storage.datatype ?? datatypeFor(first?.kind, dtype) ?? "float64";
    const maxShape = storage.maxShape ?? [null, ...(first?.rowShape ?? [])];
    const rowShape = first?.rowShape ?? maxShape.slice(1).map((extent) => extent ?? 0);
    const spec = this.#spec({ ...storage, maxShape }, { datatype, shape: [0, ...rowShape] });
    const dataset = await parent.createDataset(builder.name, spec);
    await this.#finish(builder, dataset);
    return { dataset, blocks: blocks[Symbol.asyncIterator]() };
  }

  async #pull({
    dataset,
    blocks,
  }: {
    readonly dataset: Dataset;
    readonly blocks: AsyncIterator<Block>;
  }): Promise<boolean> {
    this.#check();
    const next = await blocks.next();
    if (next.done === true) return false;
    const { data, rows } = next.value;
    await dataset.append(data, 0, { signal: this.#rules.signal });
    const rowBytes = dataset.shape.slice(1).reduce((product, extent) => product * extent, dataset.datatype.size);
    this.#progress(rows * rowBytes);
    return true;
  }
}

/** Says where every container that was written is. */
export function settlePlaces(objects: ReadonlyMap<Builder, Stored>, target: StoredFile): void {
  for (const [builder, object] of objects) {
    if (builder.kind === "link") continue;
    const owner = builder.kind === "dataset" ? builder.owner : undefined;
    if (owner !== undefined && object.kind === "dataset") target.owners.set(object.address, owner);
    const { container } = builder;
    if (container === undefined) continue;
    const state = stateOf(container);
    state.place = { file: target, path: pathOfBuilder(builder), object };
    state.modified = false;
    target.containers.set(object.address, container);
  }
}

/** A problem that only shows when everything else is there. */
export function unwritable(problems: readonly string[]): NwbError {
  return new NwbError(`the file cannot be written:${problems.map((problem) => `\n  ${problem}`).join("")}`, {
    code: "unwritable",
  });
}
