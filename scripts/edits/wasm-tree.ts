/** A file as libhdf5 2.0 reads it (h5wasm), compared with the tree that a model says. */
import * as h5wasm from "h5wasm/node";

/** A tree as `TurnsModel.tree()` gives it. */
export interface Tree {
  readonly attrs?: Readonly<Record<string, unknown>>;
  readonly links?: Readonly<Record<string, Tree>>;
  readonly value?: readonly unknown[];
  readonly soft?: string;
  readonly external?: string;
}

/** What differs first; undefined: nothing. Comments and link counts are not shown by h5wasm. */
export async function wasmDifference(path: string, tree: Tree): Promise<string | undefined> {
  await h5wasm.ready;
  const file = new h5wasm.File(path, "r");
  try {
    return differenceOf(file, tree, "");
  } finally {
    file.close();
  }
}

function differenceOf(group: h5wasm.Group, tree: Tree, at: string): string | undefined {
  const attributes = attributesOf(group);
  if (attributes !== listed(tree.attrs ?? {})) return `${at}/: attributes ${attributes}`;
  const names = Object.keys(tree.links ?? {}).sort();
  const found = group.keys().sort();
  if (found.join("|") !== names.join("|")) return `${at}/: holds ${found.join(", ")}, expected ${names.join(", ")}`;
  for (const [name, below] of Object.entries(tree.links ?? {})) {
    // Where these lead to is compared by the other readers.
    if (below.soft !== undefined || below.external !== undefined) continue;
    const path = `${at}/${name}`;
    const entity = group.get(name);
    if (below.links !== undefined) {
      if (!(entity instanceof h5wasm.Group)) return `${path}: is no group`;
      const difference = differenceOf(entity, below, path);
      if (difference !== undefined) return difference;
      continue;
    }
    if (!(entity instanceof h5wasm.Dataset)) return `${path}: is no dataset`;
    const value = below.value ?? [];
    if ((entity.shape ?? []).join() !== String(value.length)) return `${path}: has shape ${entity.shape?.join()}`;
    const names = attributesOf(entity);
    if (names !== listed(below.attrs ?? {})) return `${path}: attributes ${names}`;
    // An empty extent has no values, and references are numbers for h5wasm.
    if (value.length === 0 || typeof value[0] === "boolean") continue;
    const elements = [...(entity.value as unknown as Iterable<unknown>)];
    if (JSON.stringify(elements) !== JSON.stringify(value)) {
      return `${path}: is ${JSON.stringify(elements).slice(0, 200)}, expected ${JSON.stringify(value).slice(0, 200)}`;
    }
  }
  return undefined;
}

function attributesOf({ attrs }: h5wasm.Group | h5wasm.Dataset): string {
  return listed(
    Object.fromEntries(
      Object.entries(attrs).map(([name, { value }]) => [
        name,
        ArrayBuffer.isView(value) ? [...(value as Int32Array)] : value,
      ]),
    ),
  );
}

function listed(attributes: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1)));
}
