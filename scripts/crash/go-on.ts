/**
 * After a cut we go on writing: every link and attribute of some groups goes, others come, a dataset grows. The result
 * must be what was asked for, to our reader and to stock, and everything else must be as it was in the state.
 */
import { memoryDriver } from "../../src/drivers/index.js";
import { type Group, isHdf5Error, open } from "../../src/index.js";
import { driverOn, type SpreadDriver } from "./members.js";
import { ourRecords, type Records } from "./records.js";
import type { Image } from "./states.js";

/** What is emptied and filled again where a state has it, and a dataset that grows. */
export interface GoingOn {
  readonly groups: readonly string[];
  readonly grows?: string;
}

const ADDED_LINKS = 12;
const ADDED_ATTRIBUTES = 10;
const ADDED_ROWS = 9;

const dataset = Int32Array.of(8, 9);
const large = new Int32Array(2000).fill(3);

/** One group with nothing of what it had. The flush in between makes both states ones that the writer finds in a file. */
async function refill(group: Group, flush: () => Promise<void>): Promise<void> {
  for (const name of new Set(await group.keys())) await group.delete(name);
  for (const name of new Set(await group.attrs.keys())) await group.attrs.delete(name);
  for (let i = 0; i < ADDED_LINKS / 2; i++) await group.createSoftLink(`ours ${i}`, `/ours/${i}`);
  await flush();
  for (let i = ADDED_LINKS / 2; i < ADDED_LINKS; i++) await group.createSoftLink(`ours ${i}`, `/ours/${i}`);
  for (let i = 0; i < ADDED_ATTRIBUTES; i++) await group.attrs.set(`ours ${i}`, i);
  await group.attrs.set("ours large", large);
  await group.createDataset("ours", { data: dataset });
}

/** The state after more edits, and what these were made on. */
export async function goneOn(
  state: Image,
  { groups, grows }: GoingOn,
  spread?: SpreadDriver,
): Promise<{ image: Image; edited: string[] }> {
  const driver = memoryDriver(state.slice());
  const edited: string[] = [];
  {
    const medium = spread === undefined ? driver : await driverOn(driver, state, spread, "r+");
    await using file = await open(medium, { mode: "r+" });
    for (const path of groups) {
      const object = await found(file.root, path);
      if (object?.kind !== "group") continue;
      await refill(object, () => file.flush());
      edited.push(path);
    }
    const growing = grows === undefined ? undefined : await found(file.root, grows);
    if (growing?.kind === "dataset") {
      await growing.append(new Int32Array(ADDED_ROWS).fill(5));
      edited.push(grows as string); // it was found
    }
  }
  return { image: driver.bytes() as Image, edited };
}

async function found(root: Group, path: string): Promise<Awaited<ReturnType<Group["get"]>> | undefined> {
  try {
    return await root.get(path);
  } catch (error) {
    if (isHdf5Error(error, "not-found")) return undefined;
    throw error;
  }
}

/** What stock is to find in a group that was filled, as `stock.py` says it. */
function expectedRecord(): { attrs: Record<string, unknown>; links: unknown[] } {
  const attrs: Record<string, unknown> = { "ours large": [...large] };
  for (let i = 0; i < ADDED_ATTRIBUTES; i++) attrs[`ours ${i}`] = i;
  const links: unknown[] = [["ours", "hard"]];
  for (let i = 0; i < ADDED_LINKS; i++) links.push([`ours ${i}`, "soft", `/ours/${i}`]);
  return { attrs, links };
}

/** A value that does not tell in which order the names of objects and the items of lists of links come. */
function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.entries(value)
    .map(([key, inner]) => [key, key === "links" ? [...(inner as unknown[])].map(String).sort() : sorted(inner)])
    .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
}

/**
 * What is wrong after more edits of ours on a state.
 * @param before what stock finds in the state.
 * @param readStock what stock finds in an image.
 */
export async function wrongAfterGoingOn(
  state: Image,
  going: GoingOn,
  before: Records,
  readStock: (image: Image) => Promise<Records>,
  spread?: SpreadDriver,
): Promise<string | undefined> {
  const oursBefore = await ourRecords(state, spread);
  const { image, edited } = await goneOn(state, going, spread);
  const isEdited = (path: string): boolean => edited.some((one) => path === one || path.startsWith(`${one}/`));
  const ours = await ourRecords(image, spread);
  const theirs = await readStock(image);
  for (const [reader, was, is] of [
    ["our reader", oursBefore, ours],
    ["stock", before, theirs],
  ] as const) {
    for (const path of new Set([...was.keys(), ...is.keys()])) {
      if (isEdited(path) || was.get(path) === is.get(path)) continue;
      return `${reader}: ${path} differs, though nothing was done to it`;
    }
  }
  const expected = JSON.stringify(sorted(expectedRecord()));
  for (const path of edited) {
    const record: unknown = JSON.parse(theirs.get(path) ?? "null");
    if (path === going.grows) {
      const { value } = record as { value: number[] };
      if (!value.slice(-ADDED_ROWS).every((element) => element === 5))
        return `stock: ${path} ends with ${value.slice(-9)}`;
      const [, , , shape] = JSON.parse(ours.get(path) ?? "[]") as unknown[];
      if (JSON.stringify(shape) !== `[${value.length}]`)
        return `our reader: ${path} has shape ${JSON.stringify(shape)}`;
      continue;
    }
    if (JSON.stringify(sorted(record)) !== expected)
      return `stock: ${path} is ${JSON.stringify(record)?.slice(0, 200)}`;
    const names = [...ours.keys()].filter((one) => one.startsWith(`${path}/`));
    if (names.join() !== `${path}/ours`) return `our reader: below ${path} are ${names.join(", ")}`;
    const [, , attrs, ...links] = JSON.parse(ours.get(path) ?? "[]") as [unknown, unknown, unknown[], ...unknown[]];
    if (attrs.length !== ADDED_ATTRIBUTES + 1 || links.length !== ADDED_LINKS + 1)
      return `our reader: ${path} has ${attrs.length} attributes and ${links.length} links`;
  }
  return undefined;
}
