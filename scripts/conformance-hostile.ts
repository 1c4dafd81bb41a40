/**
 * Read every file of a folder of hostile files, and compare what happens with what its index says must happen.
 *
 *   npm run conformance:hostile -- DIR [--only TEXT]
 *
 * Each file is read whole through the public API in a child process, within 1 s and 64 MiB over the process's baseline
 * (and the values handed out). Prints one line per difference and ends with `N passed, M failed`; status 1 when M > 0.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Answer } from "./hostile/child.js";
import { type Entry, readEntries } from "./hostile/entries.js";
import { judge } from "./hostile/judge.js";
import { ReaderProcess } from "./hostile/reader-process.js";

/** Budgets of one file. */
const MOST_MS = 1000;
const MOST_BYTES = 64 * 2 ** 20;
const PROCESSES = 2;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: "string" } },
});
const [dir] = positionals;
if (dir === undefined) {
  console.error("usage: npm run conformance:hostile -- DIR [--only TEXT]");
  process.exit(2);
}

const { only } = options;
const entries = readEntries(dir).filter(({ id }) => only === undefined || id.includes(only));
const differences = new Map<Entry, readonly string[]>();
const waiting = [...entries];
await Promise.all(
  Array.from({ length: PROCESSES }, async () => {
    const reader = new ReaderProcess();
    for (let entry = waiting.shift(); entry !== undefined; entry = waiting.shift()) {
      differences.set(entry, await differencesOf(reader, entry));
    }
    reader.end();
  }),
);

let failed = 0;
for (const entry of entries) {
  const lines = differences.get(entry) ?? ["was not read"];
  if (lines.length > 0) failed++;
  for (const line of lines) console.log(`${entry.file} (${entry.broken}): ${line}`);
}
console.log(`${entries.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

async function differencesOf(reader: ReaderProcess, entry: Entry): Promise<string[]> {
  const task = { file: join(dir as string, entry.file), path: entry.path };
  let result = await reader.read(task);
  if (result.kind === "answer" && result.used && overBudget(result.answer).length > 0) {
    // What earlier files left behind, or a busy machine: measured again in a process of its own.
    reader.end();
    result = await reader.read(task);
  }
  if (result.kind === "hang") return ["does not end"];
  if (result.kind === "died") return [`ends the process: ${result.how}`];
  const { answer } = result;
  const wrong = overBudget(answer);
  if (wrong.length > 0) reader.end();
  wrong.push(...answer.opened.map((name) => `opens ${JSON.stringify(name)}`));
  wrong.push(...(answer.outcome === undefined ? ["was not read"] : judge(entry, answer.outcome)));
  return wrong;
}

function overBudget({ wallMs, cpuMs, peak, outcome }: Answer): string[] {
  const wrong: string[] = [];
  // Of a process that waits for others the time on the processor counts.
  const ms = Math.min(wallMs, Math.max(cpuMs, 0));
  if (wallMs > MOST_MS && ms > MOST_MS) wrong.push(`takes ${Math.round(wallMs)} ms, ${Math.round(cpuMs)} of them busy`);
  if (wallMs > 5 * MOST_MS && ms <= MOST_MS) wrong.push(`takes ${Math.round(wallMs)} ms, mostly waiting`);
  const allowed = MOST_BYTES + (outcome?.handedOut ?? 0);
  if (peak > allowed)
    wrong.push(
      `takes ${Math.round(peak / 2 ** 20)} MiB over the baseline, ${Math.round(allowed / 2 ** 20)} are allowed`,
    );
  return wrong;
}
