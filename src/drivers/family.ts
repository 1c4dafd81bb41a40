/**
 * A file spread over members of equal size, as libhdf5's family driver does it (H5FDfamily.c).
 *
 * Byte n lies in member floor(n / memberSize). All members but the last hold exactly `memberSize` bytes; members after
 * the last may be there and be empty (libhdf5 leaves them when a file shrinks, and so do we). spec-notes/family-driver.md.
 */
import { Hdf5DriverError, Hdf5StateError, Hdf5UsageError } from "../errors.js";
import { type Driver, isWritable, type SideFile, type WritableDriver } from "./driver.js";
import { memberName } from "./member-name.js";
import { memberSizeOf } from "./member-size.js";

export { isMemberPattern, memberName } from "./member-name.js";

/** Members kept open at once; the one used longest ago is closed for another one. */
const MAX_OPEN = 64;

/** How a member is opened: `"create"` makes it, or empties one that is there. */
export type MemberMode = "r" | "r+" | "create";

export interface FamilyOptions {
  /** Members' names: `part_%05d.h5`. */
  readonly pattern: string;
  /**
   * Bytes of a member, as the file states them. Undefined (mode "r" only): the size of member 0, which is right for
   * every file of more than one member, and enough to read what a file of one member says about itself.
   */
  readonly memberSize?: number | undefined;
  /**
   * Open a member; undefined: there is none of that name. May be called again for a member that was closed meanwhile.
   * Modes "r+" and "create" must give a `WritableDriver`.
   */
  readonly open: (name: string, mode: MemberMode) => Promise<Driver | undefined>;
  /** `"create"` starts an empty file and empties the members that are there. Default "r". */
  readonly mode?: MemberMode | undefined;
}

/** A family as one file. */
export interface FamilyDriver extends WritableDriver {
  readonly size: number;
  readonly memberSize: number;
  /** Members found or made, empty ones included. */
  readonly memberCount: number;
  close(): Promise<void>;
  /**
   * State how long the file must be (what its superblock says).
   * @throws Hdf5DriverError naming the member that is missing or too short for it.
   */
  requireSize(end: number): void;
  /**
   * State what only the first member may begin with (a signature).
   * @throws Hdf5DriverError naming the member that begins with it, and so is of another file.
   */
  requireOneBeginning(signature: Uint8Array): Promise<void>;
}

/**
 * Open or create a family.
 * @throws Hdf5DriverError naming a member that is missing, short though not the last, or longer than `memberSize`;
 * Hdf5UsageError for a pattern or size that cannot be used.
 */
export async function familyDriver(options: FamilyOptions): Promise<FamilyDriver> {
  const { pattern, memberSize, mode = "r" } = options;
  memberName(pattern, 0);
  if (memberSize === undefined ? mode !== "r" : !Number.isSafeInteger(memberSize) || memberSize < 1) {
    throw new Hdf5UsageError("memberSize", `is ${String(memberSize)}`, "a number of bytes from 1 on");
  }
  const members = new Members(options, mode);
  try {
    const size = memberSize ?? (await members.firstSize());
    if (mode === "create") await members.createAll();
    else await members.findAll(size);
    return driverOf(members, size, mode);
  } catch (error) {
    await members.close();
    throw error;
  }
}

/** What is known of one member. */
interface Member {
  readonly name: string;
  size: number;
  driver: Promise<Driver> | undefined;
  /** Calls under way: a member is not closed under them. */
  busy: number;
  touched: boolean;
}

/** The members: which there are, how long they are, and which of them are open. */
class Members {
  readonly list: Member[] = [];
  /** Open members, the one used longest ago first. */
  readonly #open = new Set<Member>();
  readonly #options: FamilyOptions;
  readonly #mode: MemberMode;
  /** What lies beside member 0. */
  sideFile: SideFile | undefined;

  constructor(options: FamilyOptions, mode: MemberMode) {
    this.#options = options;
    this.#mode = mode;
  }

