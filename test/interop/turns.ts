/** Edits that we and h5py can both do, a model of them, and h5py as a process that answers line by line. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import {
  copy,
  type Dataset,
  deflate,
  type Group,
  type Hdf5File,
  type Hdf5Object,
  type WriteData,
} from "../../src/index.js";

/** Numbers as they are; texts of variable length and object references made from numbers. */
export type Elements = "numbers" | "texts" | "references";

export type Edit =
  | { readonly do: "group"; readonly path: string }
  | {
      readonly do: "dataset";
      readonly path: string;
      readonly kind: "plain" | "chunked" | "packed";
      /** Numbers when not said. */
      readonly elements?: Elements;
      readonly values: readonly number[];
    }
  | { readonly do: "soft" | "external"; readonly path: string; readonly target: string }
  | { readonly do: "hard"; readonly path: string; readonly from: string }
  | { readonly do: "delete"; readonly path: string }
  | { readonly do: "move"; readonly path: string; readonly to: string }
  | { readonly do: "attr"; readonly path: string; readonly name: string; readonly value: string | readonly number[] }
  | { readonly do: "no attr"; readonly path: string; readonly name: string }
  | { readonly do: "append"; readonly path: string; readonly values: readonly number[] }
  | { readonly do: "slab"; readonly path: string; readonly from: number; readonly values: readonly number[] }
  | { readonly do: "copy"; readonly path: string; readonly to: string }
  | { readonly do: "resize"; readonly path: string; readonly rows: number }
  | { readonly do: "comment"; readonly path: string; readonly text: string };

type Element = number | string | boolean;

/** What a number stands for: a text, or a reference to the root group (true) or to nothing. */
function element(elements: Elements, n: number): Element {
  if (elements === "numbers") return n;
  return elements === "texts" ? `text ${n} `.repeat(Math.abs(n) % 4) : n % 2 === 0;
}

const FILL: Readonly<Record<Elements, Element>> = { numbers: 0, texts: "", references: false };

interface Thing {
  readonly attrs: Map<string, string | readonly number[]>;
  count: number;
  comment: string | undefined;
  readonly links?: Map<string, Link>;
  values?: Element[];
  readonly elements: Elements;
  readonly grows: boolean;
}
type Link = { readonly soft: string } | { readonly external: string } | { readonly thing: Thing };

/** Fewer attributes than that are messages. */
const LEAST_DENSE = 6;

function group(): Thing {
  return { attrs: new Map(), count: 0, comment: undefined, links: new Map(), elements: "numbers", grows: false };
}

/** What a file shall hold. */
export class TurnsModel {
  readonly root: Thing = group();

