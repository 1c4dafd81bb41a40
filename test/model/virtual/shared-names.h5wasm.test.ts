import * as h5wasm from "h5wasm/node";
import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../../src/bytes/byte-writer.js";
import { lookup3 } from "../../../src/bytes/checksum.js";
import { Cursor } from "../../../src/bytes/cursor.js";
import { memoryDriver } from "../../../src/drivers/memory.js";
import { create, hyperslab, open } from "../../../src/index.js";
import { decodeMappings, encodeMappings, type VirtualMapping } from "../../../src/model/virtual/mapping-block.js";
import { ALL_SELECTION } from "../../../src/selection/selection.js";
import { encodeSelection } from "../../../src/selection/serialized.js";

const CONTEXT = {
  sizeOfOffsets: 8,
  sizeOfLengths: 8,
  baseAddress: 0,
  groupLeafK: 4,
  groupInternalK: 16,
  chunkInternalK: 32,
};
const row = (n: number) => hyperslab({ start: [n, 0], count: [1, 4] });
// With these names both versions take the same number of bytes.
const MAPPINGS: readonly VirtualMapping[] = [
  { file: "sourc.h5", dataset: "dataset", source: row(0), virtual: row(0) },
  { file: "sourc.h5", dataset: "dataset", source: row(1), virtual: row(1) },
  { file: ".", dataset: "own", source: ALL_SELECTION, virtual: row(2) },
];

/** Version 1: the second entry has the names of the first, the third is in the file itself. */
function versionOne(change: { readonly flags?: number; readonly entry?: number } = {}): Uint8Array {
  const out = new ByteWriter();
  const text = (name: string): void => void out.put(new TextEncoder().encode(name)).u8(0);
  const sides = ({ source, virtual }: VirtualMapping): void => {
    encodeSelection(out, source);
    encodeSelection(out, virtual);
  };
  const [first, second, third] = MAPPINGS as readonly [VirtualMapping, VirtualMapping, VirtualMapping];
  out.u8(1).u64(3).u8(0);
  text(first.file);
  text(first.dataset);
  sides(first);
  out
    .u8(change.flags ?? 0x03)
    .u64(change.entry ?? 0)
    .u64(0);
  sides(second);
  out.u8(0x04);
  text(third.dataset);
  sides(third);
  return out.u32(lookup3(out.bytes())).bytes();
}

const decode = (bytes: Uint8Array) => decodeMappings(new Cursor(bytes, "virtual dataset mappings"), CONTEXT, true);

describe("mappings that share names (encoding version 1)", () => {
  test("are decoded to what each of them means", () => {
    const named = (mappings: readonly VirtualMapping[]): unknown =>
      mappings.map(({ file, dataset }) => [file, dataset]);
    expect(named(decode(versionOne()))).toEqual(named(MAPPINGS));
  });

  test("with names of entries that are none before them, or unknown flags, are refused", () => {
    for (const change of [{ entry: 1 }, { entry: 2 }, { flags: 0x0b }]) {
      expect(() => decode(versionOne(change))).toThrow(expect.objectContaining({ code: "format" }));
    }
  });

  test("are read as libhdf5 2.0 reads them", async () => {
    const source = memoryDriver();
    {
      await using file = await create(source);
      await file.root.createDataset("dataset", { data: Int32Array.from({ length: 8 }, (_, i) => i), shape: [2, 4] });
    }
    const driver = memoryDriver();
    {
      await using file = await create(driver, { libver: "latest" });
      await file.root.createDataset("own", { data: Int32Array.of(20, 21, 22, 23) });
      const layout = { kind: "virtual", mappings: MAPPINGS } as const;
      await file.root.createDataset("d", { datatype: "int32", shape: [3, 4], layout });
    }
    const bytes = driver.bytes().slice();
    const old = encodeMappings(MAPPINGS, CONTEXT);
    const made = versionOne();
    expect(made.length).toBe(old.length);
    const at = Buffer.from(bytes).indexOf(Buffer.from(old));
    expect(at).toBeGreaterThan(0);
    bytes.set(made, at);

    const expected = [0, 1, 2, 3, 4, 5, 6, 7, 20, 21, 22, 23];
    const { FS } = await h5wasm.ready;
    FS.writeFile("/sourc.h5", source.bytes());
    FS.writeFile("/shared.h5", bytes);
    const theirs = new h5wasm.File("/shared.h5", "r");
    expect([...((theirs.get("d") as h5wasm.Dataset).value as Int32Array)]).toEqual(expected);
    theirs.close();

    await using file = await open(bytes, { external: () => memoryDriver(source.bytes()) });
    const dataset = await file.dataset("d");
    expect([...(await dataset.read(undefined, { as: "int32" })).data]).toEqual(expected);
    expect(dataset.layout).toMatchObject({
      kind: "virtual",
      mappings: [{ file: "sourc.h5" }, { dataset: "dataset" }, {}],
    });
  });
});
