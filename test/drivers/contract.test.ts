import { mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { blobDriver } from "../../src/drivers/blob.js";
import { coreDriver } from "../../src/drivers/core.js";
import type { WritableDriver } from "../../src/drivers/driver.js";
import { familyDriver } from "../../src/drivers/family.js";
import { joinedWrites } from "../../src/drivers/joined-writes.js";
import { memoryDriver } from "../../src/drivers/memory.js";
import { multiDriver, splitDriver } from "../../src/drivers/multi.js";
import { nodeFileDriver } from "../../src/drivers/node-file.js";
import { opfsDriver } from "../../src/drivers/opfs.js";
import { readOnly } from "../../src/drivers/read-only.js";
import { recording } from "../../src/drivers/recording.js";
import { withCache } from "../../src/drivers/with-cache.js";
import { withConcurrency } from "../../src/drivers/with-concurrency.js";
import { withRetry } from "../../src/drivers/with-retry.js";
import { faulty } from "../../src/testing/faulty.js";
import { readingContract, writingContract } from "./contract.js";
import { asyncHandle, fakeFile, syncHandle } from "./file-handles.js";
import { memberStore } from "./members.js";

const folder = mkdtempSync(join(tmpdir(), "h5ts-drivers-"));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const newPath = (): string => join(folder, `file-${++files}`);

readingContract("memoryDriver", async (content) => memoryDriver(content));
writingContract("memoryDriver", async () => memoryDriver());

readingContract("nodeFileDriver", async (content) => {
  const path = newPath();
  writeFileSync(path, content);
  return nodeFileDriver(path);
});
writingContract("nodeFileDriver", () => nodeFileDriver(newPath(), { mode: "wx" }));

readingContract("blobDriver", async (content) => blobDriver(new Blob([new Uint8Array(content)])));

const family = (memberSize: number) => () =>
  familyDriver({ pattern: "m%d", memberSize, open: memberStore().open, mode: "create" });
for (const memberSize of [1, 7, 100, 10_000]) {
  if (memberSize > 1) {
    readingContract(`familyDriver of ${memberSize} bytes a member`, async (content) => {
      const parts: Record<string, Uint8Array> = {};
      for (let i = 0; i * memberSize < content.length; i++) {
        parts[`m${i}`] = content.slice(i * memberSize, (i + 1) * memberSize);
      }
      return familyDriver({ pattern: "m%d", memberSize, open: memberStore(parts).open });
    });
  }
  writingContract(`familyDriver of ${memberSize} bytes a member`, family(memberSize));
}

readingContract("readOnly", async (content) => readOnly(memoryDriver(content)));
readingContract("recording", async (content) => recording(memoryDriver(content)));
writingContract("recording", async () => recording(memoryDriver()));

// Replies that come late and out of order change nothing.
const late = { delay: (call: number) => (call * 7) % 4 };
readingContract("a slow driver", async (content) => faulty(memoryDriver(content), late));
writingContract("a family of slow members", () =>
  familyDriver({
    pattern: "m%d",
    memberSize: 40,
    open: memberStore({}, (driver) => faulty(driver, late)).open,
    mode: "create",
  }),
);

// Wrappers, each over a device that answers late and out of order.
const wrappers: Readonly<Record<string, (driver: WritableDriver) => WritableDriver>> = {
  withConcurrency: (driver) => withConcurrency(driver, 2),
  withRetry: (driver) => withRetry(driver),
  joinedWrites,
  "withCache of small blocks": (driver) => withCache(driver, { blockBytes: 16, bytes: 2000 }),
  "withCache of one block": (driver) => withCache(driver, { blockBytes: 100, bytes: 100 }),
  withCache: (driver) => withCache(driver),
};
for (const [name, wrap] of Object.entries(wrappers)) {
  readingContract(name, async (content) => wrap(faulty(memoryDriver(content), late)));
  writingContract(name, async () => wrap(faulty(memoryDriver(), late)));
}

// Members whose starts are ordinary numbers stay where they are, so that together they are one run of bytes.
const members = [0n, 1000n, 2500n].map((start) => ({ name: `m${start}`, start }));
readingContract("multiDriver", async (content) => {
  const parts = { m0: content.slice(0, 1000), m1000: content.slice(1000, 2500), m2500: content.slice(2500) };
  return multiDriver({ members, open: memberStore(parts).open });
});
const narrow = [0n, 90n, 200n].map((start) => ({ name: `m${start}`, start }));
writingContract("multiDriver", () => multiDriver({ members: narrow, open: memberStore().open, mode: "create" }));
readingContract("splitDriver", (content) => splitDriver({ name: "x", open: memberStore({ "x-m.h5": content }).open }));
writingContract("splitDriver", () => splitDriver({ name: "x", open: memberStore().open, mode: "create" }));
readingContract("coreDriver", (content) => coreDriver({ backing: memoryDriver(content) }));
writingContract("coreDriver", () => coreDriver({ backing: memoryDriver() }));
writingContract("coreDriver without a backing file", () => coreDriver());

readingContract("opfsDriver in a worker", (content) => opfsDriver(syncHandle(fakeFile(content))));
writingContract("opfsDriver in a worker", () => opfsDriver(syncHandle(fakeFile())));
readingContract("opfsDriver on the main thread", (content) => opfsDriver(asyncHandle(fakeFile(content))));
writingContract("opfsDriver on the main thread", () => opfsDriver(asyncHandle(fakeFile())));

readingContract("nodeFileDriver of a descriptor", async (content) => {
  const path = newPath();
  writeFileSync(path, content);
  return nodeFileDriver({ fd: openSync(path, "r") });
});
writingContract("nodeFileDriver of a descriptor", () =>
  nodeFileDriver({ fd: openSync(newPath(), "wx+") }, { mode: "r+" }),
);
