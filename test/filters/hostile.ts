/** What every codec does with bytes that nobody wrote: it gives at most what is allowed, or an Hdf5FilterError. */
import fc from "fast-check";
import { expect } from "vitest";
import { isHdf5Error } from "../../src/errors.js";
import type { Filter, FilterContext } from "../../src/filters/filter.js";

/** What a codec is told of a chunk. */
export function contextOf(values: readonly number[], maxOutput: number, elementSize = 4): FilterContext {
  return { values, elementSize, maxOutput };
}

/** Bytes from hexadecimal text; blanks are for the eye. */
export function hex(text: string): Uint8Array {
  return Uint8Array.from(text.replace(/\s/g, "").match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** A copy with one entry changed. */
export function replaced(values: readonly number[], index: number, value: number): number[] {
  return values.map((old, i) => (i === index ? value : old));
}

/** Decode, whatever comes: undefined for the error that is allowed. */
export async function decodeSafely(
  filter: Filter,
  bytes: Uint8Array,
  context: FilterContext,
): Promise<Uint8Array | undefined> {
  const before = bytes.slice();
  try {
    const out = await filter.decode(bytes, context);
    expect(out).toBeInstanceOf(Uint8Array);
    // What is given back as it came is cut by the pipeline.
    if (out.buffer !== bytes.buffer) expect(out.length).toBeLessThanOrEqual(context.maxOutput);
    return out;
  } catch (error) {
    if (!isHdf5Error(error, "filter")) throw error;
    expect(error.filterId).toBe(filter.id);
    return undefined;
  } finally {
    expect(bytes).toEqual(before);
  }
}

/** Arbitrary bytes, cut bytes and flipped bits under a valid context; and valid bytes under arbitrary parameters. */
export async function survivesAnything(filter: Filter, valid: Uint8Array, context: FilterContext): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      await decodeSafely(filter, bytes, context);
    }),
    { numRuns: 60 },
  );
  for (let length = 0; length < valid.length; length++) await decodeSafely(filter, valid.subarray(0, length), context);
  const place = fc.nat(valid.length - 1);
  await fc.assert(
    fc.asyncProperty(place, fc.integer({ min: 1, max: 255 }), place, fc.nat(255), async (i, a, j, b) => {
      const bytes = valid.slice();
      bytes[i] = (bytes[i] as number) ^ a;
      bytes[j] = (bytes[j] as number) ^ b;
      await decodeSafely(filter, bytes, context);
    }),
    { numRuns: 120 },
  );
  if (context.values.length === 0) return;
  const value = fc.oneof(fc.nat(70), fc.constantFrom(0xffffffff, 0x80000000, 0x7fffffff, 65_536));
  await fc.assert(
    fc.asyncProperty(fc.nat(context.values.length - 1), value, async (i, changed) => {
      const values = replaced(context.values, i, changed);
      await decodeSafely(filter, valid, { ...context, values });
      await decodeSafely(filter, valid, { ...context, values: values.slice(0, i) });
    }),
    { numRuns: 60 },
  );
}
