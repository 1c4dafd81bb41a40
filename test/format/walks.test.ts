/** What every walker must do, whatever file it walks: the properties of structures that name others. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isHdf5Error } from "../../src/errors.js";
import { fixChecksum } from "../../src/testing/file-map.js";
import { btreeV2Walk } from "../arbitraries/btree-v2.js";
import {
  arithmeticIndexWalk,
  chunkBtreeV2Walk,
  chunkBtreeWalk,
  extensibleArrayWalk,
  fixedArrayWalk,
} from "../arbitraries/chunk-indexes.js";
import type { WalkCase } from "../arbitraries/file-layout.js";
import { attributesWalk, newGroupWalk, oldGroupWalk, symbolTableWalk } from "../arbitraries/groups.js";
import { fractalHeapWalk, globalHeapWalk, localHeapWalk } from "../arbitraries/heaps.js";
import { sharedMessagesWalk } from "../arbitraries/shared-messages.js";
import { PagedSource, walkEverywhere } from "./paged-source.js";

const WALKS: Readonly<Record<string, fc.Arbitrary<WalkCase>>> = {
  "v2 B-tree": btreeV2Walk,
  "local heap": localHeapWalk,
  "global heap": globalHeapWalk,
  "fractal heap": fractalHeapWalk,
  "v1 B-tree and symbol table nodes": symbolTableWalk,
  "links of an old group": oldGroupWalk,
  "links of a new group": newGroupWalk,
  "attributes of an object": attributesWalk,
  "shared messages": sharedMessagesWalk,
  "v1 B-tree of chunks": chunkBtreeWalk,
  "fixed array": fixedArrayWalk,
  "extensible array": extensibleArrayWalk,
  "v2 B-tree of chunks": chunkBtreeV2Walk,
  "single chunk and implicit index": arithmeticIndexWalk,
};

/** Shrinking a failure ends after so many milliseconds: with what was found until then. */
const PATIENCE = 15_000;

/** A value or the code of an error of ours; any other error is passed on. */
function outcome({ read }: WalkCase, bytes: Uint8Array, pageSize: number): { value: unknown } | { error: string } {
  try {
    return { value: new PagedSource(bytes, pageSize).settle(read) };
  } catch (thrown) {
    if (!isHdf5Error(thrown)) throw thrown;
    return { error: thrown.code };
  }
}

describe.each(Object.entries(WALKS))("%s", (_, walks) => {
  test("gives what was put into the file; cold, warm and in memory; in the round trips stated", () => {
    fc.assert(
      fc.property(walks, (walk) => {
        const { result, rounds } = walkEverywhere(walk.bytes, walk.read, (actual, expected) =>
          expect(actual).toEqual(expected),
        );
        expect(result).toEqual(walk.expected);
        if (!walk.atMost && !walk.isPartial) expect(rounds.get(1)).toBe(walk.rounds);
        for (const trips of rounds.values()) expect(trips).toBeLessThanOrEqual(walk.rounds);
      }),
      { numRuns: 15, interruptAfterTimeLimit: PATIENCE },
    );
  });

  test("with one changed byte gives a value or a typed error; where a checksum covers it, the error", () => {
    const changes = fc.tuple(walks, fc.nat(), fc.nat(), fc.integer({ min: 1, max: 255 }));
    fc.assert(
      fc.property(changes, ([walk, which, at, change]) => {
        const { structures } = walk;
        if (structures.length === 0) return;
        const { start, length, checksumAt } = structures[which % structures.length] as (typeof structures)[number];
        const bytes = walk.bytes.slice();
        const place = start + (at % length);
        bytes[place] = (bytes[place] as number) ^ change;
        const found = outcome(walk, bytes, Number.POSITIVE_INFINITY);
        if (checksumAt !== undefined && !walk.isPartial) {
          const failed = "error" in found || walk.holdsErrors?.(found.value) === true;
          expect(failed, `byte ${place - start} of ${length}`).toBe(true);
        }
        expect(outcome(walk, bytes, 5)).toEqual(found);
      }),
      { numRuns: 60, interruptAfterTimeLimit: PATIENCE },
    );
  });

  test("with arbitrary bytes in a structure, under right checksums, gives a value or a typed error, at once", () => {
    const changes = fc.tuple(walks, fc.nat(), fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 48 }));
    fc.assert(
      fc.property(changes, ([walk, which, at, content]) => {
        const { structures } = walk;
        if (structures.length === 0) return;
        const structure = structures[which % structures.length] as (typeof structures)[number];
        const bytes = walk.bytes.slice();
        // Mostly behind the signature, which stops everything.
        const first = structure.start + Math.min(structure.length - 1, 4 + (at % structure.length));
        bytes.set(content.subarray(0, structure.start + structure.length - first), first);
        fixChecksum(bytes, structure);
        const source = new PagedSource(bytes, 16);
        try {
          source.settle(walk.read);
        } catch (thrown) {
          if (!isHdf5Error(thrown)) throw thrown;
        }
        // Nodes do not overlap, so there are fewer of them than bytes.
        const decoded = [...source.decoded.values()].reduce((sum, count) => sum + count, 0);
        expect(decoded).toBeLessThan(bytes.length);
        expect(source.rounds).toBeLessThanOrEqual(64);
        expect(outcome(walk, bytes, 3)).toEqual(outcome(walk, bytes, Number.POSITIVE_INFINITY));
      }),
      { numRuns: 60, interruptAfterTimeLimit: PATIENCE },
    );
  });

  test("cut anywhere gives a value or a typed error", () => {
    fc.assert(
      fc.property(walks, fc.nat(), (walk, at) => {
        outcome(walk, walk.bytes.subarray(0, at % walk.bytes.length), 8);
      }),
      { numRuns: 40, interruptAfterTimeLimit: PATIENCE },
    );
  });
});
