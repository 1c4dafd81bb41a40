/** Builds the package unless dist/ is newer than everything it is made of. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const INPUTS = ["package.json", "tsup.config.ts", "tsconfig.json", "tsconfig.build.json"];
// The last file of the build: declarations are written after the JavaScript.
const STAMP = join(ROOT, "dist/index.d.ts");

function newest(folder: string): number {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return Math.max(...files.map((name) => statSync(join(folder, name)).mtimeMs));
}

const inputs = Math.max(newest(join(ROOT, "src")), ...INPUTS.map((name) => statSync(join(ROOT, name)).mtimeMs));
if (!existsSync(STAMP) || statSync(STAMP).mtimeMs < inputs) {
  const { status } = spawnSync("npm", ["run", "build"], {
    cwd: ROOT,
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  process.exitCode = status ?? 1;
}
