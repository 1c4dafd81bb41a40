/**
 * NWB files that are sound HDF5 and broken above it: what is cached under /specifications, and how containers hang together.
 * Whatever is broken, the session is read, with warnings, or the error is an NwbError (an HDF5 error where that is the cause).
 */
import { beforeAll, describe, expect, test } from "vitest";
import { memoryDriver } from "../../src/drivers/index.js";
import { type Group, type Hdf5File, isHdf5Error, open } from "../../src/index.js";
import {
  type AbstractContainer,
  loadNamespaces,
  NWBFile,
  NWBHDF5IO,
  NwbError,
  TimeSeries,
} from "../../src/nwb/index.js";

const SAMPLES = Float64Array.of(1, 2, 3);
let session: Uint8Array;

beforeAll(async () => {
  const nwbfile = new NWBFile({
    sessionDescription: "a session",
    identifier: "S1",
    sessionStartTime: "2024-05-01T09:00:00+02:00",
  });
  nwbfile.addAcquisition(new TimeSeries({ name: "good", data: SAMPLES, unit: "V", rate: 10 }));
  await using io = await NWBHDF5IO.open(undefined, { mode: "w" });
  await io.write(nwbfile);
  session = await io.file.toBytes();
});

/** The session with something changed. */
async function edited(change: (file: Hdf5File) => Promise<void>): Promise<Uint8Array> {
  const driver = memoryDriver(session.slice());
  {
    await using file = await open(driver, { mode: "r+" });
    await change(file);
  }
  return await driver.read(0, driver.size ?? 0);
}

interface Found {
  readonly names: readonly string[];
  readonly warnings: readonly string[];
  readonly namespaces: readonly string[];
  readonly members: ReadonlyMap<string, AbstractContainer>;
}

/** Read everything; `look` at it while the file is open. The healthy series is there, whatever else is not. */
async function read(bytes: Uint8Array, look: (found: Found) => Promise<void> | void = () => {}): Promise<Found> {
  await using io = await NWBHDF5IO.open(bytes);
  const nwbfile = await io.read();
  const good = nwbfile.getAcquisition("good", TimeSeries);
  expect(good.unit).toBe("V");
  const { data } = await (good.data as { read(): Promise<{ data: unknown }> }).read();
  expect(data).toEqual(SAMPLES);
  const found = {
    names: [...nwbfile.acquisition.keys()],
    warnings: io.warnings.map(({ code }) => code),
    namespaces: io.manager.namespaces.map(({ name }) => name),
    members: nwbfile.acquisition as ReadonlyMap<string, AbstractContainer>,
  };
  await look(found);
  return found;
}

/** The code of the error that reading gives. */
async function failure(bytes: Uint8Array): Promise<string> {
  try {
    await read(bytes);
  } catch (error) {
    if (error instanceof NwbError || isHdf5Error(error)) return error.code;
    throw error;
  }
  return "none";
}

/** A namespace in the cache, with its texts by name. */
async function cache(file: Hdf5File, name: string, texts: Readonly<Record<string, unknown>>): Promise<void> {
  const root = await file.group("/specifications");
  const group = await (await root.createGroup(name)).createGroup("1.0.0");
  for (const [key, value] of Object.entries(texts)) {
    const data = typeof value === "string" ? value : JSON.stringify(value);
    await group.createDataset(key, { datatype: "string", shape: [], data });
  }
}

const namespace = (name: string, ...schema: readonly object[]): object => ({
  namespaces: [{ name, version: "1.0.0", doc: "", author: "", contact: "", schema }],
});
const TYPES = { groups: [{ neurodata_type_def: "Fine", neurodata_type_inc: "NWBDataInterface", doc: "" }] };
/** A sound extension beside the broken one. */
const fine = (file: Hdf5File): Promise<void> =>
  cache(file, "fine", { namespace: namespace("fine", { namespace: "core" }, { source: "types" }), types: TYPES });

/** A container of a type. */
async function container(group: Group, name: string, type: string, of: string): Promise<Group> {
  const made = await group.createGroup(name);
  await made.attrs.set("neurodata_type", type);
  await made.attrs.set("namespace", of);
  await made.attrs.set("object_id", `id of ${name}`);
  return made;
}

