/** Dense links and attributes: files that hold them, edits of them, and what is wrong when a heap's header comes late. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { create, type Group, type Hdf5Object, stringType } from "../../src/index.js";
import type { Kind } from "./bases.js";
import type { Operation } from "./operations.js";
import type { Stock } from "./records.js";
import type { Image, Write } from "./states.js";

/** Groups of the base: without order, and with both orders indexed. */
const PLACES = ["plain", "ordered"] as const;

const text = (i: number, length: number): string => `${i} `.repeat(length).slice(0, length);

/** A text of fixed length, which lies in the attribute itself. */
function setText(attrs: Hdf5Object["attrs"], name: string, value: string): Promise<void> {
  return attrs.set(name, value, { datatype: stringType(value.length) });
}

/**
 * `stock.py` makes the same. Heaps of more than 4 KiB are added to; smaller ones are written anew.
 * @param compact links that a new group keeps in its header: 64 of ours, 8 of stock.
 */
async function makeDense(root: Group, compact: number): Promise<void> {
  await root.createDataset("target", { data: Int32Array.of(1, 2, 3) });
  for (const place of PLACES) {
    const many = await root.createGroup(place, { trackOrder: place === "ordered" });
    for (let i = 0; i < 150; i++) await many.createSoftLink(`link ${i}`, `/where/it/leads/${text(i, 20)}`);
    for (let i = 0; i < 60; i++) await setText(many.attrs, `attribute ${i}`, text(i, 100));
    await setText(many.attrs, "huge", text(7, 6000));
    const few = await root.createGroup(`${place} few`, { trackOrder: place === "ordered" });
    for (let i = 0; i < compact; i++) await few.createSoftLink(`link ${i}`, `/${i}`);
    for (let i = 0; i < 8; i++) await few.attrs.set(`attribute ${i}`, i);
    const nine = await root.createGroup(`${place} nine`, { trackOrder: place === "ordered" });
    for (let i = 0; i <= compact; i++) await nine.createSoftLink(`link ${i}`, `/${i}`);
    for (let i = 0; i < 9; i++) await nine.attrs.set(`attribute ${i}`, i);
  }
}

export function denseKinds(stock: Stock, folder: string): readonly Kind[] {
  const ours = async (libver: "v108" | "v110"): Promise<Image> => {
    await using file = await create(undefined, { libver });
    await makeDense(file.root, 64);
    return new Uint8Array(await file.toBytes());
  };
  const stocks = async (libver: "v108" | "latest"): Promise<Image> => {
    const path = join(folder, "dense.h5");
    await stock.ask({ "make dense": path, libver });
    return new Uint8Array(readFileSync(path));
  };
  const kinds: readonly Omit<Kind, "stockEdit" | "goingOn">[] = [
    { name: "dense, ours v108", unit: 512, base: () => ours("v108") },
    { name: "dense, ours v110", unit: 512, base: () => ours("v110") },
    // Headers of stock may cross sectors, and a few of them are then written as a whole.
    { name: "dense, stock v108", unit: 4096, base: () => stocks("v108") },
    { name: "dense, stock latest", unit: 4096, base: () => stocks("latest") },
  ];
  const stockEdit = { request: "edit dense", needs: ["/target"], keeps: ["/target"] } as const;
  const goingOn = { groups: PLACES.flatMap((place) => [`/${place}`, `/${place} few`, `/${place} nine`]) };
  return kinds.map((kind) => ({ ...kind, stockEdit, goingOn }));
}

type Edit = (group: Group, root: Group, attrs: Hdf5Object["attrs"]) => Promise<void>;

