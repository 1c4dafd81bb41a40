import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Entry, readEntries } from "../../scripts/hostile/entries.js";
import { judge } from "../../scripts/hostile/judge.js";
import type { Failure, Outcome } from "../../scripts/hostile/read-all.js";
import { readAll } from "../../scripts/hostile/read-all.js";
import { fixture } from "../api/fixture.js";

const entry = (expected: Entry["expected"], path: string | null = "/d"): Entry => ({
  id: "x",
  file: "x.h5",
  expected,
  path,
  broken: "",
});
const outcome = (...failures: Partial<Failure>[]): Outcome => ({
  failures: failures.map((failure) => ({ where: "/d", call: "read", code: "format", message: "", ...failure })),
  contradictions: [],
  objects: 1,
  handedOut: 0,
  pathRead: true,
});

test("an error of no class of the library fails a file whatever is expected", () => {
  for (const expected of ["error", "either", "tolerated", "policy", "limit"] as const) {
    expect(judge(entry(expected), outcome({ code: undefined }))).not.toEqual([]);
    expect(judge(entry(expected), { ...outcome(), contradictions: ["/d"] })).not.toEqual([]);
  }
});

test("an error must come where the file is broken", () => {
  expect(judge(entry("error"), outcome())).toHaveLength(1);
  expect(judge(entry("error"), outcome({ where: "/e" }))).toHaveLength(1);
  expect(judge(entry("error"), outcome({ where: "/dd" }))).toHaveLength(1);
  for (const where of ["", "/d", "/d@a", "/d/x"]) expect(judge(entry("error"), outcome({ where }))).toEqual([]);
  expect(judge(entry("error", "/"), outcome({ where: "/e" }))).toEqual([]);
});

test("a file that leads elsewhere is refused by the policy and for no other reason", () => {
  expect(judge(entry("policy"), outcome())).toHaveLength(1);
  expect(judge(entry("policy"), outcome({ code: "unsupported" }))).toHaveLength(1);
  expect(judge(entry("policy"), outcome({ code: "policy" }))).toEqual([]);
});

test("a tolerated file is read whole; only links may fail when they are followed", () => {
  expect(judge(entry("tolerated"), outcome())).toEqual([]);
  expect(judge(entry("tolerated"), outcome({ where: "/e" }))).toHaveLength(1);
  expect(judge(entry("tolerated"), outcome({ code: "link", followed: true }))).toEqual([]);
});

test("a huge file gives data or a limit", () => {
  expect(judge(entry("limit"), outcome())).toEqual([]);
  expect(judge(entry("limit"), outcome({ code: "limit" }))).toEqual([]);
  expect(judge(entry("limit"), outcome({ code: "filter" }))).toHaveLength(1);
});

test("a sound file is read without a failure but of the links that lead nowhere", async () => {
  const { failures, contradictions, objects, pathRead } = await readAll(await fixture(), "/chunked");
  expect(failures.filter(({ followed }) => !followed)).toEqual([]);
  expect(failures.map(({ where }) => where).sort()).toEqual(["/dangling", "/external", "/loop-a", "/loop-b"]);
  expect(contradictions).toEqual([]);
  expect([objects > 10, pathRead]).toEqual([true, true]);
});

test("an index with anything but known expectations is refused", () => {
  const dir = mkdtempSync(join(tmpdir(), "hostile-"));
  const index = (text: string): void => writeFileSync(join(dir, "index.json"), text);
  index('{"files":[{"file":"a.h5","expected":"error","path":null}]}');
  expect(readEntries(dir)).toEqual([{ id: "a.h5", file: "a.h5", expected: "error", path: null, broken: "" }]);
  for (const text of ["{}", '{"files":[{"file":"a.h5","expected":"skip"}]}', '{"files":[{"expected":"error"}]}']) {
    index(text);
    expect(() => readEntries(dir)).toThrow();
  }
});
