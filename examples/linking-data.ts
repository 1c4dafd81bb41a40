/**
 * Modular data storage: every stream is recorded into a file of its own, and linked into one NWB file afterwards.
 * Follows PyNWB's tutorial of that name step by step, with this library's names.
 *
 *   npm run example:linking -- OUT
 */
import { copyFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { DataChunkIterator, getManager, H5DataIO, NWBFile, NWBHDF5IO, TimeSeries } from "h5ts/nwb";

const [out] = process.argv.slice(2);
if (out === undefined) throw new Error("usage: npm run example:linking -- OUT");
await mkdir(out, { recursive: true });
const inOut = (name: string): string => join(out, name);

const filename1 = inOut("external1_example.nwb");
const filename2 = inOut("external2_example.nwb");
const filename3 = inOut("external_linkcontainer_example.nwb");
const filename4 = inOut("external_linkdataset_example.nwb");

// 100 samples of 10 channels. A flat typed array with a shape is the cheapest way to hand over an array; its type is
// the type in the file, here int64. Nested arrays of numbers would be stored as float64.
const data = { data: BigInt64Array.from({ length: 1000 }, (_, i) => BigInt(i)), shape: [100, 10], stride: [10, 1] };
const timestamps = Float64Array.from({ length: 100 }, (_, i) => i);

/** Identifiers have to differ; random ones would do as well, a seed makes the files of two runs comparable. */
let seed = 2017;
function newIdentifier(): string {
  const word = (): string => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed.toString(16).padStart(8, "0");
  };
  return `${word()}-${word()}`;
}

/** Three things every NWB file must have. The time must come with its offset: NWB files travel between time zones. */
function newFile(sessionDescription: string): NWBFile {
  return new NWBFile({
    sessionDescription,
    identifier: newIdentifier(),
    sessionStartTime: "2017-04-03T11:00:00+00:00",
  });
}

// ------------------------------------------------------------------------------------------------------------------
// 1. Two streams, each written to a file of its own
// ------------------------------------------------------------------------------------------------------------------

for (const [number, filename] of [filename1, filename2].entries()) {
  const nwbfile = newFile("demonstrate external files");
  nwbfile.addAcquisition(new TimeSeries({ name: `test_timeseries${number + 1}`, data, unit: "SIunit", timestamps }));
  // `await using` closes the file at the end of the block, also when something throws.
  await using io = await NWBHDF5IO.open(filename, { mode: "w" });
  await io.write(nwbfile);
}

// ------------------------------------------------------------------------------------------------------------------
// 2. Link single datasets: other timestamps, the same data
// ------------------------------------------------------------------------------------------------------------------
{
  const nwbfile4 = newFile("demonstrate external files");

  await using io1 = await NWBHDF5IO.open(filename1, { mode: "r" });
  const timeseries1 = (await io1.read()).getAcquisition("test_timeseries1", TimeSeries);

  // `timeseries1.data` is the dataset itself; nothing of it has been read yet. Given as it is, `write` decides below.
  nwbfile4.addAcquisition(
    new TimeSeries({ name: "test_timeseries4", data: timeseries1.data, unit: "SIunit", timestamps }),
  );
  // H5DataIO decides for this dataset alone. Its own default is `linkData: false`, a copy.
  const linked = new H5DataIO({ data: timeseries1.data, linkData: true });
  nwbfile4.addAcquisition(new TimeSeries({ name: "test_timeseries5", data: linked, unit: "SIunit", timestamps }));

  // `linkData: true` is the default of `write`. In the file, `data` of both is an external link now. Its attributes
  // (unit, conversion, …) are those of the target: what was given for them above is not written.
  await using io4 = await NWBHDF5IO.open(filename4, { mode: "w" });
  await io4.write(nwbfile4, { linkData: true });
}

// ------------------------------------------------------------------------------------------------------------------
// 3. Link whole containers
// ------------------------------------------------------------------------------------------------------------------
{
  // One manager for all files: it knows which containers have a place in some file already.
  const manager = getManager();
  await using io1 = await NWBHDF5IO.open(filename1, { mode: "r", manager });
  const timeseries1 = (await io1.read()).getAcquisition("test_timeseries1", TimeSeries);
  await using io2 = await NWBHDF5IO.open(filename2, { mode: "r", manager });
  const timeseries2 = (await io2.read()).getAcquisition("test_timeseries2", TimeSeries);

  const nwbfile3 = newFile("demonstrate external files");
  nwbfile3.addAcquisition(timeseries1);
  nwbfile3.addAcquisition(timeseries2);

  // Both become external links to the groups, relative to the folder of the linking file: move the three together.
  await using io3 = await NWBHDF5IO.open(filename3, { mode: "w", manager });
  await io3.write(nwbfile3);
}