const EDITS: readonly (readonly [name: string, where: string, run: Edit])[] = [
  ["add a link", "", (group) => group.createSoftLink("new", "/new")],
  [
    "add forty links",
    "",
    async (group) => {
      for (let i = 0; i < 40; i++) await group.createSoftLink(`new ${i}`, `/new/${i}`);
    },
  ],
  ["add a hard link", "", async (group, root) => group.createHardLink("new", await root.get("target"))],
  ["make an object", "", async (group) => void (await group.createDataset("new", { data: Int32Array.of(4) }))],
  ["delete a link", "", (group) => group.delete("link 70")],
  ["rename a link", "", (group) => group.move("link 70", "renamed")],
  [
    "delete most links",
    "",
    async (group) => {
      for (let i = 0; i < 130; i++) await group.delete(`link ${i}`);
    },
  ],
  [
    "delete links until they are messages",
    "",
    async (group) => {
      for (let i = 5; i < 150; i++) await group.delete(`link ${i}`);
    },
  ],
  [
    "delete all links",
    "",
    async (group) => {
      for (let i = 0; i < 150; i++) await group.delete(`link ${i}`);
    },
  ],
  ["add an attribute", "", (_, __, attrs) => setText(attrs, "new", text(1, 200))],
  ["add a huge attribute", "", (_, __, attrs) => setText(attrs, "new", text(1, 9000))],
  ["replace an attribute", "", (_, __, attrs) => setText(attrs, "attribute 30", text(2, 120))],
  ["replace a huge attribute", "", (_, __, attrs) => setText(attrs, "huge", text(2, 7000))],
  ["delete an attribute", "", (_, __, attrs) => attrs.delete("attribute 30")],
  ["delete a huge attribute", "", (_, __, attrs) => attrs.delete("huge")],
  [
    "delete attributes until they are messages",
    "",
    async (_, __, attrs) => {
      for (let i = 5; i < 60; i++) await attrs.delete(`attribute ${i}`);
      await attrs.delete("huge");
    },
  ],
  [
    "add attributes up to large blocks",
    "",
    async (_, __, attrs) => {
      for (let i = 0; i < 30; i++) await setText(attrs, `new ${i}`, text(i, 3900));
    },
  ],
  ["add the ninth link", " few", (group) => group.createSoftLink("new", "/new")],
  ["add the ninth attribute", " few", (_, __, attrs) => attrs.set("new", 9)],
  ["add an attribute that no header holds", " few", (_, __, attrs) => setText(attrs, "new", text(1, 66_000))],
  ["add a link to nine", " nine", (group) => group.createSoftLink("new", "/new")],
  ["replace one of nine attributes", " nine", (_, __, attrs) => attrs.set("attribute 3", "another")],
  [
    "delete all but four of nine",
    " nine",
    async (group, _, attrs) => {
      for (const name of (await group.keys()).slice(4)) await group.delete(name);
      for (const name of (await attrs.keys()).slice(4)) await attrs.delete(name);
    },
  ],
  [
    "do several things",
    "",
    async (group, root, attrs) => {
      await group.createSoftLink("new", "/new");
      await group.delete("link 3");
      await attrs.set("attribute 3", 3);
      await attrs.delete("attribute 4");
      await root.move(`${PLACES[0]}/link 9`, `${PLACES[1]}/link moved`);
    },
  ],
  ["delete the group", "", (group, root) => root.delete(group.name as string)],
];

export const DENSE_OPERATIONS: readonly Operation[] = EDITS.flatMap(([name, where, run]) =>
  PLACES.map((place) => ({
    name: `dense: ${name}, ${place}`,
    run: async (root: Group) => {
      const group = await root.group(`${place}${where}`);
      await run(group, root, group.attrs);
    },
  })),
);

/** The writes of a flush with the headers of heaps after what names the indexes; undefined: it raises none. */
export function heapHeaderLast(epochs: readonly (readonly Write[])[]): (readonly Write[])[] | undefined {
  const at = epochs.findIndex((epoch, i) => i > 0 && epoch.some(isHeapHeader));
  const raise = epochs[at];
  return raise && [...epochs.slice(0, at), ...epochs.slice(at + 1), raise];
}

function isHeapHeader(write: Write): boolean {
  return write.kind === "write" && Buffer.from(write.bytes.subarray(0, 4)).toString("latin1") === "FRHP";
}
