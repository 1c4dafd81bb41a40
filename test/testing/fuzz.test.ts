/** What `npm run fuzz` does, a little of it: the same seeds each time. */
import { expect, test } from "vitest";
import { minimise } from "../../scripts/fuzz/minimise.js";
import { findFault, type SoundFile } from "../../scripts/fuzz/oracle.js";
import { filesIn, madeUp, soundFile } from "../../scripts/fuzz/seeds.js";
import { mutator } from "../../src/testing/index.js";

async function sound(): Promise<SoundFile[]> {
  const files: SoundFile[] = [];
  for (const [name, bytes] of [...filesIn(["test/corpus/walkers"]), ...(await madeUp(8, 1))]) {
    const file = await soundFile(name, bytes);
    if (file !== undefined) files.push(file);
  }
  return files;
}

test("damaged files give what was in them, or typed errors", async () => {
  const files = await sound();
  expect(files.length).toBeGreaterThan(7);
  const faults: string[] = [];
  for (const file of files) {
    const make = mutator(file.bytes, file.map);
    for (let seed = 1; seed <= 25; seed++) {
      const mutation = make(seed);
      const fault = await findFault(file, mutation);
      if (fault !== undefined) faults.push(`${file.name}, seed ${seed}: ${mutation.what}: ${fault}`);
    }
  }
  expect(faults).toEqual([]);
});

test("a value that changes where a sum should tell is a fault, and made small", async () => {
  const file = (await sound()).find(({ name }) => name === "sums and trees") as SoundFile;
  // As though the bare chunks of one byte were under a sum.
  const data = file.map.data.map((part) => ({ ...part, isProtected: true }));
  const claimed = { ...file, map: { ...file.map, data } };
  const bare = file.map.data.find(({ isProtected }) => !isProtected)?.start ?? 0;
  const edits = [
    { start: bare, bytes: Uint8Array.of(99, 98) },
    { start: bare - 1, bytes: Uint8Array.of(file.bytes[bare - 1] ?? 0) },
  ];
  const bytes = file.bytes.slice();
  bytes.set([99, 98], bare);
  const mutation = { seed: 1, bytes, what: "", edits, cutTo: undefined, appended: undefined, leadsOut: false };
  expect(await findFault(file, { ...mutation, checksumsFixed: false })).toBeUndefined();
  const fault = await findFault(claimed, { ...mutation, checksumsFixed: false });
  expect(fault).toMatch(/^wrong value: \/tree#data/);
  const least = await minimise(claimed, { ...mutation, checksumsFixed: false }, fault ?? "");
  expect(least.edits).toHaveLength(1);
});