describe("a cached namespace", () => {
  const deep = (depth: number): string => `${'{"groups":['.repeat(depth)}${"]}".repeat(depth)}`;

  test.each<[string, Readonly<Record<string, unknown>>]>([
    ["that is no JSON", { namespace: "{" }],
    ["that is empty", { namespace: "" }],
    ["that is a number", { namespace: "1" }],
    ["whose namespaces are no list", { namespace: { namespaces: {} } }],
    ["whose namespaces are numbers", { namespace: { namespaces: [1, 2] } }],
    ["without a name", { namespace: { namespaces: [{ version: "1", schema: [] }] } }],
    ["nested 100,000 lists deep", { namespace: `${"[".repeat(100_000)}${"]".repeat(100_000)}` }],
    ["whose source is missing", { namespace: namespace("broken", { source: "nowhere" }) }],
    ["whose source is no JSON", { namespace: namespace("broken", { source: "types" }), types: "]" }],
    ["whose groups nest 5,000 deep", { namespace: namespace("broken", { source: "types" }), types: deep(5000) }],
    ["that includes itself", { namespace: namespace("broken", { namespace: "broken" }) }],
    ["that includes what is not there", { namespace: namespace("broken", { namespace: "nobody" }) }],
    [
      "that defines a type twice",
      { namespace: namespace("broken", { source: "types" }), types: { groups: [...TYPES.groups, ...TYPES.groups] } },
    ],
  ])("%s is a warning, and a sound one beside it is known", async (_, texts) => {
    const bytes = await edited(async (file) => {
      await cache(file, "broken", texts);
      await fine(file);
      await container(await file.group("/acquisition"), "own", "Fine", "fine");
    });
    const { warnings, namespaces, names } = await read(bytes);
    expect(warnings).toEqual(["specification"]);
    expect(namespaces).toContain("fine");
    expect(namespaces).not.toContain("broken");
    expect([...names].sort()).toEqual(["good", "own"]);
    // Asked for by themselves, namespaces are given or not, never some of them.
    await using file = await open(bytes);
    const loaded = await loadNamespaces(file).then(
      (all) => all.map(({ name }) => name),
      (error: unknown) => error,
    );
    if (!Array.isArray(loaded)) expect(loaded).toBeInstanceOf(NwbError);
    else expect(loaded).toEqual(expect.arrayContaining(["fine", "broken"]));
  });

  test("two that include each other are two warnings, and what includes them is a third", async () => {
    const bytes = await edited(async (file) => {
      await cache(file, "one", { namespace: namespace("one", { namespace: "two" }) });
      await cache(file, "two", { namespace: namespace("two", { namespace: "one" }) });
      await cache(file, "above", { namespace: namespace("above", { namespace: "one" }) });
      await fine(file);
    });
    const { warnings, namespaces } = await read(bytes);
    expect(warnings).toEqual(["specification", "specification", "specification"]);
    expect(namespaces).toContain("fine");
  });

  test("2,000 of them are one warning", async () => {
    const many = Array.from({ length: 2000 }, (_, i) => ({ name: `n${i}`, version: "1", schema: [] }));
    const bytes = await edited((file) => cache(file, "many", { namespace: { namespaces: many } }));
    expect((await read(bytes)).warnings).toEqual(["specification"]);
  });

  test.each<[string, (group: Group) => Promise<unknown>]>([
    ["a number", (group) => group.createDataset("namespace", { data: Int32Array.of(1) })],
    ["a group", (group) => group.createGroup("namespace")],
    ["a link to itself", (group) => group.createSoftLink("namespace", "namespace")],
    ["a link to nowhere", (group) => group.createSoftLink("namespace", "/nowhere")],
    ["a link to another file", (group) => group.createExternalLink("namespace", "other.h5", "/x")],
  ])("whose text is %s is left out", async (_, make) => {
    const bytes = await edited(async (file) => {
      const root = await file.group("/specifications");
      await make(await (await root.createGroup("broken")).createGroup("1.0.0"));
      await fine(file);
    });
    const { warnings, namespaces } = await read(bytes);
    expect(new Set(warnings).size).toBeLessThanOrEqual(1);
    expect(namespaces).toContain("fine");
  });

  test("of a group whose header is damaged is a warning", async () => {
    const bytes = await edited((file) => fine(file));
    await using file = await open(bytes);
    const { address } = await file.get("/specifications/core");
    const damaged = bytes.slice();
    damaged[address + 9] = (damaged[address + 9] as number) ^ 0xff;
    const { warnings, namespaces } = await read(damaged);
    expect(warnings).toEqual(["specification"]);
    expect(namespaces).toContain("fine");
  });

  test.each<[string, (file: Hdf5File) => Promise<void>]>([
    ["missing", (file) => file.root.attrs.delete(".specloc")],
    ["to a dataset", async (file) => file.root.attrs.set(".specloc", (await file.get("/identifier")).reference)],
    ["a text", (file) => file.root.attrs.set(".specloc", "/specifications")],
  ])("is found with a .specloc that is %s", async (_, change) => {
    const bytes = await edited(async (file) => {
      await fine(file);
      await change(file);
    });
    const { warnings, namespaces } = await read(bytes);
    expect(warnings).toEqual([]);
    expect(namespaces).toContain("fine");
  });

  test("may be missing: the namespaces of this library are used", async () => {
    const bytes = await edited(async (file) => {
      await file.root.attrs.delete(".specloc");
      await file.root.delete("specifications");
    });
    expect((await read(bytes)).warnings).toEqual([]);
  });
});

