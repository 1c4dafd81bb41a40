/**
 * Edits of files that stock libhdf5 made, one a flush, cut at every write: each prefix, each write torn at the borders of
 * sectors (of pages, where checksums of headers may cross one) that it crosses, and subsets of each epoch. Every state is
 * as before the edit or as after it, for us and for stock.
 *
 * Left whole is the write to a version-2 header of stock that crosses a page: such a header has no place for an atomic
 * change, and there is no undo file yet (docs/limitations.md, "Editing files of other writers").
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { memoryDriver } from "../../src/drivers/memory.js";
import { type DriverOperation, recording } from "../../src/drivers/recording.js";
import { open } from "../../src/index.js";
import { h5pyPresent } from "../interop/h5py.js";
import { applyOurs, type Edit, edit, ourTree, StockProcess, TurnsModel, withoutCounts } from "../interop/turns.js";

const folder = mkdtempSync(join(tmpdir(), "h5ts-cuts-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const RUNS = Number(process.env.H5TS_RUNS ?? 4);
/** Of all states, this part is opened by stock too. */
const STOCK_EVERY = 25;

const KINDS = {
  "stock, default": { unit: 512, libver: "earliest" },
  "stock, small nodes": { unit: 512, libver: "earliest", symbols: [1, 1], chunks: 2 },
  "stock, 1.8": { unit: 4096, libver: "v108" },
  "stock, free-space managers kept": { unit: 4096, libver: "earliest", strategy: 0 },
} as const;

const START: readonly Edit[] = [
  { do: "group", path: "g1" },
  { do: "group", path: "g1/g2" },
  { do: "group", path: "g3" },
];

type Bytes = Uint8Array<ArrayBuffer>;

function applied(image: Bytes, operation: DriverOperation, bytes?: Uint8Array): Bytes {
  const resized = (size: number): Bytes => {
    const next = new Uint8Array(size);
    next.set(image.subarray(0, size));
    return next;
  };
  if (operation.kind === "truncate") return resized(operation.size);
  if (operation.kind !== "write") return image;
  const part = bytes ?? operation.bytes;
  const end = operation.offset + part.length;
  const next = end > image.length ? resized(end) : image.slice();
  next.set(part, operation.offset);
  return next;
}

/** Does a write change the first block of a version-2 header that the image holds? */
function changesHeader(image: Bytes, { offset, bytes }: DriverOperation & { readonly kind: "write" }): boolean {
  if (bytes.length > 512) return false;
  const before = Buffer.from(image.buffer, image.byteOffset, Math.min(image.length, offset + 4));
  const header = before.lastIndexOf("OHDR", -4);
  return header >= 0 && offset - header < 512;
}

/** All states of one flush. */
function* states(
  image: Bytes,
  operations: readonly DriverOperation[],
  unit: number,
  random: () => number,
): Iterable<Bytes> {
  let base = image;
  let epoch: DriverOperation[] = [];
  for (const operation of [...operations, { kind: "flush" } as const]) {
    if (operation.kind === "read") continue;
    if (operation.kind !== "flush") {
      epoch.push(operation);
      continue;
    }
    let prefix = base;
    for (const one of epoch) {
      if (one.kind === "write" && !(unit > 512 && changesHeader(base, one))) {
        const first = unit - (one.offset % unit);
        for (let at = first; at < one.bytes.length; at += unit) yield applied(prefix, one, one.bytes.subarray(0, at));
      }
      prefix = applied(prefix, one);
      yield prefix;
    }
    for (let i = 0; i < 4 && epoch.length > 1; i++) {
      yield epoch.filter(() => random() < 0.5).reduce((state, one) => applied(state, one), base);
    }
    base = prefix;
    epoch = [];
  }
}

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
          async (before, after, stream) => {
            const path = join(folder, `${name} ${files++}.h5`);
            const random = (): number => stream.next().value as number;
            const model = new TurnsModel();
            await stock.ask({ make: path, ...made });
            const edits = [...START, ...before].filter((one) => model.apply(one));
            expect(await stock.ask({ path, edits })).toEqual(model.tree());
            let image: Bytes = new Uint8Array(readFileSync(path));
            const driver = recording(memoryDriver(image.slice()));
            const file = await open(driver, { mode: "r+", durability: "power" });
            let start = driver.operations.length;
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
              const operations = driver.operations.slice(start);
              start = driver.operations.length;
              for (const state of states(image, operations, made.unit, random)) {
                await using cut = await open(state);
                const found = await ourTree(cut);
                expect(allowed, JSON.stringify(one)).toContainEqual(found);
                if (seen++ % STOCK_EVERY > 0) continue;
                const cutPath = join(folder, "cut.h5");
                writeFileSync(cutPath, state);
                expect(allowed, `stock, ${JSON.stringify(one)}`).toContainEqual(
                  withoutCounts(await stock.ask({ path: cutPath, edits: [] })),
                );
              }
              image = operations.reduce((state, operation) => applied(state, operation), image);
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
