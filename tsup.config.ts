import { basename } from "node:path";
import { transform } from "esbuild";
import { defineConfig, type Options } from "tsup";
import { entryPoints } from "./scripts/entry-points.js";
import { oneCommonChunk } from "./scripts/node-build.js";

type TsupPlugin = NonNullable<Options["plugins"]>[number];

// The JavaScript of the package. Declarations come from `tsc -p tsconfig.build.json`, file by file, so that they keep
// their maps; splitting puts shared code into chunks, so that every entry sees the same error classes.
const shared: Options = {
  format: ["esm"],
  target: "es2022",
  splitting: true,
  treeshake: false,
  sourcemap: true,
  dts: false,
  silent: true,
};

/** For bundlers, and platforms without a file system: many chunks, of which each job loads few. */
const forBundlers: Options = {
  ...shared,
  entry: entryPoints(),
  outDir: "dist",
  platform: "neutral",
  clean: ["!node/**"],
  plugins: [
    {
      // esbuild leaves `import "./chunk-….js";` where it has found that nothing of a chunk is used. The chunks have no
      // side effects, and such a line makes bundlers load the writer together with the reader. Lines keep their numbers.
      name: "no-bare-imports",
      renderChunk(code, { map }) {
        const kept = code.replace(/^import "\.{1,2}\/(?:[^"]*\/)?chunk-[^"/]+\.js";$/gm, "");
        return map === undefined ? { code: kept } : { code: kept, map };
      },
    },
  ],
  // The names of package.json "imports" stay as they are: the reader's runtime or bundler picks the platform's file.
  external: [/^#/, /^node:/],
};

/**
 * Shorter names in the common chunk: a tenth less to parse. Methods, properties and what is exported keep theirs, the
 * errors say theirs, and the source maps know all others (`node --enable-source-maps`); what is printed by the name of
 * its class, the NWB types, is in chunks that keep them.
 */
const shortNames: TsupPlugin = {
  name: "short-names",
  async renderChunk(code, { path, map }) {
    if (!/[\\/]chunk-[^\\/]+\.js$/.test(path) || code.length < 100_000) return undefined;
    const known = Buffer.from(typeof map === "string" ? map : JSON.stringify(map)).toString("base64");
    const made = await transform(`${code}\n//# sourceMappingURL=data:application/json;base64,${known}`, {
      format: "esm",
      target: "es2022",
      minify: true,
      sourcemap: "external",
      sourcefile: basename(path),
    });
    return { code: made.code, map: made.map };
  },
};

/** For Node, Deno and Bun (npm run bench:startup). */
const forNode: Options = {
  ...shared,
  entry: entryPoints("node"),
  outDir: "dist/node",
  platform: "node",
  minifyWhitespace: true,
  minifySyntax: true,
  removeNodeProtocol: false,
  clean: true,
  esbuildPlugins: [oneCommonChunk],
  plugins: [shortNames],
  external: [/^node:/],
};

const config: ReturnType<typeof defineConfig> = defineConfig([forBundlers, forNode]);

export default config;
