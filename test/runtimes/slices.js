/** The remote file of the smoke suite: what is in it, and how it is made. */
export const ROWS = 200_000;
export const COLUMNS = 4;

/** The value at a place: exact in float32. */
const at = (row, column) => ((row * 7 + column * 3) % 1024) / 8;

/** Values of rows [from, to) and columns [first, last). */
export function expected(from, to, first, last) {
  const values = [];
  for (let row = from; row < to; row++) for (let column = first; column < last; column++) values.push(at(row, column));
  return Float32Array.from(values);
}

/** @param {typeof import("h5ts").create} create */
export async function slicesFile(create) {
  const file = await create();
  const voltage = await file.root.createDataset("signals/voltage", {
    datatype: "float32",
    shape: [0, COLUMNS],
    maxShape: [null, COLUMNS],
    chunkShape: [4000, COLUMNS],
    filters: ["shuffle", "deflate"],
  });
  for (let row = 0; row < ROWS; row += 20_000) await voltage.append(expected(row, row + 20_000, 0, COLUMNS));
  await voltage.attrs.set("unit", "volts");
  await file.root.createDataset("labels", { data: ["zero", "één", "二"] });
  // Bytes that do not compress, so that the file is larger than what is read ahead.
  let state = 1;
  const noise = Uint32Array.from({ length: 2 ** 19 }, () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0));
  await file.root.createDataset("signals/noise", { data: noise });
  const bytes = await file.toBytes();
  await file.close();
  return bytes;
}
