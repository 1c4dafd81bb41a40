import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { defineConfig, type Options } from "tsup";
import { entryPoints } from "./scripts/entry-points.js";

type EsbuildPlugin = NonNullable<Options["esbuildPlugins"]>[number];

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

/** What is loaded later elsewhere is loaded at once, but for the writer: it is the number of files that costs. */
const fewFiles: EsbuildPlugin = {
  name: "few-files",
  setup(build) {
    build.onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, async ({ path }) => {
      const imports: string[] = [];
      const text = (await readFile(path, "utf8")).replace(
        /(?<!typeof )\bimport\("(\.{1,2}\/(?!writer\/)[^"]+)"\)/g,
        (_, specifier: string) => {
          const name = `later${imports.length}`;
          imports.push(`import * as ${name} from "${specifier}";`);
          return `Promise.resolve(${name})`;
        },
      );
      // At the end, so that lines keep their numbers.
      return { contents: [text, ...imports].join("\n"), loader: "ts" };
    });
    build.onResolve({ filter: /^#/ }, ({ path }) => {
      const file = { "#zlib": "src/filters/zlib-node.ts", "#platform": "src/drivers/platform-node.ts" }[path];
      return file === undefined ? undefined : { path: resolve(file) };
    });
  },
};

/** For Node, Deno and Bun, where starting up costs a millisecond for each file (npm run bench:startup). */
const forNode: Options = {
  ...shared,
  entry: entryPoints("node"),
  outDir: "dist/node",
  platform: "node",
  minifyWhitespace: true,
  minifySyntax: true,
  clean: true,
  esbuildPlugins: [fewFiles],
  external: [/^node:/],
};

const config: ReturnType<typeof defineConfig> = defineConfig([forBundlers, forNode]);

export default config;
