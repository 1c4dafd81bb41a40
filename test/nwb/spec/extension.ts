/** A small extension in the JSON that PyNWB caches, and namespaces made by hand, for tests. */
import type { NamespaceSpec, TypeSpec } from "../../../src/nwb/spec/types.js";

export const EXTENSION_NAMESPACE: string = JSON.stringify({
  namespaces: [
    {
      doc: "An extension.",
      schema: [{ namespace: "core" }, { source: "ndx-tetrode.extensions" }],
      name: "ndx-tetrode",
      version: "0.1.0",
      author: "A. Author",
      contact: ["a@example.org"],
    },
  ],
});

export const EXTENSION_SOURCE: string = JSON.stringify({
  groups: [
    {
      neurodata_type_def: "TetrodeSeries",
      neurodata_type_inc: "ElectricalSeries",
      doc: "Recording of tetrodes.",
      attributes: [{ name: "trode_id", doc: "Number of the tetrode.", dtype: "int32" }],
      datasets: [
        { name: "data", doc: "Voltage of four wires.", shape: [null, 4], dims: ["num_times", "wires"] },
        { name: "extra", doc: "Something more.", dtype: "float", quantity: "zero_or_one", unknown_key: 1 },
      ],
    },
    {
      neurodata_type_def: "StrictImages",
      neurodata_type_inc: "Images",
      doc: "Images, one at least and one grey.",
      datasets: [
        { neurodata_type_inc: "Image", doc: "The image.", quantity: 1 },
        { neurodata_type_inc: "GrayscaleImage", doc: "The grey image.", quantity: "one_or_many" },
      ],
    },
  ],
});

/** A namespace with one source that holds the given types. */
export function namespaceOf(
  name: string,
  types: readonly TypeSpec[],
  includes: readonly { readonly namespace: string; readonly types?: readonly string[] }[] = [],
): NamespaceSpec {
  const dependencies = includes.map((entry) => ({ kind: "namespace" as const, ...entry }));
  return {
    name,
    version: "1.0.0",
    doc: "Made for a test.",
    author: [],
    contact: [],
    schema: [...dependencies, { kind: "source", source: `${name}.types` }],
    sources: [
      {
        name: `${name}.types`,
        datasets: types.filter((spec) => spec.kind === "dataset"),
        groups: types.filter((spec) => spec.kind === "group"),
      },
    ],
  };
}