  #at(path: string): { links: Map<string, Link>; name: string } | undefined {
    const parts = path.split("/");
    const name = parts.pop() ?? "";
    let at = this.root;
    for (const part of parts) {
      const link = at.links?.get(part);
      if (link === undefined || !("thing" in link) || link.thing.links === undefined) return undefined;
      at = link.thing;
    }
    return at.links === undefined ? undefined : { links: at.links, name };
  }

  #thing(path: string): Thing | undefined {
    if (path === "") return this.root;
    const at = this.#at(path);
    const link = at?.links.get(at.name);
    return link !== undefined && "thing" in link ? link.thing : undefined;
  }

  /** Make the edit; false: it cannot be made, and nothing is changed. */
  apply(edit: Edit): boolean {
    switch (edit.do) {
      case "group":
        return this.#link(edit.path, () => ({ thing: group() }));
      case "dataset": {
        const { elements = "numbers" } = edit;
        const values = edit.values.map((n) => element(elements, n));
        const thing = { attrs: new Map(), count: 0, comment: undefined, elements, values };
        return this.#link(edit.path, () => ({ thing: { ...thing, grows: edit.kind !== "plain" } }));
      }
      case "soft":
        return this.#link(edit.path, () => ({ soft: edit.target }));
      case "external":
        return this.#link(edit.path, () => ({ external: edit.target }));
      case "hard": {
        const thing = this.#thing(edit.from);
        // A group below itself would be an endless tree.
        if (thing === undefined || thing.links !== undefined) return false;
        return this.#link(edit.path, () => ({ thing }));
      }
      case "delete": {
        const at = this.#at(edit.path);
        const link = at?.links.get(at.name);
        if (at === undefined || link === undefined) return false;
        at.links.delete(at.name);
        if ("thing" in link) this.#drop(link.thing);
        return true;
      }
      case "move": {
        const from = this.#at(edit.path);
        const link = from?.links.get(from.name);
        const to = this.#at(edit.to);
        if (from === undefined || link === undefined || to === undefined || to.links.has(to.name)) return false;
        if (`${edit.to}/`.startsWith(`${edit.path}/`)) return false;
        from.links.delete(from.name);
        to.links.set(to.name, link);
        return true;
      }
      case "attr":
        return this.#thing(edit.path)?.attrs.set(edit.name, edit.value) !== undefined;
      case "no attr":
        return this.#thing(edit.path)?.attrs.delete(edit.name) === true;
      case "append":
      case "resize": {
        const thing = this.#thing(edit.path);
        if (thing?.values === undefined || !thing.grows) return false;
        if (edit.do === "append") thing.values.push(...edit.values.map((n) => element(thing.elements, n)));
        else thing.values = Array.from({ length: edit.rows }, (_, i) => thing.values?.[i] ?? FILL[thing.elements]);
        return true;
      }
      case "slab": {
        const thing = this.#thing(edit.path);
        if (thing?.values === undefined || edit.from + edit.values.length > thing.values.length) return false;
        thing.values.splice(edit.from, edit.values.length, ...edit.values.map((n) => element(thing.elements, n)));
        return true;
      }
      case "copy": {
        const thing = this.#thing(edit.path);
        if (thing === undefined || `${edit.to}/`.startsWith(`${edit.path}/`) || edit.path === "") return false;
        return this.#link(edit.to, () => ({ thing: copied(thing, new Map()) }));
      }
      case "comment": {
        const thing = this.#thing(edit.path);
        if (thing === undefined || edit.path === "") return false;
        thing.comment = edit.text;
        return true;
      }
    }
  }

  /** Paths of the objects: all, or the datasets that can grow. */
  paths(which: "all" | "growing"): string[] {
    const below = ({ links }: Thing, at: string): string[] =>
      [...(links ?? [])].flatMap(([name, link]) => {
        if (!("thing" in link)) return [];
        const { thing } = link;
        return [...(which === "all" || thing.grows ? [`${at}${name}`] : []), ...below(thing, `${at}${name}/`)];
      });
    return below(this.root, "");
  }

  /**
   * libhdf5 1.10.8 crashes when it copies (H5Ocopy) references in chunks, or texts among attributes that a heap may hold,
   * also those of its own files: not edits for it.
   */
  crashesStock(edit: Edit): boolean {
    if (edit.do !== "copy") return false;
    const mayBeDense = (attrs: Thing["attrs"]): boolean => attrs.size >= LEAST_DENSE;
    const holds = ({ attrs, elements, grows, links }: Thing): boolean =>
      (elements === "references" && grows) ||
      (mayBeDense(attrs) && [...attrs.values()].some((value) => typeof value === "string")) ||
      [...(links?.values() ?? [])].some((link) => "thing" in link && holds(link.thing));
    const thing = this.#thing(edit.path);
    return thing !== undefined && holds(thing);
  }

  #link(path: string, make: () => Link): boolean {
    const at = this.#at(path);
    if (at === undefined || at.links.has(at.name)) return false;
    const link = make();
    at.links.set(at.name, link);
    if ("thing" in link) link.thing.count++;
    return true;
  }

  #drop(thing: Thing): void {
    thing.count--;
    if (thing.count > 0) return;
    for (const link of thing.links?.values() ?? []) if ("thing" in link) this.#drop(link.thing);
  }

  /** As h5py_turns.py answers. */
  tree(): unknown {
    return { attrs: Object.fromEntries(this.root.attrs), links: linksOf(this.root) };
  }
}

