import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { memoryDriver } from "../../src/drivers/memory.js";
import { recording } from "../../src/drivers/recording.js";
import { copy, create, deflate, type Group, type Hdf5File, open } from "../../src/index.js";

/** What a dataset shall hold. */
interface Model {
  /** The object: it keeps its state under whichever name a crash leaves. */
  readonly id: number;
  readonly values: readonly number[];
  readonly attrs: ReadonlyMap<string, number>;
}
/** Datasets by path; two paths may share one. */
type State = ReadonlyMap<string, Model>;

type Contents = ReadonlyMap<string, Omit<Model, "id">>;

function contents(state: State): Contents {
  return new Map([...state].map(([path, model]) => [path, content(model)]));
}

function content({ values, attrs }: Model): Omit<Model, "id"> {
  return { values, attrs };
}

/**
 * What a path may show between two flushes: the object of before or after, each as it was or as it is.
 * @param early chunks that a flush writes anew show before the extent does: the index is an extensible array, whose
 *   header is patched an epoch before the object's.
 */
function allowed(path: string, between: readonly State[], early: boolean): (Omit<Model, "id"> | undefined)[] {
  const objects = between.map((state) => state.get(path));
  const states = between.flatMap((state) => [...state.values()]);
  const known = states.filter(({ id }) => objects.some((object) => object?.id === id));
  const [last] = between;
  const older = early ? known.filter((model) => [...(last?.values() ?? [])].includes(model)) : [];
  const mixed = older.flatMap(({ id, values, attrs }) =>
    known
      .filter((newer) => newer.id === id && newer.values.length > values.length)
      .map((newer) => ({ values: newer.values.slice(0, values.length), attrs })),
  );
  return [...objects.map((object) => object && content(object)), ...known.map(content), ...mixed];
}

