/** Arguments of the wrong type, which callers without TypeScript give. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodeFileDriver } from "../../src/drivers/index.js";
import {
  check,
  compoundType,
  copy,
  create,
  type Dataset,
  type Hdf5File,
  hyperslab,
  open,
  scaleOffset,
  stringType,
} from "../../src/index.js";
import { join as joinMembers, repack, split } from "../../src/tools/index.js";

const folder = mkdtempSync(join(tmpdir(), "h5ts-arguments-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);

let bytes: Uint8Array;
beforeAll(async () => {
  await using file = await create();
  await file.root.createDataset("d", { data: [1, 2, 3], maxShape: [null], chunkShape: [2] });
  await file.root.createDataset("c", { data: [{ a: 1 }] });
  await file.root.attrs.set("a", 1);
  bytes = await file.toBytes();
});

async function drained(items: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of items);
}

type Call = (options: never, file: Hdf5File, dataset: Dataset) => unknown;

/** Every call that takes options, with those. */
const CALLS: Readonly<Record<string, Call>> = {
  open: (options) => open(bytes, options),
  create: (options) => create(at("new.h5"), options),
  keys: (options, { root }) => root.keys(options),
  links: (options, { root }) => root.links(options),
  entries: (options, { root }) => drained(root.entries(options)),
  visit: (options, { root }) => drained(root.visit(options)),
  "attrs.keys": (options, { root }) => root.attrs.keys(options),
  "attrs.entries": (options, { root }) => drained(root.attrs.entries(options)),
  "attrs.get": (options, { root }) => root.attrs.get("a", options),
  "attrs.set": (options, { root }) => root.attrs.set("a", 2, options),
  createGroup: (options, { root }) => root.createGroup("on/the/way", options),
  read: (options, _, dataset) => dataset.read(undefined, options),
  value: (options, _, dataset) => dataset.value(undefined, options),
  readMany: (options, _, dataset) => dataset.readMany([[0]], options),
  readChunk: (options, _, dataset) => dataset.readChunk([0], options),
  stream: (options, _, dataset) => drained(dataset.stream(options)),
  write: (options, _, dataset) => dataset.write([4, 5, 6], undefined, options),
  append: (options, _, dataset) => dataset.append([4], 0, options),
  writable: (options, _, dataset) => dataset.writable(options),
  copy: (options, { root }, dataset) => copy(dataset, root, "copy", options),
  check: (options, file) => drained(check(file, options)),
  repack: (options) => repack(bytes, at("new.h5"), options),
  split: (options) => split(bytes, at("new%d.h5"), options),
  join: (options) => joinMembers(at("none%d.h5"), at("new.h5"), options),
  nodeFileDriver: (options) => nodeFileDriver(at("new.h5"), options),
  stringType: (options) => stringType(5, options),
  compoundType: (options) => compoundType({ a: "int8" }, options),
  scaleOffset: (options) => scaleOffset(options),
  hyperslab: (options) => hyperslab(options),
};

/** Those of them that listen to signals, and that tell of their progress. */
const OF_ATTRIBUTES_AND_TYPES = /^(attrs\.set|createGroup|nodeFileDriver|(string|compound)Type|scaleOffset|hyperslab)$/;
const SIGNALLED = Object.keys(CALLS).filter((name) => !OF_ATTRIBUTES_AND_TYPES.test(name));
const TOLD = ["read", "readMany", "stream", "write", "append", "writable", "copy", "repack", "split", "join"];

/** What the call fails with, awaited or not. */
async function refusalOf(call: Call | undefined, options: unknown): Promise<unknown> {
  const given = bytes.slice();
  let refusal: unknown;
  {
    await using file = await open(given, { mode: "r+" });
    const dataset = await file.dataset("d");
    try {
      await call?.(options as never, file, dataset);
    } catch (error) {
      refusal = error;
    }
  }
  // Nothing is written, neither to the file nor beside it.
  expect(Buffer.compare(given, bytes)).toBe(0);
  expect(readdirSync(folder)).toEqual([]);
  return refusal;
}

describe("options that are none are refused by name", () => {
  test.each(Object.keys(CALLS))("by %s", async (name) => {
    for (const wrong of [null, 5, "x", [1, 2], () => undefined]) {
      const refusal = await refusalOf(CALLS[name], wrong);
      expect(refusal, String(wrong)).toMatchObject({
        code: "usage",
        argument: name === "hyperslab" ? "slab" : "options",
        expected: "an object",
      });
    }
  });

  test.each(SIGNALLED)("and signals that are none: %s", async (name) => {
    for (const signal of [null, 5, "x", {}, [], new AbortController()]) {
      const refusal = await refusalOf(CALLS[name], { signal });
      expect(refusal, String(signal)).toMatchObject({ code: "usage", argument: "signal" });
    }
  });

  test.each(TOLD)("and onProgress that cannot be called: %s", async (name) => {
    for (const onProgress of [null, 5, "x", {}]) {
      const refusal = await refusalOf(CALLS[name], { onProgress });
      expect(refusal, String(onProgress)).toMatchObject({ code: "usage", argument: "onProgress" });
    }
  });
});

