import { dirname } from "node:path";
import { describe, expect, test } from "vitest";
import { compareFile } from "../../scripts/conformance/compare.js";
import { Corpus, type IndexRow } from "../../scripts/conformance/manifest.js";
import { open } from "../../src/index.js";

const dir = process.env.H5TS_CORPUS;
if (dir === undefined) console.warn("H5TS_CORPUS is not set: the files of many writers are not read");

/** What this version does not read, and sizes that make a fast test slow. */
const LATER = /^(filter:(?![123]$)|layout:(external|virtual)|msg:external-files|driver:(multi|split)|huge-dataset)/;
const MAX_SIZE = 40_000;

function isTested({ features, driver, opens, size }: IndexRow): boolean {
  if (!opens || driver !== "sec2" || size > MAX_SIZE) return false;
  return !features.some((feature) => LATER.test(feature));
}

describe.skipIf(dir === undefined)("files of many writers", () => {
  const corpus = dir === undefined ? undefined : new Corpus(dir);
  const bySource = new Map<string, IndexRow[]>();
  for (const row of corpus?.rows ?? []) {
    if (isTested(row)) bySource.set(row.source, [...(bySource.get(row.source) ?? []), row]);
  }
  for (const [source, rows] of bySource) {
    test(`${source}: ${rows.length} files hold what their manifests say`, async () => {
      const differences: string[] = [];
      for (const row of rows) {
        const path = corpus?.source(row) ?? "";
        const manifest = corpus?.manifest(row);
        if (manifest === undefined || manifest.rootError) continue;
        await using file = await open(path, { external: typeof path === "string" ? { dir: dirname(path) } : "deny" });
        await compareFile(file, manifest, (where, expected, found) => {
          differences.push(
            `${row.path} ${where}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`,
          );
        });
      }
      expect(differences).toEqual([]);
    });
  }
});
