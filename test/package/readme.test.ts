import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const samples = [...readFileSync(join(ROOT, "README.md"), "utf8").matchAll(/^## (.+)$|^```ts\n([\s\S]*?)^```$/gm)];

/** Title of the section → its code. */
const code = new Map<string, string>();
let title = "";
for (const [, heading, text] of samples) {
  if (heading !== undefined) title = heading;
  else if (text !== undefined) code.set(title, text);
}

/** Serves the files of the working folder by ranges. */
function rangeServer(): Server {
  return createServer((request, response) => {
    const bytes = readFileSync(join(process.cwd(), decodeURIComponent(request.url ?? "").replace(/^\//, "")));
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
    if (range === null) {
      response.writeHead(200, { "content-length": bytes.length });
      response.end(bytes);
      return;
    }
    const first = Number(range[1]);
    const part = bytes.subarray(first, Number(range[2]) + 1);
    const stated = `bytes ${first}-${first + part.length - 1}/${bytes.length}`;
    response.writeHead(206, { "content-length": part.length, "content-range": stated });
    response.end(part);
  });
}

describe("the samples of the README", () => {
  const home = process.cwd();
  const modules = join(ROOT, ".tmp/readme");
  const server = rangeServer();
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "h5ts-readme-"));
    process.chdir(folder);
    mkdirSync(modules, { recursive: true });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });

  afterAll(async () => {
    process.chdir(home);
    rmSync(folder, { recursive: true, force: true });
    rmSync(modules, { recursive: true, force: true });
    await new Promise((resolve) => server.close(resolve));
  });

  /** Runs one sample in the folder; gives what it printed. */
  async function run(name: string): Promise<string[]> {
    const text = code.get(name);
    if (text === undefined) return expect.unreachable(`the README has no code under ${name}`);
    const { port } = server.address() as AddressInfo;
    const path = join(modules, `${name}.ts`);
    writeFileSync(path, text.replaceAll("https://example.org", `http://127.0.0.1:${port}`));
    const printed: string[] = [];
    const log = vi.spyOn(console, "log").mockImplementation((...parts: unknown[]) => {
      printed.push(parts.map((part) => (ArrayBuffer.isView(part) ? `[${String(part)}]` : String(part))).join(" "));
    });
    try {
      await import(/* @vite-ignore */ path);
    } finally {
      log.mockRestore();
    }
    return printed;
  }

  test("are the ones that are run here", () => {
    expect([...code.keys()]).toEqual(["Write", "Read", "Remote files", "Filters", "NWB"]);
  });

  test("write a file, read it, and read it by ranges", async () => {
    await run("Write");
    expect(await run("Read")).toEqual([
      "probe group",
      "probe/voltage dataset",
      "10 [2,2,2,2,2,2,2,2,2,2] microvolts",
      "0 2000,4",
      "2000 2000,4",
      "4000 1000,4",
      "there is no such dataset; there is probe",
    ]);
    const [line, more] = await run("Remote files");
    const [value, requests, bytesRead] = (line ?? "").split(" ").map(Number);
    expect([value, requests]).toEqual([4, 1]);
    expect(bytesRead).toBeGreaterThan(0);
    expect(more).toBe("probe https://bucket.s3.us-east-2.amazonaws.com/session.nwb");
  });

  test("write and read through filters", async () => {
    const [line] = await run("Filters");
    const [exact, rounded] = (line ?? "").split(" ").map(Number);
    expect(exact).toBe(Math.sin(1.57));
    expect(rounded).toBeCloseTo(Math.sin(1.57), 3);
    expect(rounded).not.toBe(exact);
  });

  test("link two NWB files and export them to one", async () => {
    await run("NWB");
    const { open } = await import("../../src/index.js");
    await using session = await open(join(folder, "session.nwb"));
    expect((await session.root.link("acquisition/lick")).kind).toBe("external");
    await using single = await open(join(folder, "single.nwb"));
    expect((await single.dataset("acquisition/wheel/data")).shape).toEqual([100]);
  });
});
