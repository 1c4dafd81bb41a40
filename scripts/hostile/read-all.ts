/** Everything of one file through the public API: every object, attribute and value, each failure noted where it came. */
import {
  type ArraySource,
  type Attribute,
  type Dataset,
  type ErrorCode,
  type Group,
  type Hdf5File,
  type Hdf5Object,
  isHdf5Error,
  type OpenOptions,
  open,
  type ReadResult,
  type SelectionInput,
  type Source,
  type Unresolved,
} from "../../src/index.js";

/** One call that failed. `where` is the path of the object, with `@name` for an attribute; "" for opening. */
export interface Failure {
  readonly where: string;
  readonly call: string;
  /** Undefined: an error that is not one of the library. */
  readonly code: ErrorCode | undefined;
  readonly message: string;
  /** A link that leads nowhere, or out of the file, is listed and fails only when it is followed. */
  readonly followed?: boolean | undefined;
}

/** What reading all of a file came to. */
export interface Outcome {
  readonly failures: readonly Failure[];
  /** Two ways to the same values that gave different ones. */
  readonly contradictions: readonly string[];
  /** Objects reached. */
  readonly objects: number;
  /** Bytes of values handed out. */
  readonly handedOut: number;
  /** The object at `path` was asked for and everything of it was read. */
  readonly pathRead: boolean;
}

/** Objects visited at most: far above what small files hold. */
const MOST_OBJECTS = 100_000;
/** Elements read a second time through another selection. */
const SAMPLE = 4096;

class Reading {
  readonly failures: Failure[] = [];
  readonly contradictions: string[] = [];
  objects = 0;
  handedOut = 0;

  /** The value of a call; undefined when it failed, which is noted. */
  async attempt<T>(where: string, call: string, run: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await run();
    } catch (error) {
      this.fail(where, call, error);
      return undefined;
    }
  }

  fail(where: string, call: string, error: unknown, followed = false): void {
    const code = isHdf5Error(error) ? error.code : undefined;
    this.failures.push({ where, call, code, message: describe(error), followed });
  }

  async object(where: string, object: Hdf5Object | Unresolved): Promise<void> {
    if (object.kind === "unresolved") return this.fail(where, "follow", object.error);
    this.objects++;
    await this.attempt(where, "attributes", async () => {
      for await (const [name, attribute] of object.attrs.entries()) {
        const at = `${where}@${name}`;
        if (attribute.kind === "unresolved") this.fail(at, "attribute", attribute.error);
        else await this.attribute(at, attribute);
      }
    });
    if (object.kind === "group") await this.group(where, object);
    else if (object.kind === "dataset") await this.dataset(where, object);
  }

  async group(where: string, group: Group): Promise<void> {
    await this.attempt(where, "links", () => group.links());
    await this.attempt(where, "keys", () => group.keys());
    await this.attempt(where, "entries", async () => {
      for await (const [name, object] of group.entries()) {
        if (object.kind === "unresolved" && object.link !== undefined && object.link.kind !== "hard") {
          this.fail(`${where === "/" ? "" : where}/${name}`, "follow", object.error, true);
        }
      }
    });
    if (group.linkOrder !== "none") await this.attempt(where, "links", () => group.links({ order: "creation" }));
  }

  async attribute(where: string, attribute: Attribute): Promise<void> {
    await this.attempt(where, "read", async () => this.#handed(await attribute.read(), attribute));
    await this.attempt(where, "value", () => attribute.value());
  }

  async dataset(where: string, dataset: Dataset): Promise<void> {
    await this.attempt(where, "fillValue", () => dataset.fillValue);
    await this.attempt(where, "layout", () => [dataset.layout, dataset.fill, dataset.filters, dataset.storageSize]);
    const whole = await this.attempt(where, "read", async () => {
      const result = await dataset.read();
      this.#handed(result, dataset);
      return result;
    });
    if (whole === undefined) {
      // What is too large or damaged as a whole may still be read in part.
      const corner = dataset.shape.map(() => [0, 1] as const);
      const { length } = this.failures;
      if (dataset.count > 0) await this.attempt(where, "read a part", () => dataset.read(corner));
      // A part that is read is right; a part that fails does so for the same reason, which is noted once.
      this.failures.splice(length, this.failures.length, ...this.failures.slice(length).filter(isUntyped));
    } else if (dataset.rank > 0 && dataset.count > 0 && dataset.count <= SAMPLE) {
      await this.attempt(where, "read by rows", async () => {
        if (!(await sameByRows(dataset, whole))) this.contradictions.push(`${where}: rows and the whole differ`);
      });
    }
    await this.attempt(where, "chunks", async () => {
      let listed = 0;
      for await (const _ of dataset.chunks()) if (++listed > MOST_OBJECTS) break;
    });
  }

  #handed(
    result: ReadResult,
    source: { readonly shape: readonly number[]; readonly datatype: { size: number } },
  ): void {
    const count = source.shape.reduce((product, n) => product * n, 1);
    const { data } = result as { readonly data: unknown };
    this.handedOut += ArrayBuffer.isView(data) ? data.byteLength : bytesOf(data, count * source.datatype.size);
  }
}

