import * as h5wasm from "h5wasm/node";
import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { Cursor } from "../../src/bytes/cursor.js";
import type { ByteSource } from "../../src/format/byte-source.js";
import { readLinks } from "../../src/format/group-links.js";
import { readObjectHeader } from "../../src/format/object-header.js";
import { PagedSource } from "../format/paged-source.js";
import { fixtureContext } from "../format/walker-fixtures.js";

/** Calls of leaf decoders since the last reset, by name. */
const calls = vi.hoisted(() => new Map<string, number>());

const counting = vi.hoisted(() => async (original: () => Promise<unknown>): Promise<Record<string, unknown>> => {
  const module = (await original()) as Record<string, unknown>;
  const counted = Object.entries(module).map(([name, value]) => {
    if (typeof value !== "function" || !name.startsWith("decode")) return [name, value];
    const wrapped = (...args: unknown[]): unknown => {
      calls.set(name, (calls.get(name) ?? 0) + 1);
      return (value as (...args: unknown[]) => unknown)(...args);
    };
    return [name, wrapped];
  });
  return Object.fromEntries(counted) as Record<string, unknown>;
});
vi.mock("../../src/format/messages/link.js", counting);
vi.mock("../../src/format/messages/attribute.js", counting);
vi.mock("../../src/format/messages/data-layout.js", counting);
vi.mock("../../src/format/messages/fill-value.js", counting);

const { open } = await import("../../src/index.js");

const CONTEXT = fixtureContext();
const LIMITS = { treeDepth: 64, headerChunks: 1024 };

/** Counts the structures that were given, by name and address. */
class CountingSource extends PagedSource {
  readonly given: Map<string, number> = new Map<string, number>();

  override read(address: number, length: number, structure: string): Cursor {
    const cursor = super.read(address, length, structure);
    const key = `${structure}@${address}`;
    this.given.set(key, (this.given.get(key) ?? 0) + 1);
    return cursor;
  }
}

const LINKS = 10_000;
const DATASETS = 300;
const ATTRIBUTES = 5;

/** libhdf5 2.0: dense groups, version-2 headers. */
let bytes: Uint8Array;

beforeAll(async () => {
  const { FS } = await h5wasm.ready;
  const file = new h5wasm.File("/decode-once.h5", "w");
  const links = file.create_group("links");
  for (let i = 0; i < LINKS; i++) links.create_soft_link(`/target ${i}`, `link ${i}`);
  const datasets = file.create_group("datasets");
  for (let i = 0; i < DATASETS; i++) {
    const dataset = datasets.create_dataset({ name: `d${i}`, data: new Int32Array([i]) });
    for (let a = 0; a < ATTRIBUTES; a++) dataset.create_attribute(`a${a}`, a, [], "<i4");
  }
  file.close();
  bytes = FS.readFile("/decode-once.h5");
});
beforeEach(() => calls.clear());

describe("every structure is decoded once", () => {
  test(`in listing a dense group of ${LINKS} links`, async () => {
    await using file = await open(bytes);
    const group = await file.group("links");
    calls.clear();
    expect((await group.keys()).length).toBe(LINKS);
    expect((await group.links()).length).toBe(LINKS);
    expect(await group.has(`link ${LINKS - 1}`)).toBe(true);
    expect(Object.fromEntries(calls)).toEqual({ decodeLink: LINKS });
  });

  test("the blocks of its heap and the nodes of its index too, whatever the page size", async () => {
    await using file = await open(bytes);
    const { address } = await file.group("links");
    const walk = (source: ByteSource): number =>
      readLinks(source, readObjectHeader(source, address, CONTEXT, LIMITS), CONTEXT, LIMITS).links.length;
    for (const pageSize of [64, 4096]) {
      const source = new CountingSource(bytes, pageSize);
      expect(source.settle(walk)).toBe(LINKS);
      // `read` is how bytes become a structure: none is read a second time but the first look at the header.
      const again = [...source.given].filter(([key, times]) => times > 1 && !key.startsWith("object header@"));
      expect(again).toEqual([]);
    }
  });

  test(`in walking ${DATASETS} datasets with ${ATTRIBUTES} attributes each`, async () => {
    await using file = await open(bytes);
    calls.clear();
    let seen = 0;
    for await (const [, object] of (await file.group("datasets")).visit()) {
      if (object.kind === "unresolved") throw object.error;
      for await (const [, attribute] of object.attrs.entries()) {
        if (attribute.kind === "unresolved") throw attribute.error;
        await attribute.value();
        seen++;
      }
      expect(await object.attrs.get("a0", { as: "number" })).toBe(0);
    }
    expect(seen).toBe(DATASETS * ATTRIBUTES);
    expect(Object.fromEntries(calls)).toMatchObject({
      decodeAttribute: DATASETS * ATTRIBUTES,
      decodeDataLayout: DATASETS,
      decodeFillValue: DATASETS,
    });
  });
});
