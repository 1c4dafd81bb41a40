/**
 * `#zlib` where there is node:zlib (Node, Deno, Bun): the platform's zlib, large chunks on its thread pool. It is taken by
 * the first chunk that needs it, for it brings Node's streams with it, and files without deflate need neither.
 */
import { type InflateResult, outputBound, trimmed } from "./zlib-types.js";

type Zlib = typeof import("node:zlib");

/** From this many bytes of plain data on, a chunk goes to the thread pool; below, the way there costs more than it saves. */
const ASYNC_BYTES = 16 * 1024;

let zlib: Zlib | undefined;

function withZlib(work: (zlib: Zlib) => InflateResult): InflateResult {
  zlib ??= process.getBuiltinModule?.("node:zlib"); // of Node 20.16
  if (zlib !== undefined) return work(zlib);
  return import("node:zlib").then((module) => {
    zlib = module;
    return work(module);
  });
}

/**
 * The bytes of a zlib stream, at most `maxOutput`. What follows the stream is ignored.
 * @throws the platform's error when the stream is damaged, cut off or longer.
 */
export function inflate(bytes: Uint8Array, maxOutput: number): InflateResult {
  const bound = outputBound(bytes.length, maxOutput);
  const options = { chunkSize: bound + 64, maxOutputLength: Math.max(1, maxOutput) };
  return withZlib((zlib) => {
    if (bound < ASYNC_BYTES) return trimmed(zlib.inflateSync(bytes, options));
    return new Promise((resolve, reject) => {
      zlib.inflate(bytes, options, (error, result) => (error ? reject(error) : resolve(trimmed(result))));
    });
  });
}

/** A zlib stream of these bytes. */
export function deflate(bytes: Uint8Array, level: number): InflateResult {
  const options = { level, chunkSize: Math.max(1024, Math.ceil(bytes.length * 1.001) + 64) };
  return withZlib((zlib) => {
    if (bytes.length < ASYNC_BYTES) return trimmed(zlib.deflateSync(bytes, options));
    return new Promise((resolve, reject) => {
      zlib.deflate(bytes, options, (error, result) => (error ? reject(error) : resolve(trimmed(result))));
    });
  });
}
