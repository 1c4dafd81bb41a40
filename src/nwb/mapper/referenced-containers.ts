/** Data of a file that are references: which containers they mean. */
import type { Dataset, Datatype, Row, Value } from "../../index.js";

/** Do elements of this datatype lead to other objects of their file? */
export function holdsReferences(datatype: Datatype): boolean {
  switch (datatype.kind) {
    case "reference":
      return true;
    case "compound":
      return datatype.members.some((member) => holdsReferences(member.datatype));
    case "array":
    case "vlen":
      return holdsReferences(datatype.base);
    default:
      return false;
  }
}

/** The same datatype, for another file: what is committed there is not here. */
export function plainType(datatype: Datatype): Datatype {
  const { committed: _, ...rest } = datatype;
  return rest as Datatype; // all but an optional member
}

/**
 * The elements with containers in the place of references; null references stay null.
 * @returns undefined when a reference leads to no container.
 */
export async function referencedContainers(
  dataset: Dataset,
  containerAt: (address: number) => object | undefined,
): Promise<unknown> {
  if (dataset.count === 0) return [];
  const value = await dataset.value();
  const missing = { found: false };
  const replaced = replace(value, (address) => {
    const container = containerAt(address);
    if (container === undefined) missing.found = true;
    return container;
  });
  return missing.found ? undefined : replaced;
}

function replace(value: Value, containerAt: (address: number) => object | undefined): unknown {
  if (Array.isArray(value)) return (value as readonly Value[]).map((each) => replace(each, containerAt));
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  if ("kind" in value && value.kind === "object-reference") return containerAt(Number(value.address));
  return Object.fromEntries(Object.entries(value as Row).map(([name, each]) => [name, replace(each, containerAt)]));
}