describe("names that JavaScript knows", () => {
  const NAMES = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "then", "valueOf"];

  test("are names of containers as any other", async () => {
    const bytes = await edited(async (file) => {
      const acquisition = await file.group("/acquisition");
      for (const name of NAMES) {
        const series = await container(acquisition, name, "TimeSeries", "core");
        const data = await series.createDataset("data", { data: Float64Array.of(NAMES.indexOf(name)) });
        await data.attrs.set("unit", name);
        const start = await series.createDataset("starting_time", { datatype: "float64", shape: [], data: 0 });
        await start.attrs.set("rate", 1);
        await start.attrs.set("unit", "seconds");
      }
    });
    await read(bytes, ({ names, members }) => {
      expect([...names].sort()).toEqual([...NAMES, "good"].sort());
      for (const name of NAMES) expect((members.get(name) as TimeSeries).unit).toBe(name);
    });
    expect(({} as Record<string, unknown>).unit).toBeUndefined();
  });

  test("are names of namespaces, types and fields as any other", async () => {
    const types = {
      groups: NAMES.map((name) => ({
        neurodata_type_def: name,
        neurodata_type_inc: "NWBDataInterface",
        doc: "",
        attributes: [{ name, dtype: "text", doc: "" }],
      })),
    };
    const text = JSON.stringify(namespace("x", { namespace: "core" }, { source: "__proto__" }));
    const bytes = await edited(async (file) => {
      for (const name of ["__proto__", "constructor"]) {
        await cache(file, name, { namespace: text.replace('"x"', JSON.stringify(name)), ["__proto__"]: "" });
        const group = await file.group(`/specifications/${name}/1.0.0`);
        if (await group.has("__proto__")) await group.delete("__proto__");
        await group.createDataset("__proto__", { datatype: "string", shape: [], data: JSON.stringify(types) });
      }
      const acquisition = await file.group("/acquisition");
      for (const type of NAMES) {
        const made = await container(acquisition, `a ${type}`, type, "__proto__");
        await made.attrs.set(type, "mine");
      }
    });
    await read(bytes, ({ names, warnings, members }) => {
      expect(warnings).toEqual([]);
      expect([...names].sort()).toEqual([...NAMES.map((name) => `a ${name}`), "good"].sort());
      for (const type of NAMES) expect(members.get(`a ${type}`)?.neurodataType).toBe(type);
    });
    expect(({} as Record<string, unknown>).mine).toBeUndefined();
  });
});

