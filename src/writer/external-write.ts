/**
 * Writing raw data that lie in other files: in place, each file synced before anything of this one says that it is larger
 * (writer-design 3.1, "external raw file"). Two files are never atomic: what a crash leaves is old or new by sector.
 */
import type { WritableDriver } from "../drivers/driver.js";
import { Hdf5DriverError, Hdf5UsageError, isHdf5Error } from "../errors.js";
import { shapeOf } from "../format/messages/dataspace.js";
import { openToWrite } from "../model/external.js";
import { stretchesOf } from "../model/external-raw.js";
import type { DatasetState, ObjectState } from "../model/state.js";
import { linearRuns } from "../selection/runs.js";
import type { ResolvedSelection } from "../selection/selection.js";
import type { WriteSession } from "./write-session.js";

/**
 * Write stored elements, in selection order. A file that is missing is made where the policy is a folder.
 * @param path of the dataset, told to the policy.
 * @throws Hdf5PolicyError when a file is not allowed; Hdf5StateError when it cannot be written; Hdf5DriverError when it
 * cannot be had, or its medium fails: then the session goes on, since this file is as it was.
 */
export async function writeExternal(
  session: WriteSession,
  object: ObjectState,
  bytes: Uint8Array,
  selection: ResolvedSelection,
  path: string | undefined,
): Promise<void> {
  const { dataspace, datatype } = object.dataset as DatasetState; // asked for datasets only
  const stretches = stretchesOf(object);
  const drivers = new Map<string, WritableDriver>();
  try {
    let done = 0;
    for (const [first, count] of linearRuns(selection, shapeOf(dataspace))) {
      const [from, to] = [first * datatype.size, (first + count) * datatype.size];
      for (const stretch of stretches) {
        const [low, high] = [Math.max(from, stretch.from), Math.min(to, stretch.to)];
        if (low >= high) continue;
        const driver = drivers.get(stretch.file) ?? (await opened(object, stretch.file, path));
        drivers.set(stretch.file, driver);
        await driver.write(
          stretch.offset + (low - stretch.from),
          bytes.subarray(done + low - from, done + high - from),
        );
      }
      done += to - from;
    }
    if (session.durability === "power") for (const driver of drivers.values()) await driver.flush();
  } catch (error) {
    if (isHdf5Error(error, "driver")) session.failedElsewhere = error;
    throw error;
  } finally {
    for (const driver of drivers.values()) await driver.close?.();
  }
}

async function opened(object: ObjectState, name: string, path: string | undefined): Promise<WritableDriver> {
  const file = await openToWrite(object.file, name, "raw-data", path);
  if (file !== undefined) return file.driver;
  throw new Hdf5DriverError(name, "is missing; it holds raw data", { status: "ENOENT" });
}

/** @throws Hdf5UsageError when the files have no room for an extent, or rows would lie elsewhere. */
export function checkExternalRoom(
  { dataspace, externalFiles, datatype }: DatasetState,
  shape: readonly number[],
): void {
  if (shapeOf(dataspace).some((extent, d) => d > 0 && extent !== shape[d])) {
    throw new Hdf5UsageError("shape", "changes another dimension than the first", "rows of the length that they have");
  }
  const room = (externalFiles ?? []).reduce((sum, { size }) => sum + size, 0);
  const needed = shape.reduce((product, extent) => product * extent, datatype.size);
  if (needed <= room) return;
  throw new Hdf5UsageError("shape", `needs ${needed} bytes`, `at most ${room}, which the external files have room for`);
}
