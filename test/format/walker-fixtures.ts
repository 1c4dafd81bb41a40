/** The files of test/corpus/walkers (made by make-fixtures.py there) and what is in them. */
import { readFileSync } from "node:fs";
import type { FormatContext } from "../../src/format/context.js";

/** A link as h5py sees it. */
export interface FixtureLink {
  readonly hard?: number;
  readonly soft?: string;
  readonly external?: readonly [file: string, target: string];
}

/** An object: what its header names, and its contents. Parts that an object has not are absent. */
export interface FixtureObject {
  readonly address: number;
  /** B-tree and local heap. */
  readonly symbolTable?: readonly [number, number];
  /** Fractal heap and name index. */
  readonly "dense links"?: readonly [number, number];
  readonly "dense attributes"?: readonly [number, number];
  readonly links?: Readonly<Record<string, FixtureLink>>;
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>;
  readonly layoutVersion?: number;
  readonly chunkShape?: readonly number[];
  readonly elementSize?: number;
  readonly index?: {
    readonly kind: "btree-v1" | "single" | "implicit" | "fixed-array" | "extensible-array" | "btree-v2";
    readonly address: number | null;
    readonly filteredSize?: number;
    readonly filterMask?: number;
  };
  readonly shape?: readonly number[];
  readonly maxShape?: readonly (number | null)[];
  readonly filtered?: boolean;
  /** Offset, address, size, filter mask; in row-major order. */
  readonly chunks?: readonly (readonly [readonly number[], number, number, number])[];
}

const FOLDER = new URL("../corpus/walkers/", import.meta.url);

/** Name of a file → path of an object → what it is. */
export const FIXTURES: Readonly<Record<string, Readonly<Record<string, FixtureObject>>>> = JSON.parse(
  readFileSync(new URL("expected.json", FOLDER), "utf8"),
);

/** One object of a fixture. */
export function fixtureObject(file: string, path: string): FixtureObject {
  const object = FIXTURES[file]?.[path];
  if (object === undefined) throw new Error(`no ${path} in ${file}`);
  return object;
}

/** The bytes of a fixture, fresh. */
export function fixtureBytes(file: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(file, FOLDER)));
}

/** What the fixtures' superblocks say; K values where a file has others than the defaults. */
export function fixtureContext(
  k: Partial<Pick<FormatContext, "groupLeafK" | "groupInternalK" | "chunkInternalK">> = {},
): FormatContext {
  return {
    sizeOfOffsets: 8,
    sizeOfLengths: 8,
    baseAddress: 0,
    groupLeafK: 4,
    groupInternalK: 16,
    chunkInternalK: 32,
    ...k,
  };
}