describe("containers in a circle", () => {
  /** Nodes that refer to one another, link to one another and hold one another. */
  const NODE = {
    groups: [
      {
        neurodata_type_def: "Node",
        neurodata_type_inc: "NWBDataInterface",
        doc: "",
        attributes: [{ name: "next", doc: "", dtype: { target_type: "Node", reftype: "object" }, required: false }],
        groups: [{ neurodata_type_inc: "Node", doc: "", quantity: "*" }],
        links: [{ name: "peer", target_type: "Node", doc: "", quantity: "?" }],
      },
    ],
  };
  const loop = (file: Hdf5File): Promise<void> =>
    cache(file, "loop", { namespace: namespace("loop", { namespace: "core" }, { source: "types" }), types: NODE });
  const nodes = async (file: Hdf5File, ...names: readonly string[]): Promise<Group[]> => {
    const made: Group[] = [];
    for (const name of names) made.push(await container(await file.group("/acquisition"), name, "Node", "loop"));
    return made;
  };
  const field = (node: unknown, name: string): unknown => (node as Readonly<Record<string, unknown>>)[name];

  test("by references are read once each, and lead to each other", async () => {
    const bytes = await edited(async (file) => {
      await loop(file);
      const [a, b, self] = (await nodes(file, "a", "b", "self")) as [Group, Group, Group];
      await a.attrs.set("next", b.reference);
      await b.attrs.set("next", a.reference);
      await self.attrs.set("next", self.reference);
    });
    await read(bytes, ({ members, warnings }) => {
      expect(warnings).toEqual([]);
      expect(field(members.get("a"), "next")).toBe(members.get("b"));
      expect(field(members.get("b"), "next")).toBe(members.get("a"));
      expect(field(members.get("self"), "next")).toBe(members.get("self"));
    });
  });

  test("by soft links, and by hard links to what holds them, are read once each", async () => {
    const bytes = await edited(async (file) => {
      await loop(file);
      const [a, b] = (await nodes(file, "a", "b")) as [Group, Group];
      await a.createSoftLink("peer", "/acquisition/b");
      await b.createSoftLink("peer", "/acquisition/a");
      await a.createHardLink("a again", a);
      await b.createHardLink("all", await file.group("/acquisition"));
      await b.createHardLink("root", file.root);
    });
    await read(bytes, ({ members }) => {
      expect(field(members.get("a"), "peer")).toBe(members.get("b"));
      expect(field(members.get("b"), "peer")).toBe(members.get("a"));
    });
  });

  test("of links alone are a warning each", async () => {
    const bytes = await edited(async (file) => {
      const acquisition = await file.group("/acquisition");
      await acquisition.createSoftLink("one", "/acquisition/two");
      await acquisition.createSoftLink("two", "/acquisition/one");
      await acquisition.createExternalLink("far", "other.nwb", "/x");
    });
    const { warnings, names } = await read(bytes);
    expect(warnings).toEqual(["broken-link", "broken-link", "broken-link"]);
    expect(names).toEqual(["good"]);
  });

  test("are none, but nested 100 deep: a typed error", async () => {
    const bytes = await edited(async (file) => {
      await loop(file);
      let [group] = (await nodes(file, "n0")) as [Group];
      for (let i = 1; i < 100; i++) group = await container(group, `n${i}`, "Node", "loop");
    });
    expect(await failure(bytes)).toBe("limit");
  });

  test.each<[string, (node: Group, file: Hdf5File) => Promise<unknown>, string]>([
    ["a number", (node) => node.attrs.set("next", 1), "reference"],
    ["a null reference", (node) => node.attrs.set("next", null, { datatype: "object-reference" }), "reference"],
  ])("a reference that is %s is a typed error", async (_, change, code) => {
    const bytes = await edited(async (file) => {
      await loop(file);
      const [node] = (await nodes(file, "a")) as [Group];
      await change(node, file);
    });
    expect(await failure(bytes)).toBe(code);
  });
});

describe("types that are none", () => {
  test.each<[string, (group: Group) => Promise<unknown>]>([
    ["a number", (group) => group.attrs.set("neurodata_type", 5)],
    ["unknown", (group) => group.attrs.set("neurodata_type", "Nobody")],
    ["of an unknown namespace", (group) => group.attrs.set("namespace", "nobody")],
    ["of a dataset", (group) => group.attrs.set("neurodata_type", "VectorData")],
    ["a file within the file", (group) => group.attrs.set("neurodata_type", "NWBFile")],
    ["a text of 60,000 characters", (group) => group.attrs.set("neurodata_type", "x".repeat(60_000))],
  ])("%s: the others are read", async (_, change) => {
    const bytes = await edited(async (file) => {
      await change(await container(await file.group("/acquisition"), "odd", "TimeSeries", "core"));
    });
    await read(bytes);
  });

  test("at the root are a typed error", async () => {
    for (const type of ["TimeSeries", "Nobody", 7]) {
      const bytes = await edited((file) => file.root.attrs.set("neurodata_type", type));
      expect(await failure(bytes)).toBe("no-nwb-file");
    }
    for (const version of ["1.0.6", "", 3]) {
      const bytes = await edited((file) => file.root.attrs.set("nwb_version", version));
      expect(await failure(bytes)).toBe("version");
    }
  });
});
