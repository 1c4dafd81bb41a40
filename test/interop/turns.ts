/** Edits that we and h5py can both do, a model of them, and h5py as a process that answers line by line. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { deflate, type Hdf5File } from "../../src/index.js";

export type Edit =
  | { readonly do: "group"; readonly path: string }
  | {
      readonly do: "dataset";
      readonly path: string;
      readonly kind: "plain" | "chunked" | "packed";
      readonly values: readonly number[];
    }
  | { readonly do: "soft" | "external"; readonly path: string; readonly target: string }
  | { readonly do: "hard"; readonly path: string; readonly from: string }
  | { readonly do: "delete"; readonly path: string }
  | { readonly do: "move"; readonly path: string; readonly to: string }
  | { readonly do: "attr"; readonly path: string; readonly name: string; readonly value: string | readonly number[] }
  | { readonly do: "no attr"; readonly path: string; readonly name: string }
  | { readonly do: "append"; readonly path: string; readonly values: readonly number[] }
  | { readonly do: "resize"; readonly path: string; readonly rows: number }
  | { readonly do: "comment"; readonly path: string; readonly text: string };

interface Thing {
  readonly attrs: Map<string, string | readonly number[]>;
  count: number;
  comment: string | undefined;
  readonly links?: Map<string, Link>;
  values?: number[];
  readonly grows: boolean;
}
type Link = { readonly soft: string } | { readonly external: string } | { readonly thing: Thing };

function group(): Thing {
  return { attrs: new Map(), count: 0, comment: undefined, links: new Map(), grows: false };
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
        const thing = { attrs: new Map(), count: 0, comment: undefined, values: [...edit.values] };
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
        if (edit.do === "append") thing.values.push(...edit.values);
        else thing.values = Array.from({ length: edit.rows }, (_, i) => thing.values?.[i] ?? 0);
        return true;
      }
      case "comment": {
        const thing = this.#thing(edit.path);
        if (thing === undefined || edit.path === "") return false;
        thing.comment = edit.text;
        return true;
      }
    }
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
  const { root } = file;
  switch (edit.do) {
    case "group":
      await root.createGroup(edit.path);
      return;
    case "dataset": {
      const chunked = edit.kind === "plain" ? {} : { maxShape: [null], chunkShape: [4] };
      const filters = edit.kind === "packed" ? { filters: ["shuffle", deflate(1)] as const } : {};
      await root.createDataset(edit.path, {
        data: edit.values,
        datatype: "int32",
        shape: [edit.values.length],
        ...chunked,
        ...filters,
      });
      return;
    }
    case "soft":
      await root.createSoftLink(edit.path, edit.target);
      return;
    case "external":
      await root.createExternalLink(edit.path, "other.h5", edit.target);
      return;
    case "hard":
      await root.createHardLink(edit.path, await root.get(edit.from));
      return;
    case "delete":
      await root.delete(edit.path);
      return;
    case "move":
      await root.move(edit.path, edit.to);
      return;
    case "attr": {
      const { attrs } = edit.path === "" ? root : await root.get(edit.path);
      if (typeof edit.value === "string") await attrs.set(edit.name, edit.value);
      else await attrs.set(edit.name, edit.value, { datatype: "int32", shape: [edit.value.length] });
      return;
    }
    case "no attr":
      await (edit.path === "" ? root : await root.get(edit.path)).attrs.delete(edit.name);
      return;
    case "append":
      await (await root.dataset(edit.path)).append(edit.values);
      return;
    case "resize":
      await (await root.dataset(edit.path)).resize([edit.rows]);
      return;
    case "comment":
      await (await root.get(edit.path)).setComment(edit.text);
  }
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
