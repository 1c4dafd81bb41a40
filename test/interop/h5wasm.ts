/** Files are opened by h5wasm (libhdf5 2.0, the strictest reader) and by us, and compared. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import * as h5wasm from "h5wasm/node";
import { isHdf5Error, open } from "../../src/index.js";

type Entity = ReturnType<h5wasm.Group["get"]>;

/** What h5wasm finds below a group: path → kind and, for datasets, shape and stored bytes. */
function* walk(group: h5wasm.Group, path: string): Generator<readonly [path: string, entity: Entity]> {
  for (const name of group.keys()) {
    const below = `${path}/${name}`;
    const entity = group.get(name);
    yield [below, entity];
    if (entity instanceof h5wasm.Group) yield* walk(entity, below);
  }
}

/** The attributes' names of an object, in order. */
const attributeNames = (entity: h5wasm.Group | h5wasm.Dataset): string[] => Object.keys(entity.attrs).sort();

async function differences(folder: string, name: string): Promise<string[]> {
  const found: string[] = [];
  const theirs = new h5wasm.File(join(folder, name), "r");
  await using ours = await open(join(folder, name), { external: { dir: folder } });
  let objects = 0;
  for (const [path, entity] of walk(theirs, "")) {
    if (entity instanceof h5wasm.BrokenSoftLink || entity instanceof h5wasm.ExternalLink || entity === null) {
      // An external link that is not followed; h5py compares its target.
      if ((await ours.group(path.slice(0, path.lastIndexOf("/")) || "/")) === undefined)
        found.push(`${path}: no group`);
      continue;
    }
    if (!(entity instanceof h5wasm.Group) && !(entity instanceof h5wasm.Dataset)) continue;
    objects++;
    const object = await ours.get(path);
    const names = (await object.attrs.keys()).sort();
    if (names.join() !== attributeNames(entity).join()) found.push(`${path}: attributes ${names.join()}`);
    if (object.kind !== "dataset" || !(entity instanceof h5wasm.Dataset)) {
      if (object.kind !== "group" || !(entity instanceof h5wasm.Group)) found.push(`${path}: is a ${object.kind}`);
      continue;
    }
    if (object.shape.join() !== (entity.shape ?? [0]).join()) found.push(`${path}: shape ${object.shape.join()}`);
    const value = entity.value;
    const read = await object.read();
    if (read.kind === "number" || read.kind === "bigint") {
      if (!ArrayBuffer.isView(value) || (value as unknown as readonly unknown[]).length !== read.data.length) {
        if (object.rank > 0) found.push(`${path}: another number of values`);
      } else if (!read.data.every((x: number | bigint, i: number) => Object.is(x, (value as Float64Array)[i]))) {
        found.push(`${path}: values differ`);
      }
    } else if (read.kind === "string") {
      const texts = Array.isArray(value) ? value : [value];
      if (!read.data.every((text: string, i: number) => text === texts[i])) found.push(`${path}: texts differ`);
    }
  }
  theirs.close();
  if (objects === 0) found.push("h5wasm finds nothing in it");
  return found;
}

/** Every plain NWB file of the folder. */
export async function checkWithH5wasm(folder: string): Promise<readonly [passed: number, failed: number]> {
  await h5wasm.ready;
  const all = readdirSync(folder).filter((name) => name.endsWith(".nwb"));
  const files = all.filter((name) => !/^family_/.test(name)).sort();
  let passed = 0;
  let failed = 0;
  for (const name of files) {
    let found: string[];
    try {
      found = await differences(folder, name);
    } catch (thrown) {
      if (!(thrown instanceof Error)) throw thrown;
      found = [isHdf5Error(thrown) ? thrown.message : `${thrown.name}: ${thrown.message}`];
    }
    if (found.length === 0) passed++;
    else failed++;
    process.stdout.write(`${found.length === 0 ? "ok  " : "FAIL"} ${name}: the same in h5wasm\n`);
    for (const line of found.slice(0, 20)) process.stdout.write(`     ${line}\n`);
  }
  if (files.length === 0) {
    process.stdout.write(`FAIL there are no NWB files in ${folder}\n`);
    failed++;
  }
  return [passed, failed];
}