/** Hard links inside stay hard links. */
function copied(thing: Thing, done: Map<Thing, Thing>): Thing {
  const before = done.get(thing);
  if (before !== undefined) return before;
  const { links, values } = thing;
  const twin: Thing = {
    ...thing,
    attrs: new Map(thing.attrs),
    count: 0,
    ...(links === undefined ? {} : { links: new Map() }),
    ...(values === undefined ? {} : { values: [...values] }),
  };
  done.set(thing, twin);
  for (const [name, link] of links ?? []) {
    const inside = "thing" in link ? { thing: copied(link.thing, done) } : link;
    twin.links?.set(name, inside);
    if ("thing" in inside) inside.thing.count++;
  }
  return twin;
}

function linksOf({ links }: Thing): unknown {
  const entries = [...(links ?? [])].map(([name, link]) => {
    if (!("thing" in link)) return [name, link];
    const { attrs, count, comment, values } = link.thing;
    const own = link.thing.links === undefined ? { value: values } : { links: linksOf(link.thing) };
    return [name, { attrs: Object.fromEntries(attrs), count, ...(comment === undefined ? {} : { comment }), ...own }];
  });
  return Object.fromEntries(entries);
}

/** Our side. */
export async function applyOurs(file: Hdf5File, edit: Edit): Promise<void> {
  await (await prepared(file, edit))();
}

/** What an edit needs, waited for; and the call that makes it, which need not be. */
export async function prepared(file: Hdf5File, edit: Edit): Promise<() => Promise<unknown>> {
  const { root } = file;
  const object = (path: string): Promise<Hdf5Object> => (path === "" ? Promise.resolve(root) : root.get(path));
  switch (edit.do) {
    case "group":
      return () => root.createGroup(edit.path);
    case "dataset": {
      const { elements = "numbers", kind, values } = edit;
      const chunked = kind === "plain" ? {} : { maxShape: [null], chunkShape: [4] };
      const filters = kind === "packed" ? { filters: ["shuffle", deflate(1)] as const } : {};
      const datatype = { numbers: "int32", texts: "string", references: "object-reference" } as const;
      const spec = { datatype: datatype[elements], shape: [values.length], ...chunked, ...filters };
      return () => root.createDataset(edit.path, { ...spec, data: dataOf(root, elements, values) });
    }
    case "soft":
      return () => root.createSoftLink(edit.path, edit.target);
    case "external":
      return () => root.createExternalLink(edit.path, "other.h5", edit.target);
    case "hard": {
      const target = await object(edit.from);
      return () => root.createHardLink(edit.path, target);
    }
    case "delete":
      return () => root.delete(edit.path);
    case "move":
      return () => root.move(edit.path, edit.to);
    case "attr": {
      const { attrs } = await object(edit.path);
      const { name, value } = edit;
      if (typeof value === "string") return () => attrs.set(name, value);
      return () => attrs.set(name, value, { datatype: "int32", shape: [value.length] });
    }
    case "no attr": {
      const { attrs } = await object(edit.path);
      return () => attrs.delete(edit.name);
    }
    case "append": {
      const dataset = await root.dataset(edit.path);
      return () => dataset.append(dataOf(root, elementsOf(dataset), edit.values));
    }
    case "slab": {
      const dataset = await root.dataset(edit.path);
      const { from, values } = edit;
      return () => dataset.write(dataOf(root, elementsOf(dataset), values), [[from, from + values.length]]);
    }
    case "resize": {
      const dataset = await root.dataset(edit.path);
      return () => dataset.resize([edit.rows]);
    }
    case "copy": {
      const source = await object(edit.path);
      return () => copy(source, root, edit.to);
    }
    case "comment": {
      const commented = await object(edit.path);
      return () => commented.setComment(edit.text);
    }
  }
}

function elementsOf({ datatype }: Dataset): Elements {
  if (datatype.kind === "reference") return "references";
  return datatype.kind === "string" ? "texts" : "numbers";
}

function dataOf(root: Group, elements: Elements, values: readonly number[]): WriteData {
  return values.map((n) => {
    const value = element(elements, n);
    return typeof value === "boolean" ? (value ? root.reference : null) : value;
  });
}

/** What our reader finds, as the model says it; link counts are none of its business. */
export async function ourTree(file: Hdf5File): Promise<unknown> {
  return { attrs: await ourAttrs(file.root), links: await ourLinks(file.root) };
}

