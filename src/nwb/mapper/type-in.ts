/** The type that an object in a file says it is of. */
import type { Attribute } from "../../index.js";

export interface StoredType {
  readonly name: string;
  readonly namespace: string;
}

/** Undefined for an object without a type. Files of the first versions have no namespace at some objects. */
export async function typeIn(attributes: ReadonlyMap<string, Attribute>): Promise<StoredType | undefined> {
  const name = await textOf(attributes.get("neurodata_type") ?? attributes.get("data_type"));
  if (name === undefined) return undefined;
  return { name, namespace: (await textOf(attributes.get("namespace"))) ?? "core" };
}

async function textOf(attribute: Attribute | undefined): Promise<string | undefined> {
  const value = await attribute?.value();
  if (typeof value === "string") return value;
  const [only] = Array.isArray(value) ? (value as readonly unknown[]) : [];
  return typeof only === "string" ? only : undefined;
}
