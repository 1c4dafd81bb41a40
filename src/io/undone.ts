/** What every opening of a file looks for first: has a writer left an undo file beside it? */
import type { Driver } from "../drivers/driver.js";

/** The driver, or one over it without what a write cut short has left (undo-file.ts). */
export async function undone(driver: Driver, mode: "r" | "r+"): Promise<Driver> {
  const left = await driver.sideFile?.read();
  if (left === undefined) return driver;
  const { recovered } = await import("./undo-file.js");
  return recovered(driver, left, mode);
}
