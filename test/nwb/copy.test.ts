import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type Hdf5File, open, type Reference } from "../../src/index.js";
import { getClass, NWBFile, NWBHDF5IO, TimeSeries } from "../../src/nwb/index.js";

const folder = mkdtempSync(join(tmpdir(), "h5ts-copy-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const info = { sessionDescription: "a session", identifier: "S1", sessionStartTime: "2024-05-01T09:00:00+02:00" };

/** A session with everything that refers to something: electrodes, units, trials. */
async function writeSession(path: string): Promise<void> {
  const nwbfile = new NWBFile(info);
  const device = nwbfile.createDevice({ name: "probe" });
  const group = nwbfile.createElectrodeGroup({ name: "shank", description: "a shank", location: "CA1", device });
  for (let i = 0; i < 4; i++) nwbfile.addElectrode({ location: "CA1", group, x: i, y: 0, z: 0 });
  const series = new TimeSeries({ name: "voltage", data: new Float32Array(50), unit: "volts", rate: 1000 });
  nwbfile.addAcquisition(series);
  nwbfile.addUnitColumn({ name: "quality", description: "how good" });
  for (let i = 0; i < 3; i++) {
    nwbfile.addUnit({
      spike_times: [i, i + 0.5, i + 0.75].slice(0, i + 1),
      electrodes: [i],
      electrode_group: group,
      quality: "good",
    });
  }
  for (let i = 0; i < 3; i++) nwbfile.addTrial({ start_time: i, stop_time: i + 0.5 });
  await using io = await NWBHDF5IO.open(path, { mode: "w" });
  await io.write(nwbfile);
}

/** All references of a file, with where they stand. */
async function* references(file: Hdf5File): AsyncGenerator<[place: string, reference: Reference]> {
  for await (const [path, object] of file.root.visit()) {
    if (object.kind === "unresolved") throw object.error;
    for await (const [name, attribute] of object.attrs.entries()) {
      if (attribute.kind === "unresolved") throw attribute.error;
      if (attribute.datatype.kind === "reference") yield [`${path}@${name}`, (await attribute.value()) as Reference];
    }
    if (object.kind !== "dataset" || object.datatype.kind !== "reference") continue;
    for (const [i, reference] of ((await object.value()) as Reference[]).entries()) yield [`${path}[${i}]`, reference];
  }
}

async function copied(source: string, target: string): Promise<void> {
  await using io = await NWBHDF5IO.open(source);
  const copy = (await io.read()).copy();
  await using out = await NWBHDF5IO.open(target, { mode: "w" });
  await out.write(copy);
}

describe("NWBFile.copy()", () => {
  test("links all data, and every reference leads to an object of the new file", async () => {
    const source = join(folder, "session.nwb");
    const target = join(folder, "copy.nwb");
    await writeSession(source);
    await copied(source, target);
    await using file = await open(target, { external: { dir: folder } });
    expect(await file.root.link("acquisition/voltage")).toMatchObject({
      kind: "external",
      file: "session.nwb",
      target: "/acquisition/voltage",
    });
    const links = await (await file.group("units")).links();
    const kinds = new Map(links.map(({ name, kind }) => [name, kind]));
    expect(kinds.get("spike_times")).toBe("external");
    expect(kinds.get("electrode_group")).toBe("hard"); // references cannot be linked
    let count = 0;
    for await (const [place, reference] of references(file)) {
      count++;
      expect(reference, place).not.toBeNull();
      if (reference.kind !== "object-reference") throw new Error(`${place} is a ${reference.kind}`);
      const object = await file.deref(reference);
      expect(object.file.name, place).toBe(target);
    }
    expect(count).toBeGreaterThan(8);

    await using io = await NWBHDF5IO.open(target);
    const copy = await io.read();
    expect(copy.units?.length).toBe(3);
    expect(await copy.units?.row(2)).toMatchObject({ spike_times: new Float64Array([2, 2.5, 2.75]), quality: "good" });
    const shank = copy.getElectrodeGroup("shank");
    expect((await copy.units?.row(0))?.electrode_group).toBe(shank);
    expect(await copy.trials?.row(1)).toMatchObject({ start_time: 1, stop_time: 1.5 });
  });

  test("refuses by name what would refer to another file, and leaves no new file", async () => {
    const source = join(folder, "other.nwb");
    const target = join(folder, "refused.nwb");
    await writeSession(source);
    await using io = await NWBHDF5IO.open(source);
    const table = (await io.read()).electrodes;
    if (table === undefined) throw new Error("no electrodes");
    const Series = getClass("ElectricalSeries", "core") as unknown as new (options: object) => TimeSeries;
    const nwbfile = new NWBFile(info);
    const electrodes = table.createRegion({ name: "electrodes", region: [0, 1], description: "two of another file" });
    nwbfile.addAcquisition(new Series({ name: "lfp", data: new Float32Array(10), electrodes, rate: 1 }));
    const written = (async () => {
      await using out = await NWBHDF5IO.open(target, { mode: "w" });
      await out.write(nwbfile);
    })();
    await expect(written).rejects.toThrow(/electrodes/);
    expect(existsSync(target)).toBe(false);
  });

  test("of a copy links to the first file, however far it is", async () => {
    const first = join(folder, "first.nwb");
    await writeSession(first);
    await copied(first, join(folder, "second.nwb"));
    await copied(join(folder, "second.nwb"), join(folder, "third.nwb"));
    await using file = await open(join(folder, "third.nwb"), { external: { dir: folder } });
    expect((await file.dataset("acquisition/voltage/data")).shape).toEqual([50]);
    for await (const [place, reference] of references(file)) {
      expect(reference, place).not.toBeNull();
      if (reference.kind === "object-reference") expect((await file.deref(reference)).file.name, place).toBe(file.name);
    }
  });
});
