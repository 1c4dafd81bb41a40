/** Edits whose every moment is cut: one flush each. */
import { compoundType, deflate, type Group, type Hdf5File } from "../../src/index.js";

/** The content that every edit finds; `stock.py` makes the same. */
export async function makeBase(file: Hdf5File): Promise<void> {
  const { root } = file;
  const int32 = (count: number): { data: Int32Array } => ({ data: Int32Array.from({ length: count }, (_, i) => i) });
  await root.createDataset("d/plain", int32(40));
  await root.createDataset("d/chunked", { ...int32(60), chunkShape: [4], maxShape: [null] });
  const filters = ["shuffle", deflate(1)] as const;
  await root.createDataset("d/packed", { ...int32(40), chunkShape: [8], maxShape: [null], filters });
  await root.createDataset("d/fixed", { ...int32(30), chunkShape: [3], maxShape: [90] });
  const square = { shape: [6, 6], chunkShape: [2, 2], maxShape: [null, null] };
  await root.createDataset("d/two", { ...int32(36), ...square });
  const long = { data: Int16Array.from({ length: 400 }, (_, i) => i) };
  await root.createDataset("d/long", { ...long, chunkShape: [1], maxShape: [null] });
  await root.createDataset("d/texts", { data: ["a", "bc", "def"] });
  await root.createDataset("d/late", { datatype: "int32", shape: [64] });
  const d = await root.group("d");
  for (let i = 0; i < 4; i++) await d.attrs.set(`a${i}`, i);
  for (let i = 0; i < 6; i++) await root.createDataset(`g/x${i}`, { data: Int32Array.of(i, i + 1, i + 2) });
  await root.createHardLink("g/again", await root.get("g/x0"));
  await root.createSoftLink("g/soft", "/d/plain");
  for (let i = 0; i < 30; i++) {
    await root.createDataset(`many/entry ${String(i).padStart(3, "0")}`, { data: i, datatype: "int32" });
  }
  const many = await root.group("many");
  for (let i = 0; i < 12; i++)
    await many.attrs.set(
      `attribute ${i}`,
      Int32Array.from({ length: i + 1 }, (_, j) => j),
    );
  await root.createGroup("kept");
  await root.createGroup("h");
}

export interface Operation {
  readonly name: string;
  run(root: Group): Promise<unknown>;
}

const rows = (count: number, from = 1000): Int32Array => Int32Array.from({ length: count }, (_, i) => from + i);

