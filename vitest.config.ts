import { fileURLToPath } from "node:url";
import { configDefaults, defineConfig, type ViteUserConfig } from "vitest/config";

const source = (path: string): string => fileURLToPath(new URL(`src/${path}`, import.meta.url));

/** Tests that replace modules: what they mock must not have been loaded before. */
const ALONE = ["test/model/decode-once.test.ts"];

// Tests run from the sources: "h5ts" and the platform names of package.json "imports" lead into src/.
const config: ViteUserConfig = defineConfig({
  resolve: {
    alias: [
      { find: /^h5ts$/, replacement: source("index.ts") },
      { find: /^h5ts\/([a-z]+)$/, replacement: `${source("")}$1/index.ts` },
    ],
  },
  ssr: { resolve: { conditions: ["h5ts-source", "node", "module", "default"] } },
  test: {
    setupFiles: ["test/seed.ts"],
    testTimeout: 30_000,
    // Left alone it keeps a core free for watching files.
    maxWorkers: "100%",
    projects: [
      {
        extends: true,
        test: {
          name: "files",
          include: ["test/**/*.test.ts"],
          exclude: [...configDefaults.exclude, ...ALONE],
          benchmark: { include: ["test/bench/**/*.bench.ts"] },
          // Loading the sources anew for each file took a third of the time of all tests.
          isolate: false,
        },
      },
      { extends: true, test: { name: "alone", include: ALONE, benchmark: { include: [] } } },
    ],
  },
});

export default config;
