/**
 * Edits of files that stock libhdf5 made, one a flush, cut at every write: each prefix, each write torn at the borders
 * of sectors (or pages) that it crosses, and subsets of each epoch; undo files torn too. Every state is as before the
 * edit or as after it, for us and for stock, which reads those with an undo file once we have opened and closed them.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sideDriver, sideStates } from "../../scripts/crash/side-file.js";
import { open } from "../../src/index.js";
import { h5pyPresent } from "../interop/h5py.js";
import { applyOurs, type Edit, edit, ourTree, StockProcess, TurnsModel, withoutCounts } from "../interop/turns.js";

const folder = mkdtempSync(join(tmpdir(), "h5ts-cuts-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const RUNS = Number(process.env.H5TS_RUNS ?? 4);
/** Of all states, this part is opened by stock too. */
const STOCK_EVERY = 25;

const KINDS = {
  "stock, default": { libver: "earliest" },
  "stock, small nodes": { libver: "earliest", symbols: [1, 1], chunks: 2 },
  "stock, 1.8": { libver: "v108" },
  "stock, free-space managers kept": { libver: "earliest", strategy: 0 },
  "stock, pages": { libver: "earliest", strategy: 1 },
} as const;

/** A loss of power tears at sectors and mixes what comes between barriers; the end of the process tears at pages. */
const CUTS = { power: { unit: 512, subsets: 4 }, process: { unit: 4096, subsets: 0 } } as const;
type Durability = keyof typeof CUTS;

const START: readonly Edit[] = [
  { do: "group", path: "g1" },
  { do: "group", path: "g1/g2" },
  { do: "group", path: "g3" },
];

describe.runIf(h5pyPresent())("edits of stock's files, cut anywhere", () => {
  let stock: StockProcess;
  beforeAll(() => {
    stock = new StockProcess();
  });
  afterAll(() => stock.end());

  test.each(Object.entries(KINDS))(
    "leave the state before or after: %s",
    async (name, made) => {
      let files = 0;
      let seen = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(edit, { minLength: 20, maxLength: 80 }),
          fc.array(edit, { minLength: 5, maxLength: 25 }),
          fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
          fc.constantFrom(...(Object.keys(CUTS) as Durability[])),
          async (before, after, stream, durability) => {
            const path = join(folder, `${name} ${files++}.h5`);
            const random = (): number => stream.next().value as number;
            const model = new TurnsModel();
            await stock.ask({ make: path, ...made });
            const edits = [...START, ...before].filter((one) => model.apply(one));
            expect(await stock.ask({ path, edits })).toEqual(model.tree());
            let image = new Uint8Array(readFileSync(path));
            const driver = sideDriver({ image, side: undefined });
            const file = await open(driver, { mode: "r+", durability });
            let start = driver.steps.length;
            for (const one of [...after, undefined]) {
              const old = withoutCounts(model.tree());
              if (one !== undefined && !model.apply(one)) continue;
              const allowed = [old, withoutCounts(model.tree())];
              if (one?.do === "move") allowed.push(withBoth(old, allowed[1], one.path, one.to));
              if (one === undefined) await file.close();
              else {
                await applyOurs(file, one);
                await file.flush();
              }
              const steps = driver.steps.slice(start);
              start = driver.steps.length;
              for (const state of sideStates(image, steps, { ...CUTS[durability], random })) {
                await using cut = await open(sideDriver(state));
                const found = await ourTree(cut);
                expect(allowed, JSON.stringify(one)).toContainEqual(found);
                if (seen++ % STOCK_EVERY > 0) continue;
                const cutPath = join(folder, "cut.h5");
                const closed = sideDriver(state);
                if (state.side !== undefined) await (await open(closed, { mode: "r+" })).close();
                expect(closed.state.side).toBeUndefined();
                writeFileSync(cutPath, closed.state.image);
                expect(allowed, `stock, ${JSON.stringify(one)}`).toContainEqual(
                  withoutCounts(await stock.ask({ path: cutPath, edits: [] })),
                );
              }
              image = driver.state.image;
            }
          },
        ),
        { numRuns: RUNS },
      );
      expect(seen).toBeGreaterThan(5 * RUNS);
    },
    60_000 + 5000 * RUNS,
  );
});

/** The state in which a moved link has both names. */
function withBoth(old: unknown, moved: unknown, from: string, to: string): unknown {
  const both = structuredClone(moved) as Tree;
  const at = (tree: Tree, path: string): [Record<string, Tree>, string] => {
    const parts = path.split("/");
    const last = parts.pop() as string;
    let group = tree;
    for (const part of parts) group = group.links?.[part] as Tree;
    return [group.links ?? {}, last];
  };
  const [target, name] = at(both, from);
  const [source, oldName] = at(old as Tree, from);
  target[name] = structuredClone(source[oldName]) as Tree;
  return to === from ? old : both;
}
interface Tree {
  readonly links?: Record<string, Tree>;
}
