import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { allImports, type ImportLine, layerOf, sourceFiles, sourceText } from "./imports.js";

/** What a layer may import: layers, or single files of one. `types` may be imported with `import type` only. */
interface Rule {
  readonly from: readonly string[];
  readonly types?: readonly string[];
}

const BELOW_MODEL = ["errors", "bytes", "format", "datatypes", "selection", "filters", "drivers", "io"];

const LAYERS: Readonly<Record<string, Rule>> = {
  errors: { from: [] },
  bytes: { from: ["errors"] },
  format: { from: ["errors", "bytes"] },
  selection: { from: ["errors", "bytes"], types: ["format"] },
  datatypes: { from: ["errors", "bytes"], types: ["format", "selection"] },
  filters: { from: ["errors", "bytes"], types: ["format"] },
  drivers: { from: ["errors"] },
  io: { from: ["errors", "bytes", "drivers", "format/byte-source.ts"] },
  model: { from: BELOW_MODEL },
  writer: { from: [...BELOW_MODEL, "model"] },
  api: { from: [...BELOW_MODEL, "model", "writer"] },
  index: { from: ["errors", "datatypes", "selection", "filters", "drivers", "model", "api"] },
  tools: { from: [...BELOW_MODEL, "model", "api"] },
  nwb: { from: ["index"] },
  testing: { from: ["index", "drivers/index.ts", "format/index.ts"] },
  cli: { from: ["index", "nwb/index.ts", "tools/index.ts", "drivers/index.ts", "filters/index.ts"] },
};

function allowed(line: ImportLine): boolean {
  const { target } = line;
  if (target === undefined) return true;
  const own = layerOf(line.file);
  if (layerOf(target) === own) return true;
  const rule = LAYERS[own];
  if (rule === undefined) return false;
  const names = line.typeOnly ? [...rule.from, ...(rule.types ?? [])] : rule.from;
  return names.includes(target) || names.includes(layerOf(target));
}

const show = (line: ImportLine): string => `${line.file}:${line.line} imports ${line.specifier}`;

/** Cycles of imports that remain in JavaScript, each as `a → b → a`. */
function cycles(lines: readonly ImportLine[]): string[] {
  const next = new Map<string, string[]>();
  for (const line of lines) {
    if (line.target === undefined || line.typeOnly || line.dynamic) continue;
    next.set(line.file, [...(next.get(line.file) ?? []), line.target]);
  }
  const found: string[] = [];
  const done = new Set<string>();
  const walk = (file: string, path: readonly string[]): void => {
    const at = path.indexOf(file);
    if (at >= 0) {
      found.push([...path.slice(at), file].join(" → "));
      return;
    }
    if (done.has(file)) return;
    for (const target of next.get(file) ?? []) walk(target, [...path, file]);
    done.add(file);
  };
  for (const file of next.keys()) walk(file, []);
  return found;
}

/** Files that only the condition `node` of package.json "imports" reaches. */
const NODE_FILES = /(^|\/)(node-files?|node-fs|node-lock|node-calls|node-side-file|platform-node|zlib-node)\.ts$/;

const lines = allImports();

