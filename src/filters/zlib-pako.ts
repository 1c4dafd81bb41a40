/** zlib by pako, for `#zlib` where the platform has none that will do. */
import {
  deflate as deflatePako,
  Z_FINISH,
  Z_OK,
  Z_STREAM_END,
  ZStream,
  zlibInflate,
  zlibInflateEnd,
  zlibInflateInit,
} from "pako";
import { Hdf5FilterError } from "../errors.js";
import { DEFLATE_NAME, type InflateResult, outputBound, trimmed } from "./zlib-types.js";

/**
 * The bytes of a zlib stream, at most `maxOutput`. What follows the stream is ignored.
 * @throws Hdf5FilterError when the stream is damaged, cut off or longer.
 */
export function inflate(bytes: Uint8Array, maxOutput: number): InflateResult {
  const stream = new ZStream();
  // One byte more than allowed tells a stream that is longer from one that ends here.
  const output = new Uint8Array(outputBound(bytes.length, maxOutput) + 1);
  stream.input = bytes;
  stream.avail_in = bytes.length;
  stream.output = output;
  stream.avail_out = output.length;
  let status = zlibInflateInit(stream);
  if (status === Z_OK) status = zlibInflate(stream, Z_FINISH);
  const { total_out: length, msg } = stream;
  zlibInflateEnd(stream);
  if (length > maxOutput) throw new Hdf5FilterError(DEFLATE_NAME, "decode", `gives more than ${maxOutput} bytes`);
  if (status !== Z_STREAM_END) throw new Hdf5FilterError(DEFLATE_NAME, "decode", msg || "the stream ends early");
  return trimmed(output.subarray(0, length));
}

/** A zlib stream of these bytes. */
export function deflate(bytes: Uint8Array, level: number): InflateResult {
  return deflatePako(bytes, { level: level === 0 ? 0 : level });
}
