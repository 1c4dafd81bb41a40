/** A folder in which the packed package is installed, as users have it, with the suite beside it. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const ROOT: string = fileURLToPath(new URL("../../", import.meta.url));

/** Pack the package and install it in `folder`, with its one dependency, from what is on this machine. */
export function installPacked(folder: string): void {
  execFileSync("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", folder], { cwd: ROOT });
  const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz"));
  if (tarball === undefined) throw new Error("npm pack made no tarball");
  const modules = join(folder, "node_modules");
  mkdirSync(join(modules, "h5ts"), { recursive: true });
  execFileSync("tar", ["-xzf", join(folder, tarball), "-C", join(modules, "h5ts"), "--strip-components=1"]);
  cpSync(join(ROOT, "node_modules/pako"), join(modules, "pako"), { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module", private: true }));
  for (const part of ["test/runtimes", "examples"]) {
    cpSync(join(ROOT, part), join(folder, part), { recursive: true, filter: (name) => !name.includes("node_modules") });
  }
}

/** Bundle files of the folder for a platform without Node's built-ins; throws when one is needed all the same. */
export async function bundlePacked(
  folder: string,
  entries: readonly string[],
  out: string,
  { conditions, splitting }: { readonly conditions: readonly string[]; readonly splitting: boolean },
): Promise<void> {
  await build({
    entryPoints: entries.map((name) => join(folder, name)),
    absWorkingDir: folder,
    bundle: true,
    format: "esm",
    target: "es2022",
    platform: "browser",
    conditions: [...conditions],
    splitting,
    outdir: out,
    logLevel: "error",
  });
}
