/**
 * A flush: three epochs of writes, each ended by a barrier. Design: section 5; writer-design, section 1.
 *
 * 1. data: only space that no live pointer reaches; the file is grown to its new end.
 * 2. end: the stored end of file, raised in steps. Skipped when it stays.
 *    raise: what is harmless while too high (link counts). Its addresses may lie behind the old end. Skipped when empty.
 *    hide: messages that stand in a header twice since the raise, once in an older place. Skipped when empty.
 * 3. publish: per object one write inside one sector; then, for a move between groups, a second publish.
 *
 * When the medium refuses a write of 2 or 3, what was there is put back: the file stays at its last flush. What is
 * replaced across a border at which a write may be torn is in an undo file until the barrier.
 */
import type { SideFile, WritableDriver } from "../drivers/driver.js";
import { AT_ONCE, isImmediate } from "../drivers/immediate.js";
import { joinsWrites } from "../drivers/joined-writes.js";
import type { MultiDriver } from "../drivers/multi.js";
import { isHdf5Error } from "../errors.js";
import type { Pager } from "../io/pager.js";
import { SECTOR } from "./free-list.js";

/** Bytes for one place, relative to the base address. */
export interface BlockWrite {
  readonly address: number;
  readonly bytes: Uint8Array;
  /** Its space goes on to the next multiple of 8 from its start, and nothing was ever there. */
  readonly padded?: boolean | undefined;
  /** So many bytes from its start are its own or free: they may be written with zeros. */
  readonly room?: number | undefined;
}

/** What a flush shall write. */
export class Commit {
  readonly data: BlockWrite[] = [];
  readonly end: BlockWrite[] = [];
  readonly raise: BlockWrite[] = [];
  readonly hide: BlockWrite[] = [];
  readonly publish: BlockWrite[] = [];
  readonly publishAgain: BlockWrite[] = [];
}

const JOIN_BYTES = 2 ** 20;
/** Blocks written in place whose bytes are remembered: the objects that one flush after the other changes. */
const REMEMBERED = 32;
/** Blocks begin at multiples of this. */
const PADDING = 8;
/** Ends of file, stored and real, are raised in steps, so that most flushes and new chunks need not touch them. */
const SMALLEST_STEP = 64 * 1024;
const LARGEST_STEP = 16 * 2 ** 20;
/** A loss of power may tear a write at borders of sectors, the end of the process at those of pages. */
const PAGE = 4096;

/** How far ahead the end of a file is raised that has so many bytes. */
export function endStep(bytes: number): number {
  return Math.min(Math.max(SMALLEST_STEP, bytes / 16), LARGEST_STEP);
}

/** The file as a commit writes it. */
export class BlockDevice {
  readonly #driver: WritableDriver;
  readonly #pager: Pager;
  readonly #sync: boolean;
  /** The medium is at least this long. */
  #length: number;
  /** So long it has to be; what lies behind was reached ahead. */
  #needed: number;
  /** Members with ends of their own, which the medium consists of. */
  readonly #members: MultiDriver | undefined;
  /** What lies at places that were written before. */
  readonly #known = new Map<number, Uint8Array>();
  /** What lay where this commit has written in place, epoch by epoch. */
  #before: BlockWrite[][] = [];
  readonly #undoFile: SideFile | undefined;
  readonly #tearsAt: number;
  /** There is an undo file now. */
  #undoable = false;
  /** What must be done before data are written. */
  readonly #first: () => Promise<void> | undefined;
  bytesWritten = 0;
  barriers = 0;
  #resized = false;

  /** @param first is waited for before each write outside a commit; undefined: nothing is to be waited for. */
  constructor(
    driver: WritableDriver,
    pager: Pager,
    durability: "process" | "power",
    first: () => Promise<void> | undefined = () => undefined,
    members?: MultiDriver,
  ) {
    this.#members = members;
    this.#driver = driver;
    this.#pager = pager;
    this.#sync = durability === "power";
    this.#tearsAt = this.#sync ? SECTOR : PAGE;
    this.#undoFile = driver.sideFile;
    this.#length = driver.size ?? 0;
    this.#needed = this.#length;
    this.#first = first;
  }

  /** Is anything on the medium other than it was? */
  get isTouched(): boolean {
    return this.#resized || this.bytesWritten > 0;
  }

  /** Write data ahead of their commit. */
  async write(address: number, bytes: Uint8Array): Promise<void> {
    await this.#first();
    await this.#write(address, bytes, this.#driver);
  }

  /** As `write`, where nothing has to be waited for; false: nothing was done. */
  take(address: number, bytes: Uint8Array): boolean {
    return this.#first() === undefined && this.#take(address, bytes, this.#driver);
  }

