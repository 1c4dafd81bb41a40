import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { open } from "../../src/index.js";
import { NWBFile, NWBHDF5IO, ProcessingModule, TimeSeries } from "../../src/nwb/index.js";
import { h5ts, TestFolder } from "./collecting-terminal.js";

const START = "2024-05-01T09:00:00+02:00";

function series(name: string): TimeSeries {
  const data = Float64Array.from({ length: 100 }, (_, i) => i);
  return new TimeSeries({ name, data, unit: "volts", startingTime: 0, rate: 10 });
}

/** A file with one acquisition, one stimulus and one processing module, each named after the stream. */
async function makeStream(path: string, name: string, start = START): Promise<void> {
  const nwbfile = new NWBFile({ sessionDescription: `stream ${name}`, identifier: name, sessionStartTime: start });
  nwbfile.addAcquisition(series(name));
  nwbfile.addStimulus(series(`${name}_stimulus`));
  const module = new ProcessingModule({ name: `${name}_module`, description: "a module" });
  module.add(series("filtered"));
  nwbfile.addProcessingModule(module);
  await using io = await NWBHDF5IO.open(path, { mode: "w" });
  await io.write(nwbfile);
}

describe("h5ts nwb link", () => {
  test("makes a file whose acquisitions are external links, relative to it", async () => {
    using folder = new TestFolder();
    mkdirSync(folder.file("sub"));
    await makeStream(folder.file("a.nwb"), "a");
    await makeStream(folder.file("sub/b.nwb"), "b");
    const args = ["nwb", "link", "--out", folder.file("s.nwb"), folder.file("a.nwb"), folder.file("sub/b.nwb")];
    const { status, out, err } = await h5ts(args);
    expect({ status, err }).toEqual({ status: 0, err: "" });
    expect(out).toContain("acquisition a -> ");
    await using file = await open(folder.file("s.nwb"));
    expect(await file.root.link("acquisition/a")).toMatchObject({
      kind: "external",
      file: "a.nwb",
      target: "/acquisition/a",
    });
    expect(await file.root.link("acquisition/b")).toMatchObject({ kind: "external", file: "sub/b.nwb" });
    expect(await file.root.has("stimulus/presentation/a_stimulus")).toBe(false);
    expect(await (await file.dataset("identifier")).value([], { as: "string" })).toBe("a+b");
  });

  test("--all links stimuli and processing modules too", async () => {
    using folder = new TestFolder();
    await makeStream(folder.file("a.nwb"), "a");
    const { status, err } = await h5ts(["nwb", "link", "--all", "--out", folder.file("s.nwb"), folder.file("a.nwb")]);
    expect({ status, err }).toEqual({ status: 0, err: "" });
    await using file = await open(folder.file("s.nwb"));
    expect((await file.root.link("stimulus/presentation/a_stimulus")).kind).toBe("external");
    expect((await file.root.link("processing/a_module")).kind).toBe("external");
  });

  test("takes the earliest start of the session, or the one given", async () => {
    using folder = new TestFolder();
    await makeStream(folder.file("a.nwb"), "a");
    await makeStream(folder.file("b.nwb"), "b", "2024-05-01T08:59:00+02:00");
    const files = [folder.file("a.nwb"), folder.file("b.nwb")];
    const startOf = async (): Promise<string> => {
      await using file = await open(folder.file("s.nwb"));
      return await (await file.dataset("session_start_time")).value([], { as: "string" });
    };
    await h5ts(["nwb", "link", "--out", folder.file("s.nwb"), ...files]);
    expect(await startOf()).toMatch(/^2024-05-01T08:59:00(\.0+)?\+02:00$/);
    await h5ts([
      "nwb",
      "link",
      "--out",
      folder.file("s.nwb"),
      "--session-start-time",
      "2020-01-01T00:00:00Z",
      ...files,
    ]);
    expect(await startOf()).toMatch(/^2020-01-01T00:00:00/);
  });

  test("refuses two acquisitions of one name, naming both files, and keeps the old session", async () => {
    using folder = new TestFolder();
    await makeStream(folder.file("a.nwb"), "same");
    await makeStream(folder.file("b.nwb"), "same");
    writeFileSync(folder.file("s.nwb"), "old");
    const args = ["nwb", "link", "--out", folder.file("s.nwb"), folder.file("a.nwb"), folder.file("b.nwb")];
    const { status, err } = await h5ts(args);
    expect(status).toBe(2);
    expect(err).toMatch(/a\.nwb.*b\.nwb.*"same"/);
    expect(readFileSync(folder.file("s.nwb"), "utf8")).toBe("old");
    expect(folder.names()).toEqual(["a.nwb", "b.nwb", "s.nwb"]);
  });

  test("says which file is missing, and leaves nothing", async () => {
    using folder = new TestFolder();
    const { status, err } = await h5ts(["nwb", "link", "--out", folder.file("s.nwb"), folder.file("none.nwb")]);
    expect(status).toBe(1);
    expect(err).toMatch(/^h5ts nwb link: .*none\.nwb/);
    expect(folder.names()).toEqual([]);
  });

  test("notes links that lead out of the session's folder", async () => {
    using folder = new TestFolder();
    mkdirSync(folder.file("sub"));
    await makeStream(folder.file("a.nwb"), "a");
    const { status, err } = await h5ts(["nwb", "link", "--out", folder.file("sub/s.nwb"), folder.file("a.nwb")]);
    expect(status).toBe(0);
    expect(err).toMatch(/^note: .*a\.nwb lies outside the folder/);
    await using file = await open(folder.file("sub/s.nwb"));
    expect(await file.root.link("acquisition/a")).toMatchObject({ kind: "external", file: "../a.nwb" });
  });
});

