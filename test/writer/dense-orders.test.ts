/** Both indexes of dense links name the same links, whatever happens to them. */
import { describe, expect, test } from "vitest";
import { stateOf } from "../../src/api/handles.js";
import { Cursor } from "../../src/bytes/cursor.js";
import { BTREE_V2_TYPE, readBtreeV2 } from "../../src/format/btree-v2.js";
import { decodeLinkName, decodeLinkOrder } from "../../src/format/dense-links.js";
import { decodeLinkInfo } from "../../src/format/messages/link-info.js";
import { MESSAGE } from "../../src/format/messages/message-types.js";
import { create, type Group, type Hdf5File, open } from "../../src/index.js";
import { Allocator } from "../../src/writer/allocator.js";
import { Commit } from "../../src/writer/commit.js";
import { DENSE_LINKS } from "../../src/writer/dense-forms.js";
import { type DenseItem, DenseStorage } from "../../src/writer/dense-storage.js";
import { Space } from "../../src/writer/space.js";
import { PagedSource } from "../format/paged-source.js";
import { fixtureContext } from "../format/walker-fixtures.js";

const LIMITS = { treeDepth: 64 };
/** Few: their heap is written anew. Many: it is added to. */
const COUNTS = [66, 250];

async function fileOf(count: number): Promise<Uint8Array> {
  await using file = await create(undefined, { libver: "v108" });
  for (const name of ["here", "there"]) {
    const group = await file.root.createGroup(name, { trackOrder: true });
    for (let i = 0; i < count; i++) await group.createSoftLink(`link ${i}`, `/where/it/leads/to/${"far ".repeat(2)}`);
  }
  return new Uint8Array(await file.toBytes());
}

/** Names in the order of creation, by the creation orders that the links have. */
async function listed(group: Group): Promise<string[]> {
  return (await group.links({ order: "creation" })).map(({ name }) => name);
}

/** Heap ids of both indexes, each sorted, and the creation orders in the order of their index. */
interface Indexed {
  readonly byName: readonly string[];
  readonly byOrder: readonly string[];
  readonly orders: readonly number[];
}

function indexed(bytes: Uint8Array, names: number | undefined, order: number | undefined): Indexed {
  const context = fixtureContext();
  const source = new PagedSource(bytes, Number.POSITIVE_INFINITY);
  const text = (id: Uint8Array): string => Buffer.from(id).toString("hex");
  const byName = readBtreeV2(source, names ?? 0, context, LIMITS, decodeLinkName, BTREE_V2_TYPE.linkNames);
  const byOrder = readBtreeV2(source, order ?? 0, context, LIMITS, decodeLinkOrder, BTREE_V2_TYPE.linkCreationOrder);
  return {
    byName: byName.map(({ id }) => text(id)).sort(),
    byOrder: byOrder.map(({ id }) => text(id)).sort(),
    orders: byOrder.map(({ creationOrder }) => creationOrder),
  };
}

async function expectTogether(bytes: Uint8Array, name: string, expected: readonly string[]): Promise<void> {
  await using file = await open(bytes);
  const group = await file.root.group(name);
  const { header, file: state } = stateOf(group, name);
  const info = header?.messages.find(({ type }) => type === MESSAGE.linkInfo);
  const { nameIndexAddress, orderIndexAddress } = decodeLinkInfo(
    new Cursor(info?.body ?? new Uint8Array(0), "link info message"),
    state.context,
  );
  const found = indexed(bytes, nameIndexAddress, orderIndexAddress);
  expect(found.byOrder).toEqual(found.byName);
  expect(new Set(found.orders).size).toBe(expected.length);
  expect(await listed(group)).toEqual(expected);
}

describe.each(COUNTS)("the index by creation order of %i links", (count) => {
  const names = Array.from({ length: count }, (_, i) => `link ${i}`);
  const without = (...gone: string[]): string[] => names.filter((name) => !gone.includes(name));

  async function edited(edit: (file: Hdf5File) => Promise<unknown>): Promise<Uint8Array> {
    await using file = await open(await fileOf(count), { mode: "r+" });
    await edit(file);
    await file.flush();
    return new Uint8Array(await file.toBytes());
  }

  test("holds a link that was given another name, as the last one", async () => {
    const bytes = await edited(({ root }) => root.move("here/link 7", "here/renamed"));
    await expectTogether(bytes, "here", [...without("link 7"), "renamed"]);
  });

  test("holds a link that came from another group, beside the one of that place", async () => {
    const bytes = await edited(({ root }) => root.move("here/link 7", "there/moved"));
    await expectTogether(bytes, "here", without("link 7"));
    await expectTogether(bytes, "there", [...names, "moved"]);
  });

  test("holds links that changed their names with each other in one flush", async () => {
    const bytes = await edited(async ({ root }) => {
      await root.move("here/link 3", "here/between");
      await root.move("here/link 4", "here/link 3");
      await root.move("here/between", "here/link 4");
    });
    await expectTogether(bytes, "here", [...without("link 3", "link 4"), "link 3", "link 4"]);
  });

  test("holds a link that took the place of another one", async () => {
    const bytes = await edited(async ({ root }) => {
      await root.delete("here/link 5");
      await root.move("here/link 6", "here/link 5");
      await root.delete("here/link 2");
      await (await root.group("here")).createSoftLink("link 2", "/again");
    });
    await expectTogether(bytes, "here", [...without("link 5", "link 6", "link 2"), "link 5", "link 2"]);
  });
});

test("a link entered with the creation order of one taken away in the same flush stays in both indexes", () => {
  const context = fixtureContext();
  const allocator = Allocator.of(new Space(0, true));
  let bytes = new Uint8Array(0);
  const storage = new DenseStorage(context, DENSE_LINKS, true);
  const flush = (): ReturnType<DenseStorage["flush"]> => {
    const commit = new Commit();
    const addresses = storage.flush(0, allocator, commit, () => undefined);
    const next = new Uint8Array(allocator.ends[0] as number);
    next.set(bytes);
    for (const block of [...commit.data, ...commit.raise]) next.set(block.bytes, block.address);
    bytes = next;
    return addresses;
  };
  const item = (i: number, creationOrder = i): DenseItem => ({
    nameBytes: Buffer.from(`name ${i}`),
    body: new Uint8Array(100).fill(i),
    creationOrder,
  });
  for (let i = 0; i < 100; i++) storage.set(`${i}`, item(i));
  flush();
  storage.set("new", item(100, 40));
  storage.delete("40");
  const { nameIndexAddress, orderIndexAddress } = flush();
  const found = indexed(bytes, nameIndexAddress, orderIndexAddress);
  expect(found.byOrder).toEqual(found.byName);
  expect(found.orders).toEqual(Array.from({ length: 100 }, (_, i) => i));
});
