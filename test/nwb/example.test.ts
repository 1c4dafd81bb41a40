/** examples/linking-data.ts, run as its command runs it; every file it writes is read back by both layers. */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Group, type Hdf5File, type Link, open } from "../../src/index.js";
import { type NWBFile, NWBHDF5IO, TimeSeries } from "../../src/nwb/index.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const MIB = 1024 ** 2;
const ONE = "external1_example.nwb";
const TWO = "external2_example.nwb";
const DATASET = "external_linkdataset_example.nwb";
const CONTAINER = "external_linkcontainer_example.nwb";
const COPY = "external_copy_example.nwb";
const SINGLE = "exported_single_example.nwb";
const LINKS = "exported_links_example.nwb";
const FAMILY = "family_nwb_file_%d.nwb";
const STREAMED = "streamed_example.nwb";

const SAMPLES = Float64Array.from({ length: 1000 }, (_, i) => i);
const CLOCK = Float64Array.from({ length: 100 }, (_, i) => i);

let out = "";
let printed = "";

beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), "h5ts-example-"));
  const command = ["--conditions=h5ts-source", "--import", "tsx", "examples/linking-data.ts", out];
  printed = (await promisify(execFile)(process.execPath, command, { cwd: ROOT })).stdout;
}, 60_000);

afterAll(() => rm(out, { recursive: true, force: true }));

function opened(name: string): Promise<Hdf5File> {
  return open(join(out, name), {
    external: { dir: out },
    ...(name.includes("%") ? { driver: "family" as const } : {}),
  });
}

async function read<T>(name: string, look: (nwbfile: NWBFile, file: Hdf5File) => Promise<T>): Promise<T> {
  await using file = await opened(name);
  await using io = await NWBHDF5IO.open(file, { mode: "r" });
  return await look(await io.read(), file);
}

/** All soft and external links but those among the cached specifications: path → where they lead. */
async function linksOf(file: Hdf5File): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const lead = (link: Link): string | undefined => {
    if (link.kind === "soft") return link.target;
    return link.kind === "external" ? `${link.file}:${link.target}` : undefined;
  };
  const groups: [path: string, group: Group][] = [["", file.root]];
  for (const [above, group] of groups) {
    for (const link of await group.links()) {
      const path = `${above}/${link.name}`;
      const target = lead(link);
      if (target !== undefined) found[path] = target;
      if (link.kind !== "hard" || path === "/specifications") continue;
      const object = await group.get(link.name);
      if (object.kind === "group") groups.push([path, object]);
    }
  }
  return found;
}

async function numbers(file: Hdf5File, path: string): Promise<{ data: Float64Array; shape: number[] }> {
  const { data, shape } = await (await file.dataset(path)).read(undefined, { as: "float64" });
  return { data, shape };
}

