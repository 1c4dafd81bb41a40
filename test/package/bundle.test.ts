import { beforeAll, describe, expect, test } from "vitest";
import { type Bundle, bundle } from "../../scripts/bundle.js";

const inLayer = (sources: readonly string[], ...layers: readonly string[]): string[] =>
  sources.filter((source) => layers.some((layer) => source.startsWith(`src/${layer}/`)));

describe("a browser bundle of import { open }", () => {
  let made: Bundle;
  beforeAll(async () => {
    made = await bundle(`export { open } from "h5ts";`, { origin: "src", splitting: true });
  });

  test("holds no writer code in what is loaded at once", () => {
    expect(inLayer(made.initialSources, "writer")).toEqual([]);
    expect(made.initialSources).toContain("src/api/open.ts");
  });

  test("holds the writer in a chunk of its own", () => {
    expect(inLayer(made.sources, "writer").length).toBeGreaterThan(0);
  });

  test("holds no NWB layer, tools or command line", () => {
    expect(inLayer(made.sources, "nwb", "tools", "cli")).toEqual([]);
  });

  test("holds no built-in of Node", () => {
    expect(made.external).toEqual([]);
    expect(made.sources.filter((source) => /(node-files?|platform-node|zlib-node)\.ts$/.test(source))).toEqual([]);
  });
});

test("a browser bundle of every entry holds no built-in of Node", async () => {
  const code = ["h5ts", "h5ts/drivers", "h5ts/filters", "h5ts/tools", "h5ts/nwb", "h5ts/format"]
    .map((entry, index) => `export * as entry${index} from "${entry}";`)
    .join("\n");
  const made = await bundle(code, { origin: "src", splitting: true });
  expect(made.external).toEqual([]);
});
