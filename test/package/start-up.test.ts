/** What Node loads when it imports the package, counted: time cannot be asserted (npm run bench:startup measures it). */
import { fileURLToPath } from "node:url";
import { build, type Metafile } from "esbuild";
import { beforeAll, describe, expect, test } from "vitest";
import { entryPoints } from "../../scripts/entry-points.js";
import { oneCommonChunk } from "../../scripts/node-build.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

type Outputs = Metafile["outputs"];

/** Names of the outputs that importing this entry loads. */
function loadedWith(outputs: Outputs, entry: string): string[] {
  const names = new Set<string>();
  const queue = Object.keys(outputs).filter((name) => outputs[name]?.entryPoint === entry);
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    names.add(name);
    for (const { kind, path, external } of outputs[name]?.imports ?? []) {
      if (kind === "import-statement" && external !== true && !names.has(path)) queue.push(path);
    }
  }
  return [...names];
}

describe("importing h5ts in Node", () => {
  let outputs: Outputs;
  let loaded: string[];
  let sources: string[];
  beforeAll(async () => {
    const made = await build({
      entryPoints: entryPoints("node"),
      absWorkingDir: ROOT,
      outdir: "never-written",
      bundle: true,
      splitting: true,
      format: "esm",
      platform: "node",
      target: "es2022",
      minifyWhitespace: true,
      minifySyntax: true,
      plugins: [oneCommonChunk],
      external: ["node:*", "pako", "aws4fetch", "fast-check"],
      write: false,
      metafile: true,
      logLevel: "silent",
    });
    outputs = made.metafile.outputs;
    loaded = loadedWith(outputs, "src/index.ts");
    sources = loaded.flatMap((name) => Object.keys(outputs[name]?.inputs ?? {}));
  });

  test("loads two files of at most 350 kB before names are shortened", () => {
    expect(loaded).toHaveLength(2);
    const bytes = loaded.reduce((sum, name) => sum + (outputs[name]?.bytes ?? Number.NaN), 0);
    expect(bytes).toBeGreaterThan(100_000);
    expect(bytes).toBeLessThan(350_000);
  });

  test("loads what reading common files needs, and no more files with the first value", () => {
    for (const needed of ["api/values", "model/raw-data", "drivers/node-file", "filters/pipeline"]) {
      expect(sources).toContain(`src/${needed}.ts`);
    }
  });

  test("loads nothing that only writing, other media or rare structures need", () => {
    const unwanted = /^src\/(writer|nwb|tools|cli|testing)\/|(http|s3|opfs|family|multi|virtual|dense|heap-references)/;
    expect(sources.filter((source) => unwanted.test(source))).toEqual([]);
  });

  test("makes Node load none of its modules but the small ones for paths", () => {
    const imported = loaded.flatMap((name) => outputs[name]?.imports ?? []);
    const builtIn = imported.filter(({ kind, external }) => kind === "import-statement" && external === true);
    expect([...new Set(builtIn.map(({ path }) => path))].sort()).toEqual(["node:path", "node:url"]);
  });

  test("with every other entry, too: all of them share that chunk and its error classes", () => {
    const common = loaded.find((name) => outputs[name]?.entryPoint === undefined);
    expect(common).toBeDefined();
    for (const entry of Object.values(entryPoints("node"))) expect(loadedWith(outputs, entry)).toContain(common);
    expect(outputs[common ?? ""]?.inputs).toHaveProperty(["src/errors.ts"]);
  });
});
