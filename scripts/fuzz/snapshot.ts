/** All that the public API finds in a file, as one short text per thing: what two readings of a file are compared by. */
import {
  type Attribute,
  type Dataset,
  type Hdf5File,
  type Hdf5Object,
  isHdf5Error,
  open,
  type Unresolved,
} from "../../src/index.js";
import { Digest } from "./digest.js";

/** Things of a file by key: "/path", "/path#links", "/path#data", "/path@attribute"; errors begin with "!". */
export interface Snapshot {
  readonly things: ReadonlyMap<string, string>;
  /** Addresses of objects by path. */
  readonly addresses: ReadonlyMap<string, number>;
}

/** Budgets of one reading: what a small file can hold is far below, and what it can ask for far above. */
const LIMITS = { readBytes: 2 ** 20, chunkBytes: 2 ** 20, metadataBytes: 2 ** 22, valueElements: 2 ** 16 };
const MOST_OBJECTS = 2000;

/** An error that is not one of the library. */
export class UntypedError extends Error {}

/**
 * @param backwards read contents from the last object to the first: everything must be as it is forwards.
 * @throws UntypedError.
 */
export async function snapshot(bytes: Uint8Array, backwards = false): Promise<Snapshot> {
  const reading = new Reading();
  const file = await reading.attempt("", () => open(bytes, { limits: LIMITS }));
  if (file !== undefined) {
    await reading.file(file, backwards);
    await file.close();
  }
  return reading;
}

class Reading implements Snapshot {
  readonly things = new Map<string, string>();
  readonly addresses = new Map<string, number>();

  async file(file: Hdf5File, backwards: boolean): Promise<void> {
    const objects: [string, Hdf5Object | Unresolved][] = [["/", file.root]];
    await this.attempt("/#visit", async () => {
      for await (const [path, object] of file.root.visit()) {
        if (objects.length >= MOST_OBJECTS) break;
        objects.push([`/${path}`, object]);
      }
    });
    if (backwards) objects.reverse();
    for (const [path, object] of objects) await this.#object(path, object);
  }

  /** What a call gives; undefined when it fails with a typed error, which is noted. */
  async attempt<T>(key: string, run: () => Promise<T>): Promise<T | undefined> {
    try {
      return await run();
    } catch (error) {
      this.#fail(key, error);
      return undefined;
    }
  }

  #fail(key: string, error: unknown): void {
    if (isHdf5Error(error)) this.things.set(key, `!${error.code}`);
    else throw new UntypedError(`${key}: ${describe(error)}`);
  }

  async #object(path: string, object: Hdf5Object | Unresolved): Promise<void> {
    if (object.kind === "unresolved") return this.#fail(path, object.error);
    this.addresses.set(path, object.address);
    await this.attempt(`${path}#attributes`, async () => {
      for await (const [name, attribute] of object.attrs.entries()) {
        const key = `${path}@${name}`;
        if (attribute.kind === "unresolved") this.#fail(key, attribute.error);
        else await this.#attribute(key, attribute);
      }
    });
    const described = new Digest().text(`${object.kind} ${object.comment ?? ""}`);
    if (object.kind === "group") {
      await this.attempt(`${path}#links`, async () => {
        this.things.set(`${path}#links`, new Digest().value(await object.links()).done());
      });
    } else if (object.kind === "datatype") described.value(object.datatype);
    else await this.#dataset(path, object, described);
    if (!this.things.has(path)) this.things.set(path, described.done());
  }

  async #attribute(key: string, attribute: Attribute): Promise<void> {
    await this.attempt(key, async () => {
      const { datatype, dataspace, charset } = attribute;
      const { data } = (await attribute.read()) as { readonly data: unknown };
      this.things.set(key, new Digest().value([datatype, dataspace, charset, data]).done());
    });
  }

  async #dataset(path: string, dataset: Dataset, described: Digest): Promise<void> {
    await this.attempt(path, async () => {
      const { datatype, dataspace, maxShape, chunkShape, filters, fill } = dataset;
      described.value([datatype, dataspace, maxShape, chunkShape, filters, fill, dataset.layout.kind]);
    });
    await this.attempt(`${path}#data`, async () => {
      const { data } = (await dataset.read()) as { readonly data: unknown };
      this.things.set(`${path}#data`, new Digest().value(data).done());
    });
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
