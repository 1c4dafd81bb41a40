/** `get…` of containers that hold others by name. */
import { NwbError } from "../errors.js";
import { suggestion } from "../names.js";
import { type AbstractContainer, describeContainer, type NwbClass } from "./container.js";
import { stateOf } from "./state.js";

const EMPTY: ReadonlyMap<string, AbstractContainer> = /* @__PURE__ */ new Map<string, AbstractContainer>();

/** The containers of a field by name. */
export function members<T extends AbstractContainer>(
  container: AbstractContainer,
  field: string,
): ReadonlyMap<string, T> {
  const value = stateOf(container).fields.get(field);
  // A field of that form holds containers of the types that the schema names.
  return (value instanceof Map ? value : EMPTY) as ReadonlyMap<string, T>;
}

/**
 * A member by name, or the only one.
 * @param type a class that the member must be of.
 * @throws NwbError when there is none of that name or type, or several to choose from.
 */
export function getMember<T extends AbstractContainer>(
  container: AbstractContainer,
  field: string,
  name: string | undefined,
  type: NwbClass<T> | undefined,
): T {
  const all = members(container, field);
  const fail = (finding: string): never => {
    const { neurodataType } = container;
    throw new NwbError(`${describeContainer(container)}: ${finding}`, { code: "no-member", neurodataType, field });
  };
  if (name === undefined && all.size !== 1) {
    fail(
      all.size === 0
        ? `${field} is empty`
        : `${field} has ${all.size} members; name one of ${[...all.keys()].join(", ")}`,
    );
  }
  const found = name === undefined ? [...all.values()][0] : all.get(name);
  if (found === undefined) return fail(`${field} has no ${JSON.stringify(name)}${suggestion(name ?? "", all.keys())}`);
  if (type !== undefined && !(found instanceof type)) {
    return fail(`${JSON.stringify(found.name)} of ${field} is a ${found.neurodataType}, not a ${type.name}`);
  }
  // Checked above when a type is asked for; without one the caller's type is that of the field.
  return found as T;
}
