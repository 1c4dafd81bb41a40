import type { NWBFile } from "../containers/nwb-file.js";
export async function writeFile(_n: NWBFile, _o: object): Promise<void> {
  throw new Error("x");
}