/** An option, the calls that take it, and values that it must not have. */
const WRONG: readonly (readonly [option: string, calls: readonly string[], values: readonly unknown[]])[] = [
  ["mode", ["open", "nodeFileDriver"], [null, 5, "rw", {}, 10n]],
  ["notClosed", ["open"], [null, true, "yes"]],
  ["checksums", ["open"], [null, false, "off"]],
  ["durability", ["open", "create"], [null, 5, "full", {}, Symbol("s")]],
  ["libver", ["create", "repack"], [null, 8, "v114", ["v108"]]],
  ["userBlock", ["create"], [null, 5, 513, -512, "x", {}]],
  ["driver", ["open", "create"], [null, 5, "core", {}]],
  ["cacheBytes", ["open", "create"], [null, -1, Number.NaN, "1", [], true, 10n, Symbol("s")]],
  ["limits", ["open", "create"], [null, 5, "x", []]],
  ["external", ["open", "create"], [null, 5, "allow", {}, { dir: null }, { dir: 5 }, { dir: {} }]],
  ["pipeline", ["repack"], [null, 5, "deflate", {}]],
  ["chunkShape", ["repack"], [null, 5, "x", {}, false]],
  ["memberSize", ["split"], [undefined, null, 5, "4096", {}]],
  ["filters", ["open", "create"], [null, 5, {}, [null], [{}]]],
  ["onWarning", ["open", "create"], [null, 5, {}]],
  [
    "int64",
    ["open", "create", "read", "value", "readMany", "stream", "attrs.get"],
    [null, 5, "bigInt", {}, Symbol("s")],
  ],
  ["strings", ["read", "value", "readMany", "stream", "attrs.get"], [null, 5, "utf8", {}]],
  ["fields", ["read", "readMany", "stream"], [null, 5, "a", {}]],
  ["maxBytes", ["read", "readMany", "stream"], [null, -1, Number.NaN, "x", {}]],
  ["order", ["keys", "links", "entries", "visit", "attrs.keys", "attrs.entries"], [null, 5, "size", 10n]],
  ["follow", ["visit"], [null, 5, true, "external"]],
  ["links", ["copy"], [null, 5, "deep", 10n]],
];

test.each(WRONG)("%s takes what it says, and nothing else", async (option, calls, values) => {
  for (const name of calls) {
    for (const value of values) {
      const refusal = await refusalOf(CALLS[name], { [option]: value });
      expect(refusal, `${name}: ${String(value)}`).toMatchObject({ code: "usage", argument: option });
    }
  }
});

test("limits are numbers", async () => {
  for (const value of [null, -1, Number.NaN, "x", Symbol("s")]) {
    const refusal = await refusalOf(CALLS.open, { limits: { readBytes: value } });
    expect(refusal, String(value)).toMatchObject({ code: "usage", argument: "limits.readBytes" });
  }
});

test("a word that is wrong is shown with those that are right", async () => {
  const refused = create(undefined, { durability: "full" as "power" });
  await expect(refused).rejects.toThrow('durability is "full"; expected "process" or "power"');
});

test("sources, targets and patterns of whole files are refused by name", async () => {
  for (const value of [null, 5, {}, [], true, 10n] as never[]) {
    const calls: readonly (readonly [argument: string, call: Call])[] = [
      ["source", () => open(value)],
      ["target", () => create(value)],
      ["source", () => repack(value, at("new.h5"))],
      ["target", () => repack(bytes, value)],
      ["pattern", () => split(bytes, value, { memberSize: 4096 })],
      ["source", () => joinMembers(value, at("new.h5"))],
      ["target", () => joinMembers(at("none%d.h5"), value)],
    ];
    for (const [argument, call] of calls) {
      expect(await refusalOf(call, undefined), `${String(call)} ${String(value)}`).toMatchObject({
        code: "usage",
        argument,
      });
    }
  }
});

test("selections, offsets, names and files that are none are refused by name", async () => {
  const wrong = [null, 5, "x", {}, Symbol("s")] as never[];
  for (const value of wrong) {
    const calls: Readonly<Record<string, Call>> = {
      selections: (_, __, dataset) => dataset.readMany(value),
      offset: (_, __, dataset) => dataset.readChunk(value),
      file: () => drained(check(value)),
    };
    for (const [argument, call] of Object.entries(calls)) {
      expect(await refusalOf(call, undefined), String(value)).toMatchObject({ code: "usage", argument });
    }
  }
  for (const value of [undefined, null, 5, {}, Symbol("s")] as never[]) {
    const calls: readonly Call[] = [
      (_, { root }) => root.attrs.get(value),
      (_, { root }) => root.attrs.has(value),
      (_, { root }) => root.attrs.attribute(value),
    ];
    for (const call of calls) {
      expect(await refusalOf(call, undefined), String(value)).toMatchObject({ code: "usage", argument: "name" });
    }
  }
  const axis = await refusalOf((_, __, dataset) => dataset.append([1], Symbol("s") as never), undefined);
  expect(axis).toMatchObject({ code: "usage", argument: "axis" });
  expect(await refusalOf((_, file) => file.pathOf(null as never), undefined)).toMatchObject({ code: "usage" });
});
