/**
 * Shallow copies of the conformance corpus' NWB files: everything is there, and every reference that a copy holds leads
 * to an object of the copy itself.
 */
import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Hdf5File, isHdf5Error } from "../../src/index.js";
import { NWBHDF5IO, NwbError } from "../../src/nwb/index.js";

/** @param corpus folder with `*.nwb`. */
export async function checkCopies(corpus: string): Promise<readonly [passed: number, failed: number]> {
  const folder = mkdtempSync(join(tmpdir(), "h5ts-copies-"));
  let failed = 0;
  try {
    const names = readdirSync(corpus).filter((name) => name.endsWith(".nwb"));
    for (const name of names) {
      cpSync(join(corpus, name), join(folder, name));
      const problems = await copyProblems(folder, name);
      if (problems.length > 0) failed++;
      for (const problem of problems) process.stdout.write(`FAIL copy of ${name}: ${problem}\n`);
    }
    process.stdout.write(`${names.length - failed} of ${names.length} files have complete copies\n`);
    return [names.length - failed, failed];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function copyProblems(folder: string, name: string): Promise<string[]> {
  const target = join(folder, `copy-of-${name}`);
  try {
    await using io = await NWBHDF5IO.open(join(folder, name));
    const original = await io.read();
    {
      await using out = await NWBHDF5IO.open(target, { mode: "w" });
      await out.write(original.copy());
    }
    await using copy = await NWBHDF5IO.open(target);
    const there = (await copy.read()).objects.size;
    const problems = await strayReferences(copy.file);
    if (there !== original.objects.size) problems.push(`has ${there} objects, expected ${original.objects.size}`);
    return problems;
  } catch (error) {
    if (!isHdf5Error(error) && !(error instanceof NwbError)) throw error;
    return [error.message];
  }
}

/** References of a file that do not lead to a named object of the file. */
async function strayReferences(file: Hdf5File): Promise<string[]> {
  const stray: string[] = [];
  const look = async (value: unknown, where: string): Promise<void> => {
    if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return;
    if ("kind" in value && value.kind === "object-reference") {
      const object = await file.deref(value as Parameters<Hdf5File["deref"]>[0] & { kind: "object-reference" });
      if (object.file !== file || (await file.pathOf(object)) === undefined)
        stray.push(`${where} leads out of the file`);
    } else for (const each of Array.isArray(value) ? value : Object.values(value)) await look(each, where);
  };
  for await (const [path, object] of file.root.visit()) {
    if (object.kind === "unresolved") throw object.error;
    for await (const [name, attribute] of object.attrs.entries()) {
      if (attribute.kind === "unresolved") throw attribute.error;
      await look(await attribute.value(), `${path}@${name}`);
    }
    if (object.kind === "dataset" && ["reference", "compound"].includes(object.datatype.kind)) {
      await look(await object.value(), path);
    }
  }
  return stray;
}
