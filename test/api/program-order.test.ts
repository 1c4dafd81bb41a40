/** Calls take effect in the order they were made, awaited or not. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { create, deflate, open } from "../../src/index.js";

const call = fc.oneof(
  fc.record({ kind: fc.constant("append" as const), count: fc.integer({ min: 1, max: 9 }), value: fc.nat(1000) }),
  fc.record({ kind: fc.constant("write" as const), at: fc.nat(20), value: fc.nat(1000) }),
  fc.record({ kind: fc.constant("resize" as const), length: fc.nat(30) }),
  fc.constant({ kind: "read" as const }),
  fc.constant({ kind: "flush" as const }),
);

test("appends, writes, resizes, reads and flushes that nobody waits for leave and see what the model says", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(call, { maxLength: 40 }),
      fc.constantFrom("v108" as const, "v110" as const),
      fc.boolean(),
      async (calls, libver, filtered) => {
        const file = await create(undefined, { libver });
        const dataset = await file.root.createDataset("x", {
          datatype: "int32",
          shape: [0],
          maxShape: [null],
          chunkShape: [4],
          filters: filtered ? [deflate(1)] : [],
        });
        let model: number[] = [];
        const pending: Promise<unknown>[] = [];
        for (const one of calls) {
          switch (one.kind) {
            case "append":
              pending.push(dataset.append(new Int32Array(one.count).fill(one.value)));
              model = [...model, ...new Array<number>(one.count).fill(one.value)];
              break;
            case "write":
              if (one.at >= model.length) break;
              pending.push(dataset.write(new Int32Array([one.value]), [[one.at, one.at + 1]]));
              model = model.map((v, i) => (i === one.at ? one.value : v));
              break;
            case "resize": {
              const { length } = one;
              pending.push(dataset.resize([length]));
              model = Array.from({ length }, (_, i) => model[i] ?? 0);
              break;
            }
            case "read": {
              const expected = model;
              const seen = dataset
                .read(undefined, { as: "int32" })
                .then(({ data }) => expect([...data]).toEqual(expected));
              pending.push(seen);
              break;
            }
            case "flush":
              pending.push(file.flush());
              break;
            default:
              one satisfies never;
          }
        }
        const bytes = file.toBytes();
        await Promise.all(pending);
        await using again = await open(await bytes);
        expect([...(await (await again.dataset("x")).read(undefined, { as: "int32" })).data]).toEqual(model);
        await file.close();
      },
    ),
    { numRuns: 100 },
  );
});

const NAMES = ["a", "b", "c"];
const name = fc.constantFrom(...NAMES);
const linkCall = fc.oneof(
  fc.record({ kind: fc.constant("group" as const), at: name }),
  fc.record({ kind: fc.constant("dataset" as const), at: name, value: fc.nat(99) }),
  fc.record({ kind: fc.constant("hard" as const), at: name }),
  fc.record({ kind: fc.constant("delete" as const), at: name }),
  fc.record({ kind: fc.constant("move" as const), at: name, to: name }),
  fc.record({ kind: fc.constant("attr" as const), at: name, value: fc.nat(99) }),
  fc.record({ kind: fc.constant("no attr" as const), at: name }),
  fc.constant({ kind: "keys" as const }),
  fc.constant({ kind: "flush" as const }),
);

test("links, attributes and objects that nobody waits for are made, refused and seen in the order of the calls", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(linkCall, { maxLength: 60 }),
      fc.constantFrom("earliest" as const, "v108" as const, "v110" as const),
      async (calls, libver) => {
        const file = await create(undefined, { libver });
        const { root } = file;
        const kept = await root.createDataset("kept", { data: Int32Array.of(7) });
        /** What a name leads to: a number for datasets. */
        const links = new Map<string, number | "group">([["kept", 7]]);
        const attrs = new Map<string, number>();
        const pending: Promise<unknown>[] = [];
        const expectCode = (call: Promise<unknown>, code: string | undefined): void => {
          const outcome = call.then(
            () => undefined,
            (error: { readonly code: string }) => error.code,
          );
          pending.push(outcome.then((found) => expect(found).toBe(code)));
        };
        for (const one of calls) {
          switch (one.kind) {
            case "group":
              expectCode(root.createGroup(one.at), links.has(one.at) ? "exists" : undefined);
              if (!links.has(one.at)) links.set(one.at, "group");
              break;
            case "dataset": {
              const data = Int32Array.of(one.value);
              expectCode(root.createDataset(one.at, { data }), links.has(one.at) ? "exists" : undefined);
              if (!links.has(one.at)) links.set(one.at, one.value);
              break;
            }
            case "hard":
              expectCode(root.createHardLink(one.at, kept), links.has(one.at) ? "exists" : undefined);
              if (!links.has(one.at)) links.set(one.at, 7);
              break;
            case "delete":
              expectCode(root.delete(one.at), links.has(one.at) ? undefined : "not-found");
              links.delete(one.at);
              break;
            case "move": {
              const moved = links.get(one.at);
              if (one.at === one.to) break;
              const code = moved === undefined ? "not-found" : links.has(one.to) ? "exists" : undefined;
              expectCode(root.move(one.at, one.to), code);
              if (code !== undefined || moved === undefined) break;
              links.delete(one.at);
              links.set(one.to, moved);
              break;
            }
            case "attr":
              expectCode(root.attrs.set(one.at, one.value, { datatype: "int32" }), undefined);
              attrs.set(one.at, one.value);
              break;
            case "no attr":
              expectCode(root.attrs.delete(one.at), attrs.has(one.at) ? undefined : "not-found");
              attrs.delete(one.at);
              break;
            case "keys": {
              const expected = [...links.keys()].sort();
              pending.push(root.keys().then((found) => expect(found).toEqual(expected)));
              break;
            }
            case "flush":
              pending.push(file.flush());
              break;
            default:
              one satisfies never;
          }
        }
        const bytes = file.toBytes();
        await Promise.all(pending);
        await using again = await open(await bytes);
        const found = new Map<string, number | "group">();
        for (const key of await again.root.keys()) {
          const object = await again.get(key);
          found.set(key, object.kind === "dataset" ? ((await object.value([0])) as number) : "group");
        }
        expect([...found].sort()).toEqual([...links].sort());
        const values: [string, unknown][] = [];
        for (const key of await again.root.attrs.keys()) values.push([key, await again.root.attrs.get(key)]);
        expect(values.sort()).toEqual([...attrs].sort());
        await file.close();
      },
    ),
    { numRuns: 100 },
  );
});
