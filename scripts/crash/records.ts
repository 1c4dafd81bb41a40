/** What is in an image, object by object: by our reader, or by stock libhdf5 in another process. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { memoryDriver } from "../../src/drivers/index.js";
import { type Driver, open } from "../../src/index.js";
import { driverOn, type SpreadDriver } from "./members.js";
import type { Image } from "./states.js";

/** Path → what the object is, as text. */
export type Records = ReadonlyMap<string, string>;

/** Elements of a dataset that is not read whole. */
const VERY_LONG = 100_000;

/** What our reader finds; what it refuses is an error. */
export async function ourRecords(source: Image | Driver, driver?: SpreadDriver): Promise<Records> {
  const inMembers = driver !== undefined && source instanceof Uint8Array;
  await using file = await open(inMembers ? await driverOn(memoryDriver(source), source, driver, "r") : source);
  const found = new Map<string, string>();
  const stack = [{ path: "/", object: await file.get("/") }];
  const seen = new Set<number>();
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { path, object } = next;
    // A message on its way out of a header that crosses a sector stands there twice for a moment (spec-notes/writer.md).
    const attrs: unknown[] = [];
    for (const name of new Set(await object.attrs.keys())) attrs.push([name, await object.attrs.get(name)]);
    const record: unknown[] = [object.kind, object.comment, attrs];
    if (object.kind === "dataset") {
      record.push(object.shape);
      // Of very long arrays the end, where they change, and a part of the rest.
      const ends = object.count > VERY_LONG ? [[[0, 50]] as const, [[object.count - 400, null]] as const] : [undefined];
      for (const part of ends) record.push(await object.read(part));
    }
    if (object.kind === "datatype") record.push(object.datatype);
    if (object.kind === "group") {
      for (const link of await object.links()) {
        record.push([link.name, link.kind, link.kind === "hard" ? undefined : link]);
        if (link.kind === "hard" && !seen.has(object.address))
          stack.push({ path: `${path === "/" ? "" : path}/${link.name}`, object: await object.get(link.name) });
      }
      seen.add(object.address);
    }
    found.set(path, JSON.stringify(record, textOf));
  }
  return found;
}

function textOf(_: string, value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  if (ArrayBuffer.isView(value)) return [...(value as Uint8Array)].map(String);
  // Addresses of copies differ, their being there does not.
  if (typeof value === "object" && value !== null && "address" in value) return { ...value, address: 0 };
  return value;
}

/** Stock libhdf5, asked by JSON lines. */
export class Stock {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  constructor() {
    this.#process = spawn("/usr/bin/python3", [fileURLToPath(new URL("stock.py", import.meta.url))]);
    this.#process.stderr.resume();
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  /** @throws Error with what stock says. */
  async ask(request: object): Promise<Records> {
    this.#process.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error("stock ended");
    const answer = JSON.parse(value) as { ok?: Record<string, string> | null; error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return new Map(Object.entries(answer.ok ?? {}));
  }

  end(): void {
    this.#process.stdin.end();
  }
}

/** What is wrong with a state between two flushes: an object that is neither as it was nor as it will be. */
export function wrongBetween(found: Records, before: Records, after: Records): string | undefined {
  for (const path of new Set([...before.keys(), ...after.keys(), ...found.keys()])) {
    const record = found.get(path);
    if (record === before.get(path) || record === after.get(path)) continue;
    // What lies below an object that moved, or has another name in one of the states, is seen under both.
    const shown = (text: string | undefined): string => (text === undefined ? "absent" : text.slice(0, 120));
    return `${path} is ${shown(record)}, expected ${shown(before.get(path))} or ${shown(after.get(path))}`;
  }
  return undefined;
}
