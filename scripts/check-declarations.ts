/**
 * Packs the package and compiles a user's program against its declarations, without `skipLibCheck`, with several
 * versions of TypeScript and with the DOM's, the worker's and Node's types alone: `npm run check:declarations`.
 * The compilers come through npx, so that none of them is installed beside the project's own.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const VERSIONS = ["5.2.2", "5.6.3", "5.9.3"];
const PLATFORMS = [
  { name: "dom", lib: ["ES2022", "DOM"], types: [] },
  { name: "worker", lib: ["ES2022", "WebWorker"], types: [] },
  { name: "node", lib: ["ES2022"], types: ["node"] },
];
const ENTRIES = ["h5ts", "h5ts/drivers", "h5ts/filters", "h5ts/tools", "h5ts/nwb", "h5ts/format", "h5ts/testing"];

const PROGRAM = `${ENTRIES.map((entry, index) => `import * as entry${index} from "${entry}";`).join("\n")}
import { create, type Dataset, type Hdf5File, isHdf5Error, open } from "h5ts";

export const entries = [${ENTRIES.map((_, index) => `entry${index}`).join(", ")}];

export async function rows(bytes: Uint8Array): Promise<number> {
  await using file: Hdf5File = await open(bytes);
  const dataset: Dataset = await file.dataset("/a");
  const { data } = await dataset.read([[0, 10]], { as: "float64" });
  const sum: number = data.reduce((a, b) => a + b, 0);
  const result = await dataset.read();
  return result.kind === "bigint" ? Number(result.data[0]) : sum;
}

export async function make(): Promise<Blob> {
  const file = await create();
  await file.root.createDataset("a", { data: new Float64Array(10) });
  await file.flush();
  return new Blob([await file.toBytes()]);
}

export function missing(error: unknown): string | undefined {
  return isHdf5Error(error, "not-found") ? error.found : undefined;
}
`;

const work = mkdtempSync(join(tmpdir(), "h5ts-declarations-"));
let passed = 0;
let failed = 0;
try {
  const packed = execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", work], {
    cwd: ROOT,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [{ filename }] = JSON.parse(packed) as [{ readonly filename: string }];
  const home = join(work, "node_modules/h5ts");
  mkdirSync(home, { recursive: true });
  execFileSync("tar", ["-xzf", join(work, filename), "-C", home, "--strip-components=1"]);
  for (const name of ["@types/node", "undici-types", "fast-check", "pure-rand"]) {
    cpSync(join(ROOT, "node_modules", name), join(work, "node_modules", name), { recursive: true });
  }
  writeFileSync(join(work, "package.json"), '{ "type": "module" }\n');
  writeFileSync(join(work, "program.ts"), PROGRAM);

  for (const version of VERSIONS) {
    for (const { name, lib, types } of PLATFORMS) {
      for (const [module, moduleResolution] of [
        ["ESNext", "Bundler"],
        ["Node16", "Node16"],
      ]) {
        const config = `tsconfig.${version}.${name}.${moduleResolution}.json`;
        const compilerOptions = {
          ...{
            target: "ES2022",
            module,
            moduleResolution,
            lib,
            types,
            strict: true,
            noEmit: true,
            skipLibCheck: false,
          },
          exactOptionalPropertyTypes: true,
        };
        writeFileSync(join(work, config), JSON.stringify({ compilerOptions, files: ["program.ts"] }));
        const args = ["--yes", "-p", `typescript@${version}`, "tsc", "-p", config];
        const { status, stdout, stderr } = spawnSync("npx", args, { cwd: work, encoding: "utf8" });
        if (status === 0) passed++;
        else failed++;
        const title = `TypeScript ${version}, ${name} types, ${moduleResolution}`;
        process.stdout.write(`${status === 0 ? "ok  " : "FAIL"} ${title}\n`);
        if (status !== 0)
          process.stdout.write(`${stdout.split("\n").slice(0, 15).join("\n")}${stdout === "" ? stderr : ""}\n`);
      }
    }
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
