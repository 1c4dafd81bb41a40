import { expect, test } from "vitest";
import { datatypeOf, vlenType } from "../../src/index.js";
import { numberedElements } from "../../src/model/multi-elements.js";
import type { FileState } from "../../src/model/state.js";

const RAW = 2n ** 63n;
const COLLECTION = 2 ** 50 + 4096;
const LISTS = vlenType("object-reference");

/** A split file whose one heap collection holds one list of 100 references, all to the object at 0x60. */
function file(readBytes: number): FileState {
  const list = new Uint8Array(800);
  for (let at = 0; at < list.length; at += 8) list[at] = 0x60;
  const parts = {
    context: {
      sizeOfOffsets: 8,
      windows: [
        { start: 0n, offset: 0 },
        { start: RAW, offset: 2 ** 50 },
      ],
    },
    pendingHeaps: new Map([[COLLECTION, new Map([[1, list]])]]),
    limits: { readBytes },
  };
  return parts as unknown as FileState; // all that is asked for
}

/** Elements that name that list. */
function elements(count: number): Uint8Array {
  const bytes = new Uint8Array(16 * count);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < bytes.length; at += 16) {
    view.setUint32(at, 100, true);
    view.setBigUint64(at + 4, RAW + 4096n, true);
    view.setUint32(at + 12, 1, true);
  }
  return bytes;
}

test("elements lead to changed objects until they are let go of", async () => {
  const borrowed: (() => void)[] = [];
  const split = file(10_000);
  const stored = elements(2);
  const before = stored.slice();
  const view = new DataView((await numberedElements(split, stored, LISTS, 2, borrowed)).buffer);
  expect(stored).toEqual(before);
  const places = [0, 16].map((at) => [Number(view.getBigUint64(at + 4, true)), view.getUint32(at + 12, true)] as const);
  for (const [collection, index] of places) {
    expect(split.pendingHeaps.get(collection)?.get(index)?.slice(0, 8)).toEqual(
      Uint8Array.of(0x60, 0, 0, 0, 0, 0, 0, 0),
    );
  }
  for (const release of borrowed) release();
  expect([...split.pendingHeaps.keys()]).toEqual([COLLECTION]);
});

test("however many elements name an object, no more is taken than a read may", async () => {
  const borrowed: (() => void)[] = [];
  const taken = numberedElements(file(10_000), elements(1000), LISTS, 1000, borrowed);
  await expect(taken).rejects.toMatchObject({ code: "limit", limit: "readBytes" });
});

test("elements without addresses are as they were", async () => {
  const bytes = Uint8Array.of(1, 2);
  expect(await numberedElements(file(1), bytes, datatypeOf("int8"), 2, [])).toBe(bytes);
});
