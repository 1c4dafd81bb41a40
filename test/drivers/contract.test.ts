import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { blobDriver } from "../../src/drivers/blob.js";
import { familyDriver } from "../../src/drivers/family.js";
import { memoryDriver } from "../../src/drivers/memory.js";
import { nodeFileDriver } from "../../src/drivers/node-file.js";
import { readOnly } from "../../src/drivers/read-only.js";
import { recording } from "../../src/drivers/recording.js";
import { readingContract, writingContract } from "./contract.js";
import { faulty } from "./faulty.js";
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
