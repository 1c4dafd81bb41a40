/**
 * What must work in every runtime, with the packed package and nothing else: no test framework, no types, no built-in.
 *
 * @param {{ url: string, path?: string, handle?: object }} place a file made by `slices.js`, to be read by ranges; a path
 * or a file handle that may be written, where the platform has files.
 * @returns {Promise<{ name: string, error?: string }[]>} one entry for each check.
 */
import { create, hyperslab, isHdf5Error, open } from "h5ts";
import { memoryDriver } from "h5ts/drivers";
import { deflateFilter } from "h5ts/filters";
import { getManager, NWBFile, NWBHDF5IO, TimeSeries } from "h5ts/nwb";
import { COLUMNS, expected, ROWS } from "./slices.js";

export async function smoke({ url, path, handle }) {
  const checks = {
    "a slice of a remote file is read by ranges": () => remoteSlice(url),
    "a Blob is read": () => blob(url),
    "what is written in memory is read back": () => inMemory(),
    "deflate works both ways, in small chunks and large ones": () => deflated(),
    "a stream that was cut off is refused, and what follows a stream is ignored": () => damagedStreams(),
    "NWB files are linked and exported in memory": () => nwb(),
    ...(path === undefined ? {} : { "a file is written and read by its path": () => written(path, path) }),
    ...(handle === undefined ? {} : { "a file is written and read through its handle": () => written(handle, handle) }),
  };
  const results = [];
  for (const [name, check] of Object.entries(checks)) {
    try {
      await check();
      results.push({ name });
    } catch (error) {
      results.push({ name, error: error instanceof Error ? `${error.stack ?? ""}\n${error.message}` : String(error) });
    }
  }
  return results;
}

function equal(actual, wanted, what) {
  const list = (value) => (ArrayBuffer.isView(value) ? Array.from(value) : value);
  const [a, b] = [actual, wanted].map((value) =>
    JSON.stringify(list(value), (_, v) => (typeof v === "bigint" ? `${v}n` : v)),
  );
  if (a !== b) throw new Error(`${what}: is ${a?.slice(0, 200)}, expected ${b?.slice(0, 200)}`);
}

async function remoteSlice(url) {
  const file = await open(url);
  const dataset = await file.dataset("signals/voltage");
  equal(dataset.shape, [ROWS, COLUMNS], "shape");
  const { data, shape } = await dataset.read(
    [
      [1000, 1010],
      [2, 4],
    ],
    { as: "float64" },
  );
  equal(shape, [10, 2], "shape of the slice");
  equal(data, expected(1000, 1010, 2, 4), "values");
  const again = await dataset.read(hyperslab({ start: [0, 1], count: [3, 1], stride: [50_000, 1] }));
  equal(
    again.data,
    [0, 50_000, 100_000].flatMap((row) => [...expected(row, row + 1, 1, 2)]),
    "values of a hyperslab",
  );
  equal(await dataset.attrs.get("unit"), "volts", "attribute");
  const { bytesRead } = file.stats();
  if (!(bytesRead < file.size / 4)) throw new Error(`${bytesRead} of ${file.size} bytes were read for a few rows`);
  await file.close();
}

async function blob(url) {
  const response = await fetch(url);
  const file = await open(new Blob([await response.arrayBuffer()]));
  equal((await (await file.dataset("signals/voltage")).read([[7, 9], 3])).data, expected(7, 9, 3, 4), "values");
  equal(await file.root.keys(), ["labels", "signals"], "names");
  equal(await (await file.dataset("labels")).value(), ["zero", "één", "二"], "strings");
  await file.close();
}

async function inMemory() {
  const file = await create();
  await fill(file.root);
  const bytes = await file.toBytes();
  await file.close();
  const copy = await open(bytes);
  await verify(copy.root);
  await copy.close();
}

async function written(target, source) {
  const file = await create(target);
  await fill(file.root);
  await file.close();
  const edited = await open(source, { mode: "r+" });
  await verify(edited.root);
  await (await edited.dataset("a/grown")).append(Float32Array.of(4, 5));
  await edited.close();
  const again = await open(source);
  equal((await (await again.dataset("a/grown")).read()).data, [1, 2, 3, 4, 5], "appended values");
  await again.close();
}

async function fill(root) {
  const grown = await root.createDataset("a/grown", {
    datatype: "float32",
    shape: [0],
    maxShape: [null],
    chunkShape: [4],
  });
  await grown.append(Float32Array.of(1, 2, 3));
  await grown.attrs.set("note", "grüße");
  await root.createDataset("a/table", {
    data: [
      { id: 1n, name: "x" },
      { id: -2n, name: "yz" },
    ],
  });
  await root.createSoftLink("link", "/a/table");
}

