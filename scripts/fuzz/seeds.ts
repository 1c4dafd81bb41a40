/** The sound files that are damaged: small ones of folders, and made-up ones. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import fc from "fast-check";
import { create, isHdf5Error } from "../../src/index.js";
import { file, mapFile } from "../../src/testing/index.js";
import type { SoundFile } from "./oracle.js";
import { snapshot } from "./snapshot.js";

/** Larger files are slow to read again and again. */
const MOST_BYTES = 24_000;

/** Names and bytes of small files in folders, however deep, in order of their names. */
export function filesIn(dirs: readonly string[]): [name: string, bytes: Uint8Array][] {
  return dirs.flatMap((dir) =>
    readdirSync(dir, { recursive: true, encoding: "utf8" })
      .sort()
      .map((name) => join(dir, name))
      .filter((path) => /\.(h5|hdf5|nwb)$/.test(path) && statSync(path).isFile() && statSync(path).size <= MOST_BYTES)
      .map((path): [string, Uint8Array] => [relative(".", path), new Uint8Array(readFileSync(path))]),
  );
}

/** A file with what arbitrary ones seldom have: sums over more than a few bytes, and trees of two levels. */
async function guarded(): Promise<Uint8Array> {
  await using out = await create();
  const data = Int16Array.from({ length: 200 }, (_, i) => i * 31);
  await out.root.createDataset("sums", { data, chunkShape: [150], filters: ["fletcher32"] });
  await out.root.createDataset("all", { data, chunkShape: [90], filters: ["shuffle", "deflate", "fletcher32"] });
  await out.root.createDataset("tree", { data: data.subarray(0, 70), chunkShape: [1] });
  await out.root.createDataset("texts", { data: ["a", "b", "", "long ".repeat(20)] });
  return out.toBytes();
}

/** A chunk tree whose root has one child, as trees have that chunks were taken out of: legal, and easily a circle. */
async function oneChild(): Promise<Uint8Array> {
  await using out = await create();
  await out.root.createDataset("tree", { data: new Uint8Array(70).fill(7), chunkShape: [1] });
  const bytes = await out.toBytes();
  const { fields } = await mapFile(bytes);
  for (const { structure, name, start } of fields) {
    // The level stands before the number of entries.
    if (structure === "chunk B-tree node" && name === "entries used" && bytes[start - 1] === 1) bytes[start] = 1;
  }
  return bytes;
}

/** Files of arbitrary content. */
export async function madeUp(count: number, seed: number): Promise<[name: string, bytes: Uint8Array][]> {
  const made: [string, Uint8Array][] = [
    ["sums and trees", await guarded()],
    ["one child", await oneChild()],
  ];
  for (const [i, { bytes }] of fc.sample(file, { numRuns: count, seed }).entries()) {
    const written = await bytes();
    if (written.length <= MOST_BYTES) made.push([`made-up ${i} of seed ${seed}`, written]);
  }
  return made;
}

/** A file with its map and content; undefined when it cannot be opened or mapped, which makes it no sound file. */
export async function soundFile(name: string, bytes: Uint8Array): Promise<SoundFile | undefined> {
  try {
    const original = await snapshot(bytes);
    if (original.things.get("") !== undefined) return undefined;
    return { name, bytes, map: await mapFile(bytes), original, followed: new Map() };
  } catch (error) {
    if (!isHdf5Error(error)) throw error;
    return undefined;
  }
}
