/** Bundles as a user's bundler makes them for a browser: with splitting, minified, tree-shaken. */
import { fileURLToPath } from "node:url";
import { build, type Metafile } from "esbuild";

/** Where the library comes from. */
export type Origin = "src" | "dist";

/** One output file of a bundle. */
export interface Chunk {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A bundle, divided into what a page loads at once and what it loads when it is needed. */
export interface Bundle {
  /** The entry and the chunks it imports statically. */
  readonly initial: readonly Chunk[];
  /** What only a dynamic import reaches. */
  readonly later: readonly Chunk[];
  /** `initial`, and what is loaded with dynamic imports of the files that match. @throws when none does. */
  loadedFor(...imported: readonly RegExp[]): readonly Chunk[];
  /** Source files in `initial`, relative to the repository. */
  readonly initialSources: readonly string[];
  /** Source files of the whole bundle. */
  readonly sources: readonly string[];
  /** Imports that were left for the platform to resolve, such as `node:fs`. */
  readonly external: readonly string[];
}

const ROOT = fileURLToPath(new URL("../", import.meta.url));

function staticGraph(outputs: Metafile["outputs"], entry: string): Set<string> {
  const seen = new Set<string>();
  const queue = [entry];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    for (const imported of outputs[name]?.imports ?? []) {
      if (imported.kind === "import-statement" && imported.external !== true) queue.push(imported.path);
    }
  }
  return seen;
}

const sourcesOf = (outputs: Metafile["outputs"], names: Iterable<string>): string[] => {
  const sources = new Set<string>();
  for (const name of names) {
    for (const [source, input] of Object.entries(outputs[name]?.inputs ?? {})) {
      if (input.bytesInOutput > 0) sources.add(source);
    }
  }
  return [...sources].sort();
};

/**
 * Bundle `code`, which imports `"h5ts"` and its sub-paths, for a browser.
 * Throws when the bundle needs something that a browser does not have.
 */
export async function bundle(
  code: string,
  options: { readonly origin: Origin; readonly splitting: boolean },
): Promise<Bundle> {
  const fromSource = options.origin === "src";
  const result = await build({
    stdin: { contents: code, resolveDir: ROOT, sourcefile: "entry.js", loader: "js" },
    absWorkingDir: ROOT,
    bundle: true,
    platform: "browser",
    format: "esm",
    target: "es2022",
    minify: true,
    splitting: options.splitting,
    outdir: "bundle",
    entryNames: "entry",
    write: false,
    metafile: true,
    logLevel: "silent",
    conditions: fromSource ? ["h5ts-source"] : [],
    tsconfig: fromSource ? "tsconfig.json" : "tsconfig.build.json",
    // Built-ins are kept as imports so that they can be counted, not to let them through.
    external: ["node:*"],
  });
  const { outputs } = result.metafile;
  // What is imported dynamically is an entry point, too.
  const entry = Object.keys(outputs).find((name) => name === "bundle/entry.js");
  if (entry === undefined) throw new Error("the bundle has no entry");
  const initial = staticGraph(outputs, entry);
  const chunks = result.outputFiles.map((file) => ({ name: file.path.slice(ROOT.length), bytes: file.contents }));
  return {
    initial: chunks.filter(({ name }) => initial.has(name)),
    later: chunks.filter(({ name }) => !initial.has(name)),
    loadedFor(...imported) {
      const loaded = new Set(initial);
      for (const pattern of imported) {
        const found = Object.keys(outputs).find((name) => pattern.test(outputs[name]?.entryPoint ?? ""));
        if (found === undefined) throw new Error(`nothing imports a file like ${pattern}`);
        for (const name of staticGraph(outputs, found)) loaded.add(name);
      }
      return chunks.filter(({ name }) => loaded.has(name));
    },
    initialSources: sourcesOf(outputs, initial),
    sources: sourcesOf(outputs, Object.keys(outputs)),
    external: [
      ...new Set(
        Object.values(outputs).flatMap((output) => output.imports.filter((i) => i.external).map((i) => i.path)),
      ),
    ].sort(),
  };
}
