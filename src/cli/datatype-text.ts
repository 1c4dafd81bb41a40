/** Datatypes, shapes and storage in a few words. */
import type { Dataset, Datatype } from "../index.js";

const MAX_MEMBERS = 4;

function bitsText(name: string, size: number, order: string): string {
  return `${name}${size * 8}${order === "be" && size > 1 ? "be" : ""}`;
}

function floatText(datatype: Datatype & { kind: "float" }): string {
  if (datatype.order === "vax") return `vax float${datatype.size * 8}`;
  const ieee = new Map([
    [2, 10],
    [4, 23],
    [8, 52],
  ]);
  const name = ieee.get(datatype.size) === datatype.mantissa[1] ? "float" : `float (mantissa ${datatype.mantissa[1]}) `;
  return bitsText(name, datatype.size, datatype.order);
}

/** `int16`, `float32be`, `string`, `compound { x: float64, y: float64 }`. */
export function datatypeText(datatype: Datatype, depth = 0): string {
  switch (datatype.kind) {
    case "integer":
      return bitsText(datatype.signed ? "int" : "uint", datatype.size, datatype.order);
    case "bitfield":
      return bitsText("bitfield", datatype.size, datatype.order);
    case "float":
      return floatText(datatype);
    case "time":
      return bitsText("time", datatype.size, datatype.order);
    case "string": {
      const charset = datatype.charset === "ascii" ? "ascii" : "string";
      return datatype.length === "variable" ? charset : `${charset}(${datatype.length})`;
    }
    case "opaque":
      return `opaque(${datatype.size})`;
    case "complex":
      return `complex(${datatypeText(datatype.base, depth + 1)})`;
    case "reference":
      return `${datatype.to} reference`;
    case "enum":
      return datatype.boolean ? "bool" : `enum(${datatypeText(datatype.base, depth + 1)})`;
    case "compound": {
      if (depth > 1) return "compound";
      const members = datatype.members
        .slice(0, MAX_MEMBERS)
        .map(({ name, datatype: member }) => `${name}: ${datatypeText(member, depth + 1)}`);
      const more = datatype.members.length > MAX_MEMBERS ? [`${datatype.members.length - MAX_MEMBERS} more`] : [];
      return `compound { ${[...members, ...more].join(", ")} }`;
    }
    case "array":
      return `${datatypeText(datatype.base, depth + 1)}[${datatype.shape.join(", ")}]`;
    case "vlen":
      return `vlen(${datatypeText(datatype.base, depth + 1)})`;
    default:
      datatype satisfies never;
      return "datatype";
  }
}

const dimension = (size: number): string => (size === Number.POSITIVE_INFINITY ? "∞" : String(size));

function shapeText(dataset: Dataset): string {
  const { dataspace } = dataset;
  if (dataspace.kind !== "simple") return dataspace.kind;
  const grows = dataset.maxShape.some((size, axis) => size !== dataset.shape[axis]);
  const limit = grows ? ` of at most [${dataset.maxShape.map(dimension).join(", ")}]` : "";
  return `[${dataset.shape.join(", ")}]${limit}`;
}

/** `int64 [1000, 10]  chunks [100, 10]  shuffle, deflate 4`. */
export function datasetText(dataset: Dataset): string {
  const parts = [`${datatypeText(dataset.datatype)} ${shapeText(dataset)}`];
  if (dataset.chunkShape !== undefined) parts.push(`chunks [${dataset.chunkShape.join(", ")}]`);
  else if (dataset.layout.kind !== "contiguous") parts.push(dataset.layout.kind);
  if (dataset.filters.length > 0) {
    parts.push(
      dataset.filters
        .map(({ id, name, values }) => [name ?? `filter ${id}`, ...(id === 1 ? values : [])].join(" "))
        .join(", "),
    );
  }
  return parts.join("  ");
}
