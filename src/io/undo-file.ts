/**
 * The undo file: what lies where a write is about to change bytes on both sides of a border that it may be torn at.
 * Such writes go to headers of other writers, whose checksum may lie in another sector than the change. They are made
 * once the undo file is there, which is then taken away. Design: writer-design, section 2.3. spec-notes/undo-file.md.
 *
 *   signature "H5TSUNDO" | version u8 (1) | reserved × 3 | number of patches u32 | patches | checksum u32 (lookup3)
 *   patch:  address u64 | length u32 | bytes before × length | bytes after × length
 *
 * Addresses are absolute: a base address is in them. The checksum is over all that comes before it; where it is wrong,
 * the writer was stopped before the first patch.
 */
import { ByteWriter } from "../bytes/byte-writer.js";
import { lookup3 } from "../bytes/checksum.js";
import { Cursor } from "../bytes/cursor.js";
import { type Driver, isWritable, type WritableDriver } from "../drivers/driver.js";
import { Hdf5UnsupportedError } from "../errors.js";

const SIGNATURE = "H5TSUNDO";
const STRUCTURE = "undo file";
const CHECKSUM = 4;
/** Bytes that a medium writes whole, at multiples of it. */
const SECTOR = 512;

/** A write, and what it replaces. */
export interface Patch {
  readonly address: number;
  readonly before: Uint8Array;
  /** As many bytes. */
  readonly after: Uint8Array;
}

/** The content of an undo file. */
export function encodeUndo(patches: readonly Patch[]): Uint8Array {
  const out = new ByteWriter();
  out.ascii(SIGNATURE).u8(1).zeros(3).u32(patches.length);
  for (const { address, before, after } of patches) out.u64(address).u32(before.length).put(before).put(after);
  out.u32(lookup3(out.written()));
  return out.bytes();
}

/**
 * The patches of an undo file; undefined: it was not written to its end.
 * @throws Hdf5UnsupportedError for other versions; Hdf5FormatError when its lengths are not those of its content.
 */
export function decodeUndo(bytes: Uint8Array): Patch[] | undefined {
  const end = bytes.length - CHECKSUM;
  if (end < SIGNATURE.length) return undefined;
  const isWhole = new Cursor(bytes.subarray(end), STRUCTURE).u32() === lookup3(bytes.subarray(0, end));
  const isOurs = [...SIGNATURE].every((letter, i) => letter.charCodeAt(0) === bytes[i]);
  if (!isWhole || !isOurs) return undefined;
  const cur = new Cursor(bytes.subarray(0, end), STRUCTURE);
  const version = cur.skip(SIGNATURE.length).u8("version");
  if (version !== 1) throw new Hdf5UnsupportedError(`undo files of version ${version}`);
  const count = cur.skip(3).u32("number of patches");
  const patches: Patch[] = [];
  for (let i = 0; i < count; i++) {
    const address = cur.u64("address");
    const length = cur.u32("length");
    patches.push({ address, before: cur.take(length, "bytes before"), after: cur.take(length, "bytes after") });
  }
  if (cur.remaining > 0) cur.fail("number of patches", `leaves ${cur.remaining} bytes`);
  return patches;
}

/**
 * A driver over a file beside which an undo file was found, without what a write cut short has left. A file that can
 * be written is put right, and the undo file taken away; of one that is read, the bytes of before are laid over it.
 * @param left the content of the undo file.
 */
export async function recovered(driver: Driver, left: Uint8Array, mode: "r" | "r+"): Promise<Driver> {
  const torn: Patch[] = [];
  for (const patch of decodeUndo(left) ?? []) if (await isTorn(driver, patch)) torn.push(patch);
  if (mode === "r" || !isWritable(driver)) return torn.length > 0 ? laidOver(driver, torn) : driver;
  await putBack(driver, torn);
  return driver;
}

/**
 * Does the file hold some sectors of before, some of after, and no others? Where all are of one kind nothing was torn;
 * any others are of another writer or of another file, and the patch says nothing about them.
 */
async function isTorn(driver: Driver, { address, before, after }: Patch): Promise<boolean> {
  const now = await driver.read(address, before.length);
  if (now.length < before.length) return false;
  let old = false;
  let fresh = false;
  for (let at = 0; at < now.length; ) {
    const end = Math.min(now.length, at + SECTOR - ((address + at) % SECTOR));
    const isAs = (bytes: Uint8Array): boolean => now.subarray(at, end).every((byte, i) => byte === bytes[at + i]);
    const [isOld, isNew] = [isAs(before), isAs(after)];
    if (!isOld && !isNew) return false;
    old ||= !isNew;
    fresh ||= !isOld;
    at = end;
  }
  return old && fresh;
}

async function putBack(driver: WritableDriver, patches: readonly Patch[]): Promise<void> {
  for (const { address, before } of patches) await driver.write(address, before);
  if (patches.length > 0) await driver.flush();
  await driver.sideFile?.remove(true);
}

/** The same bytes, but for those of before. */
function laidOver(driver: Driver, patches: readonly Patch[]): Driver {
  return {
    name: driver.name,
    local: driver.local,
    get size() {
      return driver.size;
    },
    async read(offset, length, options) {
      const bytes = new Uint8Array(await driver.read(offset, length, options));
      for (const { address, before } of patches) {
        const from = Math.max(address, offset);
        const to = Math.min(address + before.length, offset + bytes.length);
        if (from < to) bytes.set(before.subarray(from - address, to - address), from - offset);
      }
      return bytes;
    },
    close: async () => driver.close?.(),
  };
}
