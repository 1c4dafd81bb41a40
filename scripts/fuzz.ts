/** Reads damaged versions of sound files, and looks for what no reading may give. Rules: fuzz/oracle.ts. */
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { mutate } from "../src/testing/index.js";
import { filesIn, madeUp } from "./fuzz/seeds.js";
import type { Fault, Report, Work } from "./fuzz/worker.js";

const HELP = `usage: npm run fuzz -- [options] [FOLDER...]

Damages small HDF5 files of the folders (default: test/corpus) and made-up ones, reads them through the public API, and
tells of errors without a type, hangs, memory beyond the budget, and wrong values.

  --count N      mutations (default 50000)
  --seconds S    ends after this time at the latest (default 150)
  --seed N       seed of the first mutation (default: of the clock; printed)
  --made-up N    made-up files among the sound ones (default 24)
  --out FOLDER   where files that fail are written, minimised (default fuzz-failures)
  --first        ends with the first failure
  --help

Ends with "N passed, M failed"; status 1 when M > 0, or when fewer than N mutations were read and the time was not up.`;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: "string", default: "50000" },
    seconds: { type: "string", default: "150" },
    seed: { type: "string" },
    "made-up": { type: "string", default: "24" },
    out: { type: "string", default: "fuzz-failures" },
    first: { type: "boolean" },
    help: { type: "boolean" },
  },
});
if (options.help) {
  console.log(HELP);
  process.exit(0);
}

const count = Number(options.count);
const deadline = Date.now() + Number(options.seconds) * 1000;
const seed = options.seed === undefined ? Date.now() % 1_000_000_000 : Number(options.seed);
/** A reading that takes longer hangs, if it does so again alone. */
const HANG_MS = 1000;
const LOOK_MS = 50;
const THREAD = new URL("./fuzz/worker.ts", import.meta.url).href;

const files = [
  ...filesIn(positionals.length > 0 ? positionals : ["test/corpus"]),
  ...(await madeUp(Number(options["made-up"]), seed)),
];
console.log(`seed ${seed}, ${files.length} files`);

const faults: Fault[] = [];
let read = 0;
let next = 0;
while (next < count && Date.now() < deadline && !(options.first && faults.length > 0)) {
  const { stopped, reached } = await runThread(next, count, HANG_MS);
  read += reached - next;
  if (stopped === "done" || stopped === "time") break;
  // Hung, or the machine was busy: alone it gets more time.
  if (stopped === "hang" && (await runThread(reached, reached + 1, 10 * HANG_MS)).stopped === "hang") {
    report(await hung(reached));
  }
  read++;
  next = reached + 1;
}

const timeUp = Date.now() >= deadline;
console.log(`${read} mutations${timeUp ? ", then the time was up" : ""}; again with --seed ${seed}`);
console.log(`${read - faults.length} passed, ${faults.length} failed`);
process.exitCode = faults.length > 0 || (read < count && !timeUp) ? 1 : 0;

type Stop = "done" | "time" | "hang" | "died";

/** Read cases [from, to) in a thread of its own until the time is up or one of them hangs. */
function runThread(
  from: number,
  to: number,
  hangMs: number,
): Promise<{ readonly stopped: Stop; readonly reached: number }> {
  const progress = new SharedArrayBuffer(4);
  const counter = new Int32Array(progress);
  const work: Work = { files, seed, from, to, progress };
  // The thread does not inherit what makes this process read TypeScript.
  const source = `import("tsx/esm/api").then(({ register }) => (register(), import(${JSON.stringify(THREAD)})))`;
  const worker = new Worker(source, {
    eval: true,
    workerData: work,
    resourceLimits: { maxOldGenerationSizeMb: 512 },
  });
  return new Promise((resolve, reject) => {
    let last = 0;
    let since = Date.now();
    const end = (stopped: Stop): void => {
      clearInterval(timer);
      worker.removeAllListeners();
      const reached = stopped === "done" ? to : from + Math.max(0, Atomics.load(counter, 0) - 1);
      void worker.terminate().then(() => resolve({ stopped, reached }));
    };
    const timer = setInterval(() => {
      const now = Atomics.load(counter, 0);
      if (now !== last) [last, since] = [now, Date.now()];
      else if (now > 0 && Date.now() - since > hangMs) return end("hang");
      if (Date.now() >= deadline || (options.first && faults.length > 0)) end("time");
    }, LOOK_MS);
    worker.on("message", (message: Report) => {
      if (message.kind === "fault") report(message.fault);
      else if (message.kind === "done") end("done");
      else if (from === 0) {
        for (const name of message.unusable) console.log(`not a sound file: ${name}`);
        if (message.files === 0) reject(new Error("there is no sound file to begin with"));
      }
    });
    worker.on("error", (error) => {
      // Out of memory, or a fault of this program; which file it was is known either way.
      const at = Atomics.load(counter, 0);
      if (at <= 0) return reject(error);
      void hung(from + at - 1).then((fault) => {
        report({ ...fault, fault: `ends the thread: ${error.message}` });
        end("died");
      });
    });
  });
}

async function hung(number: number): Promise<Fault> {
  const [file, bytes] = files[number % files.length] ?? ["", new Uint8Array()];
  const mutation = await mutate(bytes, seed + number);
  return { number, file, what: mutation.what, fault: "hang: takes more than 1 s", bytes: mutation.bytes };
}

function report(fault: Fault): void {
  faults.push(fault);
  mkdirSync(options.out, { recursive: true });
  const name = `${createHash("sha256").update(fault.bytes).digest("hex").slice(0, 12)}.h5`;
  writeFileSync(join(options.out, name), fault.bytes);
  const line = fault.fault.split("\n").slice(0, 3).join(" | ");
  console.log(`${join(options.out, name)}: ${line} (${fault.file}: ${fault.what}; case ${fault.number})`);
}
