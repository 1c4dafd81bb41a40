import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Hdf5FilterError, Hdf5UsageError } from "../../src/errors.js";
import { bitshuffle } from "../../src/filters/bitshuffle.js";
import { blosc } from "../../src/filters/blosc.js";
import { bzip2 } from "../../src/filters/bzip2.js";
import type { Filter } from "../../src/filters/filter.js";
import { allFilters } from "../../src/filters/index.js";
import { lz4 } from "../../src/filters/lz4.js";
import { lzf } from "../../src/filters/lzf.js";
import { lzo } from "../../src/filters/lzo.js";
import { zfp } from "../../src/filters/zfp.js";
import { zstd } from "../../src/filters/zstd.js";
import { datatypeOf } from "../../src/index.js";
import { contextOf, hex, survivesAnything } from "./hostile.js";

const bytesOf = (numbers: ArrayBufferView): Uint8Array =>
  new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
// 0 to 3 six times, eleven nines and 70000.
const INTEGERS = bytesOf(Int32Array.from({ length: 36 }, (_, i) => (i < 24 ? i % 4 : i < 35 ? 9 : 70_000)));
// 0 to 37, seven times each.
const STEPS = bytesOf(Int16Array.from({ length: 264 }, (_, i) => Math.floor(i / 7)));
const SENTENCE = new TextEncoder().encode(
  "the quick brown fox, the quick brown dog, the lazy fox, the lazy dog; ".repeat(3),
);

interface Golden {
  readonly name: string;
  readonly filter: Filter;
  readonly values: readonly number[];
  readonly plain: Uint8Array;
  readonly stored: string;
}

