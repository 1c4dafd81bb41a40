/** The folder of hostile files: `index.json` says what each one is, and what a reader must do with it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const EXPECTED = ["error", "either", "tolerated", "policy", "limit"] as const;

/** What a reader must do; the words are those of the folder's README. */
export type Expected = (typeof EXPECTED)[number];

/** One file. */
export interface Entry {
  readonly id: string;
  readonly file: string;
  readonly expected: Expected;
  /** The object that is broken; null: the file as a whole. */
  readonly path: string | null;
  readonly broken: string;
}

/** @throws Error when index.json is not of the form stated. */
export function readEntries(dir: string): Entry[] {
  const index: unknown = JSON.parse(readFileSync(join(dir, "index.json"), "utf8"));
  const files = typeof index === "object" && index !== null && "files" in index ? index.files : undefined;
  if (!Array.isArray(files)) throw new Error(`${dir}/index.json holds no list "files"`);
  return files.map(entryOf);
}

function entryOf(value: unknown): Entry {
  const row = value as Readonly<Record<string, unknown>>;
  const expected = EXPECTED.find((word) => word === row.expected);
  const { id, file, path = null, broken = "" } = row;
  if (expected === undefined || typeof file !== "string" || (path !== null && typeof path !== "string")) {
    throw new Error(`index.json: ${JSON.stringify(value)} is no entry`);
  }
  return { id: typeof id === "string" ? id : file, file, expected, path, broken: String(broken) };
}
