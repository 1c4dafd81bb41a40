#!/usr/bin/env node
/** The command `h5ts`. */
import { run } from "./run.js";
import type { Terminal } from "./terminal.js";

const controller = new AbortController();
process.once("SIGINT", () => controller.abort(new Error("interrupted")));
process.once("SIGTERM", () => controller.abort(new Error("terminated")));

// `h5ts ls FILE | head`: the reader has seen enough.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

let statusLength = 0;

/** Writes over the status line with blanks, so that the next line starts clean. */
function clearStatus(): void {
  if (statusLength > 0) process.stderr.write(`\r${" ".repeat(statusLength)}\r`);
  statusLength = 0;
}

const terminal: Terminal = {
  interactive: process.stderr.isTTY === true,
  signal: controller.signal,
  out(line) {
    clearStatus();
    process.stdout.write(`${line}\n`);
  },
  err(line) {
    clearStatus();
    process.stderr.write(`${line}\n`);
  },
  status(text) {
    if (process.stderr.isTTY !== true) {
      process.stderr.write(`${text}\n`);
      return;
    }
    clearStatus();
    process.stderr.write(text);
    statusLength = text.length;
  },
};

process.exitCode = await run(process.argv.slice(2), terminal);
clearStatus();
