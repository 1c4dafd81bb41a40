import { fileURLToPath } from "node:url";
import { defineConfig, type ViteUserConfig } from "vitest/config";

const source = (path: string): string => fileURLToPath(new URL(`src/${path}`, import.meta.url));

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
    include: ["test/**/*.test.ts"],
    benchmark: { include: ["test/bench/**/*.bench.ts"] },
    setupFiles: ["test/seed.ts"],
    testTimeout: 30_000,
    // Left alone it keeps a core free for watching files.
    maxWorkers: "100%",
  },
});

export default config;
