import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type FamilyOptions, familyDriver } from "../../src/drivers/family.js";
import { nodeFileDriver } from "../../src/drivers/node-file.js";
import { h5pyPresent, pythonCode } from "../interop/h5py.js";
import { contentOf } from "./contract.js";

const MEMBER = 1000;

const folder = mkdtempSync(join(tmpdir(), "h5ts-family-"));
afterAll(() => rmSync(folder, { recursive: true }));

function h5py(pattern: string, mode: string, lines: string): string {
  const opening = `import h5py, numpy as np\nf = h5py.File(${JSON.stringify(pattern)}, "${mode}", driver="family", memb_size=${MEMBER})\n`;
  return pythonCode(`${opening}${lines}\nf.close()`, []).trim();
}

const open: FamilyOptions["open"] = async (name, mode) => {
  if (mode !== "create" && !existsSync(name)) return undefined;
  return nodeFileDriver(name, { mode: mode === "create" ? "w" : mode });
};

/** Members with their sizes and content. */
const members = (prefix: string): [string, string][] =>
  readdirSync(folder)
    .filter((name) => name.startsWith(prefix))
    .sort()
    .map((name) => [name.slice(prefix.length), readFileSync(join(folder, name)).toString("base64")]);

describe.runIf(h5pyPresent())("a family and libhdf5's family driver", () => {
  it("make the same members of the same file, and empty the same when it shrinks", async () => {
    const theirs = join(folder, "theirs_%02d.h5");
    const ours = join(folder, "ours_%02d.h5");
    h5py(theirs, "w", 'f["x"] = np.arange(2000, dtype="i4")');

    const reading = await familyDriver({ pattern: theirs, memberSize: MEMBER, open });
    const content = await contentOf(reading);
    await reading.close();
    const writing = await familyDriver({ pattern: ours, memberSize: MEMBER, open, mode: "create" });
    // In blocks from the end, so that members are made before their content comes.
    for (let end = content.length; end > 0; end -= 777) {
      const start = Math.max(0, end - 777);
      await writing.write(start, content.subarray(start, end));
    }
    await writing.close();
    expect(members("ours_")).toEqual(members("theirs_"));
    expect(members("ours_").length).toBeGreaterThan(8);
    expect(h5py(ours, "r", 'print(f["x"][1999])')).toBe("1999");

    h5py(theirs, "r+", 'del f["x"]');
    const shrunk = await familyDriver({ pattern: theirs, memberSize: MEMBER, open });
    const less = await contentOf(shrunk);
    await shrunk.close();
    const again = await familyDriver({ pattern: ours, memberSize: MEMBER, open, mode: "r+" });
    await again.truncate(less.length);
    await again.write(0, less);
    await again.close();
    expect(members("ours_")).toEqual(members("theirs_"));
    expect(h5py(ours, "r", "print(len(f))")).toBe("0");
  });
});
