/**
 * A file spread over members by what is stored, as libhdf5's multi driver does it (H5FDmulti.c); split is multi with two.
 *
 * Each member holds the addresses from its start up to the next one's. libhdf5 lets them start at multiples of 2^64 / 6, which
 * no number holds: then the k-th member is given the window of 2^50 bytes from k · 2^50 on, and whoever reads addresses
 * from the file maps them (`members`). Starts that are ordinary numbers stay. spec-notes/multi-driver.md.
 */
import { Hdf5DriverError, Hdf5StateError, Hdf5UsageError } from "../errors.js";
import { type Driver, isWritable, type WritableDriver } from "./driver.js";
import { memberSizeOf } from "./member-size.js";
import { typedErrors } from "./typed-errors.js";

/** Bytes of a member's window, and the largest start that is kept as it is. */
const WINDOW = 2 ** 50;
/** 2^64 − 2, libhdf5's largest address. */
const MAX_ADDRESS = 0xffff_ffff_ffff_fffen; // HADDR_MAX

/** How a member is opened: `"create"` makes it, or empties one that is there. */
export type MultiMode = "r" | "r+" | "create";

export interface MultiMember {
  readonly name: string;
  /** First address. One member starts at 0. */
  readonly start: bigint;
}

export interface MultiOptions {
  readonly members: readonly MultiMember[];
  /** Open a member; undefined: there is none of that name. Modes "r+" and "create" must give a `WritableDriver`. */
  readonly open: (name: string, mode: MultiMode) => Promise<Driver | undefined>;
  /** Default "r". */
  readonly mode?: MultiMode | undefined;
}

/** Members as one file. */
export interface MultiDriver extends WritableDriver {
  readonly size: number;
  /** In ascending order of their starts. `offset`: where this driver has their first byte. */
  readonly members: readonly (MultiMember & { readonly offset: number; readonly size: number | undefined })[];
  /** Set the size of the member with this offset, cutting it or adding zeros. `truncate` cuts those behind it, too. */
  truncateMember(offset: number, size: number): Promise<void>;
  close(): Promise<void>;
}

/** Where the members of a split file start: metadata, raw data. */
export function splitMembers(name: string): MultiMember[] {
  return [
    { name: `${name}-m.h5`, start: 0n },
    { name: `${name}-r.h5`, start: MAX_ADDRESS / 2n },
  ];
}

/** The members that `H5Pset_fapl_multi` makes without arguments: superblock, trees, raw data, global and local heaps, headers. */
export function multiMembers(name: string): MultiMember[] {
  return ["s", "b", "r", "g", "l", "o"].map((letter, i) => ({
    name: `${name}-${letter}.h5`,
    start: i === 0 ? 0n : BigInt(i) * (MAX_ADDRESS / 6n),
  }));
}

/** As `multiDriver`, for the two members of a split file: `NAME-m.h5` and `NAME-r.h5`. */
export function splitDriver(options: { readonly name: string } & Omit<MultiOptions, "members">): Promise<MultiDriver> {
  return multiDriver({ ...options, members: splitMembers(options.name) });
}

/**
 * Open or create members. One that is not there is empty, but for the first: what the file needs of the others is known
 * to who reads it.
 * @throws Hdf5DriverError naming the first member when it is missing; Hdf5UsageError for starts that cannot be.
 */
export async function multiDriver({ members, open, mode = "r" }: MultiOptions): Promise<MultiDriver> {
  const placed = placedMembers(members);
  const opened: Member[] = [];
  try {
    for (const member of placed) {
      const found = await open(member.name, mode);
      const size = found === undefined ? "none" : await memberSizeOf(found, member.name);
      const driver = size === "none" || found === undefined ? undefined : typed(found, mode);
      opened.push({ ...member, driver });
      if (driver === undefined) {
        if (opened.length === 1 || mode === "create") throw missing(member.name);
        continue;
      }
      if (size === undefined) throw new Hdf5DriverError(member.name, "has no known size");
      if (mode !== "r" && !isWritable(driver)) throw new Hdf5DriverError(member.name, "was opened read-only");
    }
    return driverOf(opened, mode, open);
  } catch (error) {
    await closeAll(opened);
    throw error;
  }
}

/** Failures of a member's medium have their type, as those of files that are one. */
function typed(driver: Driver, mode: MultiMode): Driver {
  return mode !== "r" && isWritable(driver) ? typedErrors(driver) : driver;
}

/** Said of a member that must be there. */
export function missing(name: string): Hdf5DriverError {
  return new Hdf5DriverError(name, "is missing", { status: "ENOENT" });
}

interface Member extends MultiMember {
  readonly offset: number;
  /** Undefined: there is none. One that is written to is made then. */
  driver: Driver | undefined;
  making?: Promise<Driver | undefined> | undefined;
}

