/** How long does it take to list and to open the members of a large group, and to make one? */
import * as h5wasm from "h5wasm/node";
import { bench, describe } from "vitest";
import { create, open } from "../../src/index.js";

const MEMBERS = 5000;

async function largeGroup(): Promise<Uint8Array> {
  await using file = await create();
  const group = await file.root.createGroup("large");
  for (let i = 0; i < MEMBERS; i++) await group.createGroup(`member ${i}`);
  await file.flush();
  return await file.toBytes();
}

describe(`a group of ${MEMBERS} groups`, async () => {
  const bytes = await largeGroup();
  bench("make", async () => {
    await largeGroup();
  });
  bench("list the names", async () => {
    await using file = await open(bytes);
    await (await file.group("large")).keys();
  });
  bench("open one by its path", async () => {
    await using file = await open(bytes);
    await file.get(`large/member ${MEMBERS - 1}`);
  });
  bench("open all", async () => {
    await using file = await open(bytes);
    for await (const [, object] of (await file.group("large")).entries()) void object;
  });
});

/** Made by libhdf5 2.0 (h5wasm), whose groups of many links have a heap and an index. Node 20, one core: 0.5 s of user time. */
async function denseGroup(links: number): Promise<Uint8Array> {
  const { FS } = await h5wasm.ready;
  const file = new h5wasm.File("/dense.h5", "w");
  const group = file.create_group("dense");
  for (let i = 0; i < links; i++) group.create_soft_link(`/target ${i}`, `link ${i}`);
  file.close();
  return FS.readFile("/dense.h5");
}

describe("a dense group of 50,000 links", async () => {
  const bytes = await denseGroup(50_000);
  bench("list", async () => {
    await using file = await open(bytes);
    await (await file.group("dense")).keys();
  });
});