// Written with h5py 3.7 (libhdf5 1.10.8), its LZF, and Debian's plug-ins (hdf5-filter-plugin of 2022, c-blosc 1.21.3,
// hdf5-filter-plugin-zfp-serial 1.1.0 with zfp 1.0); "lzo" with PyTables 3.7; "the sentence" by zstd 1.5.4 and bzip2 1.0.8.
const GOLDEN: readonly Golden[] = [
  {
    name: "LZF",
    filter: lzf,
    values: [4, 0x0105, 144],
    plain: INTEGERS,
    stored: "040000000001200300022003000320034000e0430f00092050e01f030370110100",
  },
  {
    name: "LZ4",
    filter: lz4,
    values: [0],
    plain: INTEGERS,
    stored: "0000000000000090000000900000001fd0000000000100000002000000030d000f10003c1f09040017500070110100",
  },
  {
    name: "LZ4 in blocks of 64 bytes",
    filter: lz4,
    values: [64],
    plain: INTEGERS,
    stored:
      "0000000000000090000000400000001ad0000000000100000002000000030d000f1000175000030000000000001ed000" +
      "0000000100000002000000030d000b10001f090400075000090000000000000d43090000000400500070110100",
  },
  {
    name: "bzip2",
    filter: bzip2,
    values: [1],
    plain: INTEGERS,
    stored:
      "425a68313141592653593d51070c000000e0807820200040002000310c00885048649470d4dc5282bd99202fa7c5dc91" +
      "4e14240f5441c300",
  },
  {
    name: "blosc with blosclz, no shuffle",
    filter: blosc,
    values: [2, 2, 2, 528, 9, 0, 0],
    plain: STEPS,
    stored:
      "02010002100200001002000012010000140000007b0000002300000000e00103010100e00301010200e00301010300e0" +
      "0301010400e00301010500e00301010600e00301010700e00301010800e00301010900e00301010a00e00301010b00e0" +
      "0301010c00e00301010d00e00301010e00e00301010f00e00301011000e00301011100e003010b120012001200120012" +
      "0012007b00000025120013001300e00101011400e00301011500e00301011600e00301011700e00301011800e0030101" +
      "1900e00301011a00e00301011b00e00301011c00e00301011d00e00301011e00e00301011f00e00301012000e0030101" +
      "2100e00301012200e00301012300e00301012400e003010925002500250025002500",
  },
  {
    name: "blosc with blosclz, bytes shuffled",
    filter: blosc,
    values: [2, 2, 2, 528, 9, 1, 0],
    plain: STEPS,
    stored:
      "020101021002000010020000c800000014000000a0000000270000000000000001800000028000000380000004800000" +
      "05800000068000000780000008800000098000000a8000000b8000000c8000000d8000000e8000000f80000010800000" +
      "1180000012800000138000001480000015800000168000001780000018800000198000001a8000001b8000001c800000" +
      "1d8000001e8000001f8000002080000021800000228000002380000b2424242424242425252525250c00000023000000" +
      "00e0f80302000000",
  },
  {
    name: "blosc with blosclz, bits shuffled",
    filter: blosc,
    values: [2, 2, 2, 528, 9, 2, 0],
    plain: STEPS,
    stored:
      "02010402100200001002000077000000140000004f00000026803fe00ff803fee0100607f800c0ff0f00fcffe0100607" +
      "00000000f0ffffffe010060dff00000000000000ffffffffffffe00c0de00300a027a001a02ee011000200ffffe01a25" +
      "e01600020000000c0000002300000000e0f80302000000",
  },
  {
    name: "blosc with lz4, no shuffle",
    filter: blosc,
    values: [2, 2, 2, 528, 9, 0, 1],
    plain: STEPS,
    stored:
      "020120021002000010020000c60000001400000055000000190001001901020019020200190302001904020019050200" +
      "19060200190702001908020019090200190a0200190b0200190c0200190d0200190e0200190f02001910020019110200" +
      "c01200120012001200120012005500000039120013020019140200191502001916020019170200191802001919020019" +
      "1a0200191b0200191c0200191d0200191e0200191f02001920020019210200192202001923020019240200a025002500" +
      "250025002500",
  },
  {
    name: "blosc with lz4, bytes shuffled",
    filter: blosc,
    values: [2, 2, 2, 528, 9, 1, 1],
    plain: STEPS,
    stored:
      "020121021002000010020000c4000000140000009d000000120001001201010012020100120301001204010012050100" +
      "12060100120701001208010012090100120a0100120b0100120c0100120d0100120e0100120f01001210010012110100" +
      "1212010012130100121401001215010012160100121701001218010012190100121a0100121b0100121c0100121d0100" +
      "121e0100121f010012200100122101001222010012230100c02424242424242425252525250b0000001f000100ef5000" +
      "00000000",
  },
  {
    name: "blosc with lz4, bits shuffled",
    filter: blosc,
    values: [2, 2, 2, 528, 9, 2, 1],
    plain: STEPS,
    stored:
      "0201240210020000100200007900000014000000520000007f803fe00ff803fe0700077f00c0ff0f00fcff0700077f00" +
      "0000f0ffffff0700071200010012ff0100020d0012000d000036000c0200031a000302000c1e000d02000128000d1600" +
      "0f0200195000000000000b0000001f000100ef500000000000",
  },
  {
    name: "blosc with snappy, no shuffle",
    filter: blosc,
    values: [2, 2, 2, 528, 9, 0, 3],
    plain: STEPS,
    stored:
      "020140021002000010020000ee0000001400000069000000880200003201000001320200000232020000033202000004" +
      "32020000053202000006320200000732020000083202000009320200000a320200000b320200000c320200000d320200" +
      "000e320200000f320200001032020000113202002c120012001200120012001200690000008802081200133202000014" +
      "32020000153202000016320200001732020000183202000019320200001a320200001b320200001c320200001d320200" +
      "001e320200001f320200002032020000213202000022320200002332020000243202002425002500250025002500",
  },
  {
    name: "blosc with snappy, bytes shuffled",
    filter: blosc,
    values: [2, 2, 2, 528, 9, 1, 3],
    plain: STEPS,
    stored:
      "020141021002000010020000cd000000140000009f000000880200000901000109010002090100030901000409010005" +
      "090100060901000709010008090100090901000a0901000b0901000c0901000d0901000e0901000f0901001009010011" +
      "09010012090100130901001409010015090100160901001709010018090100190901001a0901001b0901001c0901001d" +
      "0901001e0901001f0901002009010021090100220901002309012c2424242424242425252525251200000088020000fe" +
      "0100fe0100fe0100fe01000d01",
  },
  {
    name: "blosc with snappy, bits shuffled",
    filter: blosc,
    values: [2, 2, 2, 528, 9, 2, 3],
    plain: STEPS,
    stored:
      "020144021002000010020000730000001400000045000000880218803fe00ff803fe6607001800c0ff0f00fcff660700" +
      "18000000f0ffffff6607000000090100ff0901090d3a0e002e0100092711012e1a005201000529521a00b20100120000" +
      "0088020000fe0100fe0100fe0100fe01000d01",
  },
  {
    name: "blosc with zlib, no shuffle",
    filter: blosc,
    values: [2, 2, 2, 528, 9, 0, 4],
    plain: STEPS,
    stored:
      "0201600210020000100200007f000000140000003000000078da55c1590240201400c0845294e5fe87f5fb6626a56861" +
      "e6ca8d3b0b2b0f36769ebc383879f3e1cb2ffc019017049c3300000078da55c2c90d802000003066100f04c103d97f45" +
      "7f264d3b8588190b566c48d8915170a0a2e1c4851b0f3a5e8cdf079d200e55",
  },
  {
    name: "blosc with zlib, bytes shuffled",
    filter: blosc,
    values: [2, 2, 2, 528, 9, 1, 4],
    plain: STEPS,
    stored:
      "02016102100200001002000070000000140000004700000078da25c10b1642000000302aa542a510c92fee7fc51edb82" +
      "6013b263cf8188232762ce5cb892909271e3ce839c272f0a4a2aded4347c68f9d2d1333032f1636659fd0176ad12f00d" +
      "00000078da6360180520000001080001",
  },
  {
    name: "blosc with zlib, bits shuffled",
    filter: blosc,
    values: [2, 2, 2, 528, 9, 2, 4],
    plain: STEPS,
    stored:
      "0201640210020000100200005f000000140000003600000078da6bb07fc0ff83f95f034e8ae1c07f7e863fff715340f0" +
      "e1ffffffb8290608f80f015879c8e03f0a602004885345100000eb0754b70d00000078da6360180520000001080001",
  },
  {
    name: "blosc with zstd, no shuffle",
    filter: blosc,
    values: [2, 2, 2, 528, 9, 0, 5],
    plain: STEPS,
    stored:
      "02019002100200001002000056000000140000003e00000028b52ffd601001a501006402000102030405060708090a0b" +
      "0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425266801e0c71056047fb4ad15",
  },
  {
    name: "blosc with zstd, bytes shuffled",
    filter: blosc,
    values: [2, 2, 2, 528, 9, 1, 5],
    plain: STEPS,
    stored:
      "0201910210020000100200005a000000140000004200000028b52ffd601001c501007402000102030405060708090a0b" +
      "0c0d0e0f101112131415161718191a1b1c1d1e1f2021222324250027580100113004f4fdffffcf045564",
  },
  {
    name: "blosc with zstd, bits shuffled",
    filter: blosc,
    values: [2, 2, 2, 528, 9, 2, 5],
    plain: STEPS,
    stored:
      "02019402100200001002000056000000140000003e00000028b52ffd601001a50100f281060df039d27a8f44ed7297b9" +
      "b16c0afdbfdfdfda8e8da9091725130a20502bf4466ac1cfc1f12c7a641c036befda46363202",
  },
  {
    name: "zstd",
    filter: zstd,
    values: [19],
    plain: SENTENCE,
    stored:
      "28b52ffd0468a50100540274686520717569636b2062726f776e20666f782c20646f676c617a7920666f78646f673b20" +
      "04008924501dd370308c884c260cc767fd",
  },
  {
    name: "bzip2, the sentence",
    filter: bzip2,
    values: [9],
    plain: SENTENCE,
    stored:
      "425a6839314159265359cbcc85830000599980400400083fedb6f0200050a0d1a341901a08a50001a0da8d8786461d01" +
      "bd0c197761868398d060680c0f43e8351e86e191f0646a370d460191d01f87e1fc5dc914e142432f32160c",
  },
  {
    name: "lzo",
    filter: lzo,
    values: [1, 11, 4],
    plain: SENTENCE,
    stored:
      "000374686520717569636b2062726f776e20666f782c202e5300646f67b002016c617a79288800940101646f673b2fc0" +
      "00204b14010d2c20746865206c617a7920646f673b20110000",
  },
  {
    name: "zfp, integers of 32 bits at a rate of 4 bits, two dimensions",
    filter: zfp,
    values: [268456208, 91252346, 1610612868, 66060288],
    plain: hex(
      "00020000000a000000f2ffff00faffff00f8ffff00e8ffff00d8ffff00c8ffff00e8ffff0066ffff005effff0096ffff" +
        "00ceffff0048000000d800000068010000f8010000f80200000e000000deffff00eeffff00feffff00f8ffff00e8ffff" +
        "00d8ffff00c8ffff0008000000faffff000a000000faffff000a00000008000000180000002800000038000000180000" +
        "00000000000000000200000002000000f9fffffffbfffffffdffffffffffffff01000000040000000400000006000000" +
        "060000000d0000000f00000011000000130000001f000000fefffffffeffffff0000000000000000f9fffffffbffffff" +
        "fdfffffffffffffffdffffff",
    ),
    stored: "00001cc60400599a00800002308540820080c3280425221000000020800056120000000820008560000000388c4244a0",
  },
  {
    name: "zfp, floats of 32 bits to 0.001, one dimension",
    filter: zfp,
    values: [268456208, 91252346, 786, 3398434816],
    plain: hex(
      "80339ec0b7aa15c70000a039000080b80060d43fc3142c470000103cc77c0548269c3d482be07a480000043d00b82242" +
        "0000483deb3c0d49dda1264900c99c42000040b9000080b80020ec3d0ce30043384f0f4300000039000000b900000039" +
        "973afe498b740a4a0000783e0067844317572e4a00000000000000000067af43f048bb43000000000080d83e5043e043" +
        "000040397229fb43000080b800d40e3f0000163f00001e3f0000263f894fcf4a00f831440000000000000000edf7f74a" +
        "d367014b0000603f",
    ),
    stored:
      "1f092cfcba3bf3a021f64d5b6c632a1f89f37545ca5928eeb11130a09199cc3ad272f12aef586bb24dbf83046411875a" +
      "27714175e92b883c72b3ce5ca2c4a95a3dc43e1400b0031630a73f7d88f7d50e659ecf0b659e6b253e15e8baa3e9a4f1" +
      "366192fefca88d95a4cbde56bb2c7ad9d22ce4867db1df8b688b6e4ae395ee99fd2f062aa2c04201e8321ff801e601d9" +
      "96749fc5ad12c7edad02f62a7129d55bd992ee55c05e05004090ca0b51e7b8b7555e920a00802a2a8a0a00a8a2a208a0" +
      "0a00",
  },
  {
    name: "zfp, floats of 64 bits, reversible",
    filter: zfp,
    values: [268456208, 91252346, 35, 2281701376],
    plain: hex("0000000000000080f2d8c9ea106de2c09c4e174c2defe0c0"),
    stored: "ffe50000c4400c900514c8d9dc00cd81c509d1c84948109d84595c84cc81c0083600",
  },
  {
    name: "zfp, integers of 64 bits, reversible",
    filter: zfp,
    values: [268456208, 91252346, 33, 2281701376],
    plain: hex("fcffffffffffffff00000000000000000000000000000000"),
    stored: "3d000000000000005c07",
  },
  {
    name: "zfp, floats of 64 bits with 31 bit planes",
    filter: zfp,
    values: [268456208, 91252346, 35, 2178940928],
    plain: hex("000000000000003f00000000000000bf000080eb1780ddc0"),
    stored: "1d28ba50b0e455000000aae15500b0ab0e",
  },
  {
    name: "zfp, all four parameters",
    filter: zfp,
    values: [268456208, 91252346, 34, 4293918720, 29458491, 527206],
    plain: hex("0000c0bb90f52cc77fbdf1c6"),
    stored: "1fb90af1b5fe05aaeb4ea1bf5e01",
  },
];

