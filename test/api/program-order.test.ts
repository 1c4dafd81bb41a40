/** Calls take effect in the order they were made, awaited or not. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { copy, create, type Dataset, deflate, type Hdf5File, open } from "../../src/index.js";

/** A call that nobody waits for, with what it must come to: an error's code, or nothing. */
type Made = readonly [call: Promise<unknown>, code?: string | undefined];

/** What a file shall hold. A model answers with the call made, and has changed as the file will. */
interface Model<Call> {
  call(one: Call): Made | undefined;
  /** Compare with what another reader finds. */
  compare(again: Hdf5File): Promise<void>;
}

/** Make all calls at once, with flushes between them, and compare what the file holds then. */
async function inOrder<Call extends { readonly kind: string }>(
  calls: readonly (Call | { readonly kind: "flush" })[],
  libver: "earliest" | "v108" | "v110",
  begin: (file: Hdf5File) => Promise<Model<Call>>,
): Promise<void> {
  await using file = await create(undefined, { libver });
  const model = await begin(file);
  const pending = calls.map(async (one) => {
    const made = isFlush(one) ? ([file.flush()] as const) : model.call(one);
    if (made === undefined) return;
    const [call, code] = made;
    const outcome = call.then(
      () => undefined,
      (error: { readonly code?: string }) => error.code ?? String(error),
    );
    expect(await outcome, JSON.stringify(one)).toBe(code);
  });
  const bytes = file.toBytes();
  await Promise.all(pending);
  await using again = await open(await bytes);
  await model.compare(again);
}

function isFlush(one: { readonly kind: string }): one is { readonly kind: "flush" } {
  return one.kind === "flush";
}

const flush = fc.constant({ kind: "flush" as const });
const numbers = async (dataset: Dataset): Promise<number[]> => [
  ...(await dataset.read(undefined, { as: "int32" })).data,
];

