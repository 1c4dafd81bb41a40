import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type SideDriver, sideDriver } from "../../scripts/crash/side-file.js";
import { lookup3 } from "../../src/bytes/checksum.js";
import { memoryDriver } from "../../src/drivers/memory.js";
import { Hdf5FormatError } from "../../src/errors.js";
import { decodeUndo, encodeUndo, type Patch, recovered } from "../../src/io/undo-file.js";
import { undone } from "../../src/io/undone.js";

const SIGNATURE = "H5TSUNDO";
const SIZE = 4000;
const image = (): Uint8Array<ArrayBuffer> => Uint8Array.from({ length: SIZE }, (_, i) => (i * 31 + (i >> 8)) & 0x7f);

/** A patch of [address, address + length) whose bytes all differ. */
function patch(address: number, length: number): Patch {
  const before = image().slice(address, address + length);
  return { address, before, after: before.map((byte) => byte | 0x80) };
}

/** The image with the sectors of a patch that are chosen. */
function torn(of: readonly Patch[], chosen: (sector: number) => boolean): Uint8Array<ArrayBuffer> {
  const bytes = image();
  for (const { address, after } of of) {
    for (const [i, byte] of after.entries()) if (chosen(Math.floor((address + i) / 512))) bytes[address + i] = byte;
  }
  return bytes;
}

function left(of: readonly Patch[], bytes: Uint8Array<ArrayBuffer>, side = encodeUndo(of)): SideDriver {
  return sideDriver({ image: bytes, side });
}

const contentOf = async (of: SideDriver, mode: "r" | "r+"): Promise<Uint8Array> =>
  (await undone(of, mode)).read(0, SIZE);

/** Faster than `toEqual`. */
const equals =
  (expected: Uint8Array) =>
  (found: Uint8Array): boolean =>
    Buffer.from(expected).equals(found);

const patches = [patch(500, 100), patch(1000, 600), patch(2040, 16)];

describe("an undo file", () => {
  test("has these bytes", () => {
    const bytes = encodeUndo([{ address: 0x1fe, before: Uint8Array.of(1, 2, 3), after: Uint8Array.of(4, 5, 6) }]);
    const expected = [
      ...[...SIGNATURE].map((letter) => letter.charCodeAt(0)),
      ...[1, 0, 0, 0],
      ...[1, 0, 0, 0],
      ...[0xfe, 1, 0, 0, 0, 0, 0, 0],
      ...[3, 0, 0, 0],
      ...[1, 2, 3, 4, 5, 6],
    ];
    expect([...bytes.subarray(0, -4)]).toEqual(expected);
    expect(new DataView(bytes.buffer).getUint32(bytes.length - 4, true)).toBe(lookup3(Uint8Array.from(expected)));
    expect(decodeUndo(bytes)).toEqual([
      { address: 0x1fe, before: Uint8Array.of(1, 2, 3), after: Uint8Array.of(4, 5, 6) },
    ]);
  });

  test("that is cut anywhere, or damaged in one byte, is none", () => {
    const whole = encodeUndo(patches);
    for (let length = 0; length < whole.length; length++) {
      expect(decodeUndo(whole.subarray(0, length))).toBeUndefined();
      const zeros = new Uint8Array(whole.length);
      zeros.set(whole.subarray(0, length));
      if (zeros.some((byte, i) => byte !== whole[i])) expect(decodeUndo(zeros)).toBeUndefined();
      const damaged = whole.slice();
      damaged[length] = (damaged[length] as number) ^ 0x10;
      expect(decodeUndo(damaged)).toBeUndefined();
    }
  });

  test("of another version is refused, and so are lengths that are not those of its content", () => {
    const other = (at: number, value: number): Uint8Array => {
      const bytes = encodeUndo(patches);
      bytes[at] = value;
      new DataView(bytes.buffer).setUint32(bytes.length - 4, lookup3(bytes.subarray(0, -4)), true);
      return bytes;
    };
    expect(() => decodeUndo(other(8, 2))).toThrow(/undo files of version 2/);
    for (const [at, value] of [
      [15, 1],
      [12, 1],
      [27, 0xff],
      [24, 0x10],
    ] as const) {
      expect(() => decodeUndo(other(at, value))).toThrow(Hdf5FormatError);
    }
  });
});

describe("a file beside which an undo file was left", () => {
  test("has the bytes of before where sectors of both kinds are found, however they are mixed", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }), async (which) => {
        const bytes = torn(patches, (sector) => which[sector] === true);
        const expected = bytes.slice();
        for (const { address, before } of patches) {
          const sectors = before.map((_, i) => (which[Math.floor((address + i) / 512)] === true ? 1 : 0));
          if (new Set(sectors).size > 1) expected.set(before, address);
        }
        const reading = left(patches, bytes);
        expect(await contentOf(reading, "r")).toSatisfy(equals(expected));
        expect(reading.steps).toEqual([]);
        const writing = left(patches, bytes);
        await undone(writing, "r+");
        expect(writing.state.image).toSatisfy(equals(expected));
        expect(writing.state.side).toBeUndefined();
        // Made durable before the undo file goes.
        const kinds = writing.steps.map(({ kind }) => kind);
        expect(kinds.at(-1)).toBe("side");
        if (kinds.includes("write")) expect(kinds.at(-2)).toBe("flush");
      }),
    );
  });

  test("reads the same in any part", async () => {
    const bytes = torn(patches, (sector) => sector % 2 === 0);
    const whole = await contentOf(left(patches, bytes), "r");
    const sound = await undone(left(patches, bytes), "r");
    await fc.assert(
      fc.asyncProperty(fc.nat(SIZE), fc.nat(SIZE), async (offset, length) => {
        expect(await sound.read(offset, length)).toSatisfy(equals(whole.subarray(offset, offset + length)));
      }),
    );
  });

  test.each([
    ["was not written to its end", encodeUndo(patches).subarray(0, 600)],
    ["is empty", new Uint8Array(0)],
  ])("keeps its bytes when that %s", async (_, side) => {
    const bytes = torn(patches, (sector) => sector % 2 === 0);
    expect(await contentOf(left(patches, bytes, side), "r")).toEqual(bytes);
    const writing = left(patches, bytes, side);
    expect(await contentOf(writing, "r+")).toEqual(bytes);
    expect(writing.state.side).toBeUndefined();
  });

  test("keeps its bytes when they are neither those of before nor of after: it is another file by now", async () => {
    const one = [patch(1000, 600)];
    for (const at of [1000, 1024, 1535, 1599]) {
      const bytes = torn(one, (sector) => sector === 2);
      bytes[at] = 0xfe;
      expect(await contentOf(left(one, bytes), "r")).toEqual(bytes);
      const writing = left(one, bytes);
      expect(await contentOf(writing, "r+")).toEqual(bytes);
      expect(writing.state.side).toBeUndefined();
    }
    // Shorter than what the patch says.
    const short = torn(one, (sector) => sector === 2).slice(0, 1300);
    const writing = left(one, short);
    await undone(writing, "r+");
    expect(writing.state).toEqual({ image: short, side: undefined });
  });

  test("is only read when its driver cannot write", async () => {
    const bytes = torn(patches, (sector) => sector % 2 === 0);
    const { read, size } = memoryDriver(bytes);
    const sound = await recovered({ size, read }, encodeUndo(patches), "r+");
    expect(await sound.read(0, SIZE)).toEqual(await contentOf(left(patches, bytes), "r"));
  });
});
