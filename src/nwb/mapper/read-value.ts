/** Attributes and datasets of a file → the values of fields. */
import type { Attribute, Dataset, Value } from "../../index.js";
import { plainNumber } from "../containers/column-values.js";
import { storedDate } from "../dates.js";
import type { FieldForm } from "../schema/type-plan.js";

/** The value of an attribute, in the form of its field; undefined for one without elements where there is one value. */
export async function attributeValue(attribute: Attribute, form: FieldForm): Promise<unknown> {
  const value = await attribute.value();
  return formed(value, form);
}

/** The value of a dataset without a type, in the form of its field. Arrays stay in the file. */
export async function datasetValue(dataset: Dataset, form: FieldForm): Promise<unknown> {
  const { dataspace, datatype, count, rank } = dataset;
  if (dataspace.kind === "null") return undefined;
  switch (form) {
    case "texts":
      if (count === 0) return [];
      return datatype.kind === "string" ? formed(await dataset.value(), form) : dataset;
    case "date":
    case "dates":
      return formed(await dataset.value(), form);
    case "value":
      // PyNWB reads a list of one as the one value, but leaves compounds in the file.
      if (datatype.kind === "compound" || rank > 1 || count !== 1) return dataset;
      return formed(await dataset.value(), form);
    default:
      return dataset;
  }
}

function formed(value: Value, form: FieldForm): unknown {
  switch (form) {
    case "date": {
      const text = single(value);
      return typeof text === "string" ? storedDate(text) : undefined;
    }
    case "dates":
      return list(value).flatMap((text) => (typeof text === "string" ? [storedDate(text)] : []));
    case "texts":
      return list(value).filter((text) => typeof text === "string");
    case "value":
      return plainNumber(single(value)) ?? undefined;
    default:
      return array(value);
  }
}

/** Numbers stay typed arrays, so that their type is known; 64-bit integers are plain numbers when all are safe. */
function array(value: Value): unknown {
  if (!ArrayBuffer.isView(value)) return list(value);
  return value instanceof BigInt64Array || value instanceof BigUint64Array ? list(value).map(plainNumber) : value;
}

function single(value: Value): unknown {
  if (!Array.isArray(value) && !ArrayBuffer.isView(value)) return value;
  const [only, ...more] = value as readonly unknown[];
  return more.length === 0 ? only : value;
}

function list(value: Value): readonly unknown[] {
  if (value === null) return [];
  return Array.isArray(value) || ArrayBuffer.isView(value) ? [...(value as readonly unknown[])] : [value];
}
