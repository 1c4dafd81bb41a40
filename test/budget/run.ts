/**
 * Counts what reading remote files costs, and compares it with the budgets:
 *   npm run budget -- FOLDER [CORPUS]
 * FOLDER is where the files are made (900 MB, with h5py) and kept; CORPUS is the conformance corpus. Prints one line
 * for each job, and `N passed, M failed` at the end.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { httpDriver } from "../../src/drivers/http.js";
import { open } from "../../src/index.js";
import { type RangeServer, rangeServer } from "../drivers/range-server.js";
import { JOBS, type Job } from "./jobs.js";
import { makeOurs } from "./ours.js";

/** What a job cost. */
interface Cost {
  readonly requests: number;
  readonly rounds: number;
  readonly bytes: number;
}

/** Long enough for the answers of one round to be under way together, on a machine that is busy with other things, too. */
const DELAY = 25;

async function measure(server: RangeServer, job: Job): Promise<{ cold: Cost; warm: number; result: unknown }> {
  server.reset();
  await using file = await open(httpDriver(`${server.url}/${job.file}`, { concurrency: 64 }));
  const result = await job.run(file);
  const cold = { requests: server.asked.length, rounds: server.rounds(), bytes: server.sent() };
  const again = await job.run(file);
  if (JSON.stringify(result) !== JSON.stringify(again)) throw new Error("the second time gives something else");
  return { cold, warm: server.asked.length - cold.requests, result };
}

/** What exceeds the budget, in words. */
function excess({ budget }: Job, { requests, rounds, bytes }: Cost, warm: number, size: number): string[] {
  const most = budget.bytes?.(size) ?? Number.POSITIVE_INFINITY;
  return [
    ...(requests > budget.requests ? [`${requests} requests, at most ${budget.requests}`] : []),
    ...(rounds > (budget.rounds ?? Number.POSITIVE_INFINITY) ? [`${rounds} rounds, at most ${budget.rounds}`] : []),
    ...(bytes > most ? [`${bytes} bytes, at most ${Math.floor(most)}`] : []),
    ...(warm > 0 ? [`${warm} requests when it was done again`] : []),
  ];
}

const [folder, corpus] = process.argv.slice(2);
if (folder === undefined) throw new Error("usage: npm run budget -- FOLDER [CORPUS]");
mkdirSync(folder, { recursive: true });
try {
  execFileSync("/usr/bin/python3", [fileURLToPath(new URL("make-files.py", import.meta.url)), folder], {
    stdio: "inherit",
  });
} catch {
  process.stdout.write("h5py could not make its files; jobs on them are left out\n");
}
await makeOurs(folder);

const places = [folder, ...(corpus === undefined ? [] : [join(corpus, "nwb")])];
const server = await rangeServer({});
server.delay = DELAY;
let passed = 0;
let failed = 0;
for (const job of JOBS) {
  const name = `${job.name}, ${job.file}`;
  const path = places.map((place) => join(place, job.file)).find((candidate) => existsSync(candidate));
  if (path === undefined) {
    process.stdout.write(`left out: ${name}: there is no such file\n`);
    continue;
  }
  const content = readFileSync(path);
  server.files = { [job.file]: content };
  const { cold, warm, result } = await measure(server, job);
  const wrong = excess(job, cold, warm, content.length);
  if (wrong.length === 0) passed++;
  else failed++;
  const { requests, rounds, bytes } = cold;
  process.stdout.write(
    `${wrong.length === 0 ? "ok  " : "FAIL"} ${name}: ${requests} requests (${job.budget.requests}), ${rounds} rounds, ` +
      `${(bytes / 2 ** 20).toFixed(2)} MiB of ${(content.length / 2 ** 20).toFixed(1)}; again ${warm}; ` +
      `${JSON.stringify(result)}${wrong.length === 0 ? "" : `\n     ${wrong.join("; ")}`}\n`,
  );
}
await server.close();
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
