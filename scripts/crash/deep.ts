/** Structures that small files do not reach: that the files of the harness have them, and a file of long arrays. */
import { create, type Hdf5File } from "../../src/index.js";
import type { Kind } from "./bases.js";
import type { Operation } from "./operations.js";
import type { Image } from "./states.js";

/** From this element on, data blocks of an extensible array with libhdf5's parameters have pages (2,048 elements each). */
const FIRST_PAGED = 131_060;
const LONG = FIRST_PAGED + 60;

/** A fixed array of more than 1,024 chunks and an extensible array of more than 131,060, which both have pages. */
export const LONG_ARRAYS: Kind = {
  name: "ours v110, long arrays",
  unit: 512,
  stockEdit: { request: "edit", needs: ["/nothing"], keeps: [] },
  goingOn: { groups: [] },
  async base(): Promise<Image> {
    await using file: Hdf5File = await create(undefined, { libver: "v110" });
    const numbers = (count: number): Int8Array => Int8Array.from({ length: count }, (_, i) => i % 100);
    await file.root.createDataset("fixed", { data: numbers(2500), chunkShape: [1], maxShape: [2600] });
    await file.root.createDataset("long", { data: numbers(LONG), chunkShape: [1], maxShape: [null] });
    return new Uint8Array(await file.toBytes());
  },
};

const rows = (count: number): Int8Array => new Int8Array(count).fill(-7);

export const LONG_OPERATIONS: readonly Operation[] = [
  { name: "append to a paged block", run: async (root) => (await root.dataset("long")).append(rows(5)) },
  {
    name: "shrink over the border of pages",
    run: async (root) => (await root.dataset("long")).resize([FIRST_PAGED - 9]),
  },
  {
    name: "overwrite in a paged block",
    run: async (root) => (await root.dataset("long")).write(rows(3), [[FIRST_PAGED + 8, FIRST_PAGED + 11]]),
  },
  {
    name: "overwrite in pages of a fixed array",
    run: async (root) => (await root.dataset("fixed")).write(rows(40), [[1010, 1050]]),
  },
  { name: "append to a paged fixed array", run: async (root) => (await root.dataset("fixed")).append(rows(30)) },
];

/** How often a signature stands in an image, with the bytes behind it as wanted. */
export function countOf(image: Image, signature: string, wanted: (at: number) => boolean = () => true): number {
  const [first] = signature;
  const code = first?.charCodeAt(0);
  let count = 0;
  for (let at = image.indexOf(code ?? 0); at >= 0; at = image.indexOf(code ?? 0, at + 1)) {
    const is = String.fromCharCode(...image.subarray(at, at + signature.length)) === signature;
    if (is && wanted(at)) count++;
  }
  return count;
}

/** What a base of this kind lacks. */
export function missingIn(kind: string, image: Image): string[] {
  const nodes = (wanted: (level: number) => boolean): number =>
    countOf(image, "TREE", (at) => image[at + 4] === 1 && wanted(image[at + 5] as number));
  const missing: string[] = [];
  if (kind === "ours v108" && nodes((level) => level === 0) < 4) missing.push("chunk trees of 4 leaves");
  if (kind === "stock default" && nodes((level) => level >= 2) === 0) missing.push("chunk trees of 3 levels");
  if ((kind === "ours v110" || kind === "stock latest") && countOf(image, "EASB") === 0) missing.push("super blocks");
  return missing;
}

/** Did the names of a group move to a second heap segment between two images? */
export function heapMoved(before: Image, after: Image): boolean {
  const segment = (image: Image, at: number): string => image.subarray(at + 24, at + 32).join();
  return countOf(before, "HEAP", (at) => at + 32 <= after.length && segment(before, at) !== segment(after, at)) > 0;
}
