/** What the first block of a source tells of the dataset that it shall fill. */
import { arrange } from "../datatypes/arrange.js";
import { datatypeOf } from "../datatypes/datatype-input.js";
import { inferType } from "../datatypes/infer.js";
import type { WriteData } from "../datatypes/values.js";
import { Hdf5UsageError } from "../errors.js";
import type { DatasetSpec } from "../model/writer-contract.js";

/** The spec with what it leaves open: the datatype, and the shape, whose first dimension grows from 0. */
export function describedBy(block: WriteData, spec: DatasetSpec): DatasetSpec {
  const inferred = spec.datatype === undefined ? inferType(block) : undefined;
  const datatype = spec.datatype ?? inferred?.datatype;
  const shape = spec.shape ?? [0, ...rowShape(block, spec, inferred?.shape)];
  return { ...spec, datatype, shape };
}

/** The dimensions of a block behind the first; those of the datatype itself are no rows. */
function rowShape(
  block: WriteData,
  { datatype }: DatasetSpec,
  inferred: readonly number[] | undefined,
): readonly number[] {
  const shape = datatype === undefined ? inferred : arrange(block, datatypeOf(datatype), undefined).shape;
  if (shape !== undefined && shape.length > 0) return shape.slice(1);
  // The bytes of one opaque element, the numbers of one array.
  if (datatype !== undefined && typeof block === "object" && block !== null) return [];
  throw new Hdf5UsageError("source", "gave a single value", "blocks of rows");
}
