/**
 * Inheritance between specs: a spec refines the one it is based on. What it leaves open comes from the base; members
 * are matched by name, unnamed ones by their exact type. Own members come first, inherited ones after them.
 */
import type { AttributeSpec, CompoundField, DatasetSpec, Dtype, GroupSpec, LinkSpec } from "./types.js";
import { isCompoundDtype } from "./types.js";

/** The group `own` with everything that `base` adds to it. */
export function refineGroup(own: GroupSpec, base: GroupSpec): GroupSpec {
  return {
    ...own,
    ...inheritedType(own, base),
    attributes: refineAttributes(own.attributes, base.attributes),
    datasets: refineMembers(own.datasets, base.datasets, refineDataset),
    groups: refineMembers(own.groups, base.groups, refineGroup),
    links: refineMembers(own.links, base.links, (link) => link),
  };
}

/** The dataset `own` with everything that `base` adds to it. */
export function refineDataset(own: DatasetSpec, base: DatasetSpec): DatasetSpec {
  const dtype = refineDtype(own.dtype, base.dtype);
  const extent = own.shape === undefined && own.dims === undefined ? base : own;
  const content = own.value === undefined && own.defaultValue === undefined ? base : own;
  return {
    ...own,
    ...inheritedType(own, base),
    ...(dtype === undefined ? {} : { dtype }),
    ...(extent.shape === undefined ? {} : { shape: extent.shape }),
    ...(extent.dims === undefined ? {} : { dims: extent.dims }),
    ...(content.value === undefined ? {} : { value: content.value }),
    ...(content.defaultValue === undefined ? {} : { defaultValue: content.defaultValue }),
    attributes: refineAttributes(own.attributes, base.attributes),
  };
}

/** The type a spec stands for: the one it defines, else the one it is an instance of. */
export function typeOf(spec: GroupSpec | DatasetSpec | LinkSpec): string | undefined {
  return spec.kind === "link" ? spec.targetType : (spec.typeDef ?? spec.typeInc);
}

/** A refinement that names no type is of the type it refines. */
function inheritedType(own: GroupSpec | DatasetSpec, base: GroupSpec | DatasetSpec): { readonly typeInc?: string } {
  const typeInc = own.typeInc ?? (own.typeDef === undefined ? typeOf(base) : undefined);
  return typeInc === undefined ? {} : { typeInc };
}

/** An attribute that is declared again replaces the inherited one as a whole. */
function refineAttributes(own: readonly AttributeSpec[], base: readonly AttributeSpec[]): readonly AttributeSpec[] {
  const names = new Set(own.map(({ name }) => name));
  return [...own, ...base.filter(({ name }) => !names.has(name))];
}

/** Fields of a compound are refined by name in the order of the base; new ones follow. */
function refineDtype(own: Dtype | undefined, base: Dtype | undefined): Dtype | undefined {
  if (own === undefined) return base;
  if (base === undefined || !isCompoundDtype(own) || !isCompoundDtype(base)) return own;
  const fields = new Map<string, CompoundField>();
  for (const field of [...base, ...own]) fields.set(field.name, field);
  return [...fields.values()];
}

function refineMembers<T extends GroupSpec | DatasetSpec | LinkSpec>(
  own: readonly T[],
  base: readonly T[],
  refine: (own: T, base: T) => T,
): readonly T[] {
  const inherited = new Map(base.map((member) => [memberKey(member), member]));
  const keys = new Set(own.map(memberKey));
  const refined = own.map((member) => {
    const from = inherited.get(memberKey(member));
    return from === undefined ? member : refine(member, from);
  });
  return [...refined, ...base.filter((member) => !keys.has(memberKey(member)))];
}

/** Members with equal keys are the same member. Names and types are kept apart by the first character. */
function memberKey(member: GroupSpec | DatasetSpec | LinkSpec): string {
  return member.name === undefined ? `:${typeOf(member) ?? ""}` : `/${member.name}`;
}