describe("examples/linking-data.ts", () => {
  it("writes the files it names and nothing else", async () => {
    const members = ["family_nwb_file_0.nwb", "family_nwb_file_1.nwb", "family_nwb_file_2.nwb"];
    const files = [ONE, TWO, DATASET, CONTAINER, COPY, SINGLE, LINKS, STREAMED, ...members];
    expect((await readdir(out)).filter((name) => !/^family_nwb_file_\d+\.nwb$/.test(name)).sort()).toEqual(
      files.filter((name) => !name.startsWith("family")).sort(),
    );
    expect(await readdir(out)).toEqual(expect.arrayContaining(members));
  });

  it.each([ONE, TWO, DATASET, CONTAINER, COPY, SINGLE, LINKS, FAMILY, STREAMED])(
    "%s is an NWB file 2.7.0 with the schemas it follows",
    async (name) => {
      await using file = await opened(name);
      const { attrs } = file.root;
      expect(await attrs.get("neurodata_type")).toBe("NWBFile");
      expect(await attrs.get("nwb_version")).toBe("2.7.0");
      expect((await attrs.attribute("object_id")).datatype).toMatchObject({
        kind: "string",
        length: "variable",
        charset: "utf-8",
      });
      const specloc = await (await attrs.attribute(".specloc")).value();
      expect(specloc).toMatchObject({ kind: "object-reference" });
      expect(await file.pathOf(specloc as never)).toBe("/specifications");
      expect(await (await file.group("/specifications")).keys()).toEqual(["core", "hdmf-common", "hdmf-experimental"]);
    },
  );

  it.each([
    [ONE, "test_timeseries1"],
    [TWO, "test_timeseries2"],
  ])("%s holds the stream %s and no link", async (name, series) => {
    await using file = await opened(name);
    expect(await linksOf(file)).toEqual({});
    const dataset = await file.dataset(`/acquisition/${series}/data`);
    expect(dataset.datatype).toMatchObject({ kind: "integer", size: 8, signed: true });
    expect(await numbers(file, `/acquisition/${series}/data`)).toEqual({ data: SAMPLES, shape: [100, 10] });
    expect(await numbers(file, `/acquisition/${series}/timestamps`)).toEqual({ data: CLOCK, shape: [100] });
    expect(await dataset.attrs.keys()).toEqual(["conversion", "offset", "resolution", "unit"]);
    expect(await dataset.attrs.get("unit")).toBe("SIunit");
  });

  it("links two series to one dataset of another file, and keeps timestamps of their own", async () => {
    await read(DATASET, async (nwbfile, file) => {
      const target = `${ONE}:/acquisition/test_timeseries1/data`;
      expect(await linksOf(file)).toEqual({
        "/acquisition/test_timeseries4/data": target,
        "/acquisition/test_timeseries5/data": target,
      });
      for (const name of ["test_timeseries4", "test_timeseries5"]) {
        const dataset = await file.dataset(`/acquisition/${name}/data`);
        expect([dataset.file.name.endsWith(ONE), dataset.path]).toEqual([true, "/acquisition/test_timeseries1/data"]);
        expect(await dataset.attrs.get("unit")).toBe("SIunit");
        expect((await file.dataset(`/acquisition/${name}/timestamps`)).file).toBe(file);
        const series = nwbfile.getAcquisition(name, TimeSeries);
        expect(series.unit).toBe("SIunit");
        expect((await series.data.read(undefined, { as: "float64" })).data).toEqual(SAMPLES);
        expect(await series.getTimestamps()).toEqual(CLOCK);
      }
    });
  });

  it.each([CONTAINER, LINKS])("%s links whole series, which keep their ids and files", async (name) => {
    const ids: string[] = [];
    for (const [number, source] of [ONE, TWO].entries()) {
      await read(source, async (nwbfile) => ids.push(nwbfile.getAcquisition(`test_timeseries${number + 1}`).objectId));
    }
    await read(name, async (nwbfile, file) => {
      expect(await linksOf(file)).toEqual({
        "/acquisition/test_timeseries1": `${ONE}:/acquisition/test_timeseries1`,
        "/acquisition/test_timeseries2": `${TWO}:/acquisition/test_timeseries2`,
      });
      const linked = [...nwbfile.acquisition.values()];
      expect(linked.map(({ objectId }) => objectId)).toEqual(ids);
      expect(linked.map(({ parent }) => parent)).toEqual([nwbfile, nwbfile]);
      expect(linked.map(({ containerSource }) => containerSource?.endsWith(ONE))).toEqual([true, false]);
      expect((await nwbfile.getAcquisition("test_timeseries2", TimeSeries).data.read([99])).data).toEqual(
        BigInt64Array.from({ length: 10 }, (_, i) => BigInt(990 + i)),
      );
    });
  });

  it("copies a file without its data, and adds results that share its clock", async () => {
    await read(COPY, async (nwbfile, file) => {
      expect(await linksOf(file)).toEqual({
        "/acquisition/test_timeseries1": `${ONE}:/acquisition/test_timeseries1`,
        "/processing/filtered/filt/timestamps": `${ONE}:/acquisition/test_timeseries1/timestamps`,
      });
      const original = await read(ONE, async ({ identifier, objectId }) => ({ identifier, objectId }));
      expect(nwbfile.identifier).toBe(original.identifier);
      expect(nwbfile.objectId).not.toBe(original.objectId);
      const filt = nwbfile.processing.get("filtered")?.get("filt");
      expect(filt).toBeInstanceOf(TimeSeries);
      const series = filt as TimeSeries;
      expect((await series.data.read(undefined, { as: "float64" })).data).toEqual(CLOCK.map((row) => row * 10 + 4.5));
      expect(await series.getTimestamps()).toEqual(CLOCK);
    });
  });

  it("exports one file that stands alone", async () => {
    await using file = await open(join(out, SINGLE));
    expect(await linksOf(file)).toEqual({});
    for (const series of ["test_timeseries1", "test_timeseries2"]) {
      expect((await numbers(file, `/acquisition/${series}/data`)).data).toEqual(SAMPLES);
      expect((await numbers(file, `/acquisition/${series}/timestamps`)).data).toEqual(CLOCK);
    }
  });

  it("spreads one file over members of 1 MiB, filled block by block", async () => {
    const members = (await readdir(out)).filter((name) => /^family_nwb_file_\d+\.nwb$/.test(name)).sort();
    expect(members.length).toBeGreaterThan(2);
    for (const [number, name] of members.entries()) {
      expect(name).toBe(`family_nwb_file_${number}.nwb`);
      const { size } = await stat(join(out, name));
      if (number < members.length - 1) expect(size).toBe(MIB);
      else expect(size).toBeLessThanOrEqual(MIB);
    }
    await using file = await opened(FAMILY);
    for (const [series, first, rows] of [
      ["example_timeseries", 0, 10_000],
      ["long_timeseries", 1, 60_000],
    ] as const) {
      const dataset = await file.dataset(`/acquisition/${series}/data`);
      expect(dataset.datatype).toMatchObject({ kind: "float", size: 4 });
      expect([dataset.shape, dataset.maxShape, dataset.chunkShape]).toEqual([
        [rows, 10],
        [Infinity, 10],
        [1000, 10],
      ]);
      const { data } = await dataset.read(undefined, { as: "float32" });
      expect(data.findIndex((value, i) => value !== first + Math.floor(i / 10_000))).toBe(-1);
    }
  });

  it("streams rows as they come, and links the clock of one series to that of another", async () => {
    await read(STREAMED, async (nwbfile, file) => {
      expect(await linksOf(file)).toEqual({ "/acquisition/same_clock/timestamps": "/acquisition/streamed/timestamps" });
      const dataset = await file.dataset("/acquisition/streamed/data");
      expect([dataset.shape, dataset.maxShape, dataset.layout.kind]).toEqual([[100, 4], [Infinity, 4], "chunked"]);
      const rows = Float64Array.from({ length: 400 }, (_, i) => Math.floor(i / 4) + (i % 4) / 10);
      expect((await numbers(file, "/acquisition/streamed/data")).data).toEqual(rows);
      const streamed = nwbfile.getAcquisition("streamed", TimeSeries);
      const follower = nwbfile.getAcquisition("same_clock", TimeSeries);
      expect(streamed.timestampLink).toEqual([follower]);
      expect(await follower.getTimestamps()).toEqual(CLOCK);
    });
  });

  it("prints a summary, and warnings in place of series whose files are missing", () => {
    expect(printed).toMatch(/example_timeseries <TimeSeries>/);
    expect(printed).toMatch(/^example_timeseries: 10000 rows/m);
    expect(printed).toMatch(/^0 acquisitions in the file on its own$/m);
    expect(printed.match(/^warning: .*external[12]_example\.nwb/gm)).toHaveLength(2);
  });
});
