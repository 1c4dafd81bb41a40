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
