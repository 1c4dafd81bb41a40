/** The columns that a type of table declares. */
import type { SpecCatalog } from "../spec/catalog.js";
import { type DatasetSpec, type GroupSpec, isRequired } from "../spec/types.js";
import { stateOf } from "./state.js";

/** A column that the schema declares; it is made when it is first used, or with the table when it is required. */
export interface PredefinedColumn {
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
  /** Index columns above it. */
  readonly index: number;
  readonly type: string;
  readonly namespace: string;
  /** Rows of another table. */
  readonly isRegion: boolean;
}

const EXTRA = /* @__PURE__ */ new WeakMap<object, GroupSpec>();

/** Says that a table is the member of another type, whose spec declares columns for it. */
export function setMemberSpec(table: object, spec: GroupSpec): void {
  EXTRA.set(table, spec);
}

/** The columns declared for a table, by its type and by its place, in the schema's order. */
export function predefinedColumns(table: object): readonly PredefinedColumn[] {
  const { plan } = stateOf(table);
  const own = plan.spec.kind === "group" ? plan.spec.datasets : [];
  const extra = EXTRA.get(table)?.datasets ?? [];
  const specs = new Map<string, DatasetSpec>();
  for (const spec of [...own, ...extra]) if (spec.name !== undefined) specs.set(spec.name, spec);
  return [...specs.values()].flatMap((spec) => columnOf(spec, specs, plan.catalog, plan.namespace));
}

function columnOf(
  spec: DatasetSpec,
  specs: ReadonlyMap<string, DatasetSpec>,
  catalog: SpecCatalog,
  namespace: string,
): PredefinedColumn[] {
  const type = spec.typeDef ?? spec.typeInc;
  const { name } = spec;
  if (type === undefined || name === undefined) return [];
  if (!catalog.isSubtype(type, "VectorData", namespace) || catalog.isSubtype(type, "VectorIndex", namespace)) return [];
  let index = 0;
  for (let above = `${name}_index`; specs.has(above); above += "_index") index++;
  return [
    {
      name,
      description: spec.doc,
      required: isRequired(spec.quantity),
      index,
      type,
      namespace: catalog.namespaceOf(type, namespace) ?? namespace,
      isRegion: catalog.isSubtype(type, "DynamicTableRegion", namespace),
    },
  ];
}