describe("h5ts nwb export", () => {
  test("makes one file with all data", async () => {
    using folder = new TestFolder();
    await makeStream(folder.file("a.nwb"), "a");
    await makeStream(folder.file("b.nwb"), "b");
    await h5ts(["nwb", "link", "--out", folder.file("s.nwb"), folder.file("a.nwb"), folder.file("b.nwb")]);
    const { status, err } = await h5ts(["nwb", "export", "--out", folder.file("one.nwb"), folder.file("s.nwb")]);
    expect({ status, err }).toEqual({ status: 0, err: "" });
    rmSync(folder.file("a.nwb"));
    rmSync(folder.file("b.nwb"));
    await using file = await open(folder.file("one.nwb"));
    for (const name of ["a", "b"]) {
      expect((await file.root.link(`acquisition/${name}`)).kind).toBe("hard");
      expect(await (await file.dataset(`acquisition/${name}/data`)).value([99])).toBe(99);
    }
  });

  test("--links preserve keeps them", async () => {
    using folder = new TestFolder();
    await makeStream(folder.file("a.nwb"), "a");
    await h5ts(["nwb", "link", "--out", folder.file("s.nwb"), folder.file("a.nwb")]);
    const args = ["nwb", "export", "--links", "preserve", "--out", folder.file("t.nwb"), folder.file("s.nwb")];
    expect(await h5ts(args)).toMatchObject({ status: 0, err: "" });
    await using file = await open(folder.file("t.nwb"));
    expect((await file.root.link("acquisition/a")).kind).toBe("external");
  });

  test("keeps a reference that is null as one, and a null dataspace as one", async () => {
    using folder = new TestFolder();
    await makeStream(folder.file("a.nwb"), "a");
    {
      await using file = await open(folder.file("a.nwb"), { mode: "r+" });
      for (const object of [await file.group("acquisition"), await file.dataset("acquisition/a/data")]) {
        await object.attrs.set("null reference", [null], { datatype: "object-reference", shape: [] });
        await object.attrs.set("nothing", null, { datatype: "object-reference" });
      }
    }
    const { status, err } = await h5ts(["nwb", "export", "--out", folder.file("one.nwb"), folder.file("a.nwb")]);
    expect({ status, err }).toEqual({ status: 0, err: "" });
    await using file = await open(folder.file("one.nwb"));
    for (const object of [await file.group("acquisition"), await file.dataset("acquisition/a/data")]) {
      expect((await object.attrs.attribute("null reference")).dataspace.kind).toBe("scalar");
      expect((await object.attrs.attribute("nothing")).dataspace.kind).toBe("null");
    }
  });

  test("refuses a link that leads nowhere, by name, and leaves no file", async () => {
    using folder = new TestFolder();
    await makeStream(folder.file("a.nwb"), "a");
    await h5ts(["nwb", "link", "--out", folder.file("s.nwb"), folder.file("a.nwb")]);
    rmSync(folder.file("a.nwb"));
    const { status, err } = await h5ts(["nwb", "export", "--out", folder.file("one.nwb"), folder.file("s.nwb")]);
    expect(status).toBe(1);
    expect(err).toMatch(/acquisition\/a leads nowhere.*a\.nwb/);
    expect(folder.names()).toEqual(["s.nwb"]);
    const kept = ["nwb", "export", "--links", "preserve", "--out", folder.file("t.nwb"), folder.file("s.nwb")];
    expect(await h5ts(kept)).toMatchObject({ status: 0, err: "" });
  });

  test("that fails leaves the old file", async () => {
    using folder = new TestFolder();
    writeFileSync(folder.file("old.nwb"), "old");
    writeFileSync(folder.file("text.nwb"), "no HDF5 file".repeat(100));
    const { status, err } = await h5ts(["nwb", "export", "--out", folder.file("old.nwb"), folder.file("text.nwb")]);
    expect(status).toBe(1);
    expect(err).toMatch(/^h5ts nwb export: .*text\.nwb.*superblock/);
    expect(readFileSync(folder.file("old.nwb"), "utf8")).toBe("old");
    expect(folder.names()).toEqual(["old.nwb", "text.nwb"]);
  });
});