  get #writable(): boolean {
    return this.#mode !== "r";
  }

  name(index: number): string {
    return memberName(this.#options.pattern, index);
  }

  /** Size of member 0, which must be there. */
  async firstSize(): Promise<number> {
    const member = (await this.#find(0)) ?? this.#missing(0);
    if (member.size > 0) return member.size;
    throw new Hdf5DriverError(member.name, "is empty");
  }

  /** Find all members up to the first that is not there, and check their sizes. */
  async findAll(memberSize: number): Promise<void> {
    for (let i = 0; ; i++) {
      const member = await this.#find(i);
      if (member === undefined) {
        if (i === 0) this.#missing(0);
        break;
      }
      if (member.size > memberSize) {
        throw new Hdf5DriverError(member.name, `has ${member.size} bytes, more than the member size of ${memberSize}`);
      }
    }
    const last = this.last();
    const short = this.list.find(({ size }, i) => i < last && size < memberSize);
    if (short !== undefined) {
      throw new Hdf5DriverError(
        short.name,
        `has ${short.size} bytes, expected ${memberSize}: ${this.name(last)} follows it`,
      );
    }
  }

  /** Make member 0 and empty those that follow it, so that nothing of an older family is taken for this one. */
  async createAll(): Promise<void> {
    await this.create(0);
    for (let i = 1; ; i++) {
      const member = await this.#find(i);
      if (member === undefined) return;
      if (member.size > 0) await this.use(i, (driver) => driver.truncate(0));
      member.size = 0;
    }
  }

  /** Number of the last member that is not empty; 0 when all are. */
  last(): number {
    for (let i = this.list.length - 1; i > 0; i--) {
      if (this.list[i]?.size !== 0) return i;
    }
    return 0;
  }

  async create(index: number): Promise<Member> {
    const member = await this.#opened(index, "create");
    if (member === undefined) throw new Hdf5DriverError(this.name(index), "cannot be created");
    return member;
  }

  /** Call with a member's driver, which is opened for it if need be. */
  async use<T>(index: number, call: (driver: WritableDriver) => Promise<T>): Promise<T> {
    const member = this.list[index] ?? this.#missing(index);
    member.busy++;
    try {
      // Only a family opened for writing calls the methods that a read-only member lacks.
      return await call((await this.#driver(member)) as WritableDriver);
    } finally {
      member.busy--;
    }
  }

  async close(): Promise<void> {
    const open = [...this.#open];
    this.#open.clear();
    const results = await Promise.allSettled(open.map(async (member) => (await member.driver)?.close?.()));
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }

  async #find(index: number): Promise<Member | undefined> {
    return this.list[index] ?? (await this.#opened(index, this.#writable ? "r+" : "r"));
  }

  async #opened(index: number, mode: MemberMode): Promise<Member | undefined> {
    const name = this.name(index);
    await this.#makeRoom();
    const driver = await this.#options.open(name, mode);
    if (driver === undefined) return undefined;
    const size = await memberSizeOf(driver, name);
    if (size === "none") return undefined;
    if (size === undefined || (this.#writable && !isWritable(driver))) {
      await driver.close?.();
      throw new Hdf5DriverError(name, size === undefined ? "has no known size" : "was opened read-only");
    }
    const member: Member = { name, size, driver: Promise.resolve(driver), busy: 0, touched: mode === "create" };
    this.list[index] = member;
    if (index === 0) this.sideFile = driver.sideFile;
    this.#open.add(member);
    return member;
  }

  #driver(member: Member): Promise<Driver> {
    this.#open.delete(member);
    this.#open.add(member);
    member.driver ??= this.#reopen(member);
    return member.driver;
  }

  async #reopen(member: Member): Promise<Driver> {
    try {
      await this.#makeRoom();
      const driver = await this.#options.open(member.name, this.#writable ? "r+" : "r");
      if (driver !== undefined) return driver;
      throw new Hdf5DriverError(member.name, "is no longer there");
    } catch (error) {
      member.driver = undefined;
      this.#open.delete(member);
      throw error;
    }
  }

  /** Close members that nothing uses until one more may be opened. What was written to one is made durable first. */
  async #makeRoom(): Promise<void> {
    for (const member of [...this.#open]) {
      if (this.#open.size < MAX_OPEN) return;
      if (member.busy > 0) continue;
      // From here on a call for this member opens it anew: nothing uses what is being closed.
      const opened = member.driver;
      const { touched } = member;
      this.#open.delete(member);
      member.driver = undefined;
      member.touched = false;
      const driver = await opened;
      if (driver === undefined) continue;
      try {
        if (touched && isWritable(driver)) await driver.flush();
      } catch (error) {
        member.touched = true;
        throw error;
      } finally {
        await driver.close?.();
      }
    }
  }

  #missing(index: number): never {
    throw new Hdf5DriverError(this.name(index), "is missing", { status: "ENOENT" });
  }
}

function driverOf(members: Members, memberSize: number, mode: MemberMode): FamilyDriver {
  const name = members.name(0);
  let closed = false;
  /** Calls that change the size, one after another. */
  let growing: Promise<unknown> = Promise.resolve();

  const sizeNow = (): number => {
    const last = members.last();
    return last * memberSize + (members.list[last]?.size ?? 0);
  };
  const checkOpen = (): void => {
    if (closed) throw new Hdf5StateError("closed", `${name}: the family is closed`);
  };
  const checkWritable = (): void => {
    checkOpen();
    if (mode === "r") throw new Hdf5StateError("read-only", `${name}: the family was opened read-only`);
  };
  const inTurn = <T>(call: () => Promise<T>): Promise<T> => {
    const run = growing.then(call);
    growing = run.catch(() => undefined); // the caller has the error; the next call goes on
    return run;
  };

  /** Set a member's size; members before it are full by then. */
  async function resizeMember(index: number, size: number): Promise<void> {
    const member = members.list[index] ?? (await members.create(index));
    if (member.size === size) return;
    await members.use(index, (driver) => driver.truncate(size));
    member.size = size;
    member.touched = true;
  }

  /** Fill the members before `index`, each to its full size before the next is made. */
  async function fillBefore(index: number): Promise<void> {
    for (let i = members.last(); i < index; i++) await resizeMember(i, memberSize);
    if (members.list[index] === undefined) await members.create(index);
  }

  async function writeAt(offset: number, bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const index = Math.floor((offset + done) / memberSize);
      const within = (offset + done) % memberSize;
      const part = bytes.subarray(done, done + memberSize - within);
      await fillBefore(index);
      const member = members.list[index] as Member; // made by fillBefore
      member.touched = true;
      await members.use(index, (driver) => driver.write(within, part));
      member.size = Math.max(member.size, within + part.length);
      done += part.length;
    }
  }

  return {
    name,
    memberSize,
    sideFile: members.sideFile,
    get size() {
      return sizeNow();
    },
    get memberCount() {
      return members.list.length;
    },
    requireSize(end) {
      if (end <= sizeNow()) return;
      const last = members.last();
      const needed = Math.ceil(end / memberSize) - 1;
      const member = members.list[last];
      if (member !== undefined && (needed === last || member.size < memberSize)) {
        const expected = needed === last ? end - last * memberSize : memberSize;
        throw new Hdf5DriverError(member.name, `has ${member.size} bytes, the file needs ${expected} of them`);
      }
      throw new Hdf5DriverError(members.name(last + 1), "is missing", { status: "ENOENT" });
    },
    async requireOneBeginning(signature) {
      for (let index = 1; index <= members.last(); index++) {
        const found = await members.use(index, (driver) => driver.read(0, signature.length));
        if (found.length < signature.length || found.some((byte, i) => byte !== signature[i])) continue;
        throw new Hdf5DriverError(members.name(index), "is the beginning of another file");
      }
    },
    async read(offset, length, options) {
      checkOpen();
      const end = Math.min(offset + length, sizeNow());
      const out = new Uint8Array(Math.max(0, end - offset));
      const parts: Promise<void>[] = [];
      for (let at = offset; at < end; ) {
        const index = Math.floor(at / memberSize);
        const within = at % memberSize;
        const count = Math.min(memberSize - within, end - at);
        parts.push(readPart(index, within, out.subarray(at - offset, at - offset + count), options));
        at += count;
      }
      await Promise.all(parts);
      return out;
    },
    async write(offset, bytes) {
      checkWritable();
      // Inside the file nothing is made or grown, so that writes may overlap.
      if (offset + bytes.length <= sizeNow()) await writeAt(offset, bytes);
      else await inTurn(() => writeAt(offset, bytes));
    },
    async truncate(size) {
      checkWritable();
      await inTurn(async () => {
        const last = size === 0 ? 0 : Math.ceil(size / memberSize) - 1;
        // From the end on: a crash in between leaves no gap.
        for (let i = members.list.length - 1; i > last; i--) await resizeMember(i, 0);
        await fillBefore(last);
        await resizeMember(last, size - last * memberSize);
      });
    },
    async flush() {
      checkWritable();
      await inTurn(async () => {
        for (let i = members.list.length - 1; i >= 0; i--) {
          const member = members.list[i] as Member;
          if (!member.touched) continue;
          member.touched = false;
          try {
            await members.use(i, (driver) => driver.flush());
          } catch (error) {
            member.touched = true;
            throw error;
          }
        }
      });
    },
    async close() {
      if (closed) return;
      closed = true;
      await growing;
      await members.close();
    },
  };

  async function readPart(
    index: number,
    within: number,
    into: Uint8Array,
    options: { readonly signal?: AbortSignal | undefined } | undefined,
  ): Promise<void> {
    const bytes = await members.use(index, (driver) => driver.read(within, into.length, options));
    if (bytes.length < into.length) {
      const finding = `gave ${bytes.length} of ${into.length} bytes`;
      throw new Hdf5DriverError(members.name(index), finding, { range: [within, into.length] });
    }
    into.set(bytes.length > into.length ? bytes.subarray(0, into.length) : bytes);
  }
}
