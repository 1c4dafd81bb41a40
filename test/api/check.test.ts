import { describe, expect, test } from "vitest";
import { check, create, type Finding, isHdf5Error, open } from "../../src/index.js";
import { fixture } from "./fixture.js";

async function findings(bytes: Uint8Array, data = false): Promise<Finding[]> {
  await using file = await open(bytes);
  const found: Finding[] = [];
  for await (const finding of check(file, { data })) found.push(finding);
  return found;
}

/** The file with one byte flipped. */
async function damaged(at: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(await fixture());
  bytes[at] = (bytes[at] ?? 0) ^ 0x55;
  return bytes;
}

describe("check", () => {
  test("of a sound file names its links that lead nowhere, as warnings", async () => {
    const found = await findings(await fixture(), true);
    expect(
      found.map(({ severity, code, message }) => `${severity} ${code} ${message.slice(0, message.indexOf(":"))}`),
    ).toEqual(["warning link /dangling", "warning link /loop-a", "warning link /loop-b"]);
  });

  test("takes a link whose name is no UTF-8 for sound", async () => {
    await using file = await create(undefined, { libver: "earliest" });
    await file.root.createDataset("x", { data: 1 });
    await file.root.createSoftLink("s\x01", "/x");
    const bytes = await file.toBytes();
    bytes[Buffer.from(bytes).indexOf("s\x01\0")] = 0xff;
    await using again = await open(bytes);
    expect(await again.root.keys()).toEqual(["x", "\ufffd\x01"]);
    expect(await findings(bytes)).toEqual([]);
  });

  test("finds a damaged chunk when data are read, and not before", async () => {
    await using sound = await open(await fixture());
    const { address = 0 } = await (await sound.dataset("chunked")).readChunk([10, 4]);
    const bytes = await damaged(address + 5);
    expect((await findings(bytes)).filter(({ severity }) => severity === "error")).toEqual([]);
    const errors = (await findings(bytes, true)).filter(({ severity }) => severity === "error");
    expect(errors).toMatchObject([{ code: "filter", structure: "chunk", address }]);
    expect(errors[0]?.message).toMatch(/^\/chunked: .*\[10, 4\]/);
  });

  test("finds a damaged object header, and goes on", async () => {
    await using sound = await open(await fixture());
    const { address } = await sound.get("plain");
    const errors = (await findings(await damaged(address + 20), true)).filter(({ severity }) => severity === "error");
    expect(errors).toMatchObject([{ code: "checksum", structure: "object header", address }]);
  });

  test("stops when it is cancelled, and when the file is closed", async () => {
    const reason = new Error("enough");
    const file = await open(await fixture());
    await expect(drain(check(file, { signal: AbortSignal.abort(reason) }))).rejects.toBe(reason);
    await file.close();
    const error = await drain(check(file)).catch((thrown: unknown) => thrown);
    expect(isHdf5Error(error, "state")).toBe(true);
  });
});

async function drain(items: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of items);
}