describe("calls that nobody waits for leave and see what the model says", () => {
  const elementCall = fc.oneof(
    fc.record({ kind: fc.constant("append" as const), count: fc.integer({ min: 1, max: 9 }), value: fc.nat(1000) }),
    fc.record({ kind: fc.constant("write" as const), at: fc.nat(20), value: fc.nat(1000) }),
    fc.record({ kind: fc.constant("resize" as const), length: fc.nat(30) }),
    fc.record({ kind: fc.constant("copy" as const), to: fc.constantFrom("copy 1", "copy 2") }),
    fc.constant({ kind: "read" as const }),
  );

  test("appends, writes, resizes, reads, copies and flushes", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof({ weight: 5, arbitrary: elementCall }, { weight: 1, arbitrary: flush }), { maxLength: 40 }),
        fc.constantFrom("v108" as const, "v110" as const),
        fc.boolean(),
        (calls, libver, filtered) =>
          inOrder(calls, libver, async ({ root }) => {
            const dataset = await root.createDataset("x", {
              datatype: "int32",
              shape: [0],
              maxShape: [null],
              chunkShape: [4],
              filters: filtered ? [deflate(1)] : [],
            });
            let model: readonly number[] = [];
            const copies = new Map<string, readonly number[]>();
            return {
              call(one): Made | undefined {
                switch (one.kind) {
                  case "append": {
                    const added = new Int32Array(one.count).fill(one.value);
                    model = [...model, ...added];
                    return [dataset.append(added)];
                  }
                  case "write":
                    if (one.at >= model.length) return undefined;
                    model = model.map((value, i) => (i === one.at ? one.value : value));
                    return [dataset.write(new Int32Array([one.value]), [[one.at, one.at + 1]])];
                  case "resize": {
                    const { length } = one;
                    const before = model;
                    model = Array.from({ length }, (_, i) => before[i] ?? 0);
                    return [dataset.resize([length])];
                  }
                  case "copy": {
                    const { to } = one;
                    const code = copies.has(to) ? "exists" : undefined;
                    if (code === undefined) copies.set(to, model);
                    return [copy(dataset, root, to), code];
                  }
                  case "read": {
                    const expected = model;
                    return [numbers(dataset).then((found) => expect(found).toEqual(expected))];
                  }
                }
              },
              async compare(again) {
                for (const [name, expected] of [["x", model] as const, ...copies])
                  expect(await numbers(await again.dataset(name)), name).toEqual(expected);
              },
            };
          }),
      ),
      { numRuns: 100 },
    );
  });

  const name = fc.constantFrom("a", "b", "c", "kept");
  const linkCall = fc.oneof(
    fc.record({ kind: fc.constant("group" as const), at: name }),
    fc.record({ kind: fc.constant("dataset" as const), at: name, value: fc.nat(99) }),
    fc.record({ kind: fc.constant("hard" as const), at: name }),
    fc.record({ kind: fc.constant("copy" as const), at: name }),
    fc.record({ kind: fc.constant("copy out" as const), at: name }),
    fc.record({ kind: fc.constant("copy in" as const), at: name }),
    fc.record({ kind: fc.constant("delete" as const), at: name }),
    fc.record({ kind: fc.constant("move" as const), at: name, to: name }),
    fc.record({ kind: fc.constant("attr" as const), at: name, value: fc.nat(99) }),
    fc.record({ kind: fc.constant("no attr" as const), at: name }),
    fc.constant({ kind: "keys" as const }),
  );

  test("links, attributes, objects and copies from and to another file are made, refused and seen", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof({ weight: 10, arbitrary: linkCall }, { weight: 1, arbitrary: flush }), { maxLength: 60 }),
        fc.constantFrom("earliest" as const, "v108" as const, "v110" as const),
        async (calls, libver) => {
          await using other = await create();
          await inOrder(calls, libver, async ({ root }) => {
            const original = await root.createGroup("original");
            const kept = await original.createDataset("kept", { data: Int32Array.of(7) });
            await kept.attrs.set("n", 0, { datatype: "int32" });
            /** What a name leads to: of datasets the number, of copies the number in the attribute too. */
            type Target = string | "group";
            const file = { links: new Map<string, Target>([["original", "group"]]), root };
            const far = { links: new Map<string, Target>(), root: other.root };
            const attrs = new Map<string, number>();
            let changes = 0;
            /** Give a name away in one of the files. */
            const linked = (call: Promise<unknown>, at: string, target: Target, { links } = file): Made => {
              if (links.has(at)) return [call, "exists"];
              links.set(at, target);
              return [call];
            };
            return {
              call(one): Made | undefined {
                switch (one.kind) {
                  case "group":
                    return linked(root.createGroup(one.at), one.at, "group");
                  case "dataset":
                    return linked(
                      root.createDataset(one.at, { data: Int32Array.of(one.value) }),
                      one.at,
                      `${one.value}`,
                    );
                  case "hard":
                    return linked(root.createHardLink(one.at, kept), one.at, "kept");
                  case "copy":
                    return linked(copy(kept, root, one.at), one.at, `7 with ${changes}`);
                  case "copy out":
                    return linked(copy(kept, far.root, one.at), one.at, `7 with ${changes}`, far);
                  case "copy in":
                    return linked(copy(far.root, root, `in ${one.at}`), `in ${one.at}`, [...far.links].sort().join());
                  case "delete": {
                    const call = root.delete(one.at);
                    return file.links.delete(one.at) ? [call] : [call, "not-found"];
                  }
                  case "move": {
                    const moved = file.links.get(one.at);
                    if (one.at === one.to) return undefined;
                    const call = root.move(one.at, one.to);
                    if (moved === undefined) return [call, "not-found"];
                    if (file.links.has(one.to)) return [call, "exists"];
                    file.links.delete(one.at);
                    file.links.set(one.to, moved);
                    return [call];
                  }
                  case "attr":
                    attrs.set(one.at, one.value);
                    changes = one.value;
                    return [
                      Promise.all([
                        kept.attrs.set("n", one.value, { datatype: "int32" }),
                        root.attrs.set(one.at, one.value, { datatype: "int32" }),
                      ]),
                    ];
                  case "no attr": {
                    const call = root.attrs.delete(one.at);
                    return attrs.delete(one.at) ? [call] : [call, "not-found"];
                  }
                  case "keys": {
                    const expected = [...file.links.keys()].sort();
                    return [root.keys().then((found) => expect(found).toEqual(expected))];
                  }
                }
              },
              async compare(again) {
                const targets = async (group: Hdf5File["root"]): Promise<[string, Target][]> => {
                  const found: [string, Target][] = [];
                  for (const key of await group.keys()) {
                    const object = await group.get(key);
                    if (object.kind !== "dataset") {
                      const isCopy = key.startsWith("in ");
                      found.push([key, isCopy ? (await targets(object as typeof group)).sort().join() : "group"]);
                      continue;
                    }
                    const value = await object.value([0]);
                    const copied = (await object.attrs.has("n"))
                      ? `${value} with ${await object.attrs.get("n")}`
                      : `${value}`;
                    found.push([key, group.file === again && object.address === keptAddress ? "kept" : copied]);
                  }
                  return found;
                };
                const keptAddress = (await again.get("original/kept")).address;
                expect((await targets(again.root)).sort()).toEqual([...file.links].sort());
                expect((await targets(far.root)).sort()).toEqual([...far.links].sort());
                const values: [string, unknown][] = [];
                for (const key of await again.root.attrs.keys()) values.push([key, await again.root.attrs.get(key)]);
                expect(values.sort()).toEqual([...attrs].sort());
              },
            };
          });
        },
      ),
      { numRuns: 100 },
    );
  });
});

test("an attribute's value is read before what is called after it: its deletion, and close", async () => {
  const file = await create();
  const { attrs } = file.root;
  await attrs.set("x", ["a", "b"]);
  const read = attrs.get("x");
  const deleted = attrs.delete("x");
  const none = attrs.get("x");
  const again = attrs.set("x", 5);
  const last = attrs.get("x");
  await Promise.all([file.close(), deleted, again]);
  expect(await Promise.all([read, none, last])).toEqual([["a", "b"], undefined, 5]);
});
