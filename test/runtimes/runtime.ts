/** What a runtime of the suite is. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** One check that ran. */
export interface Result {
  readonly name: string;
  readonly error?: string | undefined;
}

/** What a runtime needs to run the suite. */
export interface Place {
  /** Folder with the packed package, see `installPacked`. */
  readonly folder: string;
  /** Of the file that is read by ranges, on loopback. */
  readonly url: string;
  /** Of the page. */
  readonly page: string;
}

/** One runtime. */
export interface Runtime {
  readonly name: string;
  /** Left out of what `--all` asks for. */
  readonly optional?: true;
  /** What is missing on this machine, and how it is installed; undefined when it can run. */
  missing(): string | undefined;
  run(place: Place): Promise<readonly Result[]>;
}

/** Where `npm ci --prefix test/runtimes` puts packages. */
export const MODULES: string = fileURLToPath(new URL("./node_modules/", import.meta.url));

/** How the packages of this folder are installed. */
export const INSTALL = "npm ci --prefix test/runtimes";

/** A program of the system. */
export function programOf(...names: readonly string[]): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
}

/** What a program prints; rejects when it fails or takes too long. */
export function outputOf(
  program: string,
  args: readonly string[],
  { cwd, env = {}, seconds = 120 }: { cwd: string; env?: Readonly<Record<string, string>>; seconds?: number },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), seconds * 1000);
    let output = "";
    let errors = "";
    child.stdout.on("data", (data) => {
      output += String(data);
    });
    child.stderr.on("data", (data) => {
      errors += String(data);
    });
    child.on("error", reject);
    child.on("close", (status) => {
      clearTimeout(timer);
      if (status === 0) resolve(output);
      else reject(new Error(`${program} ended with ${status}:\n${output}${errors}`));
    });
  });
}