function isUntyped({ code }: Failure): boolean {
  return code === undefined;
}

/** Bytes that text and nested values take, roughly: two per character, eight per number, and their arrays. */
function bytesOf(data: unknown, atLeast: number): number {
  let bytes = 0;
  const stack: unknown[] = [data];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    if (typeof top === "string") bytes += 2 * top.length + 24;
    else if (ArrayBuffer.isView(top)) bytes += top.byteLength + 128;
    else if (Array.isArray(top)) {
      bytes += 16 + 8 * top.length;
      for (const item of top) if (typeof item === "string" || typeof item === "object") stack.push(item ?? undefined);
    } else if (top instanceof Map) for (const value of top.values()) stack.push(value);
    else if (typeof top === "object" && top !== null) for (const value of Object.values(top)) stack.push(value);
  }
  return Math.max(bytes, atLeast);
}

async function sameByRows(dataset: ArraySource, whole: ReadResult): Promise<boolean> {
  if (whole.kind !== "number" && whole.kind !== "bigint") return true;
  const row = whole.data.length / dataset.length;
  const step = Math.max(1, Math.ceil(dataset.length / 8));
  for (let from = 0; from < dataset.length; from += step) {
    const selection: SelectionInput = [[from, Math.min(dataset.length, from + step)]];
    const part = await dataset.read(selection);
    if (part.kind !== whole.kind) return false;
    for (let i = 0; i < part.data.length; i++) {
      if (!Object.is(part.data[i], whole.data[from * row + i])) return false;
    }
  }
  return true;
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : `${typeof error} ${String(error)}`;
}

/**
 * Open a file and read all of it.
 * @param path the object that is looked at first; null: there is none.
 */
export async function readAll(source: Source, path: string | null = null, options: OpenOptions = {}): Promise<Outcome> {
  const reading = new Reading();
  let pathRead = false;
  const file: Hdf5File | undefined = await reading.attempt("", "open", () => open(source, options));
  if (file !== undefined) {
    if (path !== null) {
      const object = await reading.attempt(path, "get", () => file.get(path));
      if (object !== undefined) {
        await reading.object(path, object);
        pathRead = true;
      }
    }
    await reading.object("/", file.root);
    await reading.attempt("/", "visit", async () => {
      for await (const [below, object] of file.root.visit()) {
        if (reading.objects >= MOST_OBJECTS) break;
        if (`/${below}` !== path) await reading.object(`/${below}`, object);
      }
    });
    await reading.attempt("", "close", () => file.close());
  }
  const { failures, contradictions, objects, handedOut } = reading;
  return { failures, contradictions, objects, handedOut, pathRead };
}
