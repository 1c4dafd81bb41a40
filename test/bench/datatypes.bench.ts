/** What does it cost to turn stored elements into values, and values into stored elements? */
import { bench, describe } from "vitest";
import { compoundType, datatypeOf, stringType } from "../../src/datatypes/datatype-input.js";
import { decodeElements } from "../../src/datatypes/decode.js";
import { encodeElements } from "../../src/datatypes/encode.js";
import type { WriteData } from "../../src/datatypes/values.js";
import type { Datatype } from "../../src/format/messages/datatype.js";
import { MemoryHeap, OPTIONS, store } from "../datatypes/memory-heap.js";

const QUICK = { time: 300, warmupTime: 50 } as const;

describe("decode", () => {
  const decode = (
    name: string,
    bytes: Uint8Array,
    datatype: Datatype,
    more: object = {},
    heap = new MemoryHeap(),
  ): void => {
    const shape = [bytes.length / datatype.size];
    bench(name, () => void decodeElements(bytes, datatype, shape, { ...OPTIONS, ...more }, heap), QUICK);
  };
  // Handed out, not copied: this must not depend on the number of elements.
  decode("10 M float64, native", new Uint8Array(80_000_000), datatypeOf("float64"));
  decode("1 M float64, big-endian", new Uint8Array(8_000_000), datatypeOf("float64be"));
  decode("1 M int16, big-endian", new Uint8Array(2_000_000), datatypeOf("int16be"));
  decode("1 M int16 as float32", new Uint8Array(2_000_000), datatypeOf("int16"), { as: "float32" });
  decode("1 M int64 as numbers, safe", new Uint8Array(8_000_000), datatypeOf("int64"), { int64: "safe" });
  decode("1 M float16", new Uint8Array(2_000_000), datatypeOf("float16"));
  decode(
    "1 M integers of 12 bits",
    new Uint8Array(2_000_000),
    datatypeOf({
      kind: "integer",
      size: 2,
      order: "le",
      precision: 12,
      offset: 2,
      padding: [0, 0],
      signed: true,
    }),
  );
  decode(
    "100 k floats in VAX order",
    new Uint8Array(400_000),
    datatypeOf({ ...datatypeOf("float32"), order: "vax", bias: 129 } as Datatype),
  );
  decode("100 k fixed strings of 16 bytes", new Uint8Array(1_600_000).fill(0x61), stringType(16));
  const texts = store(
    Array.from({ length: 100_000 }, (_, i) => `name ${i}`),
    datatypeOf("string"),
  );
  decode("100 k variable strings", texts.bytes, texts.datatype, {}, texts.heap);
  decode("1 M rows of x, y, id", new Uint8Array(20_000_000), compoundType({ x: "float64", y: "float64", id: "int32" }));
});

describe("encode", () => {
  const encode = (name: string, data: WriteData, datatype: Datatype): void =>
    bench(name, () => void encodeElements(data, datatype, undefined, new MemoryHeap()), QUICK);
  encode("1 M float64, typed array", new Float64Array(1_000_000), datatypeOf("float64"));
  encode("1 M float64, plain array", new Array<number>(1_000_000).fill(1.5), datatypeOf("float64"));
  encode("1 M int16 of a plain array", new Array<number>(1_000_000).fill(7), datatypeOf("int16"));
  encode("1 M int16 of a plain array, big-endian", new Array<number>(1_000_000).fill(7), datatypeOf("int16be"));
  encode("1 M float32 to float16", new Float32Array(1_000_000).fill(0.3), datatypeOf("float16"));
  encode("1 M booleans", new Array<boolean>(1_000_000).fill(true), datatypeOf("bool"));
  encode(
    "100 k variable strings",
    Array.from({ length: 100_000 }, (_, i) => `name ${i}`),
    datatypeOf("string"),
  );
  const rows = Array.from({ length: 100_000 }, (_, i) => ({ x: i, y: -i, id: i }));
  encode("100 k rows of x, y, id", rows, compoundType({ x: "float64", y: "float64", id: "int32" }));
});
