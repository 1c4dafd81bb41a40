/** Arbitrary files, whole: their bytes beside what is in them. */
import fc from "fast-check";
import { create } from "../index.js";
import { type TreeNode, tree } from "./tree.js";
import { writeTree } from "./write-tree.js";

/** What is in a file, and how its bytes are had. */
export interface ArbitraryFile {
  readonly root: TreeNode & { readonly kind: "group" };
  /** The bytes of the file; the same ones each time. */
  readonly bytes: () => Promise<Uint8Array>;
}

/** Files of groups, datasets and attributes of every kind that is written. */
export const file: fc.Arbitrary<ArbitraryFile> = fc
  .record({ root: tree, userBlock: fc.constantFrom(0, 0, 0, 512), trackOrder: fc.boolean() })
  .map(({ root, ...options }) => {
    let made: Promise<Uint8Array> | undefined;
    const make = async (): Promise<Uint8Array> => {
      await using written = await create(undefined, options);
      await writeTree(written.root, root);
      return written.toBytes();
    };
    return {
      root,
      bytes: () => {
        made ??= make();
        return made;
      },
    };
  });