  #take(address: number, bytes: Uint8Array, driver: WritableDriver): boolean {
    if (!isImmediate(driver) || !driver[AT_ONCE](address + this.#pager.baseAddress, bytes)) return false;
    this.#forgetKnown(address, bytes.length);
    this.#wrote(address, bytes.length);
    return true;
  }

  /** What is behind the joining of writes. */
  get #medium(): WritableDriver {
    return joinsWrites(this.#driver) ? this.#driver.joined.medium : this.#driver;
  }

  async #write(address: number, bytes: Uint8Array, driver: WritableDriver): Promise<void> {
    this.#forgetKnown(address, bytes.length);
    await driver.write(address + this.#pager.baseAddress, bytes);
    this.#wrote(address, bytes.length);
  }

  #forgetKnown(address: number, length: number): void {
    for (const [at, known] of this.#known) {
      if (at < address + length && address < at + known.length) this.#known.delete(at);
    }
  }

  #wrote(address: number, length: number): void {
    this.#needed = Math.max(this.#needed, address + this.#pager.baseAddress + length);
    this.#length = Math.max(this.#length, this.#needed);
    this.bytesWritten += length;
    this.#pager.invalidate(address, length);
    this.#readableTo(address + length);
  }

  /** Why the medium takes no more writes: one that was held back has failed. */
  get failure(): { readonly error: unknown } | undefined {
    return joinsWrites(this.#driver) ? this.#driver.joined.failure : undefined;
  }

  /** Make the file at least this long (relative to the base address): what was not written reads as zeros. */
  async reach(end: number): Promise<void> {
    if (this.#members !== undefined) await this.#reachInMember(this.#members, end);
    else if (this.#length < end + this.#pager.baseAddress) await this.resize(end);
    this.#needed = Math.max(this.#needed, end + this.#pager.baseAddress);
    this.#readableTo(end);
  }

  /** As `reach`, a step further: calls for the next ends find the file long enough. `cutAhead` takes the rest back. */
  async reachAhead(end: number): Promise<void> {
    const ahead = Math.ceil(end + endStep(end));
    if (this.#members === undefined && this.#length < end + this.#pager.baseAddress) await this.#truncate(ahead);
    await this.reach(end);
  }

  /** Make the file no longer than it has to be. */
  async cutAhead(): Promise<void> {
    if (this.#length > this.#needed) await this.#truncate(this.#needed - this.#pager.baseAddress);
  }

  async #reachInMember(driver: MultiDriver, end: number): Promise<void> {
    // What is held back may reach further.
    if (joinsWrites(this.#driver)) await this.#driver.drain();
    const member = driver.members.filter(({ offset }) => offset < end).at(-1);
    if (member !== undefined && member.offset + (member.size ?? 0) < end) await this.resize(end, member.offset);
  }

  /** What was written can be read before its flush. */
  #readableTo(end: number): void {
    this.#pager.reach(end);
  }

  /** Blocks in order of address; neighbours go in one write, with what pads them. */
  async writeAll(blocks: readonly BlockWrite[]): Promise<void> {
    const sorted = [...blocks].sort((a, b) => a.address - b.address);
    const reaches = (block: BlockWrite, next: BlockWrite): boolean => {
      const gap = next.address - block.address - block.bytes.length;
      if (gap === 0 || (gap > 0 && next.address <= block.address + (block.room ?? 0))) return true;
      return block.padded === true && gap > 0 && gap < PADDING && next.address % PADDING === 0;
    };
    for (let i = 0; i < sorted.length; ) {
      const first = sorted[i] as BlockWrite;
      let end = first.address + first.bytes.length;
      let j = i + 1;
      for (; j < sorted.length; j++) {
        const next = sorted[j] as BlockWrite;
        const joined = next.address + next.bytes.length;
        if (!reaches(sorted[j - 1] as BlockWrite, next) || joined - first.address > JOIN_BYTES) break;
        end = joined;
      }
      let { bytes } = first;
      if (j > i + 1) {
        bytes = new Uint8Array(end - first.address);
        for (const block of sorted.slice(i, j)) bytes.set(block.bytes, block.address - first.address);
      }
      if (!this.#take(first.address, bytes, this.#driver)) await this.#write(first.address, bytes, this.#driver);
      i = j;
    }
  }

  /**
   * Write over what readers see, one block after the other, and a barrier. What was there is kept for `putBack`. A
   * barrier has come before: a block that is alone has nothing to wait for.
   * @param follows what was replaced just before is of the same commit.
   */
  async replace(blocks: readonly BlockWrite[], follows = false): Promise<void> {
    if (!follows) this.#before = [];
    const replaced: BlockWrite[] = [];
    for (const { address, bytes } of blocks) {
      const before = this.#knownAt(address, bytes.length) ?? (await this.#bytesAt(address, bytes.length));
      replaced.push({ address, bytes: before });
    }
    this.#before.push(replaced);
    if (this.#undoFile !== undefined && blocks.some((block) => this.#tears(block))) {
      await this.#makeUndoable(blocks, replaced, this.#undoFile);
    }
    const driver = blocks.length === 1 ? this.#medium : this.#driver;
    for (const { address, bytes } of blocks) {
      if (!this.#take(address, bytes, driver)) await this.#write(address, bytes, driver);
      this.#remember(address, bytes);
    }
    if (!this.barrierAtOnce()) await this.barrier();
    if (this.#undoable) await this.#forgetUndo();
  }

  #remember(address: number, bytes: Uint8Array): void {
    this.#known.set(address, bytes);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= REMEMBERED) break;
      this.#known.delete(oldest);
    }
  }

  #tears({ address, bytes }: BlockWrite): boolean {
    const offset = address + this.#pager.baseAddress;
    return bytes.length > this.#tearsAt - (offset % this.#tearsAt);
  }

  /** Put what blocks that may be torn replace into the undo file. Where none can be kept, they are written without. */
  async #makeUndoable(
    blocks: readonly BlockWrite[],
    replaced: readonly BlockWrite[],
    undoFile: SideFile,
  ): Promise<void> {
    const patches = blocks.flatMap(({ address, bytes: after }, i) => {
      const before = (replaced[i] as BlockWrite).bytes; // one for each
      if (!this.#tears({ address, bytes: after }) || before.length !== after.length) return [];
      return { address: address + this.#pager.baseAddress, before, after };
    });
    if (patches.length === 0) return;
    const { encodeUndo } = await import("../io/undo-file.js");
    this.#undoable = true; // a part of it, should it fail
    this.#undoable = await undoFile.write(encodeUndo(patches), this.#sync);
    if (this.#undoable && this.#sync) this.barriers++;
  }

  /** Before anything else is written: an undo file that came back would undo what later writes rely on. */
  async #forgetUndo(): Promise<void> {
    if (!this.#undoable) return;
    if (this.#sync) this.barriers++;
    await this.#undoFile?.remove(this.#sync);
    this.#undoable = false;
  }

  #knownAt(address: number, length: number): Uint8Array | undefined {
    const known = this.#known.get(address);
    return known?.length === length ? known : undefined;
  }

  async #bytesAt(address: number, length: number): Promise<Uint8Array> {
    return this.#driver.read(address + this.#pager.baseAddress, length);
  }

  /**
   * The medium refused: write what was there before, the last epoch first; one that shows new chunks early is put back
   * too. Where that is refused, each object is as it was or as it was to be.
   */
  async putBack(): Promise<void> {
    this.#known.clear();
    // Writes that are joined are refused after a failure.
    const medium = this.#medium;
    try {
      for (const epoch of this.#before.reverse()) {
        for (const { address, bytes } of epoch.reverse()) {
          await medium.write(address + this.#pager.baseAddress, bytes);
          this.#pager.invalidate(address, bytes.length);
        }
        if (this.#sync) await medium.flush();
      }
      await this.#forgetUndo();
    } catch (error) {
      if (!isHdf5Error(error, "driver")) throw error;
    }
    this.#before = [];
  }

  /** Everything written so far comes before everything written later. */
  async barrier(): Promise<void> {
    this.barriers++;
    if (this.#sync) await this.#driver.flush();
    else if (joinsWrites(this.#driver)) await this.#driver.drain();
  }

  /** A barrier, where nothing has to be waited for; false: there was none. */
  barrierAtOnce(): boolean {
    if (this.#sync || !joinsWrites(this.#driver) || !this.#driver.drainAtOnce()) return false;
    this.barriers++;
    return true;
  }

  /** Set the real size of the file, or of the member that begins at `from`; `end` is relative to the base address. */
  async resize(end: number, from = 0): Promise<void> {
    this.#resized = true;
    if (this.#members !== undefined) {
      if (joinsWrites(this.#driver)) await this.#driver.drain();
      await this.#members.truncateMember(from, end - from);
      return;
    }
    this.#needed = end + this.#pager.baseAddress;
    await this.#truncate(end);
  }

  async #truncate(end: number): Promise<void> {
    this.#resized = true;
    this.#length = end + this.#pager.baseAddress;
    await this.#driver.truncate(this.#length);
  }
}

/**
 * Run the epochs.
 * @param grow makes the file as long as the new stored end says; undefined: it is.
 */
export async function runCommit(
  device: BlockDevice,
  commit: Commit,
  grow: (() => Promise<void>) | undefined,
): Promise<void> {
  await device.writeAll(commit.data);
  await grow?.();
  if (!device.barrierAtOnce()) await device.barrier();
  let follows = false;
  try {
    for (const epoch of [commit.end, commit.raise, commit.hide, commit.publish, commit.publishAgain]) {
      if (epoch.length === 0) continue;
      await device.replace(epoch, follows);
      follows = true;
    }
  } catch (error) {
    await device.putBack();
    throw error;
  }
}
