import fc from "fast-check";
import h5wasm from "h5wasm/node";
import { beforeAll, describe, expect, test } from "vitest";
import { create } from "../../src/index.js";
import { type Content, type TreeNode, tree } from "../../src/testing/tree.js";
import { writeTree } from "../../src/testing/write-tree.js";

type Filesystem = Awaited<typeof h5wasm.ready>["FS"];
let FS: Filesystem;
beforeAll(async () => {
  ({ FS } = await h5wasm.ready);
});

/** Values in the form that h5wasm gives: plain arrays, booleans as numbers, compounds as lists of members. */
function plain(value: unknown): unknown {
  if (typeof value === "boolean") return Number(value);
  if (ArrayBuffer.isView(value)) return Array.from(value as Int8Array);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "object" && value !== null) return Object.values(value).map(plain);
  return value;
}

interface StockAttribute {
  readonly value: unknown;
}

interface StockObject {
  readonly attrs: Readonly<Record<string, StockAttribute>>;
  readonly value?: unknown;
  keys?(): string[];
  get?(name: string): StockObject;
}

function expectAttributes(object: StockObject, attrs: ReadonlyMap<string, Content>): void {
  for (const [name, { label, expected }] of attrs) {
    // An object's prototype cannot be an attribute of h5wasm's.
    if (name === "__proto__") continue;
    const attribute = Object.hasOwn(object.attrs, name) ? object.attrs[name] : undefined;
    expect(plain(attribute?.value), `attribute ${name}, ${label}`).toEqual(plain(expected));
  }
}

function expectTree(group: StockObject, node: TreeNode & { kind: "group" }, path: string): void {
  expect(new Set(group.keys?.())).toEqual(new Set(node.children.keys()));
  expectAttributes(group, node.attrs);
  for (const [name, child] of node.children) {
    const object = group.get?.(name) as StockObject;
    if (child.kind === "group") expectTree(object, child, `${path}/${name}`);
    else {
      expectAttributes(object, child.attrs);
      expect(plain(object.value), `${child.content.label}, ${child.storage}`).toEqual(plain(child.content.expected));
    }
  }
}

describe("libhdf5 2.0.0 reads what we write", () => {
  test("any tree equals the model", async () => {
    await fc.assert(
      fc.asyncProperty(tree, async (model) => {
        await using file = await create();
        await writeTree(file.root, model);
        FS.writeFile("tree.h5", await file.toBytes());
        const stock = new h5wasm.File("tree.h5", "r");
        try {
          expectTree(stock as unknown as StockObject, model, "");
        } finally {
          stock.close();
          FS.unlink("tree.h5");
        }
      }),
      { numRuns: 60 },
    );
  });
});