function placedMembers(members: readonly MultiMember[]): (MultiMember & { readonly offset: number })[] {
  const sorted = [...members].sort((a, b) => (a.start < b.start ? -1 : 1));
  const odd = sorted.find(({ start }, i) => (i === 0 ? start !== 0n : start === sorted[i - 1]?.start));
  if (sorted.length === 0 || sorted.length > 6 || odd !== undefined) {
    const finding = odd === undefined ? `are ${sorted.length}` : `start at ${odd.start}`;
    throw new Hdf5UsageError("members", finding, "1 to 6 members with starts of their own, the first 0");
  }
  const last = sorted[sorted.length - 1] as MultiMember; // there is one
  const plain = last.start <= WINDOW;
  return sorted.map((member, i) => ({ ...member, offset: plain ? Number(member.start) : i * WINDOW }));
}

async function closeAll(members: readonly Member[]): Promise<void> {
  const results = await Promise.allSettled(members.map(({ driver }) => driver?.close?.()));
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

function driverOf(members: readonly Member[], mode: MultiMode, open: MultiOptions["open"]): MultiDriver {
  const first = members[0] as Member; // there is one
  const neighbours = members.every(({ start, offset }) => start === BigInt(offset));
  let closed = false;
  const sizeOf = (member: Member): number => member.driver?.size ?? 0;
  const sizeNow = (): number =>
    members.reduce((end, member) => (sizeOf(member) > 0 ? member.offset + sizeOf(member) : end), 0);
  const checkOpen = (): void => {
    if (closed) throw new Hdf5StateError("closed", `${first.name}: the file is closed`);
  };
  const checkWritable = (): void => {
    checkOpen();
    if (mode === "r") throw new Hdf5StateError("read-only", `${first.name}: the file was opened read-only`);
  };

  /** The stretches of members that a range consists of. */
  function* stretches(from: number, to: number): Iterable<{ member: Member; low: number; high: number }> {
    for (const [i, member] of members.entries()) {
      const low = Math.max(from, member.offset);
      const high = Math.min(to, members[i + 1]?.offset ?? Number.POSITIVE_INFINITY);
      if (low < high) yield { member, low, high };
    }
  }

  async function writable(member: Member): Promise<WritableDriver> {
    if (member.driver === undefined) {
      member.making ??= open(member.name, "create");
      const made = await member.making.finally(() => {
        member.making = undefined;
      });
      if (made === undefined) throw missing(member.name);
      if (!isWritable(made)) throw new Hdf5DriverError(member.name, "was opened read-only");
      member.driver = typed(made, mode);
    }
    return member.driver as WritableDriver; // checked when it was opened
  }

  return {
    name: first.name,
    get size() {
      return sizeNow();
    },
    get members() {
      return members.map(({ name, start, offset, driver }) => ({ name, start, offset, size: driver?.size }));
    },
    async read(offset, length, options) {
      checkOpen();
      options?.signal?.throwIfAborted();
      const end = Math.min(offset + length, sizeNow());
      const parts = [...stretches(offset, end)];
      const [only] = parts;
      // Windows are far apart: a read lies in one member, and ends with it. Between neighbours a gap is zeros.
      if (parts.length === 1 && only !== undefined && !neighbours) {
        const { member, low, high } = only;
        if (member.driver === undefined) return new Uint8Array(0);
        return member.driver.read(low - member.offset, high - low, options);
      }
      const out = new Uint8Array(Math.max(0, end - offset));
      await Promise.all(
        parts.map(async ({ member, low, high }) => {
          const bytes = await member.driver?.read(low - member.offset, high - low, options);
          if (bytes !== undefined) out.set(bytes, low - offset);
        }),
      );
      return out;
    },
    async write(offset, bytes) {
      checkWritable();
      for (const { member, low, high } of stretches(offset, offset + bytes.length)) {
        await (await writable(member)).write(low - member.offset, bytes.subarray(low - offset, high - offset));
      }
    },
    async truncate(size) {
      checkWritable();
      for (const [i, member] of [...members.entries()].reverse()) {
        if (member.offset >= size) {
          if (sizeOf(member) > 0) await (await writable(member)).truncate(0);
        } else if (size <= (members[i + 1]?.offset ?? Number.POSITIVE_INFINITY)) {
          await (await writable(member)).truncate(size - member.offset);
        }
      }
    },
    async truncateMember(offset, size) {
      checkWritable();
      const member = members.find((candidate) => candidate.offset === offset);
      if (member === undefined) throw new Hdf5UsageError("offset", `is ${offset}`, "that of a member");
      if (size !== sizeOf(member)) await (await writable(member)).truncate(size);
    },
    async flush() {
      checkWritable();
      // The superblock lies in the first one.
      for (const member of [...members].reverse()) {
        if (member.driver !== undefined) await (await writable(member)).flush();
      }
    },
    async close() {
      if (closed) return;
      closed = true;
      await closeAll(members);
    },
  };
}
