import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../src/bytes/byte-writer.js";
import { Cursor } from "../../src/bytes/cursor.js";
import { datatypeOf, sameDatatype } from "../../src/datatypes/datatype-input.js";
import { collectHeapAddresses, decodeElements } from "../../src/datatypes/decode.js";
import { encodeElements } from "../../src/datatypes/encode.js";
import { inferType } from "../../src/datatypes/infer.js";
import { toValue, valueAs } from "../../src/datatypes/to-value.js";
import type { CompoundData, ReadResult, WriteData } from "../../src/datatypes/values.js";
import { isHdf5Error } from "../../src/errors.js";
import { decodeDatatype } from "../../src/format/messages/datatype.js";
import { encodeDatatype } from "../../src/format/messages/datatype-encode.js";
import { type Kind, kinds, type Sample, shaped } from "./arbitraries.js";
import { load, loadValue, MemoryHeap, OPTIONS, store } from "./memory-heap.js";

const SHAPES = [[], [1], [3], [2, 2], [1, 3, 2], [2, 1, 1, 2]] as const;

interface Case {
  readonly kind: Kind;
  readonly shape: readonly number[];
  readonly sample: Sample;
}

const cases: fc.Arbitrary<Case> = fc
  .tuple(kinds(3), fc.constantFrom(...SHAPES))
  .chain(([kind, shape]) => shaped(kind, shape).map((sample) => ({ kind, shape, sample })));

function isHollow(data: unknown): boolean {
  return Array.isArray(data) && data.every(isHollow);
}

/** Only errors of this library come out. */
function tried(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if (!isHdf5Error(error)) throw error;
  }
}

describe("encoding and decoding", () => {
  test("any datatype, any shape: the value is the data", () => {
    fc.assert(
      fc.property(cases, ({ kind, shape, sample }) => {
        const stored = store(sample.data, kind.datatype, shape);
        expect(loadValue(stored)).toEqual(sample.value);
      }),
      { numRuns: 300 },
    );
  });

  test("what was read is written to the same elements", () => {
    fc.assert(
      fc.property(cases, ({ kind, shape, sample }) => {
        const first = store(sample.data, kind.datatype, shape);
        const again = store(load(first), kind.datatype, shape);
        expect(loadValue(again)).toEqual(sample.value);
        // Row by row and column by column too.
        const read = load(first);
        if (read.kind !== "compound" || kind.datatype.kind !== "compound") return;
        const rows = [...(read.data as CompoundData)] as WriteData;
        expect(loadValue(store(rows, kind.datatype, shape))).toEqual(sample.value);
        expect(loadValue(store(read.data, kind.datatype, shape))).toEqual(sample.value);
      }),
      { numRuns: 300 },
    );
  });

  test("a datatype that went through a file decodes the same", () => {
    fc.assert(
      fc.property(cases, ({ kind, shape, sample }) => {
        const stored = store(sample.data, kind.datatype, shape);
        const out = new ByteWriter();
        encodeDatatype(out, kind.datatype);
        const datatype = decodeDatatype(new Cursor(out.bytes(), "datatype message"));
        expect(sameDatatype(datatype, datatypeOf(kind.datatype))).toBe(true);
        expect(loadValue({ ...stored, datatype })).toEqual(sample.value);
      }),
      { numRuns: 200 },
    );
  });

  test("a scalar fills any shape", () => {
    fc.assert(
      fc.property(
        kinds(2).chain((kind) => shaped(kind, []).map((sample) => ({ kind, sample }))),
        ({ kind, sample }) => {
          // Lists with nothing in them are elements rather than one element, if they can be.
          fc.pre(kind.datatype.kind !== "vlen" || !isHollow(sample.data));
          expect(loadValue(store(sample.data, kind.datatype, [2]))).toEqual(kind.list([sample.value, sample.value]));
        },
      ),
      { numRuns: 300 },
    );
  });

  test("the type inferred from a value holds it", () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string().filter((s) => s !== "" && !s.includes("\0")),
          fc.oneof(fc.double(), fc.boolean(), fc.bigInt({ min: 0n, max: 2n ** 62n })),
          { minKeys: 1, noNullPrototype: false },
        ),
        (object) => {
          fc.pre(!("data" in object && "shape" in object && "stride" in object));
          const { datatype, shape } = inferType(object);
          expect(loadValue(store(object, datatype, shape))).toEqual(object);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("whatever lies in a file", () => {
  test("arbitrary bytes give values or errors of this library", () => {
    fc.assert(
      fc.property(
        kinds(3),
        fc.uint8Array({ maxLength: 400 }),
        fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 4 }),
        fc.constantFrom("float64", "int8", "uint64", "string", undefined),
        fc.constantFrom("bytes", "latin1", undefined),
        fc.constantFrom("number", "safe", "bigint"),
        ({ datatype }, bytes, objects, as, strings, int64) => {
          const count = Math.floor(bytes.length / datatype.size);
          const elements = Uint8Array.from(bytes.subarray(0, count * datatype.size));
          const heap = {
            get: (_: number, index: number): Uint8Array => objects[index % (objects.length || 1)] ?? new Uint8Array(0),
          };
          const options = { ...OPTIONS, int64 } as const;
          tried(() =>
            collectHeapAddresses(elements, datatype, count, (address) => new Map([[address % 3, elements]]), 8),
          );
          const read = (more: object): ReadResult =>
            decodeElements(elements.slice(), datatype, [count], { ...options, ...more }, heap);
          tried(() => [...(read({ strings }).kind === "compound" ? (read({ strings }).data as CompoundData) : [])]);
          tried(() => read({ as }));
          tried(() => read({ raw: true }));
          tried(() =>
            read({ raw: true, fields: datatype.kind === "compound" ? datatype.members.map(({ name }) => name) : [] }),
          );
          tried(() => toValue(elements.slice(), datatype, [count], { ...options, strings }, heap));
          for (const name of ["number", "boolean", "strings"] as const) {
            tried(() => valueAs(name, elements.slice(), datatype, [count], options, heap));
          }
        },
      ),
      { numRuns: 400 },
    );
  });

  test("a datatype message of arbitrary bytes decodes elements, or is an error", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 8, maxLength: 60 }),
        fc.nat(11),
        fc.integer({ min: 1, max: 40 }),
        (message, kind, size) => {
          message[0] = (message[0] as number & 0x30) | 0x10 | kind;
          message.set([size, 0, 0, 0], 4);
          tried(() => {
            const datatype = decodeDatatype(new Cursor(message, "datatype message"));
            decodeElements(new Uint8Array(datatype.size * 2).fill(0x5a), datatype, [2], OPTIONS, new MemoryHeap());
          });
        },
      ),
      { numRuns: 1500 },
    );
  });
});

describe("whatever is given for writing", () => {
  test("is encoded or refused by an error of this library, and without a put", () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withTypedArray: true,
      withSparseArray: true,
      withNullPrototype: true,
      maxDepth: 3,
    });
    fc.assert(
      fc.property(anything, kinds(2), fc.constantFrom(undefined, ...SHAPES), (data, { datatype }, shape) => {
        tried(() => inferType(data as WriteData));
        const heap = new MemoryHeap();
        let done = false;
        tried(() => {
          const { bytes, shape: filled } = encodeElements(data as WriteData, datatype, shape, heap);
          done = true;
          expect(bytes.length).toBe(filled.reduce((product, n) => product * n, 1) * datatype.size);
        });
        if (!done) expect(heap.puts).toBe(0);
      }),
      { numRuns: 800 },
    );
  });
});
