/** One file against its manifest. */
import type { Hdf5File } from "../../src/index.js";
import { loadNamespaces, type NWBHDF5IO } from "../../src/nwb/index.js";
import { compareJson, type Report } from "./difference.js";
import type { Json } from "./dtype.js";
import { cachedNamespaces, describeNodes } from "./nodes.js";
import { type DescribedObject, describeObjects } from "./objects.js";
import type { Manifest, ManifestObject } from "./sources.js";

/** What the HDF5 layer finds. */
export async function compareFile(file: Hdf5File, manifest: Manifest, report: Report): Promise<void> {
  compareJson(manifest.superblock, file.superblock.version, "superblock", report);
  compareJson(manifest.nodes, await describeNodes(file), "nodes", report);
  compareJson(manifest.cached_namespaces, await cachedNamespaces(file), "cached_namespaces", report);
}

/** What the NWB layer makes of it. */
export async function compareNwb(io: NWBHDF5IO, path: string, manifest: Manifest, report: Report): Promise<void> {
  compareJson(manifest.nwb_version, io.nwbVersion, "nwb_version", report);
  compareJson(latest(manifest.cached_namespaces), await loadedNamespaces(io.file), "cached_namespaces loaded", report);
  const found = await describeObjects(await io.read(), path);
  const { expected, ids } = expectedObjects(manifest);
  compareJson(expected, foundObjects(found, ids), "objects", report);
}

/** Of several versions of a namespace the last by name is loaded. */
function latest(cached: Json): Json {
  const versions = cached as { readonly [name: string]: readonly string[] };
  return Object.fromEntries(Object.entries(versions).map(([name, list]) => [name, [...list].sort().at(-1) ?? ""]));
}

async function loadedNamespaces(file: Hdf5File): Promise<Json> {
  if (!(await file.has("/specifications"))) return {};
  return Object.fromEntries((await loadNamespaces(file)).map(({ name, version }) => [name, version]));
}

/** How the manifest's ids are meant. */
interface Ids {
  /** Objects whose place PyNWB did not know: those are found by their id. */
  readonly placeless: ReadonlySet<string>;
}

function expectedObjects({ objects, nodes }: Manifest): { readonly expected: Json; readonly ids: Ids } {
  const placeless = new Set(objects.filter(({ path }) => path === null).map(({ object_id }) => object_id));
  // An object without a stored id got a new one when PyNWB read it: that one is known by its place only.
  const madeUp = new Map<string, string>();
  for (const { path, file, object_id } of objects) {
    if (path === null || file !== undefined || storesId(nodes[path])) continue;
    madeUp.set(object_id, madeUpId(path));
  }
  const expected = objects.map((object) => [
    keyOf(object),
    withIds(withoutPlace(object, placeless), madeUp, placeless),
  ]);
  return { expected: Object.fromEntries(expected), ids: { placeless } };
}

function storesId(node: Manifest["nodes"][string] | undefined): boolean {
  const attrs = node?.attrs;
  return typeof attrs === "object" && attrs !== null && "object_id" in attrs;
}

function madeUpId(path: string): string {
  return `(none stored) ${path}`;
}

function keyOf({ path, file, object_id }: ManifestObject): string {
  if (path === null) return object_id;
  return file === undefined ? path : `${file}:${path}`;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

function foundObjects(found: readonly DescribedObject[], { placeless }: Ids): Json {
  const madeUp = new Map<string, string>();
  for (const { storedId, objectId, path } of found) {
    if (storedId === undefined && path !== undefined && UUID.test(objectId)) madeUp.set(objectId, madeUpId(path));
  }
  const keyed = found.map(({ objectId, path, file, json }) => {
    const object = { ...json, object_id: objectId, path: path ?? null, ...(file === undefined ? {} : { file }) };
    const key = placeless.has(objectId) ? objectId : keyOf(object);
    return [key, withIds(withoutPlace(object, placeless), madeUp, placeless)] as const;
  });
  return Object.fromEntries(keyed);
}

/** Of an object whose place PyNWB did not know, it did not see the attribute `namespace` either. */
function withoutPlace(object: ManifestObject, placeless: ReadonlySet<string>): Json {
  if (!placeless.has(object.object_id)) return object as Json;
  const { path: _, file: __, namespace: ___, ...rest } = object;
  return rest as Json;
}

/** The same with made-up ids replaced, and without the path of references to what has no known place. */
function withIds(json: Json, madeUp: ReadonlyMap<string, string>, placeless: ReadonlySet<string>): Json {
  if (typeof json === "string") return madeUp.get(json) ?? json;
  if (typeof json !== "object" || json === null) return json;
  if (Array.isArray(json)) return json.map((item: Json) => withIds(item, madeUp, placeless));
  const entries = Object.entries(json as { readonly [key: string]: Json });
  const { ref } = json as { readonly ref?: Json };
  const shown = typeof ref === "string" && placeless.has(ref) ? entries.filter(([key]) => key !== "path") : entries;
  return Object.fromEntries(shown.map(([key, value]) => [key, withIds(value, madeUp, placeless)]));
}
