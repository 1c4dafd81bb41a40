/**
 * Slices of remote HDF5 and NWB files from the edge:
 *
 *   GET /?url=https://example.org/session.nwb&path=/acquisition/x/data&slice=0:1000,4
 *
 * `slice` has one entry per dimension: `start:stop`, `start:stop:step`, an index, or nothing for the whole dimension.
 * The answer is JSON, or with `format=raw` the bytes of the elements (little-endian), with shape and type in headers.
 *
 * A module worker without `nodejs_compat`; variables:
 *   ORIGINS    origins that may be read from, separated by spaces; everything else is refused
 *   MAX_BYTES  bytes of one answer, 4 MiB by default
 */
import { isHdf5Error, open } from "h5ts";
import { httpDriver } from "h5ts/drivers";

const MIB = 2 ** 20;
/** Seconds for which an answer is kept in the cache of the edge and in browsers. */
const MAX_AGE = 300;

export default {
  async fetch(request, env, context) {
    if (request.method !== "GET") return problem(405, "only GET");
    const cache = globalThis.caches?.default; // the platform's; absent elsewhere
    const known = await cache?.match(request);
    if (known !== undefined) return known;
    const response = await answer(new URL(request.url).searchParams, env, request.signal);
    if (cache !== undefined && response.ok) context.waitUntil(cache.put(request, response.clone()));
    return response;
  },
};

async function answer(query, { ORIGINS = "", MAX_BYTES = 4 * MIB }, signal) {
  const source = query.get("url") ?? "";
  if (!URL.canParse(source)) return problem(400, "url is missing or no URL");
  const url = new URL(source);
  if (!ORIGINS.split(" ").includes(url.origin)) return problem(403, `${url.origin} is not allowed`);
  let file;
  try {
    // No server is taken at its word: a file is never loaded whole, and redirects do not leave what is allowed.
    const fetchAllowed = (target, init) => fetch(target, { ...init, redirect: "manual" });
    file = await open(httpDriver(url, { wholeFileBytes: 0, retries: 1, fetch: fetchAllowed }), {
      cacheBytes: 8 * MIB,
      limits: { metadataBytes: 16 * MIB, chunkBytes: 16 * MIB, readBytes: Number(MAX_BYTES) },
      int64: "safe",
      signal,
    });
    const dataset = await file.dataset(query.get("path") ?? "");
    const result = await dataset.read(selectionOf(query.get("slice") ?? ""), { signal });
    return query.get("format") === "raw" ? raw(dataset, result) : json(dataset, result);
  } catch (error) {
    if (!isHdf5Error(error)) throw error;
    return problem(STATUS[error.code] ?? 422, error.message);
  } finally {
    await file?.close();
  }
}

/** Statuses of errors; all others say that the file is damaged or of a kind that is not supported. */
const STATUS = { "not-found": 404, usage: 400, limit: 413, policy: 403, driver: 502 };

/** What is no selection is refused by `read`. */
function selectionOf(text) {
  if (text === "") return undefined;
  return text.split(",").map((entry) => {
    if (entry === "" || entry === ":") return null;
    const parts = entry.split(":").map((part) => (part === "" ? null : Number(part)));
    return parts.length === 1 ? parts[0] : parts;
  });
}

const HEADERS = { "access-control-allow-origin": "*", "cache-control": `public, max-age=${MAX_AGE}` };

function json(dataset, { kind, data, shape }) {
  const { path, datatype } = dataset;
  // Integers beyond 2^53 as text; bytes of opaque data and vlen as lists.
  const plain = (_, value) => {
    if (typeof value === "bigint") return String(value);
    return ArrayBuffer.isView(value) ? Array.from(value) : value;
  };
  const rows =
    kind === "compound" ? Array.from(data, (row) => (row instanceof Map ? Object.fromEntries(row) : row)) : data;
  const body = JSON.stringify({ path, datatype: datatype.kind, shape, data: rows }, plain);
  return new Response(body, { headers: { ...HEADERS, "content-type": "application/json" } });
}

function raw(dataset, { kind, data, shape }) {
  if (!ArrayBuffer.isView(data)) return problem(400, `elements of kind ${kind} have no raw form; take JSON`);
  return new Response(data, {
    headers: {
      ...HEADERS,
      "content-type": "application/octet-stream",
      "access-control-expose-headers": "x-shape, x-array",
      "x-shape": shape.join(),
      "x-array": data.constructor.name, // the typed array that takes these bytes
      "x-path": dataset.path,
    },
  });
}

function problem(status, message) {
  return Response.json({ error: message }, { status, headers: { "access-control-allow-origin": "*" } });
}
