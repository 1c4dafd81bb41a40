/** The kinds of files that are edited, all with the content of `makeBase`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { memoryDriver } from "../../src/drivers/index.js";
import { create } from "../../src/index.js";
import type { GoingOn } from "./go-on.js";
import { createIn, packed, type SpreadDriver } from "./members.js";
import { makeBase } from "./operations.js";
import type { Stock } from "./records.js";
import type { Image } from "./states.js";

export interface Kind {
  readonly name: string;
  /** Bytes written whole: checksums of stock's headers may cross a sector, which "process" allows. */
  readonly unit: number;
  /** Only every so many-th edit, and no scripts: it differs from another kind in where blocks lie alone. */
  readonly every?: number | undefined;
  /** Set: the image is that of the members (members.ts). */
  readonly driver?: SpreadDriver | undefined;
  base(): Promise<Image>;
  /** How stock edits its states: what they must hold for that, and what it leaves alone. */
  readonly stockEdit: {
    readonly request: "edit" | "edit dense";
    readonly needs: readonly string[];
    readonly keeps: readonly string[];
  };
  /** How we edit its states. */
  readonly goingOn: GoingOn;
}

const STOCK_EDIT: Kind["stockEdit"] = {
  request: "edit",
  needs: ["/d/chunked", "/d/packed", "/kept"],
  keeps: ["/d/texts", "/g/x1", "/many/entry 003"],
};

const GOING_ON: GoingOn = { groups: ["/g", "/h", "/many"], grows: "/d/chunked" };

/** @param folder where stock makes its files. */
export function kindsOf(stock: Stock, folder: string): readonly Kind[] {
  async function ours(libver: "earliest" | "v108" | "v110"): Promise<Image> {
    await using file = await create(undefined, { libver });
    await makeBase(file);
    return new Uint8Array(await file.toBytes());
  }

  /** @param strategy its managers of free space are kept: 0 as they are, 1 by pages. */
  async function stocks(libver: "earliest" | "latest", strategy?: 0 | 1): Promise<Image> {
    const path = join(folder, "base.h5");
    await stock.ask({ make: path, libver, strategy });
    return new Uint8Array(readFileSync(path));
  }

  async function oursInMembers(libver: "earliest" | "v108" | "v110", driver: SpreadDriver): Promise<Image> {
    const image = memoryDriver();
    await using file = await createIn(image, driver, libver);
    await makeBase(file);
    await file.close();
    return new Uint8Array(image.bytes());
  }

  async function stocksInMembers(libver: "earliest" | "latest", driver: SpreadDriver): Promise<Image> {
    const path = join(folder, "base");
    await stock.ask({ make: path, libver, driver });
    return packed(path, driver);
  }

  const kinds: readonly Omit<Kind, "stockEdit" | "goingOn">[] = [
    { name: "ours v108", unit: 512, base: () => ours("v108") },
    { name: "ours v110", unit: 512, base: () => ours("v110") },
    { name: "ours earliest", unit: 512, base: () => ours("earliest") },
    { name: "stock default", unit: 512, base: () => stocks("earliest") },
    { name: "stock latest", unit: 4096, base: () => stocks("latest") },
    { name: "stock default, free space kept", unit: 512, every: 4, base: () => stocks("earliest", 0) },
    { name: "stock latest, pages", unit: 4096, every: 4, base: () => stocks("latest", 1) },
    { name: "ours v108, split", unit: 512, driver: "split", every: 6, base: () => oursInMembers("v108", "split") },
    { name: "ours v110, multi", unit: 512, driver: "multi", every: 6, base: () => oursInMembers("v110", "multi") },
    {
      name: "ours earliest, multi",
      unit: 512,
      driver: "multi",
      every: 6,
      base: () => oursInMembers("earliest", "multi"),
    },
    {
      name: "stock default, split",
      unit: 512,
      driver: "split",
      every: 6,
      base: () => stocksInMembers("earliest", "split"),
    },
  ];
  return kinds.map((kind) => ({ ...kind, stockEdit: STOCK_EDIT, goingOn: GOING_ON }));
}
