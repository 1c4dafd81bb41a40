/** How long does it take to list and to open the members of a large group, and to make one? */
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
