/** `#zlib` where there is node:zlib (Node, Deno, Bun): the platform's zlib, large chunks on its thread pool. */
import { deflate as deflateAsync, deflateSync, inflate as inflateAsync, inflateSync } from "node:zlib";
import { type InflateResult, outputBound, trimmed } from "./zlib-types.js";

/** From this many bytes of plain data on, a chunk goes to the thread pool; below, the way there costs more than it saves. */
const ASYNC_BYTES = 16 * 1024;

/**
 * The bytes of a zlib stream, at most `maxOutput`. What follows the stream is ignored.
 * @throws the platform's error when the stream is damaged, cut off or longer.
 */
export function inflate(bytes: Uint8Array, maxOutput: number): InflateResult {
  const bound = outputBound(bytes.length, maxOutput);
  const options = { chunkSize: bound + 64, maxOutputLength: Math.max(1, maxOutput) };
  if (bound < ASYNC_BYTES) return trimmed(inflateSync(bytes, options));
  return new Promise((resolve, reject) => {
    inflateAsync(bytes, options, (error, result) => (error ? reject(error) : resolve(trimmed(result))));
  });
}

/** A zlib stream of these bytes. */
export function deflate(bytes: Uint8Array, level: number): InflateResult {
  const options = { level, chunkSize: Math.max(1024, Math.ceil(bytes.length * 1.001) + 64) };
  if (bytes.length < ASYNC_BYTES) return trimmed(deflateSync(bytes, options));
  return new Promise((resolve, reject) => {
    deflateAsync(bytes, options, (error, result) => (error ? reject(error) : resolve(trimmed(result))));
  });
}
