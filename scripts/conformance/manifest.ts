/** The manifests of a corpus: what a correct reader finds in each file. Rules: the corpus' MANIFEST.md. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

/** One row of the corpus' index. */
export interface IndexRow {
  readonly source: string;
  readonly path: string;
  /** Name or pattern given to the driver. */
  readonly file: string;
  readonly driver: "sec2" | "family" | "split" | "multi";
  readonly size: number;
  readonly opens: boolean;
  readonly gz: boolean;
  readonly features: readonly string[];
}

export interface ManifestAttribute {
  readonly name: string;
  readonly error?: boolean;
  readonly unreadable?: string;
  readonly skipped?: string;
  readonly sha256?: string;
  readonly [key: string]: unknown;
}

export interface ManifestObject {
  readonly path: string;
  readonly kind: "group" | "dataset" | "datatype" | "?";
  readonly error?: boolean;
  readonly unreadable?: string;
  readonly skipped?: string;
  readonly sha256?: string;
  readonly slices?: readonly { readonly start: number[]; readonly count: number[]; readonly sha256?: string }[];
  readonly attributes?: readonly ManifestAttribute[];
  readonly attributesError?: boolean;
  readonly linksError?: boolean;
  readonly [key: string]: unknown;
}

export interface Manifest {
  readonly opens: boolean;
  readonly rootError?: boolean;
  readonly afterClear?: Manifest;
  readonly objects: readonly ManifestObject[];
  readonly aliases: readonly (readonly [string, string])[];
}

/** A corpus on disk. */
export class Corpus {
  readonly rows: readonly IndexRow[];
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
    this.rows = JSON.parse(readFileSync(join(dir, "hdf5-index.json"), "utf8")) as IndexRow[];
  }

  manifest({ source, path }: IndexRow): Manifest {
    const base = join(this.#dir, "manifests", source, `${path}.json`);
    const text = existsSync(base) ? readFileSync(base) : gunzipSync(readFileSync(`${base}.gz`));
    return JSON.parse(text.toString("utf8")) as Manifest;
  }

  /** The path (or pattern) to open, or the bytes of a compressed file. */
  source({ source, file, path, gz }: IndexRow): string | Uint8Array {
    const base = join(this.#dir, "hdf5", source, gz ? path : file);
    return gz ? new Uint8Array(gunzipSync(readFileSync(`${base}.gz`))) : base;
  }
}
