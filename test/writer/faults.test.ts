/**
 * Every call of the medium fails once: reads, writes, truncations and flushes, with and without a type, half done, and
 * from there on. More of it: `npm run faults`.
 */
import { describe, expect, test } from "vitest";
import { FAULT_KINDS, type FaultKind, faultLoop } from "../../scripts/crash/fault-loop.js";
import { makeBase, OPERATIONS } from "../../scripts/crash/operations.js";
import { create } from "../../src/index.js";

const SCRIPT = [
  "append filtered chunks",
  "move to another group",
  "make a dataset with attributes",
  "do several things",
].map((name) => OPERATIONS.find((operation) => operation.name === name));

describe.each(["earliest", "v108", "v110"] as const)("the medium of a file of libver %s", (libver) => {
  test.each(FAULT_KINDS)(
    "fails at any call (%s): the caller is told, and the file is at its last flush",
    async (kind: FaultKind) => {
      const file = await create(undefined, { libver });
      await makeBase(file);
      const base = new Uint8Array(await file.toBytes());
      const script = SCRIPT.map((operation) => operation ?? expect.fail("there is no such operation"));
      const durability = kind === "EIO" ? "process" : "power";
      const { byCall, faults } = await faultLoop(base, script, kind, durability);
      expect(faults).toEqual([]);
      for (const call of kind === "full" ? (["write"] as const) : (["read", "write"] as const)) {
        expect(byCall.get(call), call).toBeGreaterThan(5);
      }
    },
    60_000,
  );
});
