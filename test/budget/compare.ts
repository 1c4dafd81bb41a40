/**
 * What the same jobs cost with this library, with h5wasm's lazy file, and with h5py over fsspec, on one server:
 *   npm run budget:compare -- FOLDER
 * FOLDER holds the files of `npm run budget`. Prints the table of docs/remote.md. All must give the same result.
 */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { open } from "../../src/index.js";
import { rangeServer } from "../drivers/range-server.js";
import { JOBS } from "./jobs.js";

/** Jobs of jobs.ts by name and file, and what the peers' scripts call them. */
const COMPARED: readonly (readonly [job: string, file: string, peers: string])[] = [
  ["root and an attribute", "few_default.h5", "listed"],
  ["root and an attribute", "few_latest.h5", "listed"],
  ["root and an attribute", "few_ours.h5", "listed"],
  ["root and an attribute", "hundred_default.h5", "listed"],
  ["root and an attribute", "hundred_latest.h5", "listed"],
  ["root and an attribute", "hundred_ours.h5", "listed"],
  ["walk everything", "many.h5", "walked"],
  ["walk everything", "scattered.h5", "walked"],
  ["session fields", "session.nwb", "session"],
  ["session fields and a slice", "session.nwb", "sliced"],
  ["1,000 chunks", "chunks_v1.h5", "chunks"],
  ["1,000 chunks", "chunks_fixed.h5", "chunks"],
  ["1,000 chunks", "chunks_extensible.h5", "chunks"],
  ["1,000 chunks", "chunks_ours.h5", "chunks"],
];

const PEERS: readonly (readonly [command: string, script: string])[] = [
  [process.execPath, "peer-h5wasm.mjs"],
  ["/usr/bin/python3", "peer_fsspec.py"],
];

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("usage: npm run budget:compare -- FOLDER");

/** Runs a peer and gives what it printed; a peer that fails gives the last line of its complaint. */
function peer(command: string, script: string, args: readonly string[]): Promise<string> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  return new Promise((resolve) => {
    const child = spawn(command, [path, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    let out = "";
    let complaint = "";
    child.stdout.on("data", (part: Buffer) => {
      out += String(part);
    });
    child.stderr.on("data", (part: Buffer) => {
      complaint += String(part);
    });
    child.on("error", (error) => resolve(error.message));
    child.on("close", (status) => resolve(status === 0 ? out : (complaint.trim().split("\n").pop() ?? "no output")));
  });
}

const server = await rangeServer({});
const lines: string[] = [];
const cost = (): string => `${server.asked.length} / ${(server.sent() / 2 ** 20).toFixed(1)} MiB`;
for (const [name, file, peers] of COMPARED) {
  const path = join(folder, file);
  const job = JOBS.find((candidate) => candidate.name === name && candidate.file === file);
  if (job === undefined || !existsSync(path)) throw new Error(`there is no ${path}: npm run budget makes it`);
  server.files = { [file]: readFileSync(path) };
  server.reset();
  const ours = await open(`${server.url}/${file}`);
  const result = JSON.stringify(await job.run(ours));
  await ours.close();
  const costs = [cost()];
  for (const [command, script] of PEERS) {
    server.reset();
    const answer = await peer(command, script, [`${server.url}/${file}`, peers]);
    const same = answer.startsWith("[") || /^\d/.test(answer) ? JSON.stringify(JSON.parse(answer)) === result : false;
    costs.push(same ? cost() : `${cost()}, but: ${answer.trim()}`);
  }
  const size = `${(readFileSync(path).length / 2 ** 20).toFixed(0)} MiB`;
  lines.push(`| ${name} | ${file}, ${size} | ${costs.join(" | ")} |`);
}
await server.close();
process.stdout.write("| job | file | h5ts | h5wasm, lazy file | h5py, fsspec |\n| --- | --- | --- | --- | --- |\n");
process.stdout.write(`${lines.join("\n")}\n`);