async function ourLinks(group: Group): Promise<unknown> {
  const found: Record<string, unknown> = {};
  for (const link of await group.links()) {
    const { name } = link;
    if (link.kind === "soft") found[name] = { soft: link.target };
    else if (link.kind === "external") found[name] = { external: link.target };
    else {
      const object = await group.get(name);
      const attrs = await ourAttrs(object);
      const comment = object.comment === undefined ? {} : { comment: object.comment };
      if (object.kind === "group") found[name] = { attrs, ...comment, links: await ourLinks(object) };
      else if (object.kind === "dataset") {
        const value = [...((await object.value()) as Iterable<unknown>)];
        const isReference = object.datatype.kind === "reference";
        found[name] = { attrs, ...comment, value: isReference ? value.map((one) => one !== null) : value };
      }
    }
  }
  return found;
}

async function ourAttrs({ attrs }: Pick<Group, "attrs">): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const name of await attrs.keys()) {
    const value = await attrs.get(name);
    found[name] = ArrayBuffer.isView(value) ? [...(value as Int32Array)] : value;
  }
  return found;
}

/** The same without link counts. */
export function withoutCounts(tree: unknown): unknown {
  return JSON.parse(JSON.stringify(tree, (key, value: unknown) => (key === "count" ? undefined : value)));
}

const GROUPS = ["", "g1/", "g1/g2/", "g3/"];
const NAMES = [
  ...Array.from({ length: 24 }, (_, i) => `n${(i * 7) % 24}`),
  "a long name of a link, to fill a heap sooner".repeat(2),
];
const place = fc
  .tuple(fc.constantFrom(...GROUPS), fc.constantFrom(...NAMES))
  .map(([parent, name]) => `${parent}${name}`);
const object = fc.oneof(
  { weight: 6, arbitrary: place },
  { weight: 1, arbitrary: fc.constantFrom("", "g1", "g1/g2", "g3") },
);
const values = fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { minLength: 1, maxLength: 30 });
const attribute = fc.constantFrom("x", "y", "z", "w".repeat(60));
const text = fc.string({ unit: fc.constantFrom("a", "b", " "), minLength: 1, maxLength: 90 });

/** One edit; many of them cannot be made. */
export const edit: fc.Arbitrary<Edit> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("group" as const),
      path: fc.oneof(place, fc.constantFrom("g1", "g1/g2", "g3")),
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant("dataset" as const),
      path: place,
      kind: fc.constantFrom("plain", "chunked", "packed"),
      values,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("soft" as const), path: place, target: place }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("hard" as const), path: place, from: place }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("delete" as const), path: place }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("move" as const), path: place, to: place }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("attr" as const),
      path: object,
      name: attribute,
      value: fc.oneof(text, values),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("no attr" as const), path: object, name: attribute }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("append" as const), path: place, values }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("resize" as const), path: place, rows: fc.nat(40) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("comment" as const), path: place, text }) },
);

/** Edits of all kinds: parts of datasets, copies, and elements that lead elsewhere too. */
export const anyEdit: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 40, arbitrary: edit },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("dataset" as const),
      path: place,
      kind: fc.constantFrom("plain", "chunked", "packed"),
      elements: fc.constantFrom("texts", "references"),
      values,
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("slab" as const),
      path: place,
      from: fc.nat(12),
      values: fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { minLength: 1, maxLength: 12 }),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("copy" as const), path: place, to: place }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("copy" as const), path: fc.constantFrom("g1", "g3"), to: place }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("resize" as const), path: place, rows: fc.nat(40) }) },
);

/** Rare: the group gets another form. */
export const externalEdit: fc.Arbitrary<Edit> = fc.record({
  do: fc.constant("external" as const),
  path: place,
  target: place,
});

/** h5py, answering. */
export class StockProcess {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  constructor() {
    const script = fileURLToPath(new URL("h5py_turns.py", import.meta.url));
    this.#child = spawn("/usr/bin/python3", [script], { stdio: ["pipe", "pipe", "inherit"] });
    // Both are pipes.
    this.#answers = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  }

  async ask(command: unknown): Promise<Record<string, unknown>> {
    this.#child.stdin?.write(`${JSON.stringify(command)}\n`);
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error("h5py has ended");
    return JSON.parse(value) as Record<string, unknown>;
  }

  end(): void {
    this.#child.stdin?.end();
  }
}