describe("codecs of plug-ins", () => {
  it.each(GOLDEN)("read $name", async ({ filter, values, plain, stored }) => {
    expect(await filter.decode(hex(stored), contextOf(values, plain.length))).toEqual(plain);
  });

  it.each(GOLDEN)("survive anything instead of $name", async ({ filter, values, plain, stored }) => {
    await survivesAnything(filter, hex(stored), contextOf(values, plain.length));
    await expect(async () => filter.decode(hex(stored), contextOf(values, plain.length - 1))).rejects.toThrow(
      Hdf5FilterError,
    );
  });

  it("give back what they encode, also nothing and one byte", async () => {
    const encoders: (readonly [filter: Filter, values: readonly number[]])[] = [
      [lz4, [0]],
      [lz4, [7]],
      [bitshuffle, [0, 4, 1, 0, 2]],
      [bitshuffle, [0, 4, 3, 8, 2]],
      [bitshuffle, [0, 4, 2, 16, 0]],
    ];
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc.array(fc.nat(3), { maxLength: 900 }).map((list) => Uint8Array.from(list)),
      fc.tuple(fc.uint8Array({ maxLength: 9 }), fc.nat(200)).map(([unit, times]) => {
        return Uint8Array.from({ length: unit.length * times }, (_, i) => unit[i % unit.length] as number);
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...encoders), bytes, async ([filter, values], any) => {
        const plain = any.subarray(0, any.length - (any.length % (values[2] ?? 1)));
        const context = contextOf(values, plain.length);
        const stored = (await filter.encode?.(plain, context)) as Uint8Array;
        expect(await filter.decode(stored, context)).toEqual(plain);
      }),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (plain) => {
        const context = contextOf([], plain.length);
        let stored: Uint8Array;
        try {
          stored = (await lzf.encode?.(plain, context)) as Uint8Array;
        } catch (error) {
          // What does not get shorter is not stored so.
          expect(error).toBeInstanceOf(Hdf5FilterError);
          return;
        }
        expect(stored.length).toBeLessThan(plain.length);
        expect(await lzf.decode(stored, context)).toEqual(plain);
      }),
    );
    expect(() => lzf.encode?.(Uint8Array.of(1), contextOf([], 1))).toThrow(Hdf5FilterError);
  });

  it("find every cut, and every changed byte where there is a checksum", async () => {
    for (const { filter, values, plain, stored } of GOLDEN) {
      const bytes = hex(stored);
      for (let length = 0; length < bytes.length; length++) {
        const cut = bytes.subarray(0, length);
        const out = await Promise.resolve()
          .then(() => filter.decode(cut, contextOf(values, plain.length)))
          .catch(() => undefined);
        // A cut LZF or Zstandard stream may end with a whole part; the pipeline refuses what is short.
        if (out !== undefined) expect(out.length).toBeLessThan(plain.length);
      }
    }
    const sentences = GOLDEN.filter(({ filter }) => filter === zstd || filter === bzip2).slice(-2);
    expect(sentences).toHaveLength(2);
    for (const { filter, values, stored } of sentences) {
      const bytes = hex(stored);
      for (let i = 0; i < bytes.length; i++) {
        const damaged = Uint8Array.from(bytes, (byte, j) => (i === j ? byte ^ 0x04 : byte));
        const out = await Promise.resolve()
          .then(() => filter.decode(damaged, contextOf(values, SENTENCE.length)))
          .catch(() => undefined);
        if (out !== undefined) expect(out).toEqual(SENTENCE); // padding bits, and the block size of bzip2
      }
    }
  });

  it("make the specs and parameters of their plug-ins", () => {
    const dataset = { datatype: datatypeOf("float64"), chunkShape: [10, 3] };
    expect(lzf.spec()).toEqual({ id: 32000, name: "lzf", optional: true });
    expect(lzf.configure?.([], dataset)).toEqual([4, 0x0105, 240]);
    expect(lz4.spec({ blockBytes: 100 })).toMatchObject({ id: 32004, values: [100] });
    expect(bitshuffle.configure?.(bitshuffle.spec().values ?? [], dataset)).toEqual([0, 4, 8, 0, 2]);
    expect(bitshuffle.configure?.([0, 3, 4, 16, 0], dataset)).toEqual([0, 4, 8, 16, 0]);
    expect(blosc.configure?.(blosc.spec({ compressor: "zstd", shuffle: "bits" }).values ?? [], dataset)).toEqual([
      2, 2, 8, 240, 5, 2, 5,
    ]);
    expect(zstd.spec()).toMatchObject({ id: 32015, values: [3] });
    expect(bzip2.spec({ level: 1 })).toMatchObject({ id: 307, values: [1] });
    expect(() => lz4.spec({ blockBytes: 0 })).toThrow(Hdf5UsageError);
    expect(() => bitshuffle.spec({ blockElements: 9 })).toThrow(Hdf5UsageError);
    expect(() => blosc.spec({ level: 10 })).toThrow(Hdf5UsageError);
    expect(() => zstd.spec({ level: 0 })).toThrow(Hdf5UsageError);
    expect(() => bzip2.spec({ level: 10 })).toThrow(Hdf5UsageError);
  });

  it("stop within a bomb", async () => {
    // 128 KiB of one byte in a block of four: a thousand such blocks.
    const block = Uint8Array.of(0x02, 0, 0x10, 7);
    const frame = [0x28, 0xb5, 0x2f, 0xfd, 0, 0x58, ...Array.from({ length: 1000 }, () => [...block]).flat()];
    await expect(async () => zstd.decode(Uint8Array.from(frame), contextOf([], 1000))).rejects.toThrow(Hdf5FilterError);
    const lz4Bomb = Uint8Array.from([
      ...hex("00000000 00001000 00001000 00000200"),
      0x1f,
      1,
      1,
      0,
      ...Array(500).fill(255),
      0,
    ]);
    await expect(async () => lz4.decode(lz4Bomb, contextOf([], 0x1000))).rejects.toThrow(Hdf5FilterError);
  });

  it("read bitshuffle with Zstandard, which has a frame where LZ4 has a block", async () => {
    const context = contextOf([0, 4, 2, 16, 2], STEPS.length);
    const packed = (await bitshuffle.encode?.(STEPS, contextOf([0, 4, 2, 16, 0], STEPS.length))) as Uint8Array;
    const parts: number[] = [...hex("0000000000000210 00000020")]; // 528 bytes, blocks of 32
    for (let at = 0; at < 528; at += 32) {
      const planes = packed.subarray(at, at + Math.min(32, 528 - at));
      // A frame of one raw block.
      const frame = [
        0x28,
        0xb5,
        0x2f,
        0xfd,
        0x20,
        planes.length,
        (planes.length * 8 + 1) & 0xff,
        planes.length >> 5,
        0,
        ...planes,
      ];
      parts.push(0, 0, 0, frame.length, ...frame);
    }
    const zstdContext = { ...context, values: [0, 4, 2, 16, 3] };
    expect(await bitshuffle.decode(Uint8Array.from(parts), zstdContext)).toEqual(STEPS);
    expect(() => bitshuffle.encode?.(STEPS, zstdContext)).toThrow(Hdf5FilterError);
    await survivesAnything(bitshuffle, Uint8Array.from(parts), zstdContext);
  });

  it("are one list", () => {
    expect(new Set(allFilters.map(({ id }) => id)).size).toBe(allFilters.length);
    expect(allFilters).toEqual(expect.arrayContaining([lzf, lz4, bitshuffle, blosc, zstd, bzip2, zfp, lzo]));
  });
});
