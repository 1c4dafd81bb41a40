/** A file held in memory whole, and written back to its backing file (libhdf5: the core driver with a backing store). */
import { Hdf5StateError } from "../errors.js";
import { type Driver, isWritable, type WritableDriver } from "./driver.js";

/** Bytes moved at once. */
const PIECE = 8 * 2 ** 20;

export interface CoreOptions {
  /** What `flush` and `close` write to, and what the content is read from first; undefined: nothing is kept. */
  readonly backing?: Driver | undefined;
  /** Write back; false leaves the backing file as it is. Default: whether the backing file is writable. */
  readonly writeBack?: boolean | undefined;
}

/** A file in memory. */
export interface CoreDriver extends WritableDriver {
  readonly size: number;
  /** The content; a copy. */
  bytes(): Uint8Array;
  close(): Promise<void>;
}

/**
 * Read the backing file into memory. From then on nothing but `flush` and `close` reaches it: they write what was
 * changed since, and cut or lengthen it.
 * @throws Hdf5StateError "read-only" when `writeBack` is asked of a file that cannot be written.
 */
export async function coreDriver({ backing, writeBack }: CoreOptions = {}): Promise<CoreDriver> {
  const target = backing !== undefined && isWritable(backing) ? backing : undefined;
  const name = backing?.name ?? "core";
  if (writeBack === true && target === undefined) {
    throw new Hdf5StateError("read-only", `${name}: the backing file cannot be written`);
  }
  const keeper = writeBack === false ? undefined : target;
  let content = backing === undefined ? new Uint8Array(0) : await contentOf(backing);
  let length = content.length;
  let kept = length;
  /** What differs from the backing file. */
  let dirty: { readonly from: number; readonly to: number }[] = [];
  let closed = false;
  let saving: Promise<void> = Promise.resolve();

  const checkOpen = (): void => {
    if (closed) throw new Hdf5StateError("closed", `${name}: the file is closed`);
  };

  function reserve(size: number): void {
    if (size <= content.length) return;
    const larger = new Uint8Array(Math.max(size, Math.ceil(content.length * 1.5), 4096));
    larger.set(content.subarray(0, length));
    content = larger;
  }

  async function save(): Promise<void> {
    if (keeper === undefined) return;
    const changes = merged(dirty, length);
    dirty = [];
    try {
      if (length < kept) await keeper.truncate(length);
      for (const { from, to } of changes) {
        for (let at = from; at < to; at += PIECE) await keeper.write(at, content.slice(at, Math.min(to, at + PIECE)));
      }
      if (keeper.size !== length) await keeper.truncate(length);
      kept = length;
      await keeper.flush();
    } catch (error) {
      dirty = [...changes, ...dirty];
      throw error;
    }
  }

  /** One after another. */
  function saved(): Promise<void> {
    const run = saving.then(save);
    saving = run.catch(() => undefined); // the caller has the error; the next call tries again
    return run;
  }

  return {
    name,
    local: true,
    get size() {
      return length;
    },
    async read(offset, count, options) {
      checkOpen();
      options?.signal?.throwIfAborted();
      return content.slice(Math.min(offset, length), Math.min(offset + count, length));
    },
    async write(offset, bytes) {
      checkOpen();
      if (bytes.length === 0) return;
      reserve(offset + bytes.length);
      content.set(bytes, offset);
      // A gap before it reads as zeros in the backing file too.
      dirty.push({ from: offset, to: offset + bytes.length });
      length = Math.max(length, offset + bytes.length);
    },
    async truncate(size) {
      checkOpen();
      reserve(size);
      if (size < length) {
        content.fill(0, size, length);
        // What was cut off must come back as zeros, should the file grow again before it is written back.
        dirty.push({ from: size, to: length });
      }
      length = size;
    },
    async flush() {
      checkOpen();
      await saved();
    },
    bytes: () => content.slice(0, length),
    async close() {
      if (closed) return;
      closed = true;
      try {
        await saved();
      } finally {
        await backing?.close?.();
      }
    },
  };
}

async function contentOf(backing: Driver): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const part = await backing.read(length, PIECE);
    if (part.length === 0) break;
    parts.push(part);
    length += part.length;
  }
  const content = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    content.set(part, at);
    at += part.length;
  }
  return content;
}

/** Ranges in ascending order, joined where they touch, cut at the end of the file. */
function merged(
  ranges: readonly { readonly from: number; readonly to: number }[],
  end: number,
): { from: number; to: number }[] {
  const out: { from: number; to: number }[] = [];
  for (const { from, to } of [...ranges].sort((a, b) => a.from - b.from)) {
    const last = out[out.length - 1];
    const cut = Math.min(to, end);
    if (from >= cut) continue;
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, cut);
    else out.push({ from, to: cut });
  }
  return out;
}
