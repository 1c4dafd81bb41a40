/** Which file a manifest stands for, and what that file may open besides itself. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { nodeFileDriver } from "../../src/drivers/index.js";
import type { ExternalPolicy } from "../../src/index.js";
import type { Json } from "./dtype.js";

/** A container, as a manifest tells of it. */
export interface ManifestObject {
  readonly object_id: string;
  /** Null: PyNWB did not know where in the file the object is. */
  readonly path: string | null;
  readonly file?: string;
  readonly [key: string]: Json | undefined;
}

export interface Manifest {
  readonly file: string;
  readonly nwb_version: string;
  readonly superblock: number;
  readonly cached_namespaces: Json;
  readonly objects: readonly ManifestObject[];
  readonly nodes: { readonly [path: string]: { readonly [key: string]: Json } };
}

/** A manifest and the file it stands for. */
export interface Entry {
  /** The manifest's path from the folder that was searched, without `.json`. */
  readonly name: string;
  readonly manifest: Manifest;
  /** Path, or pattern of a family; undefined: there is no such file. */
  readonly path: string | undefined;
  readonly driver: "family" | undefined;
}

const SUFFIX = ".nwb.json";

/** All manifests below a folder, by name. */
export function* entriesBelow(dir: string): Generator<Entry> {
  const names = readdirSync(dir, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(SUFFIX));
  for (const name of names.sort()) {
    const manifest = JSON.parse(readFileSync(join(dir, name), "utf8")) as Manifest;
    const plain = name.slice(0, -".json".length);
    yield { name: plain, manifest, ...locate(resolve(dir, plain), manifest) };
  }
}

/** Beside the manifest; as the first member of a family; or in the sources that the corpus took its files from. */
function locate(beside: string, { file }: Manifest): Pick<Entry, "path" | "driver"> {
  if (existsSync(beside)) return { path: beside, driver: undefined };
  const folder = dirname(beside);
  const pattern = join(folder, basename(file));
  if (file.includes("%") && existsSync(pattern.replace(/%\d*d/, (d) => "0".padStart(Number(d.slice(1, -1)), "0")))) {
    return { path: pattern, driver: "family" };
  }
  for (let above = dirname(folder), last = folder; above !== last; last = above, above = dirname(above)) {
    const path = join(above, "hdf5/pynwb/tests", basename(folder), basename(beside));
    if (existsSync(path)) return { path, driver: undefined };
  }
  return { path: undefined, driver: undefined };
}

/** Links to files anywhere below a folder are followed, `../` included. */
export function trusting(dir: string): ExternalPolicy {
  return async (target, { file }) => {
    const path = resolve(dirname(file), target);
    if (!existsSync(path)) return nodeFileDriver(path, { mode: "r" });
    const real = await realpath(path);
    const way = relative(await realpath(dir), real);
    if (isAbsolute(way) || way.split(/[/\\]/)[0] === "..") return undefined;
    return nodeFileDriver(real, { mode: "r" });
  };
}
