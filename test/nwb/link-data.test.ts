import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { open } from "../../src/index.js";
import { H5DataIO, NWBFile, NWBHDF5IO, TimeSeries } from "../../src/nwb/index.js";

const folder = mkdtempSync(join(tmpdir(), "h5ts-link-data-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const info = {
  sessionDescription: "a session",
  identifier: "S1",
  sessionStartTime: "2024-05-01T09:00:00+02:00",
};
const VALUES = Float64Array.from({ length: 20 }, (_, i) => i * 100);

beforeAll(async () => {
  const recording = new NWBFile(info);
  recording.addAcquisition(
    new TimeSeries({ name: "source", data: VALUES, unit: "original unit", conversion: 7, timestamps: VALUES }),
  );
  await using io = await NWBHDF5IO.open(join(folder, "source.nwb"), { mode: "w" });
  await io.write(recording);
});

// What was given × what write was told → is it linked? (As PyNWB has it: an H5DataIO says for itself, copying by default.)
const CASES = [
  { given: "bare", write: true, linked: true },
  { given: "bare", write: false, linked: false },
  { given: "bare", write: undefined, linked: true },
  { given: "H5DataIO", write: true, linked: false },
  { given: "linkData: true", write: true, linked: true },
  { given: "linkData: true", write: false, linked: true },
  { given: "linkData: false", write: true, linked: false },
  { given: "linkData: false", write: false, linked: false },
] as const;

describe("a dataset of another file as data", () => {
  for (const [i, { given, write, linked }] of CASES.entries()) {
    const told = write === undefined ? "write" : `write with linkData ${write}`;
    test(`${given}, ${told}: ${linked ? "a link, whose attributes are the target's" : "a copy with attributes of its own"}`, async () => {
      const target = join(folder, `target${i}.nwb`);
      {
        await using source = await NWBHDF5IO.open(join(folder, "source.nwb"));
        const { data } = (await source.read()).getAcquisition("source", TimeSeries);
        const wrapped = {
          bare: () => data,
          H5DataIO: () => new H5DataIO({ data }),
          "linkData: true": () => new H5DataIO({ data, linkData: true }),
          "linkData: false": () => new H5DataIO({ data, linkData: false }),
        }[given]();
        const session = new NWBFile(info);
        session.addAcquisition(new TimeSeries({ name: "again", data: wrapped, unit: "new unit", rate: 10 }));
        await using io = await NWBHDF5IO.open(target, { mode: "w" });
        await io.write(session, write === undefined ? {} : { linkData: write });
      }
      await using file = await open(target, { external: { dir: folder } });
      const link = await file.root.link("acquisition/again/data");
      if (linked) {
        expect(link).toMatchObject({ kind: "external", file: "source.nwb", target: "/acquisition/source/data" });
      } else expect(link.kind).toBe("hard");
      const stored = await file.dataset("acquisition/again/data");
      expect(await stored.value()).toEqual(VALUES);
      expect(await stored.attrs.get("unit")).toBe(linked ? "original unit" : "new unit");
      expect(await stored.attrs.get("conversion")).toBe(linked ? 7 : 1);

      await using io = await NWBHDF5IO.open(target);
      const series = (await io.read()).getAcquisition("again", TimeSeries);
      expect(series.unit).toBe(linked ? "original unit" : "new unit");
      expect(series.rate).toBe(10);
      expect(await series.data.value()).toEqual(VALUES);
    });
  }
});
