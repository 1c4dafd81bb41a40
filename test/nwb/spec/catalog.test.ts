import { describe, expect, test } from "vitest";
import { NwbError } from "../../../src/nwb/errors.js";
import { type ResolvedGroupSpec, SpecCatalog } from "../../../src/nwb/spec/catalog.js";
import {
  attribute,
  dataset,
  datasetsOf,
  datasetType,
  field,
  group,
  groupsOf,
  groupType,
  link,
  ref,
} from "../../../src/nwb/spec/declare.js";
import { declaredNamespaces } from "../../../src/nwb/spec/declared.js";
import { namespaceFromJson } from "../../../src/nwb/spec/json.js";
import { EXTENSION_NAMESPACE, EXTENSION_SOURCE, namespaceOf } from "./extension.js";

const catalog = new SpecCatalog(declaredNamespaces);

function groupSpecOf(from: SpecCatalog, type: string): ResolvedGroupSpec {
  const spec = from.resolved(type);
  if (spec.kind !== "group") throw new Error(`${type} is no group`);
  return spec;
}

/** The error a call throws, or a failure. */
function nwbError(call: () => unknown): NwbError {
  try {
    call();
  } catch (error) {
    if (error instanceof NwbError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

const named = <T extends { readonly name?: string }>(members: readonly T[], name: string): T => {
  const found = members.find((member) => member.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
};

describe("looking types up", () => {
  test("a type is found with the namespace that defines it", () => {
    expect(catalog.namespaceOf("TimeSeries")).toBe("core");
    expect(catalog.namespaceOf("VectorData")).toBe("hdmf-common");
    expect(catalog.namespaceOf("EnumData")).toBe("hdmf-experimental");
    expect(catalog.definition("Units")?.source).toBe("nwb.misc");
  });

  test("a namespace sees the types of the namespaces it includes", () => {
    expect(catalog.get("DynamicTable", "core")).toBe(catalog.get("DynamicTable"));
    expect(catalog.namespaceOf("CSRMatrix", "hdmf-experimental")).toBe("hdmf-common");
    expect(catalog.get("EnumData", "core")).toBeUndefined();
    expect(catalog.get("TimeSeries", "hdmf-common")).toBeUndefined();
  });

  test("what is not there is undefined, names of Object.prototype included", () => {
    for (const name of ["NoSuchType", "__proto__", "constructor", "toString"]) {
      expect(catalog.get(name)).toBeUndefined();
      expect(catalog.get("TimeSeries", name)).toBeUndefined();
      expect(catalog.isSubtype(name, "Container")).toBe(false);
    }
  });

  test("of two namespaces with one name the first counts", () => {
    const old = { ...namespaceOf("core", []), version: "2.0.0" };
    const both = new SpecCatalog([...declaredNamespaces, old]);
    expect(both.namespace("core")?.version).toBe("2.7.0");
    expect(both.shadowed).toEqual([old]);
  });
});

describe("inheritance", () => {
  test("the hierarchy leads from the type to its root", () => {
    expect(catalog.hierarchy("SpikeEventSeries")).toEqual([
      "SpikeEventSeries",
      "ElectricalSeries",
      "TimeSeries",
      "NWBDataInterface",
      "NWBContainer",
      "Container",
    ]);
    expect(catalog.hierarchy("TimeIntervals")).toEqual(["TimeIntervals", "DynamicTable", "Container"]);
  });

  test("a type is a subtype of itself and of its ancestors only", () => {
    expect(catalog.isSubtype("LFP", "LFP")).toBe(true);
    expect(catalog.isSubtype("LFP", "Container")).toBe(true);
    expect(catalog.isSubtype("Container", "LFP")).toBe(false);
    expect(catalog.isSubtype("LFP", "TimeSeries")).toBe(false);
  });

  test("subtypes are found at every depth", () => {
    expect(catalog.subtypes("PatchClampSeries")).toEqual([
      "CurrentClampSeries",
      "IZeroClampSeries",
      "CurrentClampStimulusSeries",
      "VoltageClampSeries",
      "VoltageClampStimulusSeries",
    ]);
    expect(catalog.subtypes("VectorData")).toEqual([
      "VectorIndex",
      "DynamicTableRegion",
      "EnumData",
      "TimeSeriesReferenceVectorData",
    ]);
  });

  test("a resolved type has the members of its ancestors after its own", () => {
    const lfp = groupSpecOf(catalog, "SpikeEventSeries");
    expect(lfp.datasets.map(({ name }) => name)).toEqual([
      "data",
      "timestamps",
      "electrodes",
      "channel_conversion",
      "starting_time",
      "control",
      "control_description",
    ]);
    expect(lfp.attributes.map(({ name }) => name)).toEqual(["filtering", "description", "comments"]);
    expect(lfp).toMatchObject({ type: "SpikeEventSeries", namespace: "core", typeInc: "ElectricalSeries" });
  });

  test("a member of the same name refines the inherited one", () => {
    const data = named(groupSpecOf(catalog, "CurrentClampSeries").datasets, "data");
    expect(data).toMatchObject({ dtype: "numeric", shape: [null], dims: ["num_times"] });
    expect(named(data.attributes, "unit")).toMatchObject({ value: "volts", required: true });
    const bias = named(groupSpecOf(catalog, "IZeroClampSeries").datasets, "bias_current");
    expect(bias).toMatchObject({ value: 0, quantity: 1 });
    expect(named(groupSpecOf(catalog, "SpikeEventSeries").datasets, "timestamps").quantity).toBe(1);
  });

  test("a named column leaves the inherited unnamed columns open", () => {
    const columns = groupSpecOf(catalog, "TimeIntervals").datasets;
    expect(columns.map(({ name, typeInc }) => name ?? `:${typeInc}`)).toEqual([
      "start_time",
      "stop_time",
      "tags",
      "tags_index",
      "timeseries",
      "timeseries_index",
      "id",
      ":VectorData",
    ]);
  });

  test("every declared type resolves, and every member of it", () => {
    for (const type of catalog.types()) {
      const spec = catalog.resolved(type);
      expect(spec.hierarchy[0]).toBe(type);
      if (spec.kind !== "group") continue;
      for (const member of [...spec.datasets, ...spec.groups]) catalog.instance(member, spec.namespace);
      for (const { targetType } of spec.links) expect(catalog.get(targetType, spec.namespace)).toBeDefined();
    }
  });

  test("a type is resolved once", () => {
    expect(catalog.resolved("Units")).toBe(catalog.resolved("Units"));
    expect(catalog.resolved("DynamicTable", "core")).toBe(catalog.resolved("DynamicTable", "hdmf-common"));
  });

  test("name, default name and quantity are a type's own", () => {
    const own = namespaceOf("own", [
      groupType("Base", undefined, "A base.", { defaultName: "base", quantity: "?" }),
      groupType("Derived", "Base", "Derived."),
    ]);
    const derived = new SpecCatalog([own]).resolved("Derived");
    expect(derived.defaultName).toBeUndefined();
    expect(derived.quantity).toBe(1);
  });

  test("members within untyped groups are refined too", () => {
    const own = namespaceOf("own", [
      groupType("Base", undefined, "A base.", {
        groups: [
          group("inner", "Inner.", {
            datasets: [dataset("a", "A.", { dtype: "int8", axes: ["n"] }), dataset("b", "B.")],
            attributes: [attribute("unit", "text", "Unit.")],
          }),
        ],
        links: [link("target", "Base", "Target.")],
      }),
      groupType("Derived", "Base", "Derived.", {
        groups: [group("inner", "Inner.", { datasets: [dataset("a", "A.", { dtype: "int16" })] })],
        links: [link("target", "Derived", "Target.", "?")],
      }),
    ]);
    const spec = groupSpecOf(new SpecCatalog([own]), "Derived");
    const inner = named(spec.groups, "inner");
    expect(inner.datasets.map(({ name }) => name)).toEqual(["a", "b"]);
    expect(named(inner.datasets, "a")).toMatchObject({ dtype: "int16", shape: [null], dims: ["n"] });
    expect(inner.attributes.map(({ name }) => name)).toEqual(["unit"]);
    expect(spec.links).toEqual([link("target", "Derived", "Target.", "?")]);
  });

  test("an unnamed member refines the inherited one of exactly its type and stands beside others", () => {
    const own = namespaceOf("own", [
      datasetType("Item", undefined, "An item."),
      datasetType("SpecialItem", "Item", "A special item."),
      groupType("Base", undefined, "A base.", { datasets: [datasetsOf("Item", "*", "Items.")] }),
      groupType("Same", "Base", "Same.", { datasets: [datasetsOf("Item", "+", "Items.")] }),
      groupType("Special", "Base", "Special.", { datasets: [datasetsOf("SpecialItem", "+", "Items.")] }),
    ]);
    const made = new SpecCatalog([own]);
    const members = (type: string): unknown[] =>
      groupSpecOf(made, type).datasets.map(({ typeInc, quantity }) => [typeInc, quantity]);
    expect(members("Same")).toEqual([["Item", "+"]]);
    expect(members("Special")).toEqual([
      ["SpecialItem", "+"],
      ["Item", "*"],
    ]);
  });

  test("fields of a compound are refined by name in the order of the base", () => {
    const own = namespaceOf("own", [
      datasetType("Base", undefined, "A base.", { dtype: [field("a", "int8", "A."), field("b", "text", "B.")] }),
      datasetType("Derived", "Base", "Derived.", { dtype: [field("c", "bool", "C."), field("a", "int16", "A.")] }),
    ]);
    const spec = new SpecCatalog([own]).resolved("Derived");
    expect(spec).toMatchObject({
      dtype: [
        { name: "a", dtype: "int16" },
        { name: "b", dtype: "text" },
        { name: "c", dtype: "bool" },
      ],
    });
  });

  test("a fixed value replaces an inherited default", () => {
    const own = namespaceOf("own", [
      datasetType("Base", undefined, "A base.", { dtype: "text", defaultValue: "raw" }),
      datasetType("Derived", "Base", "Derived.", { value: "cooked" }),
    ]);
    const spec = new SpecCatalog([own]).resolved("Derived");
    expect(spec).toMatchObject({ value: "cooked", dtype: "text" });
    expect("defaultValue" in spec).toBe(false);
  });
});

describe("an instance", () => {
  test("of a typed member has what its type says and what the member refines", () => {
    const units = groupSpecOf(catalog, "Units");
    const electrodes = catalog.instance(named(units.datasets, "electrodes"), "core");
    expect(electrodes).toMatchObject({ dtype: "int", shape: [null], quantity: "?", name: "electrodes" });
    expect(electrodes.attributes.map(({ name }) => name)).toEqual(["table", "description"]);
    const waveforms = catalog.instance(named(units.datasets, "waveforms"), "core");
    expect(waveforms.attributes.map(({ name }) => name)).toEqual(["sampling_rate", "unit", "description"]);
    expect(waveforms).toMatchObject({ dtype: "numeric", shape: [null, null] });
    expect(catalog.instance(named(units.datasets, "waveforms"), "core")).toBe(waveforms);
  });

  test("of an untyped member is the member", () => {
    const data = named(groupSpecOf(catalog, "TimeSeries").datasets, "data");
    expect(catalog.instance(data, "core")).toBe(data);
  });

  test("of a group given a dataset type is refused", () => {
    const member = groupsOf("VectorData", "*", "Not groups.");
    expect(nwbError(() => catalog.instance(member, "core"))).toMatchObject({ code: "spec" });
  });
});

describe("extensions", () => {
  const extension = namespaceFromJson(EXTENSION_NAMESPACE, () => EXTENSION_SOURCE);
  const extended = new SpecCatalog([...extension, ...declaredNamespaces]);

  test("extend types of the namespaces they include, in any order of loading", () => {
    const spec = groupSpecOf(extended, "TetrodeSeries");
    expect(extended.isSubtype("TetrodeSeries", "TimeSeries")).toBe(true);
    expect(spec.namespace).toBe("ndx-tetrode");
    expect(named(spec.datasets, "data")).toMatchObject({ dtype: "numeric", shape: [null, 4] });
    expect(spec.attributes.map(({ name }) => name)).toEqual(["trode_id", "filtering", "description", "comments"]);
    expect(extended.subtypes("ElectricalSeries")).toEqual(["TetrodeSeries", "SpikeEventSeries"]);
  });

  test("of single types see these and what they need, and nothing else", () => {
    const own = namespaceOf(
      "own",
      [groupType("MyGroup", "ElectrodeGroup", "A group.")],
      [{ namespace: "core", types: ["ElectrodeGroup", "TimeSeriesReferenceVectorData"] }],
    );
    const made = new SpecCatalog([...declaredNamespaces, own]);
    expect(made.types("own")).toEqual([
      "Data",
      "Container",
      "VectorData",
      "TimeSeriesReferenceVectorData",
      "NWBContainer",
      "NWBDataInterface",
      "TimeSeries",
      "Device",
      "ElectrodeGroup",
      "MyGroup",
    ]);
    expect(made.hierarchy("MyGroup", "own")).toEqual(["MyGroup", "ElectrodeGroup", "NWBContainer", "Container"]);
  });

  test("types defined inside others are types too", () => {
    const own = namespaceOf("own", [
      groupType("Outer", undefined, "Outer.", {
        groups: [
          { ...group("inner", "Inner.", { attributes: [attribute("a", ref("Outer"), "A.")] }), typeDef: "Inner" },
        ],
      }),
    ]);
    const made = new SpecCatalog([own]);
    expect(made.types("own")).toEqual(["Outer", "Inner"]);
    expect(made.resolved("Inner").attributes.map(({ name }) => name)).toEqual(["a"]);
  });
});

describe("damaged schemas", () => {
  test("inheritance in a circle is refused for the types in it only", () => {
    const own = namespaceOf("own", [
      groupType("A", "B", "A."),
      groupType("B", "A", "B."),
      groupType("Self", "Self", "Self."),
      groupType("Good", undefined, "Good."),
    ]);
    const made = new SpecCatalog([own]);
    for (const type of ["A", "B", "Self"]) {
      expect(nwbError(() => made.resolved(type))).toMatchObject({ code: "spec-cycle", neurodataType: type });
    }
    expect(made.resolved("Good").hierarchy).toEqual(["Good"]);
    expect(made.subtypes("Good")).toEqual([]);
  });

  test("an unknown parent and an unknown type are named", () => {
    const made = new SpecCatalog([namespaceOf("own", [groupType("A", "Missing", "A.")])]);
    expect(nwbError(() => made.resolved("A"))).toMatchObject({ code: "unknown-type", location: "own/own.types" });
    expect(nwbError(() => made.hierarchy("Nowhere")).message).toContain('"Nowhere"');
  });

  test("a group that extends a dataset is refused", () => {
    const own = namespaceOf("own", [datasetType("D", undefined, "D."), groupType("G", "D", "G.")]);
    expect(nwbError(() => new SpecCatalog([own]).resolved("G"))).toMatchObject({ code: "spec" });
  });

  test("a hierarchy of ten thousand types is refused without overflowing the stack", () => {
    const chain = Array.from({ length: 10_000 }, (_, index) =>
      groupType(`T${index}`, index === 0 ? undefined : `T${index - 1}`, "A link of the chain."),
    );
    const made = new SpecCatalog([namespaceOf("own", chain)]);
    expect(nwbError(() => made.resolved("T9999"))).toMatchObject({ code: "limit" });
    expect(made.hierarchy("T100")).toHaveLength(101);
  });

  test("namespaces that include each other, a missing one and too many are refused", () => {
    const a = namespaceOf("a", [], [{ namespace: "b" }]);
    const b = namespaceOf("b", [], [{ namespace: "a" }]);
    expect(nwbError(() => new SpecCatalog([a, b]))).toMatchObject({ code: "spec-cycle" });
    expect(nwbError(() => new SpecCatalog([a]))).toMatchObject({ code: "missing-namespace", location: "a" });
    const many = Array.from({ length: 1001 }, (_, index) => namespaceOf(`n${index}`, []));
    expect(nwbError(() => new SpecCatalog(many))).toMatchObject({ code: "limit" });
  });

  test("a type defined twice in a namespace is refused", () => {
    const own = namespaceOf("own", [groupType("A", undefined, "A."), groupType("A", undefined, "Another.")]);
    expect(nwbError(() => new SpecCatalog([own]))).toMatchObject({ code: "spec", neurodataType: "A" });
  });
});
