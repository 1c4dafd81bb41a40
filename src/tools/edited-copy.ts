/** Copying a file byte by byte, with a few changes on the way. */
import type { Driver } from "../drivers/driver.js";
import { Hdf5TruncatedError } from "../errors.js";
import type { OnProgress } from "../model/writer-contract.js";

/** Bytes that replace those of the source, or follow its end. `address` is absolute. */
export interface Patch {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** What the copy differs in. */
export interface Edit {
  /** Bytes of the copy. */
  readonly size: number;
  /** Do not overlap. */
  readonly patches: readonly Patch[];
}

/** How a copy is watched and stopped. */
export interface CopyWatch {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}

const BLOCK = 4 * 2 ** 20;

/** Bytes [offset, offset + length) of the edited file. Beyond the source's end are zeros, unless a patch lies there. */
async function readEdited(
  source: Driver,
  sourceEnd: number,
  edit: Edit,
  offset: number,
  length: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const out = new Uint8Array(length);
  const available = Math.max(0, Math.min(length, sourceEnd - offset));
  if (available > 0) {
    const bytes = await source.read(offset, available, { signal });
    if (bytes.length < available) {
      throw new Hdf5TruncatedError(
        { structure: "file", address: offset + bytes.length },
        `ends here, ${available - bytes.length} bytes too early`,
        { file: source.name },
      );
    }
    out.set(bytes);
  }
  for (const { address, bytes } of edit.patches) {
    const start = Math.max(address, offset);
    const end = Math.min(address + bytes.length, offset + length);
    if (start < end) out.set(bytes.subarray(start - address, end - address), start - offset);
  }
  return out;
}

/**
 * Reads the edited file from `from` to `to` in blocks, and hands each to `write` with its offset.
 * @param sourceEnd what lies behind it in the source is not copied.
 */
export async function copyEdited(
  source: Driver,
  sourceEnd: number,
  edit: Edit,
  range: { readonly from: number; readonly to: number },
  write: (offset: number, bytes: Uint8Array) => Promise<void>,
  watch: CopyWatch,
): Promise<void> {
  for (let offset = range.from; offset < range.to; offset += BLOCK) {
    watch.signal?.throwIfAborted();
    const length = Math.min(BLOCK, range.to - offset);
    await write(offset, await readEdited(source, sourceEnd, edit, offset, length, watch.signal));
    watch.onProgress?.({ done: offset + length, total: edit.size });
  }
}
