/** Rows of a column as JavaScript values, from memory or from a file. References become the containers meant. */
import type { ArraySource, Reference, Row, Value } from "../../index.js";
import { GrownData } from "../data/grown-data.js";
import { HeldData } from "../data/held-data.js";
import { NwbError } from "../errors.js";
import { stateOf } from "./state.js";

/** A run of rows: a typed array for numbers, else a plain array. */
export type Rows = readonly unknown[] | Float64Array | Exclude<ArrayLike<unknown>, readonly unknown[] | string>;

/**
 * The rows [start, stop) of a column's data.
 * @throws NwbError when they leave the column.
 */
export async function columnRows(container: object, data: ArraySource, start: number, stop: number): Promise<Rows> {
  if (
    !(Number.isSafeInteger(start) && Number.isSafeInteger(stop) && start >= 0 && start <= stop && stop <= data.length)
  ) {
    const { plan, name } = stateOf(container);
    throw new NwbError(`${plan.type} ${JSON.stringify(name)}: rows ${start} to ${stop} of ${data.length}`, {
      code: "range",
      neurodataType: plan.type,
    });
  }
  const inMemory = memoryRows(data, start, stop);
  return inMemory ?? storedRows(container, data, start, stop);
}

function memoryRows(data: ArraySource, start: number, stop: number): Rows | undefined {
  if (data instanceof GrownData && data.base === undefined) return data.rows.slice(start, stop);
  if (!(data instanceof HeldData)) return undefined;
  const { values } = data;
  if (Array.isArray(values)) return values.slice(start, stop);
  return ArrayBuffer.isView(values) ? plainNumbers((values as Float64Array).slice(start, stop)) : undefined;
}

async function storedRows(container: object, data: ArraySource, start: number, stop: number): Promise<Rows> {
  if (data.rank !== 1) {
    const nested = await data.value([[start, stop]]);
    return Array.isArray(nested) ? nested : [nested];
  }
  const result = await data.read([[start, stop]]);
  switch (result.kind) {
    case "number": {
      const { datatype } = data;
      return datatype.kind === "enum" && datatype.boolean ? Array.from(result.data, (each) => each !== 0) : result.data;
    }
    case "bigint":
      return plainNumbers(result.data);
    case "reference":
      return result.data.map((each) => referred(container, each));
    case "compound":
      return Array.from(result.data, (row) => rowWithContainers(container, row));
    case "bytes": {
      const size = data.datatype.size;
      return Array.from({ length: stop - start }, (_, i) => result.data.slice(i * size, (i + 1) * size));
    }
    case "string":
    case "vlen":
      return result.data;
    default:
      return result satisfies never;
  }
}

/** 64-bit integers as numbers when all of them are safe; other arrays as they are. */
function plainNumbers(data: Float64Array | BigInt64Array | BigUint64Array): Rows {
  if (!(data instanceof BigInt64Array || data instanceof BigUint64Array)) return data;
  const list: bigint[] = Array.from(data as Iterable<bigint>);
  const safe = list.every((each) => each >= -MAX_SAFE && each <= MAX_SAFE);
  return safe ? list.map(Number) : list;
}

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/** A scalar as JavaScript holds it best. */
export function plainNumber(value: unknown): unknown {
  return typeof value === "bigint" && value >= -MAX_SAFE && value <= MAX_SAFE ? Number(value) : value;
}

/** The container that a reference in the column's file means; the reference itself when there is none. */
function referred(container: object, reference: Reference | null): unknown {
  if (reference?.kind !== "object-reference") return reference;
  return stateOf(container).place?.file.containers.get(reference.address) ?? reference;
}

function rowWithContainers(container: object, row: Row): Record<string, unknown> {
  const result: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [name, value] of Object.entries(row)) {
    result[name] = isObjectReference(value) ? referred(container, value) : plainNumber(value);
  }
  return result;
}

function isObjectReference(value: Value): value is Reference {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "object-reference";
}
