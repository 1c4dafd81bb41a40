import { defineConfig, type Options } from "tsup";
import { entryPoints } from "./scripts/entry-points.js";

// The JavaScript of the package. Declarations come from `tsc -p tsconfig.build.json`, file by file, so that they keep
// their maps; splitting puts shared code into chunks, so that every entry sees the same error classes.
const config: Options | Options[] | ReturnType<typeof defineConfig> = defineConfig({
  entry: entryPoints(),
  format: ["esm"],
  outDir: "dist",
  platform: "neutral",
  target: "es2022",
  splitting: true,
  treeshake: false,
  sourcemap: true,
  clean: true,
  dts: false,
  silent: true,
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
});

export default config;
