import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { declaredNamespaces } from "../../../src/nwb/spec/declared.js";
import { namespaceToJson } from "../../../src/nwb/spec/json.js";
import type { NamespaceSpec } from "../../../src/nwb/spec/types.js";
import { compareFacts, factLines, normalLine, stripDocs } from "./facts.js";

/** What PyNWB 2.8.2 caches in its files, without documentation (facts-from-nwb.py). */
function originalFacts(namespace: string): string[] {
  const lines = JSON.parse(readFileSync(new URL(`facts-${namespace}.json`, import.meta.url), "utf8")) as string[];
  return lines.map(normalLine);
}

function declared(name: string): NamespaceSpec {
  const found = declaredNamespaces.find((namespace) => namespace.name === name);
  if (found === undefined) throw new Error(`${name} is not declared`);
  return found;
}

describe.each(["hdmf-common", "hdmf-experimental", "core"])("the declarations of %s", (name) => {
  test("state every fact of the original, in its order", () => {
    const lines = factLines(namespaceToJson(declared(name)));
    expect(lines).toEqual(originalFacts(name));
  });

  test("document every type and member in one line", () => {
    const undocumented: string[] = [];
    const visit = (path: string, value: unknown): void => {
      if (Array.isArray(value)) value.forEach((each, index) => void visit(`${path}[${index}]`, each));
      else if (typeof value === "object" && value !== null) {
        const { doc, kind, name: own, dtype } = value as Record<string, unknown>;
        const needsDoc = kind !== undefined || (own !== undefined && dtype !== undefined);
        if (needsDoc && (typeof doc !== "string" || !/^[A-Z`][^\n]{3,150}[.…]$/.test(doc))) {
          undocumented.push(`${path}: ${String(doc)}`);
        }
        for (const [key, each] of Object.entries(value)) visit(`${path}.${key}`, each);
      }
    };
    for (const source of declared(name).sources) visit(source.name, [...source.datasets, ...source.groups]);
    expect(undocumented).toEqual([]);
  });
});

test("the number of types is that of the three schemas", () => {
  const count = (name: string): number =>
    declared(name).sources.reduce((sum, { datasets, groups }) => sum + datasets.length + groups.length, 0);
  expect([count("hdmf-common"), count("hdmf-experimental"), count("core")]).toEqual([10, 2, 75]);
});

describe("comparing facts", () => {
  const core = declared("core");

  test("finds nothing between a spec and itself with other docs", () => {
    expect(compareFacts(core, JSON.parse(JSON.stringify(core).replaceAll(/"doc":"[^"]*"/g, '"doc":"x"')))).toEqual([]);
  });

  test("names each changed, missing and surplus fact", () => {
    const changed = JSON.parse(
      JSON.stringify(core)
        .replace('"name":"rate","doc"', '"name":"ratio","doc"')
        .replace('"dtype":"uint8"', '"dtype":"int8"'),
    ) as unknown;
    expect(compareFacts(core, changed)).toEqual([
      ".sources/nwb.base.groups/TimeSeries.datasets/starting_time.attributes: rate only in the first",
      ".sources/nwb.base.groups/TimeSeries.datasets/starting_time.attributes: ratio only in the second",
      '.sources/nwb.base.groups/TimeSeries.datasets/control.dtype: "uint8" ≠ "int8"',
    ]);
  });

  test("reports members in another order", () => {
    expect(compareFacts([{ name: "a" }, { name: "b" }], [{ name: "b" }, { name: "a" }])).toEqual([": order a,b ≠ b,a"]);
  });

  test("strips docs at every depth", () => {
    expect(stripDocs({ doc: "x", a: [{ doc: "y", b: 1 }] })).toEqual({ a: [{ b: 1 }] });
  });
});