/** What one flush holds. Elements overwritten in place are left out: they are torn by sector, as documented. */
export const OPERATIONS: readonly Operation[] = [
  { name: "make a group", run: (root) => root.createGroup("h/new/inner") },
  { name: "make a contiguous dataset", run: (root) => root.createDataset("h/c", { data: rows(300) }) },
  {
    name: "make a chunked dataset",
    run: (root) => root.createDataset("h/k", { data: rows(50), chunkShape: [7], maxShape: [null] }),
  },
  {
    name: "make a filtered dataset",
    run: (root) => root.createDataset("h/f", { data: rows(50), chunkShape: [7], filters: [deflate(1), "fletcher32"] }),
  },
  { name: "make a compact dataset", run: (root) => root.createDataset("h/m", { data: rows(9), layout: "compact" }) },
  { name: "make a dataset of texts", run: (root) => root.createDataset("g/t", { data: ["one", "two"] }) },
  {
    name: "make a dataset with attributes",
    run: (root) =>
      root.createDataset("many/new", { data: rows(2), attrs: { unit: "V", scale: 2, note: "x".repeat(300) } }),
  },
  { name: "append a chunk", run: async (root) => (await root.dataset("d/chunked")).append(rows(4)) },
  { name: "append many chunks", run: async (root) => (await root.dataset("d/chunked")).append(rows(80)) },
  { name: "append to an edge chunk", run: async (root) => (await root.dataset("d/packed")).append(rows(3)) },
  { name: "append filtered chunks", run: async (root) => (await root.dataset("d/packed")).append(rows(50)) },
  {
    name: "append to an array with super blocks",
    run: async (root) => (await root.dataset("d/long")).append(Int16Array.from(rows(60, 400))),
  },
  { name: "append below a fixed limit", run: async (root) => (await root.dataset("d/fixed")).append(rows(12)) },
  {
    name: "append along the second of two axes",
    run: async (root) => {
      const two = await root.dataset("d/two");
      await two.resize([8, 9]);
      await two.write(rows(8), [null, 8]);
    },
  },
  { name: "overwrite a chunk", run: async (root) => (await root.dataset("d/chunked")).write(rows(4), [[4, 8]]) },
  {
    name: "overwrite parts of chunks",
    run: async (root) => (await root.dataset("d/chunked")).write(rows(9), [[6, 15]]),
  },
  {
    name: "overwrite filtered chunks",
    run: async (root) => (await root.dataset("d/packed")).write(rows(11), [[5, 16]]),
  },
  {
    name: "overwrite chunks of a fixed array",
    run: async (root) => (await root.dataset("d/fixed")).write(rows(5), [[2, 7]]),
  },
  { name: "shrink", run: async (root) => (await root.dataset("d/chunked")).resize([22]) },
  { name: "shrink filtered chunks", run: async (root) => (await root.dataset("d/packed")).resize([9]) },
  { name: "shrink a long array", run: async (root) => (await root.dataset("d/long")).resize([100]) },
  { name: "shrink to nothing", run: async (root) => (await root.dataset("d/two")).resize([0, 6]) },
  { name: "grow without data", run: async (root) => (await root.dataset("d/fixed")).resize([80]) },
  {
    name: "write what was never written",
    run: async (root) => (await root.dataset("d/late")).write(rows(20), [[10, 30]]),
  },
  { name: "add an attribute", run: async (root) => (await root.group("h")).attrs.set("new", 7) },
  { name: "add an attribute to many", run: async (root) => (await root.group("many")).attrs.set("new", [1, 2, 3]) },
  { name: "replace an attribute", run: async (root) => (await root.group("d")).attrs.set("a1", "a longer value") },
  { name: "delete an attribute", run: async (root) => (await root.group("d")).attrs.delete("a2") },
  {
    name: "delete attributes of many",
    run: async (root) => {
      const many = await root.group("many");
      for (let i = 0; i < 9; i++) await many.attrs.delete(`attribute ${i}`);
    },
  },
  {
    name: "add twenty attributes",
    run: async (root) => {
      const x = await root.dataset("g/x1");
      for (let i = 0; i < 20; i++) await x.attrs.set(`attribute ${i}`, "text ".repeat(i));
    },
  },
  { name: "add a large attribute", run: async (root) => (await root.dataset("g/x2")).attrs.set("large", rows(9000)) },
  { name: "add a soft link", run: (root) => root.createSoftLink("g/s2", "/nowhere") },
  { name: "add an external link", run: (root) => root.createExternalLink("g/e", "other.h5", "/x") },
  { name: "add a hard link", run: async (root) => root.createHardLink("h/x1", await root.get("g/x1")) },
  { name: "unlink the only name", run: (root) => root.delete("d/packed") },
  { name: "unlink one of two names", run: (root) => root.delete("g/x0") },
  { name: "unlink a group with all in it", run: (root) => root.delete("g") },
  { name: "unlink one of many", run: (root) => root.delete("many/entry 017") },
  {
    name: "unlink most of many",
    run: async (root) => {
      for (let i = 0; i < 27; i++) await root.delete(`many/entry ${String(i).padStart(3, "0")}`);
    },
  },
  { name: "rename", run: (root) => root.move("g/x3", "g/renamed") },
  { name: "move to another group", run: (root) => root.move("g/x4", "h/moved") },
  { name: "move a group", run: (root) => root.move("many", "h/many") },
  {
    name: "add forty links",
    run: async (root) => {
      for (let i = 0; i < 40; i++) await root.createSoftLink(`many/soft link ${i}`, `/target/number/${i}`);
    },
  },
  { name: "commit a datatype", run: (root) => root.commit("h/type", compoundType({ x: "int32", y: "float64" })) },
  {
    name: "make a dataset of a committed type",
    run: async (root) => {
      const type = await root.commit("h/type", compoundType({ x: "int32", y: "float64" }));
      await root.createDataset("h/typed", { datatype: type, data: [{ x: 1, y: 2 }] });
    },
  },
  { name: "set a comment", run: async (root) => (await root.group("h")).setComment("what it is for") },
  {
    name: "make references",
    run: async (root) => root.createDataset("h/r", { data: [(await root.get("g/x5")).reference, root.reference] }),
  },
  {
    name: "overwrite texts",
    run: async (root) => (await root.dataset("d/texts")).write(["", "longer than before", "x"]),
  },
  {
    name: "do several things",
    run: async (root) => {
      await (await root.dataset("d/chunked")).append(rows(5));
      await (await root.dataset("d/fixed")).append(rows(5));
      await root.createDataset("h/together", { data: rows(10) });
      await (await root.group("d")).attrs.set("a0", 1);
      await root.delete("g/x5");
    },
  },
];
