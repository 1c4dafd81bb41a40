import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { sourceFiles } from "./imports.js";

const NOTES = readFileSync(new URL("../../spec-notes/checked.md", import.meta.url), "utf8");
const NAMED = [...NOTES.matchAll(/`([\w./-]+\.ts)`/g)].map((found) => found[1] as string);

test("spec-notes/checked.md says of every file of src/format what checks it", () => {
  const files = sourceFiles().map((file) => file.replace(/^src\//, ""));
  const format = files.filter((file) => file.startsWith("format/")).map((file) => file.replace("format/", ""));
  expect(format.length).toBeGreaterThan(50);
  expect(format.filter((file) => !NAMED.includes(file))).toEqual([]);
});

test("spec-notes/checked.md names tests that exist", () => {
  const tests = NAMED.filter((name) => name.endsWith(".test.ts"));
  expect(tests.length).toBeGreaterThan(50);
  expect(tests.filter((name) => !existsSync(new URL(`../${name}`, import.meta.url)))).toEqual([]);
});
