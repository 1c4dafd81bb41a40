/**
 * One writer at a time: a file NAME.h5ts-lock beside the file that is written, made with O_EXCL, says who writes. `#platform`
 * only. Other libraries do not look at it (libhdf5 locks with flock), and where the folder cannot be written there is none.
 *
 *   JSON: { pid, started (of the process, where the system tells), host, token }
 *
 * The lock of a process of this host that has ended is taken over.
 */
import { basename, dirname, join, resolve } from "node:path";
import { Hdf5DriverError, Hdf5StateError } from "../errors.js";
import { NOT_CAPABLE } from "./node-calls.js";
import { type NodeFs, nodeFs } from "./node-fs.js";

/** Who holds a lock. */
interface Holder {
  readonly pid: number;
  readonly started: string | undefined;
  readonly host: string;
  readonly token: string;
}

/** Codes with which a folder refuses new files: the file in it is written without a lock, or refuses by itself. */
const NO_LOCK_HERE: ReadonlySet<unknown> = new Set(["EACCES", "EPERM", "EROFS", "ENOENT", "ENOTDIR", "ENAMETOOLONG"]);

/**
 * Lock a path for writing.
 * @returns what lets go of it.
 * @throws Hdf5StateError "locked" when another writer, in this process or elsewhere, has the file; the system's errors.
 */
export async function lockForWriting(path: string): Promise<() => void> {
  const fs = await nodeFs();
  const here = await hostName();
  const target = realPath(fs, path);
  // Devices and pipes are nobody's file.
  if (target === undefined) return () => undefined;
  const lock = `${target}.h5ts-lock`;
  const holder: Holder = {
    pid: process.pid,
    started: startOf(fs, "self"),
    host: here ?? "an unknown host",
    token: crypto.randomUUID(),
  };
  for (let tries = 0; ; tries++) {
    const made = make(fs, path, lock, holder);
    if (made === "no lock here") return () => undefined;
    if (made === "made") return () => release(fs, lock, holder.token);
    const other = read(fs, lock);
    // Gone meanwhile: try again.
    if (other === "gone" && tries < 100) continue;
    if (typeof other === "string" || !isDead(fs, other, here) || tries >= 100) throw locked(path, lock, other);
    takeAway(fs, path, lock, other);
  }
}

/** The name of this host, where Deno permits to ask for it. */
async function hostName(): Promise<string | undefined> {
  const { hostname } = process.getBuiltinModule?.("node:os") ?? (await import("node:os"));
  try {
    return hostname();
  } catch (error) {
    if (codeOf(error) !== NOT_CAPABLE) throw error;
    return undefined;
  }
}

/** The path without symbolic links; undefined: something is there that is no regular file. */
function realPath(fs: NodeFs, path: string): string | undefined {
  const stat = fs.statSync(path, { throwIfNoEntry: false });
  if (stat !== undefined) return stat.isFile() ? fs.realpathSync(path) : undefined;
  const target = linkTarget(fs, path);
  if (target !== undefined) return realPath(fs, resolve(dirname(path), target));
  try {
    return join(fs.realpathSync(dirname(path)), basename(path));
  } catch (error) {
    // Through other names of its folder a lock is found as well.
    if (codeOf(error) !== NOT_CAPABLE && codeOf(error) !== "ENOENT") throw error;
    return path;
  }
}

/** Where a symbolic link leads that leads to nothing yet: the file will be made there. */
function linkTarget(fs: NodeFs, path: string): string | undefined {
  try {
    return fs.readlinkSync(path);
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    return undefined;
  }
}

function make(fs: NodeFs, path: string, lock: string, holder: Holder): "made" | "there" | "no lock here" {
  let fd: number;
  try {
    // May it be looked at, which removing it takes as well?
    fs.statSync(lock, { throwIfNoEntry: false });
    fd = fs.openSync(lock, "wx");
  } catch (error) {
    const code = codeOf(error);
    if (code === "EEXIST") return "there";
    if (NO_LOCK_HERE.has(code)) return "no lock here";
    throw permitted(path, lock, error);
  }
  try {
    fs.writeSync(fd, JSON.stringify(holder));
  } catch (error) {
    fs.rmSync(lock, { force: true });
    throw error;
  } finally {
    fs.closeSync(fd);
  }
  return "made";
}

/** The error; where Deno does not permit to see whether somebody else has the file, one that says what to permit. */
function permitted(path: string, lock: string, error: unknown): unknown {
  if (codeOf(error) !== NOT_CAPABLE) return error;
  const finding = `cannot be locked: permit to read and write ${lock} too, or open it with nodeFileDriver, without a lock`;
  return new Hdf5DriverError(path, finding, { status: NOT_CAPABLE, cause: error });
}

function read(fs: NodeFs, lock: string): Holder | "gone" | "unreadable" {
  let text: string;
  try {
    text = fs.readFileSync(lock, "utf8");
  } catch (error) {
    return codeOf(error) === "ENOENT" ? "gone" : "unreadable";
  }
  try {
    const { pid, started, host, token } = (JSON.parse(text) ?? {}) as { readonly [K in keyof Holder]?: unknown };
    if (!Number.isSafeInteger(pid) || typeof host !== "string" || typeof token !== "string") return "unreadable";
    return { pid: pid as number, started: typeof started === "string" ? started : undefined, host, token };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return "unreadable";
  }
}

/** Has the process ended? Of other hosts nobody knows. */
function isDead(fs: NodeFs, { pid, started, host }: Holder, here: string | undefined): boolean {
  if (host !== here) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: somebody else's process.
    return codeOf(error) === "ESRCH";
  }
  // Its number may have been given to another process since.
  const now = startOf(fs, pid);
  return started !== undefined && now !== undefined && started !== now;
}

/** When a process was started, where the system tells (Linux: field 22 of /proc/PID/stat). */
function startOf(fs: NodeFs, pid: number | "self"): string | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name of the program may hold anything, in parentheses.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    return undefined;
  }
}

/** Remove a dead holder's lock; if another process was faster, put its lock back. */
function takeAway(fs: NodeFs, path: string, lock: string, dead: Holder): void {
  const aside = `${lock}.${crypto.randomUUID().slice(0, 8)}`;
  try {
    fs.renameSync(lock, aside);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return;
    if (NO_LOCK_HERE.has(codeOf(error)) || codeOf(error) === NOT_CAPABLE) throw locked(path, lock, dead);
    throw error;
  }
  const taken = read(fs, aside);
  try {
    if (typeof taken === "object" && taken.token !== dead.token) fs.linkSync(aside, lock);
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
  } finally {
    fs.rmSync(aside, { force: true });
  }
}

/** Only our own lock: somebody may have removed it by hand, and another one holds the file by now. */
function release(fs: NodeFs, lock: string, token: string): void {
  const holder = read(fs, lock);
  if (typeof holder === "object" && holder.token === token) fs.rmSync(lock, { force: true });
}

function locked(path: string, lock: string, holder: Holder | "gone" | "unreadable"): Hdf5StateError {
  const who = typeof holder === "string" ? "somebody" : `process ${holder.pid} of ${JSON.stringify(holder.host)}`;
  const finding = `${path} is open for writing by ${who}; if it is not, remove ${lock}`;
  return new Hdf5StateError("locked", finding, { file: path });
}

function codeOf(error: unknown): unknown {
  if (error instanceof Error && error.name === NOT_CAPABLE) return NOT_CAPABLE;
  return error instanceof Error && "code" in error ? error.code : undefined;
}
