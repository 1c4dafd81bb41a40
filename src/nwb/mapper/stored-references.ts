/** References among values that were read, and the same values with others in their place. */
import type { ObjectReference, Row, Value, WriteData } from "../../index.js";

/** All object references of a value. */
export function referencesOf(value: Value | undefined): ObjectReference[] {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return [];
  if (Array.isArray(value)) return (value as readonly Value[]).flatMap(referencesOf);
  if (isObjectReference(value)) return [value];
  return Object.values(value as Row).flatMap(referencesOf);
}

/** The value with each reference replaced; what leads nowhere in the new file becomes null. */
export function withReferences(
  value: Value,
  replace: (reference: ObjectReference) => ObjectReference | null,
): WriteData {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return (value as readonly Value[]).map((each) => withReferences(each, replace));
  if (isObjectReference(value)) return replace(value);
  if ("kind" in value && value.kind === "region-reference") return null;
  return Object.fromEntries(Object.entries(value as Row).map(([name, each]) => [name, withReferences(each, replace)]));
}

function isObjectReference(value: object): value is ObjectReference {
  return "kind" in value && value.kind === "object-reference";
}
