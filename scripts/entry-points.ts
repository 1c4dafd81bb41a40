/** What the build makes: the entries that package.json names, and the platform's files that its "imports" name. */
import { readFileSync } from "node:fs";

const DIST = /^\.\/dist\/(.+)\.js$/;

/** Every path of a conditional export or import, whatever its conditions. */
function targets(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(targets);
}

/**
 * Entries that nobody imports by name: what `open` needs gets chunks of its own. Without it, reader and writer are
 * reachable from the same entries and land in one chunk, which no bundler can take apart again.
 */
const INNER = [
  "api/create",
  "api/open",
  "api/whole-file",
  "datatypes/builders",
  "datatypes/columns-builder",
  "datatypes/datatype-input",
  "filters/builders",
  "selection/builders",
  "selection/selection",
];

/** What Node, Deno and Bun load has few files, since each costs a millisecond: the entries of `exports` alone. */
const FOR_NODE = /^node\//;

/** Output name → source file, for every `./dist/….js` that package.json mentions, and the inner entries. */
export function entryPoints(platform: "any" | "node" = "any"): Record<string, string> {
  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
    readonly exports: unknown;
    readonly imports?: unknown;
    readonly bin: unknown;
  };
  const names = [manifest.exports, manifest.imports, manifest.bin]
    .flatMap(targets)
    .map((target) => DIST.exec(target)?.[1])
    .filter((name) => name !== undefined);
  const forNode = names.filter((name) => FOR_NODE.test(name)).map((name) => name.replace(FOR_NODE, ""));
  const wanted = platform === "node" ? forNode : [...names.filter((name) => !FOR_NODE.test(name)), ...INNER];
  return Object.fromEntries([...new Set(wanted)].sort().map((name) => [name, `src/${name}.ts`]));
}