// ------------------------------------------------------------------------------------------------------------------
// 4. Copy a file without its data
// ------------------------------------------------------------------------------------------------------------------
{
  const manager = getManager();
  await using io1 = await NWBHDF5IO.open(filename1, { mode: "r", manager });
  const original = await io1.read();

  // A shallow copy links to all data of the original. Results of an analysis go into the copy; the raw file, which may
  // be read-only, stays as it was recorded.
  const copy = original.copy();
  const raw = original.getAcquisition("test_timeseries1", TimeSeries);
  const { data: samples } = await raw.data.read(undefined, { as: "float64" });
  const means = Float64Array.from({ length: 100 }, (_, row) => {
    return samples.subarray(row * 10, row * 10 + 10).reduce((sum, sample) => sum + sample, 0) / 10;
  });
  const filtered = copy.createProcessingModule({ name: "filtered", description: "mean over all channels" });
  filtered.add(new TimeSeries({ name: "filt", data: means, unit: "SIunit", timestamps: raw.timestamps }));

  await using io = await NWBHDF5IO.open(inOut("external_copy_example.nwb"), { mode: "w", manager });
  await io.write(copy);
}

// ------------------------------------------------------------------------------------------------------------------
// 5. One file for sharing
// ------------------------------------------------------------------------------------------------------------------
{
  await using srcIO = await NWBHDF5IO.open(filename3, { mode: "r" });
  // Everything that is linked from elsewhere is copied: the file stands alone.
  await using single = await NWBHDF5IO.open(inOut("exported_single_example.nwb"), { mode: "w" });
  await single.export({ srcIO, writeArgs: { linkData: false } });
  // By default, links stay links.
  await using links = await NWBHDF5IO.open(inOut("exported_links_example.nwb"), { mode: "w" });
  await links.export({ srcIO });
}

// ------------------------------------------------------------------------------------------------------------------
// 6. One file over several: the family driver
// ------------------------------------------------------------------------------------------------------------------

// `%d` is the number of a member. With 1 GiB members, a file of any size fits a file system with a limit.
const pattern = inOut("family_nwb_file_%d.nwb");
const memberSize = 1024 ** 2;
const blockRows = 1000;
{
  // An empty dataset whose first dimension may grow, to be filled after `write`.
  const empty = new H5DataIO({
    shape: [0, 10],
    maxShape: [null, 10],
    datatype: "float32",
    chunkShape: [blockRows, 10],
  });
  const nwbfile = newFile("example file family");
  nwbfile.addAcquisition(
    new TimeSeries({ name: "example_timeseries", data: empty, startingTime: 0, rate: 1, unit: "mV" }),
  );
  // The other way: anything that can be iterated, exhausted by `write` itself. It is long enough for several members.
  const long = new H5DataIO({ data: blocks(60), maxShape: [null, 10], chunkShape: [blockRows, 10] });
  nwbfile.addAcquisition(new TimeSeries({ name: "long_timeseries", data: long, startingTime: 0, rate: 1, unit: "mV" }));

  await using io = await NWBHDF5IO.open(pattern, { mode: "w", driver: "family", memberSize });
  await io.write(nwbfile);
  for (let block = 0; block < 10; block++) {
    const start = block * blockRows;
    const stop = start + blockRows;
    await empty.dataset.resize([stop, 10]);
    // One number fills the selection.
    await empty.dataset.write(block, [[start, stop]]);
  }
}
{
  // The member size is in the file; it need not be known for reading.
  await using io = await NWBHDF5IO.open(pattern, { mode: "r", driver: "family" });
  const nwbfile = await io.read();
  console.log(String(nwbfile));
  const series = nwbfile.getAcquisition("example_timeseries", TimeSeries);
  console.log(
    `${series.name}: ${series.data.length} rows, the last is`,
    await series.data.value([series.data.length - 1]),
  );
}

/** Blocks of 1000 rows of 10 channels; only one of them is in memory at a time. */
function* blocks(count: number) {
  for (let block = 0; block < count; block++) {
    yield { data: new Float32Array(blockRows * 10).fill(block + 1), shape: [blockRows, 10], stride: [10, 1] };
  }
}

// ------------------------------------------------------------------------------------------------------------------
// 7. Streams, links within a file, and links that lead nowhere
// ------------------------------------------------------------------------------------------------------------------
{
  // An acquisition in real life is asynchronous; `write` takes its rows as they come and keeps none of them.
  async function* rows() {
    for (let row = 0; row < 100; row++) yield Float64Array.from({ length: 4 }, (_, channel) => row + channel / 10);
  }
  const streamed = new TimeSeries({
    name: "streamed",
    data: new DataChunkIterator({ data: rows(), maxShape: [null, 4] }),
    unit: "V",
    timestamps,
  });
  const nwbfile = newFile("demonstrate streams and links within a file");
  nwbfile.addAcquisition(streamed);
  // Another series as `timestamps`: a soft link to its timestamps, so that both have one clock.
  nwbfile.addAcquisition(new TimeSeries({ name: "same_clock", data: timestamps, unit: "s", timestamps: streamed }));

  await using io = await NWBHDF5IO.open(inOut("streamed_example.nwb"), { mode: "w" });
  await io.write(nwbfile);
}
{
  // A linking file that travels without the others: what cannot be had is absent, and a warning tells why.
  const alone = await mkdtemp(inOut("alone-"));
  await copyFile(filename3, join(alone, "linkcontainer.nwb"));
  {
    await using io = await NWBHDF5IO.open(join(alone, "linkcontainer.nwb"), { mode: "r" });
    const { acquisition } = await io.read();
    console.log(`${acquisition.size} acquisitions in the file on its own`);
    for (const { message } of io.warnings) console.log(`warning: ${message}`);
  }
  await rm(alone, { recursive: true });
}
