/**
 * A process that writes to a file on disk is killed (SIGKILL) at a random moment, again and again. After each time our
 * reader and h5py must find in the file everything up to the last flush that the process had told of.
 *
 *   npm run crash:kill -- [--rounds N] [--seed N]
 *
 * `durability: "process"`. Ends with `N passed, M failed`, where N counts rounds.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { create, deflate, type Hdf5File, open } from "../src/index.js";
import { StockProcess } from "../test/interop/turns.js";
import { seeded } from "./crash/states.js";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
    help: { type: "boolean" },
  },
});
if (options.help) {
  console.log("npm run crash:kill -- [--rounds N] [--seed N]");
  process.exit(0);
}

const ROWS = 7;
/** Rows of a flush: their number, so that every element tells of itself. */
const row = (i: number): Int32Array => Int32Array.from({ length: ROWS }, (_, j) => i * ROWS + j);

/** The process that is killed: flush after flush, each told of by its number once it is done. */
async function write(path: string): Promise<void> {
  const file: Hdf5File = await open(path, { mode: "r+" });
  const grows = await file.dataset("grows");
  const packed = await file.dataset("packed");
  // What one kill left may be ahead in one object and behind in another: that is the promise. All go on from the same row.
  const rows = Math.min(grows.length, packed.length);
  await grows.resize([rows]);
  await packed.resize([rows]);
  const clear = async (at: string): Promise<void> => {
    if (await file.root.has(at)) await file.root.delete(at);
  };
  const move = async (from: string, to: string): Promise<void> => {
    if (!(await file.root.has(from))) return; // moved already
    await clear(to);
    await file.root.move(from, to);
  };
  for (let i = rows / ROWS; ; i++) {
    await grows.append(row(i));
    await packed.append(row(i));
    await file.root.attrs.set("rows", row(i), { datatype: "int32" });
    await clear(`g${i % 5}/d${i}`);
    await file.root.createDataset(`g${i % 5}/d${i}`, { data: row(i) });
    if (i % 3 === 2) await move(`g${(i - 1) % 5}/d${i - 1}`, `moved/d${i - 1}`);
    if (i % 4 === 3) await file.root.delete(`g${(i - 3) % 5}/d${i - 3}`).catch(() => undefined);
    await file.flush();
    process.stdout.write(`${i + 1}\n`);
  }
}

/** Run the writer until it has told of a flush and some more time has passed; gives the last flush it told of. */
async function killed(path: string, milliseconds: number): Promise<number> {
  const script = fileURLToPath(import.meta.url);
  const child = spawn(process.execPath, ["--conditions=h5ts-source", "--import", "tsx", script, path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let last = 0;
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  for await (const line of createInterface({ input: child.stdout })) {
    if (last === 0) setTimeout(() => child.kill("SIGKILL"), milliseconds);
    last = Number(line);
  }
  await ended;
  return last;
}

/** What is wrong with the columns: shorter than what was told, or other values than were written. */
function wrongColumn(name: string, values: readonly number[], flushes: number): string | undefined {
  if (values.length < flushes * ROWS) return `${name} has ${values.length} rows, ${flushes * ROWS} were flushed`;
  const at = values.findIndex((value, i) => value !== i);
  return at < 0 ? undefined : `${name} holds ${values[at]} in row ${at}`;
}

interface Tree {
  readonly error?: string;
  readonly links?: Readonly<Record<string, { readonly value?: readonly number[] }>>;
}

async function wrongIn(path: string, flushes: number, stock: StockProcess): Promise<string | undefined> {
  await using file = await open(path);
  for (const name of ["grows", "packed"]) {
    const values = [...((await (await file.dataset(name)).value()) as Int32Array)];
    const wrong = wrongColumn(name, values, flushes);
    if (wrong !== undefined) return `read by us: ${wrong}`;
  }
  for await (const [at, object] of file.root.visit()) {
    if (object.kind === "unresolved") return `read by us: ${at}: ${object.error.message}`;
    if (object.kind === "dataset") await object.read();
  }
  const tree = (await stock.ask({ path, edits: [], fork: true })) as Tree;
  if (tree.error !== undefined) return `read by h5py: ${tree.error}`;
  for (const name of ["grows", "packed"]) {
    const wrong = wrongColumn(name, tree.links?.[name]?.value ?? [], flushes);
    if (wrong !== undefined) return `read by h5py: ${wrong}`;
  }
  return undefined;
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "h5ts-kill-"));
  const stock = new StockProcess();
  const random = seeded(Number(options.seed));
  const started = performance.now();
  let passed = 0;
  let failed = 0;
  let flushes = 0;
  const make = async (path: string, round: number): Promise<void> => {
    const libver = (["v108", "v110", "earliest"] as const)[round % 3];
    await using file = await create(path, { libver });
    const spec = { datatype: "int32", shape: [0], maxShape: [null], chunkShape: [5] } as const;
    await file.root.createDataset("grows", spec);
    await file.root.createDataset("packed", { ...spec, filters: ["shuffle", deflate(1)] });
    await file.root.createGroup("moved");
  };
  try {
    const rounds = Number(options.rounds);
    for (let round = 0; round < rounds; round += 2) {
      // Two at a time: most of a round is starting a process.
      const pair = [round, round + 1].filter((each) => each < rounds);
      await Promise.all(
        pair.map(async (each) => {
          const path = join(folder, `${each % 8}.h5`);
          // A file goes through several rounds, edited again after it was left behind.
          const fresh = !existsSync(path) || each % 24 < 8;
          if (fresh) await make(path, each);
          let told = 0;
          try {
            told = await killed(path, random() * 150);
            flushes += told;
            const wrong = told === 0 ? "the writer told of no flush" : await wrongIn(path, told, stock);
            if (wrong === undefined) passed++;
            else {
              failed++;
              console.log(`round ${each}, ${told} flushes: ${wrong}`);
            }
          } catch (error) {
            failed++;
            console.log(`round ${each}, ${told} flushes: ${String(error)}`);
          }
        }),
      );
    }
  } finally {
    stock.end();
    rmSync(folder, { recursive: true, force: true });
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(`seed ${options.seed}: killed ${passed + failed} times in ${seconds} s, up to flush ${flushes} in all`);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}

const [path] = positionals;
await (path === undefined ? main() : write(path));
