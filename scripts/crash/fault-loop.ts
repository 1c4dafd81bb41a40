/** The nth call of the medium fails, for every n: what callers are told, and what is in the file afterwards. */

import { memoryDriver, type WritableDriver } from "../../src/drivers/index.js";
import { Hdf5DriverError } from "../../src/errors.js";
import { type Hdf5File, isHdf5Error, open } from "../../src/index.js";
import { driverOn, type SpreadDriver } from "./members.js";
import type { Operation } from "./operations.js";
import { ourRecords, type Records, wrongBetween } from "./records.js";
import type { Image } from "./states.js";

/**
 * How it fails: one call with an error that has no type, one that has it, one write half done, every write from the nth
 * call on that would make the file longer (a full disk), every call from there on (the medium is gone).
 */
export type FaultKind = "EIO" | "ENOSPC" | "short" | "full" | "gone";
export const FAULT_KINDS: readonly FaultKind[] = ["EIO", "ENOSPC", "short", "full", "gone"];

type Call = "read" | "write" | "truncate" | "flush";

/** A driver over a medium of which the nth call fails. */
class Failing implements WritableDriver {
  readonly medium: ReturnType<typeof memoryDriver>;
  readonly #at: number;
  readonly #kind: FaultKind;
  calls = 0;
  /** The first call that failed. */
  failed: Call | undefined;

  constructor(image: Image, at: number, kind: FaultKind) {
    this.medium = memoryDriver(image.slice());
    this.#at = at;
    this.#kind = kind;
  }

  get size(): number {
    return this.medium.size;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    this.#pass("read", false);
    return this.medium.read(offset, length);
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    const turn = this.calls + 1 === this.#at;
    if (turn && this.#kind === "short") await this.medium.write(offset, bytes.slice(0, Math.ceil(bytes.length / 2)));
    this.#pass("write", offset + bytes.length > this.size);
    await this.medium.write(offset, bytes);
  }

  async truncate(size: number): Promise<void> {
    this.#pass("truncate", size > this.size);
    await this.medium.truncate(size);
  }

  async flush(): Promise<void> {
    this.#pass("flush", false);
  }

  #pass(call: Call, grows: boolean): void {
    const number = ++this.calls;
    const fails = {
      EIO: number === this.#at,
      ENOSPC: number === this.#at,
      short: number === this.#at,
      full: number >= this.#at && grows,
      gone: number >= this.#at,
    }[this.#kind];
    if (!fails) return;
    this.failed ??= call;
    if (this.#kind === "EIO") throw Object.assign(new Error("EIO: i/o error"), { code: "EIO" });
    throw new Hdf5DriverError("failing", `${call} ${number} failed as planned`, { status: "ENOSPC" });
  }
}

/** What the loop found. */
export interface FaultReport {
  /** Calls that were made to fail. */
  readonly tried: number;
  readonly byCall: ReadonlyMap<Call, number>;
  readonly faults: readonly string[];
}

/** Run a script, a flush after each edit, with each call failing in turn until it passes. */
export async function faultLoop(
  base: Image,
  script: readonly Operation[],
  kind: FaultKind,
  durability: "process" | "power",
  spread?: SpreadDriver,
): Promise<FaultReport> {
  const medium = async (failing: Failing): Promise<WritableDriver> =>
    spread === undefined ? failing : driverOn(failing, base, spread, "r+");
  /** What is in the file after so many flushes, the last one that of close. */
  const expected: Records[] = [await ourRecords(base, spread)];
  const sound = new Failing(base, 0, "EIO");
  await runScript(await medium(sound), script, durability, async () => {
    expected.push(await ourRecords(sound.medium.bytes(), spread));
  });
  const last = expected.at(-1) as Records;
  const faults: string[] = [];
  const byCall = new Map<Call, number>();
  for (let n = 1; ; n++) {
    const driver = new Failing(base, n, kind);
    let flushes = 0;
    const outcome = await runScript(await medium(driver), script, durability, async () => {
      flushes++;
    });
    if (driver.failed === undefined) {
      if (outcome !== undefined) faults.push(`call ${n}: ${String(outcome.error)}`);
      if (driver.calls < n) return { tried: n - 1, byCall, faults };
      continue; // a full disk that nothing asked for more
    }
    byCall.set(driver.failed, (byCall.get(driver.failed) ?? 0) + 1);
    const where = `${kind} at call ${n} (${driver.failed}), ${outcome?.during ?? "at the end"}`;
    // What is read ahead is read again when it is needed: all must have gone well then.
    if (outcome === undefined) {
      const wrong = wrongBetween(await ourRecords(driver.medium.bytes(), spread), last, last);
      if (driver.failed !== "read" || wrong !== undefined) faults.push(`${where}: nobody was told`);
      continue;
    }
    if (!isHdf5Error(outcome.error)) faults.push(`${where}: ${String(outcome.error)}`);
    const late = outcome.file && (await refusals(outcome.file, driver.failed));
    if (late !== undefined) faults.push(`${where}: ${late}`);
    try {
      const before = expected[flushes] as Records; // a failure comes before the last flush
      // When nothing can be put back, each object is as it was or as it was to be.
      const after = kind === "gone" ? (expected[flushes + 1] ?? before) : before;
      const wrong = wrongBetween(await ourRecords(driver.medium.bytes(), spread), before, after);
      if (wrong !== undefined) faults.push(`${where}: ${wrong}`);
    } catch (error) {
      faults.push(`${where}: reopened: ${String(error)}`);
    }
  }
}

interface Outcome {
  readonly error: unknown;
  readonly during: string;
  /** Undefined when it could not be opened. */
  readonly file: Hdf5File | undefined;
}

/** Open, edit, close; undefined when all of it went well. */
async function runScript(
  driver: WritableDriver,
  script: readonly Operation[],
  durability: "process" | "power",
  flushed: () => Promise<void>,
): Promise<Outcome | undefined> {
  let file: Hdf5File | undefined;
  let during = "open";
  try {
    file = await open(driver, { mode: "r+", durability });
    for (const { name, run } of script) {
      during = name;
      await run(file.root);
      during = `flush after "${name}"`;
      await file.flush();
      await flushed();
    }
    during = "close";
    await file.close();
    await flushed();
    return undefined;
  } catch (error) {
    return { error, during, file };
  }
}

/** What a file says that is not as it should be, after its medium has failed. */
async function refusals(file: Hdf5File, failed: Call): Promise<string | undefined> {
  if (file.closed) return undefined;
  const edit = await file.root.setComment("more").then(
    () => undefined,
    (error: unknown) => error,
  );
  // A read that failed before anything was changed leaves the file as writable as it was.
  if (failed === "read" && (edit === undefined || isHdf5Error(edit, "driver"))) {
    await file.abort().catch((error: unknown) => {
      if (!isHdf5Error(error, "driver")) throw error;
    });
    return undefined;
  }
  const flush = await file.flush().then(
    () => undefined,
    (error: unknown) => error,
  );
  const close = await file.close().then(
    () => undefined,
    (error: unknown) => error,
  );
  for (const [what, error] of Object.entries({ edit, flush, close })) {
    if (!isHdf5Error(error, "state") || error.reason !== "failed") return `a later ${what} gave ${String(error)}`;
  }
  return undefined;
}
