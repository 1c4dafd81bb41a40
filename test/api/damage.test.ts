import { beforeAll, describe, expect, test } from "vitest";
import {
  create,
  type Hdf5File,
  type Hdf5Object,
  isHdf5Error,
  opaqueType,
  open,
  type Unresolved,
} from "../../src/index.js";
import { applyEdits, mapFile } from "../../src/testing/index.js";
import { fixture } from "./fixture.js";

let bytes: Uint8Array;

beforeAll(async () => {
  bytes = await fixture();
});

/** Read everything that can be reached; what cannot be is an error of the library, or this fails. */
async function readAll(source: Uint8Array): Promise<string> {
  let file: Hdf5File;
  try {
    file = await open(source, { limits: { readBytes: 1 << 20, chunkBytes: 1 << 20 } });
  } catch (error) {
    return typed(error);
  }
  await using _ = file;
  await readObject(file.root);
  let objects = 0;
  for await (const [, object] of file.root.visit()) {
    if (++objects > 1000) throw new Error("the walk does not end");
    await readObject(object);
  }
  return `${objects} objects`;
}

async function readObject(object: Hdf5Object | Unresolved): Promise<void> {
  if (object.kind === "unresolved") {
    typed(object.error);
    return;
  }
  for await (const [, attribute] of object.attrs.entries()) {
    if (attribute.kind === "unresolved") typed(attribute.error);
    else await attempt(() => attribute.value());
  }
  if (object.kind === "group") await attempt(() => object.links());
  if (object.kind !== "dataset") return;
  await attempt(async () => object.fillValue);
  await attempt(async () => object.layout);
  await attempt(() => object.read());
  await attempt(async () => {
    for await (const _ of object.chunks());
  });
}

async function attempt(call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    typed(error);
  }
}

function typed(error: unknown): string {
  if (isHdf5Error(error)) return error.code;
  throw error;
}

/** Reproducible numbers from 0 to below 1 (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe("damaged files give typed errors and end", () => {
  test("cut at any place", async () => {
    for (let length = 0; length < bytes.length; length += 97) {
      expect(await readAll(bytes.slice(0, length)), `${length} bytes`).toMatch(/^(format|truncated)$/);
    }
  });

  test("with bytes changed anywhere", async () => {
    const next = random(1);
    for (let round = 0; round < 150; round++) {
      const changed = new Uint8Array(bytes);
      const changes = 1 + Math.floor(next() * 4);
      for (let i = 0; i < changes; i++) changed[Math.floor(next() * changed.length)] = Math.floor(next() * 256);
      await readAll(changed);
    }
  });

  test("whose medium fails at any read", async () => {
    // Behind a user block that is longer than the first read.
    const userBlock = 2 ** 20;
    const far = new Uint8Array(userBlock + bytes.length);
    far.set(bytes, userBlock);
    const fail = async (nth: number): Promise<boolean> => {
      let reads = 0;
      const driver = {
        size: far.length,
        read: async (offset: number, length: number): Promise<Uint8Array> => {
          if (++reads === nth) throw new TypeError("the medium fails");
          return far.slice(offset, offset + length);
        },
      };
      try {
        await using file = await open(driver);
        const dataset = await file.dataset("chunked");
        await dataset.read();
        await file.pathOf(dataset);
      } catch (error) {
        // What a driver throws is passed on as it is.
        expect(error).toBeInstanceOf(TypeError);
        return true;
      }
      return reads >= nth;
    };
    let nth = 1;
    while (await fail(nth)) nth++;
    expect(nth).toBeGreaterThan(2);
  });
});

test("a damaged object is unresolved in listings, and its neighbours are read", async () => {
  await using sound = await open(bytes);
  const { address } = await sound.get("plain");
  const changed = new Uint8Array(bytes);
  changed[address + 10] = (changed[address + 10] ?? 0) ^ 0xff;
  await using file = await open(changed);
  const kinds = new Map<string, string>();
  for await (const [name, object] of file.root.entries()) kinds.set(name, object.kind);
  expect(kinds.get("plain")).toBe("unresolved");
  expect(kinds.get("chunked")).toBe("dataset");
  expect(await (await file.dataset("chunked")).value([1, 1])).toBe(101);
  await using unchecked = await open(changed, { checksums: "ignore" });
  expect(unchecked.closed).toBe(false);
});

test("the size of an element that is not in the file takes no memory", async () => {
  await using out = await create();
  await out.root.createDataset("d", { datatype: opaqueType(40), shape: [0] });
  const changed = await out.toBytes();
  const { fields, structures } = await mapFile(changed);
  const size = fields.find((field) => field.name === "size" && /type 3$/.test(field.structure));
  if (size === undefined) throw new Error("the size of the datatype is not found");
  const mutation = { edits: [{ start: size.start, bytes: Uint8Array.of(0, 0, 0, 0xc0) }], checksumsFixed: true };
  expect(structures.length).toBeGreaterThan(1);
  const damaged = applyEdits(changed, await mapFile(changed), { ...mutation, cutTo: undefined, appended: undefined });
  await using file = await open(damaged);
  const dataset = await file.dataset("d");
  expect(dataset.datatype.size).toBe(0xc0000000);
  expect(() => dataset.fillValue).toThrow(/valueElements/);
});
