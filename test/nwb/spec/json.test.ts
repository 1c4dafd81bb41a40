import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NwbError } from "../../../src/nwb/errors.js";
import { attribute, datasetType, groupType } from "../../../src/nwb/spec/declare.js";
import { declaredNamespaces } from "../../../src/nwb/spec/declared.js";
import { namespaceFromJson, namespaceToJson } from "../../../src/nwb/spec/json.js";
import type { NamespaceSpec } from "../../../src/nwb/spec/types.js";
import { EXTENSION_NAMESPACE, EXTENSION_SOURCE, namespaceOf } from "./extension.js";

/** A source of a namespace `own`, parsed. */
function parseSource(source: unknown): NamespaceSpec {
  const [found] = namespaceFromJson(
    JSON.stringify({ namespaces: [{ name: "own", version: "1.0.0", schema: [{ source: "own.types" }] }] }),
    () => (typeof source === "string" ? source : JSON.stringify(source)),
  );
  if (found === undefined) throw new Error("no namespace");
  return found;
}

function errorOf(call: () => unknown): NwbError {
  try {
    call();
  } catch (error) {
    if (error instanceof NwbError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("specs as JSON", () => {
  test.each(declaredNamespaces.map((namespace) => [namespace.name, namespace] as const))(
    "%s is the same after writing and parsing",
    (_, namespace) => {
      const json = namespaceToJson(namespace);
      expect(namespaceFromJson(json.namespace, (name) => json.sources.get(name))).toEqual([namespace]);
    },
  );

  test("the keys of types are those PyNWB uses for the namespace", () => {
    for (const namespace of declaredNamespaces) {
      const text = [...namespaceToJson(namespace).sources.values()].join();
      const hdmf = namespace.name.startsWith("hdmf-");
      expect(/"data_type_def"/.test(text)).toBe(hdmf);
      expect(/"neurodata_type_def"/.test(text)).toBe(!hdmf);
    }
  });

  test("numbers of float types keep a decimal point, integers none", () => {
    const own = namespaceOf("own", [
      groupType("A", undefined, "A.", {
        attributes: [
          attribute("rate", "float32", "Rate.", { defaultValue: 1 }),
          attribute("half", "double", "Half.", { value: 0.5 }),
          attribute("tiny", "float", "Tiny.", { value: -1e-30 }),
          attribute("range", "float64", "Range.", { value: [0, 2.5] }),
          attribute("count", "int32", "Count.", { value: 1 }),
        ],
      }),
    ]);
    const values =
      namespaceToJson(own)
        .sources.get("own.types")
        ?.matchAll(/"(?:default_)?value":([^"}]*)/g) ?? [];
    expect([...values].map(([, value]) => value?.replace(/,$/, ""))).toEqual([
      "1.0",
      "0.5",
      "-1e-30",
      "[0.0,2.5]",
      "1",
    ]);
  });

  test("single types of a dependency are listed under the namespace's own key", () => {
    const json = namespaceToJson(namespaceOf("own", [], [{ namespace: "core", types: ["Device"] }]));
    expect(JSON.parse(json.namespace)).toMatchObject({
      namespaces: [{ schema: [{ namespace: "core", neurodata_types: ["Device"] }, { source: "own.types" }] }],
    });
  });

  test("links, shapes, fixed values and linkable survive", () => {
    const types = [
      datasetType("D", undefined, "D.", {
        shape: [[2], [null, 3]],
        dims: [["a"], ["b", "c"]],
        dtype: "uint8",
        value: 7,
      }),
      { ...groupType("G", undefined, "G.", { quantity: 3 }), linkable: false },
    ];
    const own = namespaceOf("own", types);
    const json = namespaceToJson(own);
    expect(namespaceFromJson(json.namespace, (name) => json.sources.get(name))).toEqual([own]);
  });
});

describe("parsing cached JSON", () => {
  test("an extension as PyNWB writes it", () => {
    const [extension] = namespaceFromJson(EXTENSION_NAMESPACE, (name) =>
      name === "ndx-tetrode.extensions" ? EXTENSION_SOURCE : undefined,
    );
    expect(extension).toMatchObject({
      name: "ndx-tetrode",
      author: ["A. Author"],
      schema: [
        { kind: "namespace", namespace: "core" },
        { kind: "source", source: "ndx-tetrode.extensions" },
      ],
    });
    expect(extension?.sources[0]?.groups[0]?.datasets[1]).toEqual({
      kind: "dataset",
      name: "extra",
      doc: "Something more.",
      dtype: "float",
      quantity: "?",
      linkable: true,
      attributes: [],
    });
  });

  test("either pair of type keys, long quantities, nulls and file endings of old files", () => {
    const [found] = namespaceFromJson(
      JSON.stringify({ namespaces: [{ name: "old", version: 1.2, schema: [{ source: "old.base.yaml" }] }] }),
      (name) =>
        name === "old.base"
          ? JSON.stringify({
              datasets: null,
              groups: [
                {
                  data_type_def: "A",
                  name: null,
                  quantity: "zero_or_many",
                  links: [{ name: "to", target_type: "A", doc: "To.", quantity: "zero_or_one" }],
                  attributes: [
                    { name: "a", dtype: "text", default_value: "x" },
                    { name: "b", dtype: { target_type: "A" }, required: false, value: null },
                  ],
                },
              ],
            })
          : undefined,
    );
    expect(found).toMatchObject({ version: "1.2", author: [], doc: "" });
    expect(found?.sources).toEqual([
      {
        name: "old.base",
        datasets: [],
        groups: [
          {
            kind: "group",
            typeDef: "A",
            doc: "",
            quantity: "*",
            linkable: true,
            attributes: [
              { kind: "attribute", name: "a", doc: "", dtype: "text", required: false, defaultValue: "x" },
              {
                kind: "attribute",
                name: "b",
                doc: "",
                dtype: { targetType: "A", reftype: "object" },
                required: false,
              },
            ],
            datasets: [],
            groups: [],
            links: [{ kind: "link", name: "to", targetType: "A", quantity: "?", doc: "To." }],
          },
        ],
      },
    ]);
  });

  test("a namespace without a version is unversioned", () => {
    const [found] = namespaceFromJson('{"namespaces":[{"name":"own","schema":[]}]}', () => undefined);
    expect(found?.version).toBe("unversioned");
  });

  test.each([
    ["no JSON", "{", "own/own.types is no JSON"],
    ["a list at the top", [], "own/own.types: is no object"],
    ["groups that are no list", { groups: {} }, "own/own.types: groups is no list"],
    ["a type without a name", { groups: [{ doc: "A." }] }, "own/own.types: groups[0] has neither name nor type"],
    ["a top group that defines no type", { groups: [{ name: "a" }] }, "own/own.types: groups[0] defines no type"],
    ["an unknown dtype", { datasets: [{ data_type_def: "A", dtype: "float33" }] }, "datasets[0].dtype is no known"],
    [
      "a dtype of a prototype's name",
      { datasets: [{ data_type_def: "A", dtype: "toString" }] },
      "is no known data type",
    ],
    ["a dtype that is a number", { datasets: [{ data_type_def: "A", dtype: 1 }] }, "dtype is no object"],
    [
      "an attribute without a dtype",
      { groups: [{ data_type_def: "A", attributes: [{ name: "a" }] }] },
      "dtype is no obj",
    ],
    ["a negative length", { datasets: [{ data_type_def: "A", shape: [-1] }] }, "shape[0] is no length"],
    ["a mixed shape", { datasets: [{ data_type_def: "A", shape: [1, [2]] }] }, "shape[0] is no list"],
    ["a number among dims", { datasets: [{ data_type_def: "A", dims: [1] }] }, "dims[0] is no name of a dimension"],
    ["an unknown quantity", { groups: [{ data_type_def: "A", quantity: "many" }] }, "quantity is no quantity"],
    ["an object as value", { datasets: [{ data_type_def: "A", value: {} }] }, "value is no value"],
    ["a link without a target", { groups: [{ data_type_def: "A", links: [{ name: "l" }] }] }, "target_type is missing"],
    ["a doc that is no text", { groups: [{ data_type_def: "A", doc: 1 }] }, "doc is not a text"],
  ])("%s is an NwbError that names the place", (_, source, finding) => {
    const error = errorOf(() => parseSource(source));
    expect(error.code).toBe("spec");
    expect(error.message).toContain(finding);
    expect(error.location).toContain("own/own.types");
  });

  test("a source that the file does not hold is named", () => {
    const error = errorOf(() => namespaceFromJson(EXTENSION_NAMESPACE, () => undefined));
    expect(error).toMatchObject({ code: "missing-source", location: "ndx-tetrode/ndx-tetrode.extensions" });
  });

  test("groups nested a hundred thousand deep are refused without overflowing the stack", () => {
    const depth = 100_000;
    const text = `{"groups":[${'{"data_type_def":"A","groups":['.repeat(depth)}${"]}".repeat(depth)}]}`;
    expect(errorOf(() => parseSource(text)).code).toBe("spec");
  });

  test("a value nested a hundred thousand deep is refused without overflowing the stack", () => {
    const text = `{"datasets":[{"data_type_def":"A","value":${"[".repeat(100_000)}${"]".repeat(100_000)}}]}`;
    expect(errorOf(() => parseSource(text)).code).toBe("spec");
  });

  test("any JSON gives a namespace or an NwbError", () => {
    const key = fc.constantFrom(
      ...["groups", "datasets", "attributes", "links", "name", "doc", "dtype", "shape", "dims", "quantity", "value"],
      ...["default_value", "data_type_def", "neurodata_type_inc", "target_type", "reftype", "required", "__proto__"],
    );
    const leaf = fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.constantFrom("text", "float32", "?", "A", null));
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 5 },
        leaf,
        fc.array(tie("value"), { maxLength: 4 }),
        fc.dictionary(key, tie("value")),
      ),
    }));
    fc.assert(
      fc.property(value, (source) => {
        try {
          parseSource(source);
        } catch (error) {
          expect(error).toBeInstanceOf(NwbError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
