import { beforeAll, describe, expect, test } from "vitest";
import { type Attributes, isHdf5Error, open } from "../../src/index.js";
import { fixture } from "./fixture.js";

let attrs: Attributes;

beforeAll(async () => {
  attrs = (await open(await fixture())).root.attrs;
});

async function failure(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isHdf5Error(error)) throw new Error(`expected an error of the library, got ${String(error)}`);
  return error.code;
}

describe("attributes", () => {
  test("are listed by name", async () => {
    expect(await attrs.keys()).toEqual(["count", "list", "title"]);
    expect(await attrs.has("title")).toBe(true);
    expect(await attrs.has("none")).toBe(false);
    const entries: string[] = [];
    for await (const [name, attribute] of attrs.entries()) entries.push(`${name} ${attribute.kind}`);
    expect(entries).toEqual(["count attribute", "list attribute", "title attribute"]);
    if (attrs.order === "none") expect(await failure(attrs.keys({ order: "creation" }))).toBe("usage");
  });

  test("give plain values, or one type with as", async () => {
    expect(await attrs.get("title")).toBe("fixture");
    expect(await attrs.get("count")).toBe(3);
    expect(await attrs.get("list")).toEqual(new Float64Array([1, 2, 3]));
    expect(await attrs.get("none")).toBeUndefined();
    expect(await attrs.get("none", { as: "string" })).toBeUndefined();
    expect(await attrs.get("title", { as: "strings" })).toEqual(["fixture"]);
    expect(await attrs.get("count", { as: "bigint" })).toBe(3n);
    expect(await attrs.get("list", { as: "numbers" })).toEqual([1, 2, 3]);
    expect(await failure(attrs.get("title", { as: "number" }))).toBe("usage");
    expect(await failure(attrs.get("list", { as: "number" }))).toBe("usage");
  });

  test("are read like datasets", async () => {
    const list = await attrs.attribute("list");
    expect(list).toMatchObject({ kind: "attribute", name: "list", shape: [3], charset: "ascii" });
    expect(list.datatype).toMatchObject({ kind: "float", size: 8 });
    expect((await list.read([[1, 3]])).data).toEqual(new Float64Array([2, 3]));
    expect((await list.read(undefined, { as: "int32" })).data).toEqual(new Int32Array([1, 2, 3]));
    expect(await list.value([2])).toBe(3);
    expect(await failure(list.read([[0, 4]]))).toBe("usage");
    expect(await failure(attrs.attribute("none"))).toBe("not-found");
  });

  test("name file and object in errors", async () => {
    const error = await attrs.get("title", { as: "number" }).catch((reason: unknown) => reason);
    expect(isHdf5Error(error) && error.file).toBe("memory");
    expect(isHdf5Error(error) && error.path).toBe("/@title");
  });
});
