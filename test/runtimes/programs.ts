/** Runtimes that are programs: Node, Deno, Bun. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { INSTALL, MODULES, outputOf, type Result, type Runtime } from "./runtime.js";

function program(name: string, path: string, args: readonly string[]): Runtime {
  return {
    name,
    missing: () => (existsSync(path) ? undefined : INSTALL),
    async run({ folder, url }) {
      const written = join(folder, `${name.toLowerCase()}.h5`);
      const output = await outputOf(path, [...args, "test/runtimes/main.js", url, written], { cwd: folder });
      return JSON.parse(output.trim().split("\n").pop() ?? "") as Result[]; // what main.js prints
    },
  };
}

/** The programs. */
export const PROGRAMS: readonly Runtime[] = [
  program("Node", process.execPath, []),
  program("Deno", join(MODULES, ".bin/deno"), ["run", "-A", "--no-remote", "--node-modules-dir=manual"]),
  program("Bun", join(MODULES, ".bin/bun"), []),
];
