/** One writer at a time: the lock beside a file that is written. */
import { spawn, spawnSync } from "node:child_process";
import fs, {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { create, open } from "../../src/index.js";

const folder = mkdtempSync(join(tmpdir(), "h5ts-lock-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const path = join(folder, "a.h5");
const lock = `${path}.h5ts-lock`;
const LOCKED = { code: "state", reason: "locked", file: path };

beforeEach(async () => {
  rmSync(lock, { force: true });
  const file = await create(path);
  await file.root.createDataset("x", { data: Int32Array.of(1, 2, 3) });
  await file.close();
});

/** A lock as another process would leave it. */
function leave(holder: Readonly<Record<string, unknown>>): void {
  writeFileSync(lock, JSON.stringify({ pid: process.pid, host: hostname(), token: "theirs", ...holder }));
}

/** The number of a process that has ended. */
function deadPid(): number {
  return spawnSync(process.execPath, ["-e", ""]).pid;
}

describe("a file that is open for writing", () => {
  test("is refused to other writers of this process, and not to readers", async () => {
    const file = await open(path, { mode: "r+" });
    await expect(open(path, { mode: "r+" })).rejects.toMatchObject(LOCKED);
    await expect(create(path)).rejects.toMatchObject(LOCKED);
    await using reader = await open(path);
    expect(await reader.root.keys()).toEqual(["x"]);
    await file.root.createGroup("g");
    await file.close();
    await using again = await open(path, { mode: "r+" });
    expect(await again.root.keys()).toEqual(["g", "x"]);
  });

  test("is known under every name of it", async () => {
    const other = join(folder, "b.h5");
    symlinkSync(path, other);
    await using file = await create(path);
    await expect(open(other, { mode: "r+" })).rejects.toMatchObject({ code: "state", reason: "locked" });
    expect(file.mode).toBe("r+");
    rmSync(other);
  });

  test("is known by a symbolic link that led to nothing when it was created", async () => {
    const [link, target] = [join(folder, "link.h5"), join(folder, "target.h5")];
    symlinkSync("target.h5", link);
    const file = await create(link);
    await expect(create(target)).rejects.toMatchObject({ code: "state", reason: "locked", file: target });
    await expect(open(link, { mode: "r+" })).rejects.toMatchObject({ code: "state", reason: "locked" });
    await file.root.createGroup("g");
    await file.close();
    await using again = await open(target);
    expect(await again.root.keys()).toEqual(["g"]);
    rmSync(link);
    rmSync(target);
    expect(readdirSync(folder)).toEqual(["a.h5"]);
  });

  test("by a symbolic link is removed when it is given up before its first flush, and the link stays", async () => {
    const [link, target] = [join(folder, "link.h5"), join(folder, "target.h5")];
    symlinkSync(target, link);
    await (await create(link)).abort();
    expect(readdirSync(folder)).toEqual(["a.h5", "link.h5"]);
    rmSync(link);
  });

  test("by a relative path is removed where it was made when it is given up, wherever the process is by then", async () => {
    const [made, other] = [join(folder, "made"), join(folder, "other")];
    for (const path of [made, other]) mkdirSync(path);
    const theirs = join(other, "same.h5");
    writeFileSync(theirs, "theirs");
    const before = process.cwd();
    try {
      process.chdir(made);
      const file = await create("same.h5");
      process.chdir(other);
      await file.abort();
    } finally {
      process.chdir(before);
    }
    expect(readFileSync(theirs, "utf8")).toBe("theirs");
    expect(readdirSync(made)).toEqual([]);
    for (const path of [made, other]) rmSync(path, { recursive: true });
  });

  test("leaves no lock behind, however it ends", async () => {
    const names = readdirSync(folder);
    await (await open(path, { mode: "r+" })).close();
    await (await open(path, { mode: "r+" })).abort();
    await (await create(join(folder, "given-up.h5"))).abort();
    await expect(create(path, { exclusive: true })).rejects.toMatchObject({ code: "exists" });
    await expect(open(join(folder, "none.h5"), { mode: "r+" })).rejects.toMatchObject({
      code: "driver",
      status: "ENOENT",
    });
    await expect(create(join(folder, "no folder", "c.h5"))).rejects.toMatchObject({ code: "driver", status: "ENOENT" });
    writeFileSync(join(folder, "no.h5"), "this is no HDF5 file");
    await expect(open(join(folder, "no.h5"), { mode: "r+" })).rejects.toMatchObject({ code: "format" });
    rmSync(join(folder, "no.h5"));
    expect(readdirSync(folder)).toEqual(names);
  });

  test("is refused while another process writes it, and taken over when that was killed", async () => {
    const script = `
      import { open } from ${JSON.stringify(fileURLToPath(new URL("../../src/index.ts", import.meta.url)))};
      const file = await open(${JSON.stringify(path)}, { mode: "r+" });
      await file.root.createGroup("flushed");
      await file.flush();
      await file.root.createGroup("lost");
      console.log("holding");
      setInterval(() => {}, 1000);
    `;
    const args = ["--conditions=h5ts-source", "--import", "tsx", "--input-type=module", "-e", script];
    const root = fileURLToPath(new URL("../../", import.meta.url));
    const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
    await new Promise<void>((resolve, reject) => {
      child.stdout.once("data", () => resolve());
      child.once("exit", () => reject(new Error("the writer ended")));
    });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    await expect(open(path, { mode: "r+" })).rejects.toThrow(`by process ${child.pid} of`);
    child.kill("SIGKILL");
    await ended;
    expect(existsSync(lock)).toBe(true);
    await using file = await open(path, { mode: "r+" });
    expect(await file.root.keys()).toEqual(["flushed", "x"]);
    expect(JSON.parse(readFileSync(lock, "utf8"))).toMatchObject({ pid: process.pid });
  });
});

describe("a lock that was left behind", () => {
  test("by a process of this host that has ended is taken over", async () => {
    leave({ pid: deadPid() });
    await (await open(path, { mode: "r+" })).close();
    expect(readdirSync(folder)).toEqual(["a.h5"]);
    leave({ pid: deadPid() });
    await (await create(path)).close();
    expect(readdirSync(folder)).toEqual(["a.h5"]);
  });

  test.runIf(existsSync("/proc/self/stat"))(
    "by a process whose number another one has by now is taken over",
    async () => {
      leave({ started: "1" });
      await (await open(path, { mode: "r+" })).close();
      expect(existsSync(lock)).toBe(false);
    },
  );

  test("by another host is respected, and the error says by whom and what to remove", async () => {
    leave({ pid: 4711, host: "elsewhere" });
    const before = readFileSync(path);
    const refused = /a\.h5 is open for writing by process 4711 of "elsewhere"; if it is not, remove .*a\.h5\.h5ts-lock/;
    await expect(open(path, { mode: "r+" })).rejects.toThrow(refused);
    await expect(create(path)).rejects.toThrow(refused);
    expect(readFileSync(path)).toEqual(before);
    await (await open(path)).close();
  });

  test.each(["", "{", "null", "5", "[]", '{"pid":"x"}', '{"pid":0,"host":"","token":""}', "\0\xff"])(
    "that cannot be understood is respected: %j",
    async (text) => {
      writeFileSync(lock, text);
      await expect(open(path, { mode: "r+" })).rejects.toMatchObject(LOCKED);
      await expect(create(path)).rejects.toMatchObject(LOCKED);
      expect(readFileSync(lock, "latin1")).toBe(Buffer.from(text).toString("latin1"));
    },
  );

  test("that is no file is respected", async () => {
    mkdirSync(lock);
    await expect(open(path, { mode: "r+" })).rejects.toMatchObject(LOCKED);
    rmdirSync(lock);
    symlinkSync(join(folder, "nowhere"), lock);
    await expect(open(path, { mode: "r+" })).rejects.toMatchObject(LOCKED);
    rmSync(lock);
  });
});

test("a file whose lock has no place is written without one", async () => {
  // A name has 255 bytes at most.
  const long = join(folder, `${"n".repeat(250)}.h5`);
  await using file = await create(long);
  expect(file.mode).toBe("r+");
  await file.close();
  await (await open(long, { mode: "r+" })).close();
  rmSync(long);
});

test.runIf(process.getuid?.() !== 0)(
  "a file in a folder that takes no new files is written without a lock",
  async () => {
    chmodSync(folder, 0o500);
    try {
      await (await open(path, { mode: "r+" })).close();
      await expect(create(join(folder, "c.h5"))).rejects.toMatchObject({ code: "driver", status: "EACCES" });
    } finally {
      chmodSync(folder, 0o700);
    }
  },
);

describe("where Deno was started without some permissions", () => {
  const refuse = (name: "openSync" | "readFileSync" | "statSync", ending: string): void => {
    const original = fs[name] as (...args: unknown[]) => unknown;
    vi.spyOn(fs, name).mockImplementation(((path: unknown, ...args: unknown[]) => {
      if (String(path).endsWith(ending)) {
        throw Object.assign(new Error(`Requires access to ${String(path)}`), { name: "NotCapable" });
      }
      return original(path, ...args);
    }) as never);
  };
  afterEach(() => vi.restoreAllMocks());

  test.each(["openSync", "statSync"] as const)(
    "for the lock, the error says so (%s), and nothing is left",
    async (name) => {
      const before = readFileSync(path);
      refuse(name, ".h5ts-lock");
      const refused = { code: "driver", source: path, status: "NotCapable" };
      await expect(open(path, { mode: "r+" })).rejects.toMatchObject(refused);
      await expect(create(path)).rejects.toThrow(`permit to read and write ${lock} too`);
      vi.restoreAllMocks();
      expect(readFileSync(path)).toEqual(before);
      expect(existsSync(lock)).toBe(false);
    },
  );

  test("for what it tells of processes, files are locked all the same", async () => {
    refuse("readFileSync", "/stat");
    await using file = await open(path, { mode: "r+" });
    await expect(open(path, { mode: "r+" })).rejects.toMatchObject(LOCKED);
    await file.root.attrs.set("x", 1);
  });

  test("for a file, that is an error of the medium", async () => {
    vi.spyOn(fs, "open").mockImplementation(((...args: unknown[]) => {
      const refused = Object.assign(new Error("Requires read access"), { name: "NotCapable" });
      (args.at(-1) as (error: Error) => void)(refused);
    }) as never);
    await expect(open(path)).rejects.toMatchObject({ code: "driver", source: path, status: "NotCapable" });
  });
});