describe("layers", () => {
  test("imports point one way", () => {
    expect(lines.filter((line) => !allowed(line)).map(show)).toEqual([]);
  });

  test("every folder is a layer of the table", () => {
    expect([...new Set(sourceFiles().map(layerOf))].filter((layer) => LAYERS[layer] === undefined)).toEqual([]);
  });

  test("imports form no cycle", () => {
    expect(cycles(lines)).toEqual([]);
  });

  test("relative imports lead to files and end in .js", () => {
    const files = new Set(sourceFiles());
    const wrong = lines.filter(
      ({ specifier, target }) => target !== undefined && (!specifier.endsWith(".js") || !files.has(target)),
    );
    expect(wrong.map(show)).toEqual([]);
  });

  test("only the codec imports pako, only the S3 driver aws4fetch, only testing fast-check, and nothing else is imported from a package", () => {
    const packages = lines.filter(({ specifier }) => !/^(\.|node:|#)/.test(specifier));
    expect([...new Set(packages.map(({ specifier }) => specifier))].sort()).toEqual([
      "aws4fetch",
      "fast-check",
      "pako",
    ]);
    const ofCodecs = packages.filter(({ specifier }) => specifier === "pako");
    expect(ofCodecs.every(({ file }) => file.startsWith("filters/"))).toBe(true);
    const ofTests = packages.filter(({ specifier }) => specifier === "fast-check");
    expect(ofTests.every(({ file }) => file.startsWith("testing/"))).toBe(true);
    const ofSigners = packages.filter(({ specifier }) => specifier === "aws4fetch");
    expect(ofSigners.every(({ file, dynamic, typeOnly }) => file === "drivers/s3.ts" && (dynamic || typeOnly))).toBe(
      true,
    );
  });

  test("built-ins of Node are imported by the command line and by files named for Node only", () => {
    const wrong = lines.filter(
      ({ file, specifier }) => specifier.startsWith("node:") && layerOf(file) !== "cli" && !NODE_FILES.test(file),
    );
    expect(wrong.map(show)).toEqual([]);
  });

  test("the writer is reached from open and from create by one dynamic import each, and by no other", () => {
    const toWriter = lines.filter(
      ({ file, target, typeOnly }) => layerOf(target ?? "") === "writer" && layerOf(file) !== "writer" && !typeOnly,
    );
    expect(toWriter.every(({ dynamic }) => dynamic)).toBe(true);
    expect(toWriter.map(({ file, target }) => `${file} → ${target}`)).toEqual([
      "api/create.ts → writer/index.ts",
      "api/open.ts → writer/index.ts",
    ]);
  });

  test("what is imported dynamically is not loaded with open all the same", () => {
    const atOnce = new Set(["api/open.ts"]);
    for (const file of atOnce) {
      for (const { target, typeOnly, dynamic } of lines.filter((line) => line.file === file)) {
        if (target !== undefined && !typeOnly && !dynamic) atOnce.add(target);
      }
    }
    const later = lines.filter(({ file, dynamic }) => dynamic && layerOf(file) !== "cli").map(({ target }) => target);
    expect(later).toContain("api/values.ts");
    expect(later).toContain("filters/zlib-pako.ts");
    expect(later).toContain("format/dense-storage.ts");
    expect(later.filter((target) => target !== undefined && atOnce.has(target))).toEqual([]);
  });

  test("drivers that not everybody needs are imported dynamically by open and create", () => {
    const imports = lines.filter(
      ({ file, target, typeOnly }) =>
        layerOf(file) === "api" && /^drivers\/(http|opfs|s3)\./.test(target ?? "") && !typeOnly,
    );
    expect([...new Set(imports.map(({ target }) => target))].sort()).toEqual(["drivers/http.ts", "drivers/opfs.ts"]);
    expect(imports.every(({ dynamic }) => dynamic)).toBe(true);
  });
});

describe("sources", () => {
  test("no file is a bag of helpers", () => {
    expect(sourceFiles().filter((file) => /(^|\/)(utils?|helpers?|misc|common)\.ts$/.test(file))).toEqual([]);
  });

  test("nothing is marked as unfinished", () => {
    const marks = /\b(TODO|FIXME|XXX|HACK|placeholder|for now)\b/;
    const found = sourceFiles().flatMap((file) =>
      sourceText(file)
        .split("\n")
        .flatMap((text, index) => (marks.test(text) ? [`${file}:${index + 1} ${text.trim()}`] : [])),
    );
    expect(found).toEqual([]);
  });
});

test("the one dependency is pako, and optional peers sign for S3 and make up test data", () => {
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    readonly dependencies: Readonly<Record<string, string>>;
    readonly peerDependencies?: Readonly<Record<string, string>>;
    readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
    readonly optionalDependencies?: unknown;
  };
  expect(Object.keys(manifest.dependencies)).toEqual(["pako"]);
  expect(Object.keys(manifest.peerDependencies ?? {})).toEqual(["aws4fetch", "fast-check"]);
  expect(manifest.peerDependenciesMeta).toEqual({ aws4fetch: { optional: true }, "fast-check": { optional: true } });
  expect(manifest.optionalDependencies).toBeUndefined();
});
