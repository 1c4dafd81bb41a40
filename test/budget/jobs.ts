/** Jobs whose requests are counted, and what each may cost. */
import type { Hdf5File } from "../../src/index.js";
import { NWBHDF5IO } from "../../src/nwb/index.js";
import { FLUSHED } from "./ours.js";

/** What a job may cost at most. */
export interface Budget {
  readonly requests: number;
  /** Dependent waits. */
  readonly rounds?: number;
  /** Bytes, given the size of the file. */
  readonly bytes?: (size: number) => number;
}

export interface Job {
  readonly name: string;
  readonly file: string;
  readonly budget: Budget;
  /** What is done with an open file; done a second time it must cost nothing. */
  readonly run: (file: Hdf5File) => Promise<unknown>;
}

/** List the root, and read one attribute. */
async function listed(file: Hdf5File): Promise<unknown> {
  const names = await file.root.keys();
  return [names.length, await file.root.attrs.get("title")];
}

/** List the root, and read one attribute of a child in the middle. */
async function childOf(file: Hdf5File): Promise<unknown> {
  const names = await file.root.keys();
  const child = await file.root.get(names[names.length >> 1] as string); // the root of no file is empty
  return [names.length, Number(await child.attrs.get("number"))];
}

/** Every child of the root, opened. */
async function children(file: Hdf5File): Promise<unknown> {
  const numbers: unknown[] = [];
  for await (const [, child] of file.root.entries()) {
    if (child.kind === "group") numbers.push(await child.attrs.get("number"));
  }
  return numbers.length;
}

/** Every object with all its attributes. */
async function walked(file: Hdf5File): Promise<unknown> {
  let objects = 0;
  let attributes = 0;
  for await (const [path, object] of file.root.visit()) {
    if (object.kind === "unresolved") throw new Error(`${path}: ${object.error.message}`);
    objects++;
    for await (const [name, attribute] of object.attrs.entries()) {
      if (attribute.kind === "unresolved") throw new Error(`${path}@${name}: ${attribute.error.message}`);
      attributes++;
    }
  }
  return [objects, attributes];
}

const SESSION_FIELDS = ["identifier", "session_description", "session_start_time", "timestamps_reference_time"];

/** The fields of an NWB file that say what it is. */
async function sessionFields(file: Hdf5File): Promise<unknown> {
  const fields: unknown[] = [];
  for (const name of SESSION_FIELDS) fields.push(await (await file.dataset(name)).value());
  return [...fields, await file.root.attrs.get("nwb_version")];
}

/** The same by the NWB layer, which goes through all containers. */
async function sessionByLayer(file: Hdf5File): Promise<unknown> {
  const io = await NWBHDF5IO.open(file);
  const session = await io.read();
  return [session.identifier, session.sessionDescription, session.sessionStartTime];
}

/** One second of four channels, which are one column of chunks. */
async function slice(file: Hdf5File): Promise<unknown> {
  const data = await file.dataset("acquisition/ElectricalSeries/data");
  const { shape } = await data.read([
    [600_000, 630_000],
    [8, 12],
  ]);
  return [shape, await data.attrs.get("conversion")];
}

/** The index, as far as a read of everything needs it. */
async function chunkIndex(file: Hdf5File): Promise<unknown> {
  let count = 0;
  for await (const _ of (await file.dataset("data")).chunks()) count++;
  return count;
}

async function allData(file: Hdf5File): Promise<unknown> {
  const data = await (await file.dataset("data")).read();
  return data.data.length;
}

const factor = (by: number) => (size: number) => by * size;

export const JOBS: readonly Job[] = [
  { name: "root and an attribute", file: "few_default.h5", budget: { requests: 4, rounds: 4 }, run: listed },
  { name: "root and an attribute", file: "few_latest.h5", budget: { requests: 4, rounds: 4 }, run: listed },
  { name: "root and an attribute", file: "few_ours.h5", budget: { requests: 2 }, run: listed },
  { name: "root and an attribute", file: "hundred_default.h5", budget: { requests: 26, rounds: 4 }, run: listed },
  { name: "root and an attribute", file: "hundred_latest.h5", budget: { requests: 11, rounds: 4 }, run: listed },
  { name: "root and an attribute", file: "hundred_ours.h5", budget: { requests: 3, rounds: 4 }, run: listed },
  { name: "root and a child's attribute", file: "few_default.h5", budget: { requests: 4, rounds: 4 }, run: childOf },
  { name: "root and a child's attribute", file: "few_latest.h5", budget: { requests: 4, rounds: 4 }, run: childOf },
  { name: "root and a child's attribute", file: "few_ours.h5", budget: { requests: 2 }, run: childOf },
  { name: "root and a child's attribute", file: "hundred_ours.h5", budget: { requests: 3, rounds: 4 }, run: childOf },
  // A hundred headers at a hundred places, and as many continuations in the old format: few rounds all the same.
  { name: "children of the root", file: "hundred_default.h5", budget: { requests: 200, rounds: 8 }, run: children },
  { name: "children of the root", file: "hundred_latest.h5", budget: { requests: 111, rounds: 8 }, run: children },
  { name: "walk everything", file: "many.h5", budget: { requests: 12, bytes: factor(1.1) }, run: walked },
  { name: "walk everything", file: "scattered.h5", budget: { requests: 30, bytes: factor(1.1) }, run: walked },
  // Metadata in 200 places, each with data around: as many requests, but groups and their headers not one by one.
  { name: "walk everything", file: "hundred_default.h5", budget: { requests: 250, rounds: 90 }, run: walked },
  { name: "walk everything", file: "hundred_latest.h5", budget: { requests: 200, rounds: 100 }, run: walked },
  { name: "walk everything", file: "hundred_ours.h5", budget: { requests: 15 }, run: walked },
  { name: "session fields", file: "many_objects.nwb", budget: { requests: 2 }, run: sessionFields },
  { name: "session by the NWB layer", file: "many_objects.nwb", budget: { requests: 2 }, run: sessionByLayer },
  { name: "session fields", file: "session.nwb", budget: { requests: 6 }, run: sessionFields },
  {
    name: "session fields and a slice",
    file: "session.nwb",
    // Two or three chunks side by side in time, which lie apart in the file.
    budget: { requests: 8 + 3, bytes: () => 3 * 120_000 + 2 ** 20 },
    run: async (file) => [await sessionFields(file), await slice(file)],
  },
  { name: "index of 1,000 chunks", file: "chunks_v1.h5", budget: { requests: 20 }, run: chunkIndex },
  { name: "index of 1,000 chunks", file: "chunks_fixed.h5", budget: { requests: 8 }, run: chunkIndex },
  { name: "index of 1,000 chunks", file: "chunks_extensible.h5", budget: { requests: 8 }, run: chunkIndex },
  { name: "index of 1,000 chunks", file: "chunks_ours.h5", budget: { requests: 3 }, run: chunkIndex },
  ...FLUSHED.map(({ name: file }) => ({
    name: "index of 1,000 chunks",
    file,
    budget: { requests: 3 },
    run: chunkIndex,
  })),
  { name: "1,000 chunks", file: "chunks_v1.h5", budget: { requests: 30 }, run: allData },
  { name: "1,000 chunks", file: "chunks_fixed.h5", budget: { requests: 18 }, run: allData },
  { name: "1,000 chunks", file: "chunks_extensible.h5", budget: { requests: 18 }, run: allData },
  { name: "1,000 chunks", file: "chunks_ours.h5", budget: { requests: 13 }, run: allData },
  ...FLUSHED.map(({ name: file }) => ({ name: "1,000 chunks", file, budget: { requests: 13 }, run: allData })),
];