async function verify(root) {
  const grown = await root.dataset("a/grown");
  equal((await grown.read()).data, [1, 2, 3], "values");
  equal(await grown.attrs.get("note"), "grüße", "attribute");
  const { data } = await (await root.dataset("link")).read();
  equal([...data.column("id").data].map(String), ["1", "-2"], "integers of 64 bits");
  equal(data.column("name").data, ["x", "yz"], "strings");
}

async function deflated() {
  const values = Int32Array.from({ length: 60_000 }, (_, i) => (i * i) % 1000);
  for (const chunk of [100, 30_000]) {
    const file = await create();
    const filters = ["shuffle", "deflate", "fletcher32"];
    const dataset = await file.root.createDataset("x", { data: values, chunkShape: [chunk], filters });
    await file.flush();
    if (!(dataset.storageSize < values.byteLength / 2) && !Number.isNaN(dataset.storageSize)) {
      throw new Error(`${dataset.storageSize} bytes are stored`);
    }
    const copy = await open(await file.toBytes());
    equal((await (await copy.dataset("x")).read()).data, values, `values in chunks of ${chunk}`);
    await copy.close();
    await file.close();
  }
}

async function damagedStreams() {
  for (const length of [500, 100_000]) {
    const plain = Uint8Array.from({ length }, (_, i) => (i % 13) * (i % 7));
    const context = { values: [6], elementSize: 1, maxOutput: length, signal: undefined };
    const stream = await deflateFilter.encode(plain, context);
    const padded = new Uint8Array(stream.length + 9);
    padded.set(stream);
    equal(await deflateFilter.decode(padded, context), plain, `${length} bytes with others behind the stream`);
    // Without the last bytes of the sum, of the data, and of all of it.
    for (const cut of [1, 5, stream.length >> 1]) {
      await refused(() => deflateFilter.decode(stream.subarray(0, -cut), context), `without its last ${cut} bytes`);
    }
    await refused(() => deflateFilter.decode(stream, { ...context, maxOutput: length - 1 }), "longer than allowed");
  }
}

async function refused(run, what) {
  try {
    await run();
  } catch (error) {
    if (isHdf5Error(error, "filter")) return;
    throw error;
  }
  throw new Error(`a stream ${what} was accepted`);
}

async function nwb() {
  const info = { sessionDescription: "smoke", identifier: "S1", sessionStartTime: "2024-05-01T09:00:00+02:00" };
  const part = namedDriver("part.nwb");
  const partIO = await NWBHDF5IO.open(part, { mode: "w" });
  const recording = new NWBFile(info);
  const data = Float64Array.from({ length: 100 }, (_, i) => i / 4);
  recording.addAcquisition(new TimeSeries({ name: "lick", data, unit: "volts", startingTime: 0, rate: 10 }));
  await partIO.write(recording);
  await partIO.close();

  const manager = getManager();
  const source = await NWBHDF5IO.open(part, { mode: "r", manager });
  const session = new NWBFile({ ...info, identifier: "S2" });
  session.addAcquisition((await source.read()).getAcquisition("lick"));
  const linked = namedDriver("session.nwb");
  const linkedIO = await NWBHDF5IO.open(linked, { mode: "w", manager });
  await linkedIO.write(session);
  await linkedIO.close();
  await source.close();

  const external = (target) => (target === "part.nwb" ? part : undefined);
  const whole = await open(linked, { external });
  equal((await whole.root.link("acquisition/lick")).kind, "external", "kind of the link");
  const wholeIO = await NWBHDF5IO.open(whole);
  const single = namedDriver("single.nwb");
  const singleIO = await NWBHDF5IO.open(single, { mode: "w" });
  await singleIO.export({ srcIO: wholeIO, links: "resolve" });
  await singleIO.close();
  await wholeIO.close();
  await whole.close();

  const exported = await NWBHDF5IO.open(single);
  const series = (await exported.read()).getAcquisition("lick", TimeSeries);
  equal((await series.data.read([[8, 12]])).data, [2, 2.25, 2.5, 2.75], "values of the export");
  await exported.close();
}

/** A file in memory that links can name, and that stays when it is closed. */
function namedDriver(name) {
  const memory = memoryDriver();
  return {
    name,
    get size() {
      return memory.size;
    },
    read: (offset, length) => memory.read(offset, length),
    write: (offset, bytes) => memory.write(offset, bytes),
    truncate: (size) => memory.truncate(size),
    flush: () => memory.flush(),
  };
}
