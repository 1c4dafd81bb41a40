import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { getManager, H5DataIO, NWBFile, NWBHDF5IO, TimeSeries } from "../../src/nwb/index.js";
import { h5pyPresent, stockTree } from "../interop/h5py.js";

const folder = mkdtempSync(join(tmpdir(), "h5ts-nwb-compression-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.runIf(h5pyPresent())("compression of NWB data", () => {
  test('"lzf" is written as h5py does, without passing a codec, and read back', async () => {
    const path = join(folder, "lzf.nwb");
    const numbers = Int16Array.from({ length: 600 }, (_, i) => Math.floor(i / 10));
    const file = new NWBFile({
      sessionDescription: "a session",
      identifier: "S1",
      sessionStartTime: "2024-05-01T09:00:00+02:00",
    });
    const data = new H5DataIO({ data: numbers, compression: "lzf", shuffle: true, chunkShape: [100] });
    file.addAcquisition(new TimeSeries({ name: "series", data, unit: "V", startingTime: 0, rate: 10 }));
    {
      await using io = await NWBHDF5IO.open(path, { mode: "w" });
      await io.write(file);
    }
    const stored = stockTree(path).links.acquisition?.links?.series?.links?.data;
    expect(stored).toMatchObject({ chunks: [100], filters: [2, 32000], value: [...numbers] });
    await using io = await NWBHDF5IO.open(path, { mode: "r", manager: getManager() });
    const series = (await io.read()).getAcquisition("series", TimeSeries);
    expect((await series.data.read(undefined, { as: "int16" })).data).toEqual(numbers);
  });
});
