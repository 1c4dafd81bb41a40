/** What a file says of the family it is spread over. This module is loaded when a family is opened. */
import type { Driver } from "../drivers/driver.js";
import { Hdf5FormatError, Hdf5UsageError, isHdf5Error } from "../errors.js";
import type { DriverInfo } from "../format/messages/driver-info.js";
import { Pager } from "../io/pager.js";
import { settle } from "../io/settle.js";
import { limitsOf } from "./file-state.js";
import { DRIVER_FAMILY, findSignature, readExtension, readSuperblock } from "./open-file.js";

/** The member size of a family, as a file that is open through its first member says it. */
export async function statedMemberSize(driver: Driver): Promise<number | undefined> {
  const pager = new Pager(driver);
  const address = await findSignature(pager, undefined);
  const superblock = await settle(pager, (source) => readSuperblock(source, address, undefined, true));
  pager.baseAddress = address;
  const { headerChunks } = limitsOf(undefined);
  const found = await readExtension(pager, superblock, undefined, headerChunks, true, undefined).catch(
    (error: unknown) => {
      // What was split later says it at its end, in another member.
      if (isHdf5Error(error, "truncated")) return undefined;
      throw error;
    },
  );
  const driverInfo = found?.driverInfo;
  return driverInfo?.id === DRIVER_FAMILY ? memberSizeOf(driverInfo.data) : undefined;
}

/** @throws Hdf5UsageError unless the members have the size that the file says. */
export function checkMemberSize(driverInfo: DriverInfo, used: number): void {
  const memberSize = memberSizeOf(driverInfo.data);
  if (memberSize !== used) throw new Hdf5UsageError("memberSize", `is ${used}`, `${memberSize}, as the file says`);
}

function memberSizeOf(data: Uint8Array): number {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const size = data.length < 8 ? 0n : view.getBigUint64(0, true);
  if (size > 0n && size <= Number.MAX_SAFE_INTEGER) return Number(size);
  throw new Hdf5FormatError({ structure: "driver information", field: "member size" }, `is ${size}`);
}
