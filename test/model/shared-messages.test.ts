import { describe, expect, test } from "vitest";
import { Cursor } from "../../src/bytes/cursor.js";
import { type Hdf5File, open, type Value } from "../../src/index.js";
import { DEFAULT_LIMITS } from "../../src/model/limits.js";
import { sharedMessages } from "../../src/model/shared-messages.js";
import { hex } from "../format/hex.js";
import { PagedSource } from "../format/paged-source.js";
import { STRUCTURES, structureBytes } from "../format/structure-fixtures.js";
import { fixtureContext } from "../format/walker-fixtures.js";

/** A value as h5py's script writes it. */
function plain(value: Value | undefined): unknown {
  if (typeof value === "bigint") return Number(value);
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<number | bigint>, Number);
  if (Array.isArray(value)) return value.flatMap((one) => (isNested(one) ? (plain(one) as unknown[]) : [plain(one)]));
  if (typeof value === "object" && value !== null) return Object.values(value).map(plain);
  return value;
}

/** Rows of compounds are flat in the script's output. */
function isNested(value: Value): boolean {
  return (
    Array.isArray(value) && value.some((one) => typeof one === "object" && one !== null && !ArrayBuffer.isView(one))
  );
}

async function content(file: Hdf5File): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for await (const [path, object] of file.root.visit()) {
    if (object.kind === "unresolved") throw object.error;
    const attrs: Record<string, unknown> = {};
    for await (const [name, attribute] of object.attrs.entries()) {
      if (attribute.kind === "unresolved") throw attribute.error;
      attrs[name] = plain(await attribute.value());
    }
    found[path] = object.kind === "dataset" ? { attrs, value: plain(await object.value()) } : { attrs };
  }
  return found;
}

describe("files of libhdf5 that share header messages", () => {
  for (const name of ["shared-list.h5", "shared-btree.h5", "shared-old.h5"]) {
    test(`${name}: dataspaces, datatypes, fill values, pipelines and attributes, compact and dense`, async () => {
      await using file = await open(structureBytes(name));
      expect(await content(file)).toEqual(STRUCTURES[name]);
    });
  }

  test("a message is looked up once, whoever asks for it", () => {
    const bytes = structureBytes("shared-list.h5");
    // The message that names the table (spec IV.A.2.p), as the superblock extension of the file has it.
    const stated = new Cursor(hex("00 6100000000000000 02"), "shared message table message");
    const find = sharedMessages(stated, fixtureContext());
    const heapId = hex("0052000000002400"); // of the first record of the list at 0x29f
    const first = new PagedSource(bytes, 64);
    const message = first.settle((source) => find(source, heapId, 3, DEFAULT_LIMITS).bytes);
    expect(first.rounds).toBeGreaterThan(0);
    expect(message.length).toBe(0x24);
    const second = new PagedSource(bytes, 64);
    expect(second.settle((source) => find(source, heapId, 3, DEFAULT_LIMITS).bytes)).toEqual(message);
    expect(second.rounds).toBe(0);
    const other = new PagedSource(bytes, 64);
    expect(() => other.settle((source) => find(source, heapId, 9, DEFAULT_LIMITS))).toThrow(/has no heap for messages/);
  });

  test("a damaged table hides only what is shared", async () => {
    const bytes = structureBytes("shared-list.h5");
    bytes[0x61 + 10] = 1;
    await using file = await open(bytes);
    await expect(file.dataset("d1")).rejects.toThrow(/shared message table at 0x61\+.*checksum/);
    expect((await file.group("many")).kind).toBe("group");
  });
});
