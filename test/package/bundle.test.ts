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

  test("holds nothing of what only values need in what is loaded at once", () => {
    expect(inLayer(made.initialSources, "datatypes").map((file) => file.slice("src/datatypes/".length))).toEqual([]);
    expect(made.initialSources.filter((file) => /pako|chunk-index|fractal-heap|btree-v2|family/.test(file))).toEqual(
      [],
    );
  });

  test("holds no NWB layer, tools or command line", () => {
    expect(inLayer(made.sources, "nwb", "tools", "cli")).toEqual([]);
  });

  test("holds no built-in of Node", () => {
    expect(made.external).toEqual([]);
    expect(made.sources.filter((source) => /(node-files?|node-fs|platform-node|zlib-node)\.ts$/.test(source))).toEqual(
      [],
    );
  });
});

describe("a minified bundle", () => {
  test("has errors that say their names, and knows them", async () => {
    const made = await bundle(`export { open, isHdf5Error } from "h5ts";`, { origin: "src", splitting: false });
    const text = new TextDecoder().decode(made.initial[0]?.bytes);
    const url = `data:text/javascript;base64,${Buffer.from(text).toString("base64")}`;
    const { open, isHdf5Error } = (await import(/* @vite-ignore */ url)) as typeof import("../../src/index.js");
    const error: unknown = await open(new Uint8Array(1000)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "Hdf5FormatError" });
    expect((error as Error).constructor.name).toBe("Hdf5FormatError");
    expect(isHdf5Error(error, "format")).toBe(true);
  });
});

describe("a browser bundle of every entry", () => {
  let made: Bundle;
  beforeAll(async () => {
    const code = ["h5ts", "h5ts/drivers", "h5ts/filters", "h5ts/tools", "h5ts/nwb", "h5ts/format"]
      .map((entry, index) => `export * as entry${index} from "${entry}";`)
      .join("\n");
    made = await bundle(code, { origin: "src", splitting: true });
  });

  test("holds no built-in of Node", () => {
    expect(made.external).toEqual([]);
  });

  test("makes no code out of text, and asks for nothing that only Node has", () => {
    // What a strict Content-Security-Policy and workerd refuse, and what is not there in browsers.
    const forbidden = /\beval\b|\bFunction\(|(?<!["'\w.])(?:Buffer|process|require|setImmediate|WebAssembly)\b(?!["'])/;
    const texts = [...made.initial, ...made.later].map(({ bytes }) => new TextDecoder().decode(bytes));
    expect(texts.join("").length).toBeGreaterThan(200_000);
    const found = texts.flatMap((text) => {
      const match = forbidden.exec(text);
      return match === null ? [] : [text.slice(Math.max(0, match.index - 60), match.index + 60)];
    });
    expect(found).toEqual([]);
  });
});
