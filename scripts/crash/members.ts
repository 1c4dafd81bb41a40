/**
 * Split and multi files as one image: a slot for each member, and behind them the sizes of the members. So every cut of
 * the image is one of the members, too.
 */
import { readFileSync, writeFileSync } from "node:fs";
import {
  type MultiMember,
  multiDriver,
  multiMembers,
  splitMembers,
  type WritableDriver,
} from "../../src/drivers/index.js";
import { create, type Hdf5File } from "../../src/index.js";
import type { Image } from "./states.js";

export type SpreadDriver = "split" | "multi";

/** Bytes of a slot. */
const SLOT = 2 ** 18;

function membersOf(driver: SpreadDriver, name: string): readonly MultiMember[] {
  return driver === "split" ? splitMembers(name) : multiMembers(name);
}

function tailOf(driver: SpreadDriver): number {
  return membersOf(driver, "").length * SLOT;
}

function sizeIn(image: Uint8Array, driver: SpreadDriver, number: number): number {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  return Number(view.getBigUint64(tailOf(driver) + 8 * number, true));
}

/** The members in an image, joined; every change is one of the image. @param bytes what it holds at first. */
export async function driverOn(
  image: WritableDriver,
  bytes: Uint8Array,
  driver: SpreadDriver,
  mode: "r" | "r+" | "create",
): ReturnType<typeof multiDriver> {
  const members = membersOf(driver, "state");
  const open = async (name: string): Promise<WritableDriver> => {
    const number = members.findIndex((member) => member.name === name);
    let size = sizeIn(bytes, driver, number);
    const resize = async (next: number): Promise<void> => {
      if (next > SLOT) throw new Error(`${name} is longer than its slot`);
      const stored = new Uint8Array(8);
      new DataView(stored.buffer).setBigUint64(0, BigInt(next), true);
      await image.write(tailOf(driver) + 8 * number, stored);
      size = next;
    };
    return {
      name,
      get size() {
        return size;
      },
      read: (offset, length) => image.read(number * SLOT + offset, Math.max(0, Math.min(length, size - offset))),
      async write(offset, part) {
        const end = offset + part.length;
        if (end > SLOT) throw new Error(`${name} is longer than its slot`);
        await image.write(number * SLOT + offset, part);
        if (end > size) await resize(end);
      },
      async truncate(next) {
        const before = size;
        await resize(next);
        // What is cut off is gone.
        if (next < before) await image.write(number * SLOT + next, new Uint8Array(before - next));
      },
      flush: () => image.flush(),
    };
  };
  return multiDriver({ members, open, mode });
}

/** A file that is made in an image. */
export async function createIn(
  image: WritableDriver,
  driver: SpreadDriver,
  libver: "earliest" | "v108" | "v110",
): Promise<Hdf5File> {
  const empty = new Uint8Array(tailOf(driver) + 8 * membersOf(driver, "").length);
  await image.truncate(empty.length);
  return create(await driverOn(image, empty, driver, "create"), { libver });
}

/** The image of members that lie in a folder. */
export function packed(name: string, driver: SpreadDriver): Image {
  const members = membersOf(driver, name);
  const image = new Uint8Array(members.length * (SLOT + 8));
  const view = new DataView(image.buffer);
  for (const [i, member] of members.entries()) {
    const bytes = readFileSync(member.name);
    if (bytes.length > SLOT) throw new Error(`${member.name} is longer than its slot`);
    image.set(bytes, i * SLOT);
    view.setBigUint64(tailOf(driver) + 8 * i, BigInt(bytes.length), true);
  }
  return image;
}

/** Write the members of an image to a folder. */
export function unpack(image: Image, name: string, driver: SpreadDriver): void {
  for (const [i, member] of membersOf(driver, name).entries()) {
    writeFileSync(member.name, image.subarray(i * SLOT, i * SLOT + sizeIn(image, driver, i)));
  }
}
