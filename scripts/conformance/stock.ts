/** What libhdf5 finds in files that were written or edited here, and how it compares with what was in them before. */
import { type ChildProcess, type ChildProcessByStdio, fork, spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { Manifest, ManifestObject } from "./manifest.js";

const PYTHON = "/usr/bin/python3";

/** What may differ: how the file is stored, and how data are laid out. */
const FREE: ReadonlySet<string> = new Set(["info", "layout", "values", "slices", "skipped", "nonUtf8"]);

/** Is h5py there? */
export function hasStock(): boolean {
  return spawnSync(PYTHON, ["-c", "import h5py"]).status === 0;
}

/** libhdf5 1.10 through h5py, file after file. */
export class Manifests {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  /** @param dir of the corpus. */
  constructor(dir: string) {
    this.#process = spawn(PYTHON, [here("manifests.py"), join(dir, "tools/manifest.py")], {
      stdio: ["pipe", "pipe", "ignore"],
    });
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  async of(path: string): Promise<Manifest | string> {
    const out = `${path}.json`;
    this.#process.stdin.write(`${path}\t${out}\n`);
    const { value } = await this.#lines.next();
    const status = String(value).split("\t")[1];
    if (status !== "ok") return `libhdf5 ends with status ${status}`;
    return JSON.parse(readFileSync(out, "utf8")) as Manifest;
  }

  end(): void {
    this.#process.stdin.end();
  }
}

/** libhdf5 2.0 as WebAssembly. */
export class Wasm {
  #child: ChildProcess | undefined;

  /** What goes wrong when a file is read; "" when nothing does. */
  read(path: string): Promise<string> {
    this.#child ??= fork(here("h5wasm-reader.ts"), { stdio: ["ignore", "ignore", "ignore", "ipc"] });
    const child = this.#child;
    return new Promise((resolve) => {
      const finish = (answer: string): void => {
        clearTimeout(timer);
        child.removeAllListeners();
        resolve(answer);
      };
      const lost = (finding: string): void => {
        this.#child = undefined;
        child.kill("SIGKILL");
        finish(finding);
      };
      const timer = setTimeout(() => lost("takes more than 30 s"), 30_000);
      child.once("message", (answer) => finish(String(answer)));
      child.once("exit", () => lost("h5wasm traps"));
      child.send(path);
    });
  }

  end(): void {
    this.#child?.kill();
  }
}

function here(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

/** libhdf5 reads all of it. */
export function isReadable(manifest: Manifest): boolean {
  if (!manifest.opens || manifest.rootError) return false;
  return manifest.objects.every(
    (object) =>
      object.kind !== "?" &&
      !object.error &&
      !object.attributesError &&
      !object.linksError &&
      (object.attributes ?? []).every((attribute) => !attribute.error),
  );
}

/** What differs between manifests, line by line; nothing when they say the same. */
export function differences(expected: Manifest, found: Manifest): string[] {
  if (!found.opens || found.rootError) return [`libhdf5 does not open it: ${JSON.stringify(found)}`];
  const problems: string[] = [];
  const objects = new Map(found.objects.map((object) => [object.path, object]));
  if (expected.objects.map(({ path }) => path).join("\n") !== found.objects.map(({ path }) => path).join("\n")) {
    problems.push("has other objects");
  }
  for (const object of expected.objects) {
    const other = objects.get(object.path);
    if (other === undefined) continue;
    for (const key of new Set([...Object.keys(object), ...Object.keys(other)])) {
      if (FREE.has(key)) continue;
      const [a, b] = [shown(object, key), shown(other, key)];
      if (a !== b) problems.push(`${object.path} ${key}: expected ${short(a)}, found ${short(b)}`);
    }
  }
  if (JSON.stringify(expected.aliases) !== JSON.stringify(found.aliases)) problems.push("has other hard links");
  return problems;
}

function shown(object: ManifestObject, key: string): string {
  return JSON.stringify(stripped(object[key])) ?? "nothing";
}

/** Keys in order, without what is free. */
function stripped(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(stripped);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => !FREE.has(key));
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, each]) => [key, stripped(each)]));
}

function short(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
