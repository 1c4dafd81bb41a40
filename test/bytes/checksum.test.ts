import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fletcher32, lookup3 } from "../../src/bytes/checksum.js";

const text = (of: string): Uint8Array => new TextEncoder().encode(of);

/** The definition, word by word. */
function plainFletcher(bytes: Uint8Array): number {
  const fold = (sum: number): number => (sum > 0xffff ? (sum & 0xffff) + 1 : sum);
  let [sum1, sum2] = [0, 0];
  for (let i = 0; i < bytes.length; i += 2) {
    sum1 = fold(sum1 + (bytes[i] ?? 0) * 256 + (bytes[i + 1] ?? 0));
    sum2 = fold(sum2 + sum1);
  }
  return sum2 * 0x10000 + sum1;
}

describe("lookup3", () => {
  it("gives the sums that its author published", () => {
    // lookup3.c, driver5: "hash is …".
    expect(lookup3(text(""))).toBe(0xdeadbeef);
    expect(lookup3(text(""), 0xdeadbeef)).toBe(0xbd5b7dde);
    expect(lookup3(text("Four score and seven years ago"))).toBe(0x17770551);
    expect(lookup3(text("Four score and seven years ago"), 1)).toBe(0xcd628161);
  });

  it("depends on every byte, at every length and place in memory", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.nat(39), fc.nat(3), (bytes, at, shift) => {
        const moved = new Uint8Array(bytes.length + shift);
        moved.set(bytes, shift);
        expect(lookup3(moved.subarray(shift))).toBe(lookup3(bytes));
        const changed = bytes.slice();
        changed[at % bytes.length] = (changed[at % bytes.length] ?? 0) ^ 1;
        expect(lookup3(changed)).not.toBe(lookup3(bytes));
      }),
    );
  });
});

describe("fletcher32", () => {
  it("equals its definition, for odd lengths too", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => {
        expect(fletcher32(bytes)).toBe(plainFletcher(bytes));
      }),
    );
  });

  it("does not overflow in long runs of ones, and tells them from zeros", () => {
    const ones = new Uint8Array(300_001).fill(0xff);
    expect(fletcher32(ones)).toBe(plainFletcher(ones));
    expect(fletcher32(new Uint8Array(8).fill(0xff))).toBe(0xffffffff);
    expect(fletcher32(new Uint8Array(8))).toBe(0);
  });
});
