/** Members of a family in memory: a small file system of names. */
import type { WritableDriver } from "../../src/drivers/driver.js";
import type { FamilyOptions } from "../../src/drivers/family.js";
import { type MemoryDriver, memoryDriver } from "../../src/drivers/memory.js";

export interface MemberStore {
  readonly files: Map<string, MemoryDriver>;
  readonly open: FamilyOptions["open"];
  /** Names in the order they were opened or made. */
  readonly opened: string[];
  /** Members open at this moment. */
  readonly openNow: () => number;
}

/** @param wrap put around each member when it is opened. */
export function memberStore(
  initial: Readonly<Record<string, Uint8Array>> = {},
  wrap: (driver: WritableDriver, name: string) => WritableDriver = (driver) => driver,
): MemberStore {
  const files = new Map(Object.entries(initial).map(([name, bytes]) => [name, memoryDriver(bytes)]));
  const opened: string[] = [];
  let openNow = 0;
  return {
    files,
    opened,
    openNow: () => openNow,
    async open(name, mode) {
      if (mode === "create") files.set(name, memoryDriver());
      const file = files.get(name);
      if (file === undefined) return undefined;
      opened.push(`${mode} ${name}`);
      openNow++;
      const driver = wrap(file, name);
      const named: WritableDriver = {
        name,
        get size() {
          return driver.size;
        },
        read: (offset, length, options) => driver.read(offset, length, options),
        write: (offset, bytes) => driver.write(offset, bytes),
        truncate: (size) => driver.truncate(size),
        flush: () => driver.flush(),
        close: async () => {
          openNow--;
        },
      };
      return named;
    },
  };
}
