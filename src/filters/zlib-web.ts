/**
 * `#zlib` where there is no node:zlib (browsers, workers, edge runtimes): the platform's DecompressionStream for large
 * chunks, pako for all else. pako is loaded when it is first needed: a page that reads large chunks never loads it.
 *
 * Platforms differ in what they refuse: Deno's stream accepts one that was cut off, all but Node's refuse bytes behind
 * its end. So what the platform gives counts only when its Adler-32 sum closes the input; otherwise pako has the word.
 */
import { adler32, type InflateResult, outputBound, trimmed } from "./zlib-types.js";

/**
 * From this many bytes of plain data on, the platform inflates. Not chosen for speed: with Node 20's stream pako is as fast
 * up to some 256 KiB, and browsers were not measured. What is won is that pages with chunks of a usual size need no pako.
 */
const STREAM_BYTES = 32 * 1024;

/**
 * The bytes of a zlib stream, at most `maxOutput`. What follows the stream is ignored.
 * @throws Hdf5FilterError when the stream is damaged, cut off or longer.
 */
export async function inflate(bytes: Uint8Array, maxOutput: number): Promise<Uint8Array> {
  const bound = outputBound(bytes.length, maxOutput);
  if (bound >= STREAM_BYTES && typeof DecompressionStream === "function") {
    const output = await streamed(bytes, bound).catch(() => undefined);
    if (output !== undefined && sumOf(bytes) === adler32(output)) return output;
  }
  return (await pako()).inflate(bytes, maxOutput);
}

/** A zlib stream of these bytes. */
export async function deflate(bytes: Uint8Array, level: number): Promise<Uint8Array> {
  return (await pako()).deflate(bytes, level);
}

function pako(): Promise<{ readonly inflate: Zlib; readonly deflate: Zlib }> {
  return import("./zlib-pako.js");
}

type Zlib = (bytes: Uint8Array, limit: number) => InflateResult;

/** The sum at the end of a zlib stream. */
function sumOf(bytes: Uint8Array): number {
  return bytes.length < 4 ? -1 : new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 4, 4).getUint32(0);
}

/** What the platform makes of it; undefined when that is more than `bound`. */
async function streamed(bytes: Uint8Array, bound: number): Promise<Uint8Array | undefined> {
  const stream = new DecompressionStream("deflate");
  const writer = stream.writable.getWriter();
  // What is wrong with the input is met by reading as well.
  const ignore = (): void => undefined;
  writer.write(bytes as Uint8Array<ArrayBuffer>).catch(ignore); // any buffer will do
  writer.close().catch(ignore);
  const output = new Uint8Array(bound);
  const reader = stream.readable.getReader();
  let length = 0;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return trimmed(output.subarray(0, length));
    if (length + value.length > bound) {
      reader.cancel().catch(ignore);
      return undefined;
    }
    output.set(value, length);
    length += value.length;
  }
}
