import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lookup3 } from "../../src/bytes/checksum.js";
import { compensation, HASH_BLOCK } from "../../src/bytes/checksum-compensation.js";

describe("compensation of a checksum", () => {
  test("12 free bytes anywhere keep it through changes anywhere before the last block", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 25, maxLength: 600 }),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 20 }),
        fc.nat(),
        (old, edits, at) => {
          const mixed = Math.ceil(old.length / HASH_BLOCK) - 1;
          const free = at % mixed;
          const changed = old.slice();
          for (const [place, byte] of edits) changed[place % (mixed * HASH_BLOCK)] = byte;
          const bytes = compensation(old, changed, free);
          expect(bytes).toHaveLength(HASH_BLOCK);
          if (bytes !== undefined) changed.set(bytes, free * HASH_BLOCK);
          expect(lookup3(changed)).toBe(lookup3(old));
        },
      ),
    );
  });

  test("a change in the last block cannot be compensated", () => {
    const old = new Uint8Array(30);
    const changed = old.slice();
    changed[25] = 1;
    expect(compensation(old, changed, 0)).toBeUndefined();
    expect(compensation(old, old, 2)).toBeUndefined();
  });
});
