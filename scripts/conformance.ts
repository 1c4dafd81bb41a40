/**
 * Read every file of a corpus and compare what the public API finds with its manifest.
 *
 *   npm run conformance -- DIR [--only TEXT] [--features]
 *
 * Prints one line per difference and ends with `N passed, M failed`; exit status 1 when M > 0.
 */
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { allFilters } from "../src/filters/index.js";
import { type Hdf5File, isHdf5Error, open } from "../src/index.js";
import { compareFile, describeError, type Report } from "./conformance/compare.js";
import { Corpus, type IndexRow, type Manifest } from "./conformance/manifest.js";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: "string" }, features: { type: "boolean" } },
});
const [dir] = positionals;
if (dir === undefined) {
  console.error("usage: npm run conformance -- DIR [--only TEXT] [--features]");
  process.exit(2);
}

const corpus = new Corpus(dir);
let passed = 0;
let failed = 0;
for (const row of corpus.rows) {
  const name = `${row.source}/${row.path}`;
  if (options.only !== undefined && !name.includes(options.only)) continue;
  let differences = 0;
  const report: Report = (where, expected, found) => {
    differences++;
    console.log(`${name} ${where}: expected ${short(expected)}, found ${short(found)}`);
  };
  await compareRow(row, report);
  if (differences === 0) passed++;
  else {
    failed++;
    if (options.features) console.log(`  ${name} uses ${row.features.join(" ")}`);
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

async function compareRow(row: IndexRow, report: Report): Promise<void> {
  const manifest: Manifest = corpus.manifest(row);
  let file: Hdf5File;
  try {
    const source = corpus.source(row);
    const external = typeof source === "string" ? { dir: dirname(source) } : ("deny" as const);
    file = await open(source, {
      external,
      filters: allFilters,
      driver: row.driver === "sec2" ? undefined : row.driver,
    });
  } catch (error) {
    const refused = isHdf5Error(error) && (!manifest.opens || manifest.rootError === true);
    if (!refused) report("open", manifest.opens ? "opens" : "a typed error", describeError(error));
    return;
  }
  try {
    // A file that the C library refuses may be read here; then it is compared with what is in it, where that is known.
    const content = manifest.opens ? manifest : manifest.afterClear;
    if (content !== undefined && !content.rootError) await compareFile(file, content, report);
  } catch (error) {
    report("reading", "readable", describeError(error));
  } finally {
    await file.close();
  }
}

function short(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "absent");
  const line = text.replaceAll("\n", " ");
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