const PLACES = ["a", "b", "g/a", "g/b", "h/a"];
const place = fc.constantFrom(...PLACES);
/** Soft links, more than a header holds; the value of each stands in its target. */
const CROWDED = ["g", "h"];
const CROWD = CROWDED.flatMap((group) => Array.from({ length: 14 }, (_, i) => `${group}/s${i}`));
const crowded = fc.constantFrom(...CROWDED);
const step = fc.oneof(
  fc.record({
    do: fc.constant("create" as const),
    at: place,
    rows: fc.nat(30),
    kind: fc.constantFrom("chunked", "packed", "plain"),
  }),
  fc.record({ do: fc.constant("append" as const), at: place, rows: fc.integer({ min: 1, max: 25 }) }),
  fc.record({ do: fc.constant("resize" as const), at: place, rows: fc.nat(40) }),
  fc.record({ do: fc.constant("overwrite" as const), at: place }),
  fc.record({
    do: fc.constant("attr" as const),
    at: place,
    name: fc.constantFrom("x", "y", "z".repeat(200)),
    value: fc.integer(),
  }),
  fc.record({ do: fc.constant("no attr" as const), at: place, name: fc.constantFrom("x", "y") }),
  fc.record({ do: fc.constant("attrs" as const), at: place, count: fc.integer({ min: 7, max: 40 }) }),
  fc.record({ do: fc.constant("no attrs" as const), at: place, from: fc.nat(9) }),
  fc.record({ do: fc.constant("crowd" as const), at: crowded, count: fc.integer({ min: 7, max: 14 }) }),
  fc.record({ do: fc.constant("no crowd" as const), at: crowded, from: fc.nat(9) }),
  fc.record({ do: fc.constant("delete" as const), at: place }),
  fc.record({ do: fc.constant("move" as const), at: place, to: place }),
  fc.record({ do: fc.constant("link" as const), at: place, to: place }),
  fc.record({ do: fc.constant("copy" as const), at: place, to: place }),
  fc.record({ do: fc.constant("flush" as const) }),
  fc.record({ do: fc.constant("reopen" as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** A file and its model, edited side by side. */
class Session {
  readonly state = new Map<string, { id: number; values: number[]; attrs: Map<string, number>; growing: boolean }>();
  counter = 0;

  snapshot(): State {
    return new Map(
      [...this.state].map(([path, { id, values, attrs }]) => [
        path,
        { id, values: [...values], attrs: new Map(attrs) },
      ]),
    );
  }

  numbers(count: number): number[] {
    return Array.from({ length: count }, () => ++this.counter);
  }

  /** @param crash leave out what overwrites published data in place: that is torn by sector, as documented. */
  async apply(root: Group, edit: Step, crash: boolean): Promise<void> {
    if (edit.do === "flush" || edit.do === "reopen") return;
    const model = this.state.get(edit.at);
    switch (edit.do) {
      case "create": {
        if (model !== undefined) return;
        const values = this.numbers(edit.rows);
        const growing = edit.kind !== "plain";
        const filters = edit.kind === "packed" ? (["shuffle", deflate(1)] as const) : [];
        const chunked = growing ? { maxShape: [null], chunkShape: [4], filters } : {};
        await root.createDataset(edit.at, { data: values, datatype: "int32", ...chunked });
        this.state.set(edit.at, { id: ++this.counter, values, attrs: new Map(), growing });
        return;
      }
      case "append": {
        if (model?.growing !== true) return;
        const values = this.numbers(edit.rows);
        await (await root.dataset(edit.at)).append(values);
        model.values.push(...values);
        return;
      }
      case "resize": {
        if (model?.growing !== true) return;
        await (await root.dataset(edit.at)).resize([edit.rows]);
        while (model.values.length < edit.rows) model.values.push(0);
        model.values.length = edit.rows;
        return;
      }
      case "overwrite": {
        if (model === undefined || model.values.length < 3 || (crash && !model.growing)) return;
        const values = this.numbers(2);
        await (await root.dataset(edit.at)).write(values, [[1, 3]]);
        model.values.splice(1, 2, ...values);
        return;
      }
      case "attr":
        if (model === undefined) return;
        await (await root.dataset(edit.at)).attrs.set(edit.name, edit.value);
        model.attrs.set(edit.name, edit.value);
        return;
      case "no attr":
        if (model?.attrs.delete(edit.name) !== true) return;
        await (await root.dataset(edit.at)).attrs.delete(edit.name);
        return;
      case "attrs": {
        if (model === undefined) return;
        const { attrs } = await root.dataset(edit.at);
        for (let i = 0; i < edit.count; i++) {
          const value = ++this.counter;
          await attrs.set(`many ${i}`, value);
          model.attrs.set(`many ${i}`, value);
        }
        return;
      }
      case "no attrs": {
        if (model === undefined) return;
        const { attrs } = await root.dataset(edit.at);
        for (let i = edit.from; model.attrs.delete(`many ${i}`); i++) await attrs.delete(`many ${i}`);
        return;
      }
      case "crowd":
        for (let i = 0; i < edit.count; i++) {
          const path = `${edit.at}/s${i}`;
          if (this.state.has(path)) continue;
          const values = this.numbers(1);
          await root.createSoftLink(path, `/nowhere/${values[0]}`);
          this.state.set(path, { id: ++this.counter, values, attrs: new Map(), growing: false });
        }
        return;
      case "no crowd":
        for (let i = edit.from; this.state.delete(`${edit.at}/s${i}`); i++) await root.delete(`${edit.at}/s${i}`);
        return;
      case "delete":
        if (model === undefined) return;
        await root.delete(edit.at);
        this.state.delete(edit.at);
        return;
      case "move":
        if (model === undefined || this.state.has(edit.to)) return;
        await root.move(edit.at, edit.to);
        this.state.delete(edit.at);
        this.state.set(edit.to, model);
        return;
      case "link":
        if (model === undefined || this.state.has(edit.to)) return;
        await root.createHardLink(edit.to, await root.get(edit.at));
        this.state.set(edit.to, model);
        return;
      case "copy":
        if (model === undefined || this.state.has(edit.to)) return;
        await copy(await root.get(edit.at), root, edit.to);
        this.state.set(edit.to, {
          ...model,
          id: ++this.counter,
          values: [...model.values],
          attrs: new Map(model.attrs),
        });
    }
  }
}

async function contentOf(file: Hdf5File): Promise<Contents> {
  const found = new Map<string, Omit<Model, "id">>();
  for (const path of PLACES) {
    const object = await file.find(path);
    if (object?.kind !== "dataset") continue;
    const attrs = new Map<string, number>();
    for (const name of await object.attrs.keys())
      attrs.set(name, (await object.attrs.get(name, { as: "number" })) as number);
    found.set(path, { values: [...((await object.value()) as Int32Array)], attrs });
  }
  for (const name of CROWDED) {
    const group = await file.find(name);
    if (group?.kind !== "group") continue;
    for (const link of await group.links()) {
      if (link.kind !== "soft") continue;
      found.set(`${name}/${link.name}`, { values: [Number(link.target.split("/").at(-1))], attrs: new Map() });
    }
  }
  return found;
}

describe.each(["v108", "v110", "earliest"] as const)("scripts of edits in the format of libver %s", (libver) => {
  test("leave what the model says, before and after each flush and reopening", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (script) => {
        const session = new Session();
        let file = await create(undefined, { libver });
        for (const edit of [...script, { do: "reopen" as const }]) {
          await session.apply(file.root, edit, false);
          if (edit.do === "flush") await file.flush();
          if (edit.do === "reopen") {
            const bytes = await file.toBytes();
            await file.close();
            file = await open(bytes, { mode: "r+" });
          }
          expect(await contentOf(file)).toEqual(contents(session.snapshot()));
        }
        await file.close();
      }),
      { numRuns: 60 },
    );
  });

  test("cut after any write leave each object as it was at the last flush or as it is at the next", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (script) => {
        const driver = recording(memoryDriver());
        const session = new Session();
        const file = await create(driver, { libver });
        /** How many operations were done when a state was committed. */
        const commits: { readonly operations: number; readonly state: State; readonly moves: readonly State[] }[] = [];
        /** A move that follows another one may flush first: what was there before it is a state of its own. */
        let moves: State[] = [];
        const committed = (): void => {
          commits.push({ operations: driver.operations.length, state: session.snapshot(), moves });
          moves = [];
        };
        await file.flush();
        committed();
        for (const edit of [...script, { do: "flush" as const }]) {
          if (edit.do === "move") moves.push(session.snapshot());
          await session.apply(file.root, edit, true);
          if (edit.do !== "flush") continue;
          await file.flush();
          committed();
        }
        await file.close();
        committed();
        let image = new Uint8Array(0);
        let commit = 0;
        for (const [i, operation] of driver.operations.entries()) {
          image = applied(image, operation);
          while ((commits[commit + 1]?.operations ?? Number.POSITIVE_INFINITY) <= i + 1) commit++;
          if (i + 1 < (commits[0]?.operations ?? 0)) continue;
          await using cut = await open(image.slice());
          const found = await contentOf(cut);
          const next = commits[commit + 1];
          const between = [
            commits[commit]?.state ?? new Map(),
            ...(next === undefined ? [] : [next.state, ...next.moves]),
          ];
          for (const path of [...PLACES, ...CROWD]) {
            expect(allowed(path, between, libver === "v110"), `${path} after operation ${i}`).toContainEqual(
              found.get(path),
            );
          }
        }
      }),
      { numRuns: 25 },
    );
  }, 60_000);
});

type Operation = ReturnType<typeof recording>["operations"][number];

function applied(image: Uint8Array<ArrayBuffer>, operation: Operation): Uint8Array<ArrayBuffer> {
  const resized = (size: number): Uint8Array<ArrayBuffer> => {
    const next = new Uint8Array(size);
    next.set(image.subarray(0, size));
    return next;
  };
  if (operation.kind === "truncate") return resized(operation.size);
  if (operation.kind !== "write") return image;
  const end = operation.offset + operation.bytes.length;
  const next = end > image.length ? resized(end) : image.slice();
  next.set(operation.bytes, operation.offset);
  return next;
}
