/** The files of test/corpus/structures (made by make-fixtures.py there) and what h5py finds in them. */
import { readFileSync } from "node:fs";

const FOLDER = new URL("../corpus/structures/", import.meta.url);

/** Name of a file → its content, in whichever form the file's kind has. */
export const STRUCTURES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = JSON.parse(
  readFileSync(new URL("expected.json", FOLDER), "utf8"),
);

/** The bytes of a fixture, fresh. */
export function structureBytes(file: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(file, FOLDER)));
}
