/**
 * What Node, Deno and Bun load is built apart (tsup.config.ts). Two things make starting up slow there: the number of
 * files, and the text that has to be parsed; npm run bench:startup measures them.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "esbuild";
import { entryPoints } from "./entry-points.js";

const ROOT: string = fileURLToPath(new URL("../", import.meta.url));

/** Loaded later elsewhere, at once in Node: what every reading of values needs. */
const COMMON = /\/values\.js$/;

/** A dynamic import of a file of ours. */
const LATER = /(?<!typeof )\bimport\("(\.{1,2}\/[^"]+)"\)/g;

/** The files of ours that dynamic imports reach: each gets an output of its own, as an entry does. */
function loadedLater(): string[] {
  const sources = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ts"),
  );
  return sources.flatMap((name) => {
    const path = join(ROOT, "src", name);
    const found = [...readFileSync(path, "utf8").matchAll(LATER)].map(([, specifier = ""]) => specifier);
    return found.map((specifier) => resolve(dirname(path), specifier.replace(/\.js$/, ".ts")));
  });
}

/**
 * Everything that reading a common file needs gets into one chunk, without the writer and rare structures: all entries
 * and all that is loaded later import it, which leaves esbuild no way to divide it.
 */
export const oneCommonChunk: Plugin = {
  name: "one-common-chunk",
  setup(build) {
    const common = join(ROOT, "src/index.ts");
    const entries = Object.values(entryPoints("node")).map((name) => join(ROOT, name));
    const roots = new Set([...entries, ...loadedLater()]);
    build.onResolve({ filter: /^#/ }, ({ path }) => {
      const file = { "#zlib": "src/filters/zlib-node.ts", "#platform": "src/drivers/platform-node.ts" }[path];
      return file === undefined ? undefined : { path: join(ROOT, file) };
    });
    // With side effects, for an import that takes nothing is dropped otherwise.
    build.onResolve({ filter: /^common:$/ }, () => ({ path: common, sideEffects: true }));
    build.onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path }) => {
      const imports: string[] = [];
      const text = readFileSync(path, "utf8").replace(LATER, (later, specifier: string) => {
        if (!COMMON.test(specifier)) return later;
        const name = `later${imports.length}`;
        imports.push(`import * as ${name} from "${specifier}";`);
        return `Promise.resolve(${name})`;
      });
      if (roots.has(path) && path !== common) imports.push(`import "common:";`);
      // At the end, so that lines keep their numbers.
      return { contents: [text, ...imports].join("\n"), loader: "ts" };
    });
  },
};
