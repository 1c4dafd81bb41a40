import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { create, type Group, type Hdf5File, open } from "../../src/index.js";
import { type Content, content, type TreeNode, tree } from "../../src/testing/tree.js";
import { writeTree } from "../../src/testing/write-tree.js";

async function expectTree(group: Group, node: TreeNode & { kind: "group" }): Promise<void> {
  expect(new Set(await group.keys())).toEqual(new Set(node.children.keys()));
  expect(new Set(await group.attrs.keys())).toEqual(new Set(node.attrs.keys()));
  for (const [name, value] of node.attrs) expect(await group.attrs.get(name), value.label).toEqual(value.expected);
  for (const [name, child] of node.children) {
    const object = await group.get(name);
    expect(object.kind).toBe(child.kind);
    for (const [attr, value] of child.attrs) expect(await object.attrs.get(attr), value.label).toEqual(value.expected);
    if (child.kind === "group") await expectTree(object as Group, child);
    else if (object.kind === "dataset")
      expect(await object.value(), `${child.content.label}, ${child.storage}`).toEqual(child.content.expected);
  }
}

describe("what is written is read", () => {
  test("any tree, before the first flush, after it, and from the closed file", async () => {
    await fc.assert(
      fc.asyncProperty(tree, async (model) => {
        const file = await create();
        await writeTree(file.root, model);
        await expectTree(file.root, model);
        await file.flush();
        await expectTree(file.root, model);
        const bytes = await file.toBytes();
        await file.close();
        await using again = await open(bytes);
        await expectTree(again.root, model);
      }),
      { numRuns: 40 },
    );
  });

  test("a tree written over several sessions is the same tree", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(tree, { minLength: 2, maxLength: 3 }), async (models) => {
        let bytes: Uint8Array | undefined;
        for (const [i, model] of models.entries()) {
          const file: Hdf5File = bytes === undefined ? await create() : await open(bytes, { mode: "r+" });
          await writeTree(await file.root.createGroup(`part ${i}`), model);
          bytes = await file.toBytes();
          await file.close();
        }
        await using file = await open(bytes as Uint8Array);
        for (const [i, model] of models.entries()) await expectTree(await file.group(`part ${i}`), model);
      }),
      { numRuns: 15 },
    );
  });

  test("the same input gives the same bytes", async () => {
    await fc.assert(
      fc.asyncProperty(tree, async (model) => {
        const images: Uint8Array[] = [];
        for (let i = 0; i < 2; i++) {
          await using file = await create();
          await writeTree(file.root, model);
          images.push(await file.toBytes());
        }
        expect(images[0]).toEqual(images[1]);
      }),
      { numRuns: 10 },
    );
  });

  test("an attribute that is set again is replaced whole", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(content, { minLength: 1, maxLength: 4 }), async (values) => {
        await using file = await create();
        for (const value of values) await file.root.attrs.set("a", value.data, { datatype: value.datatype });
        await file.flush();
        const last = values.at(-1) as Content;
        expect(await file.root.attrs.keys()).toEqual(["a"]);
        expect(await file.root.attrs.get("a")).toEqual(last.expected);
      }),
      { numRuns: 20 },
    );
  });
});
