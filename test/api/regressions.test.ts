/** Every file of test/corpus/regressions, as its index states it. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { memoryDriver } from "../../src/drivers/index.js";
import { open } from "../../src/index.js";
import { outcome, survey } from "../hostile/sound-file.js";

type Expectations = Readonly<Record<string, unknown>>;

interface Regression {
  readonly file: string;
  /** What went wrong, in one line. */
  readonly story: string;
  /** Values and errors by path; `""`: opening the file. */
  readonly found: Expectations;
  /** What the fill value of a dataset, or its first ten elements, give; absent: not asked for. */
  readonly fillValue?: Expectations;
  readonly slices?: Expectations;
  /** What making a dataset gives. */
  readonly edit?: unknown;
}

const FOLDER = new URL("../corpus/regressions/", import.meta.url);
const INDEX: readonly Regression[] = JSON.parse(readFileSync(new URL("index.json", FOLDER), "utf8"));

test("every file has its story, and none is larger than 4 KiB", () => {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith(".h5"));
  expect(INDEX.map(({ file }) => file).sort()).toEqual(files.sort());
  for (const { file, story } of INDEX) {
    expect(readFileSync(new URL(file, FOLDER)).length).toBeLessThanOrEqual(4096);
    expect(story.split("\n").length).toBe(1);
  }
});

test.each(INDEX)("$file: $story", async ({ file, ...stated }) => {
  const bytes = new Uint8Array(readFileSync(new URL(file, FOLDER)));
  const { found, fillValue = {}, slices = {}, edit } = stated;
  // What a slice is asked of is not read whole.
  const { "/": _, ...all } = Object.keys(slices).length > 0 ? {} : await survey(bytes);
  expect(all).toEqual(found);

  for (const [path, expected] of Object.entries(fillValue)) {
    await using opened = await open(bytes);
    const dataset = await opened.dataset(path);
    expect(await outcome(async () => dataset.fillValue)).toEqual(expected);
  }
  for (const [path, expected] of Object.entries(slices)) {
    await using opened = await open(bytes);
    const dataset = await opened.dataset(path);
    expect(await outcome(() => dataset.value([[0, 10]]))).toEqual(expected);
  }
  if (edit === undefined) return;
  const driver = memoryDriver(bytes.slice());
  const change = async (): Promise<string> => {
    await using opened = await open(driver, { mode: "r+" });
    await opened.root.createDataset("new", { data: Int32Array.of(7) });
    return "edited";
  };
  expect(await outcome(change)).toEqual(edit);
});
