/** A small file as libhdf5 2.0 writes it (h5wasm): default format, superblock 2, version-1 B-tree chunks. */
import * as h5wasm from "h5wasm/node";

/** h5wasm in Node writes to the real file system: the same name in two runs at once would be one file. */
const PATH = `/tmp/h5ts-api-fixture-${process.pid}.h5`;

/** Values of `/chunked`: shape [30, 7], chunks [10, 4], deflate. */
export const chunkedValue = (row: number, column: number): number => row * 100 + column;
export const ROWS = 30;
export const COLUMNS = 7;

let made: Promise<Uint8Array> | undefined;

/** The bytes of the file; the same ones each time, not to be changed. */
export function fixture(): Promise<Uint8Array> {
  made ??= make();
  return made;
}

async function make(): Promise<Uint8Array> {
  const { FS } = await h5wasm.ready;
  const file = new h5wasm.File(PATH, "w");
  file.create_attribute("title", "fixture");
  file.create_attribute("count", 3, null, "<i4");
  file.create_attribute("list", new Float64Array([1, 2, 3]), null, "<d");
  const data = Int32Array.from({ length: ROWS * COLUMNS }, (_, i) =>
    chunkedValue(Math.floor(i / COLUMNS), i % COLUMNS),
  );
  file.create_dataset({
    name: "chunked",
    data,
    shape: [ROWS, COLUMNS],
    dtype: "<i4",
    chunks: [10, 4],
    maxshape: [null, COLUMNS],
    compression: "gzip",
    compression_opts: 4,
  });
  const plain = file.create_dataset({
    name: "plain",
    data: Float64Array.from({ length: 24 }, (_, i) => i / 2),
    shape: [2, 3, 4],
  });
  plain.create_attribute("unit", "V");
  file.create_dataset({ name: "texts", data: ["a", "bc", "déf"] });
  file.create_dataset({ name: "big", data: new BigInt64Array([1n, -(2n ** 60n)]), shape: [2] });
  file.create_dataset({ name: "scalar", data: 42, shape: [], dtype: "<i4" });
  const group = file.create_group("group");
  group.create_group("inner").create_dataset({ name: "x", data: new Uint8Array([7]) });
  const ordered = file.create_group("ordered", true);
  for (const name of ["z", "a", "m"]) ordered.create_group(name);
  file.create_hard_link("/group", "again");
  file.create_soft_link("/group/inner", "soft");
  file.create_soft_link("/nowhere", "dangling");
  file.create_soft_link("/loop-b", "loop-a");
  file.create_soft_link("/loop-a", "loop-b");
  group.create_hard_link("/", "root");
  file.create_external_link("other.h5", "/data", "external");
  file.close();
  const bytes = FS.readFile(PATH);
  FS.unlink(PATH);
  return bytes;
}
