/**
 * A file on an HTTP server, read by ranges. There is no request but those for data: the first one brings the size
 * (`Content-Range`) together with the first bytes. Neither HEAD nor suffix ranges, which many servers and
 * cross-origin rules refuse.
 */
import { Hdf5DriverError, Hdf5StateError, Hdf5UsageError } from "../errors.js";
import { pause, waitBefore } from "./backoff.js";
import type { Driver } from "./driver.js";
import {
  discardBody,
  type FetchLike,
  isEncoded,
  parseContentRange,
  parseLength,
  parseRetryAfter,
  type ResponseLike,
  readBody,
} from "./http-response.js";
import { limiter } from "./limiter.js";
import { type Patience, patienceOf } from "./patience.js";

export type { BodyLike, FetchLike, ResponseLike } from "./http-response.js";

/** Options of `httpDriver`. */
export interface HttpOptions {
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** In place of the platform's `fetch`. */
  readonly fetch?: FetchLike | undefined;
  /** As that of `fetch`. */
  readonly credentials?: "omit" | "same-origin" | "include" | undefined;
  /** Requests under way at once: 6 by default. */
  readonly concurrency?: number | undefined;
  /**
   * A server that does not give ranges, or compresses what it sends, gives the file whole; up to this many bytes it is
   * taken so and kept in memory. 16 MiB by default; 0: never.
   */
  readonly wholeFileBytes?: number | undefined;
  /** Attempts after the first, where the server is busy, fails, or the connection breaks: 4 by default. */
  readonly retries?: number | undefined;
  /** Milliseconds before the first of them, then doubled: 200 by default. `Retry-After` is kept if it is longer, up to a minute. */
  readonly retryDelay?: number | undefined;
  /**
   * Milliseconds in which a server must begin to answer, and then go on to send: 30,000 by default; 0: no limit.
   * An attempt that takes longer has failed, like one whose connection breaks.
   */
  readonly timeout?: number | undefined;
}

const CONCURRENCY = 6;
const WHOLE_FILE_BYTES = 16 * 2 ** 20;
const RETRIES = 4;
const RETRY_DELAY = 200;
const TIMEOUT = 30_000;

/** Answers after which the same request may succeed. */
const BUSY: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);
/** Answers that say of a remembered redirect that it has run out. */
const MOVED: ReadonlySet<number> = new Set([400, 401, 403, 404, 410]);

/** What tells one state of a file from another. */
interface Validators {
  readonly etag: string | null;
  readonly modified: string | null;
}

/** One attempt: bytes, or an error after which another attempt may help. */
type Attempt = { readonly bytes: Uint8Array } | { readonly error: Hdf5DriverError; readonly wait?: number | undefined };

/**
 * A file on an HTTP server. Nothing is asked before the first read, so `size` is undefined until then.
 * @param url `http:` or `https:`.
 * @throws Hdf5UsageError for another URL. Reading: Hdf5DriverError with range and status when the server refuses,
 * fails (after the retries), gives no ranges of a file larger than `wholeFileBytes`, or the file was replaced since
 * the first read; Hdf5StateError "closed"; the reason of an aborted signal.
 * @example
 * await using file = await open(httpDriver("https://example.org/a.h5", { headers: { authorization: token } }));
 */
export function httpDriver(url: string | URL, options: HttpOptions = {}): Driver {
  const address = checkUrl(url);
  const name = `${address.origin}${address.pathname}`; // a query may hold secrets
  const { headers, credentials, retries = RETRIES, retryDelay = RETRY_DELAY } = options;
  const { wholeFileBytes = WHOLE_FILE_BYTES, timeout = TIMEOUT } = options;
  if (!(timeout >= 0)) throw new Hdf5UsageError("timeout", `is ${String(timeout)}`, "milliseconds, or 0 for no limit");
  const fetchIt = options.fetch ?? (globalThis.fetch as unknown as FetchLike); // wider in what it takes and gives
  const limit = limiter(checkCount("concurrency", options.concurrency ?? CONCURRENCY));
  /** Requests under way; closing ends them. */
  const running = new Set<AbortController>();
  let closed = false;
  let size: number | undefined;
  let known: Validators | undefined;
  /** Of a server that gives no ranges. */
  let whole: Uint8Array | undefined;
  /** Where the last redirect led. */
  let target = address.href;
  /** The first request: it says what the server can, so the others wait for it. */
  let first: Promise<unknown> | undefined;

  const failure = (finding: string, range: readonly [number, number], status?: number | string, cause?: unknown) =>
    new Hdf5DriverError(name, finding, { range, status, cause });
  const closedError = (): Hdf5StateError => new Hdf5StateError("closed", `${name}: the file is closed`);

  /** Another state of the file than the first answer's must never be mixed with it. */
  function checkSame(response: ResponseLike, total: number | undefined, range: readonly [number, number]): void {
    const found = { etag: response.headers.get("etag"), modified: response.headers.get("last-modified") };
    const differ = (a: string | null, b: string | null): boolean => a !== null && b !== null && a !== b;
    const changed =
      known !== undefined &&
      (differ(known.etag, found.etag) || (known.etag === null && differ(known.modified, found.modified)));
    if (changed || (size !== undefined && total !== undefined && size !== total)) {
      throw failure("the file was replaced while it was read; open it again", range, response.status);
    }
    known ??= found;
    size ??= total;
  }

  function requestHeaders(offset: number, length: number): Record<string, string> {
    const last = Math.min(offset + length, Number.MAX_SAFE_INTEGER) - 1;
    const request: Record<string, string> = { ...headers, range: `bytes=${offset}-${last}` };
    const etag = known?.etag ?? null;
    // In a page or worker of another origin the header would cost one more request (CORS preflight); the answer's own
    // ETag is compared in any case.
    if (etag !== null && !etag.startsWith("W/") && !isCrossOrigin(target)) request["if-range"] = etag;
    return request;
  }

  /** Redirects are remembered where what the caller sends may go there too, so that each read is one request. */
  function rememberRedirect(response: ResponseLike): void {
    if (response.url === "" || response.url === target || !URL.canParse(response.url)) return;
    const to = new URL(response.url);
    const safe = headers === undefined && credentials !== "include" && options.fetch === undefined;
    if (safe || to.origin === address.origin) target = to.href;
  }

  async function partial(
    response: ResponseLike,
    range: readonly [number, number],
    patience: Patience,
  ): Promise<Attempt> {
    const [offset, length] = range;
    if (isEncoded(response)) {
      throw failure("the server compresses what it sends, so that its ranges are not those of the file", range, 206);
    }
    const stated = parseContentRange(response.headers.get("content-range"));
    const sent = parseLength(response.headers.get("content-length"));
    if (stated === undefined && response.headers.get("content-type")?.startsWith("multipart/")) {
      throw failure("the server sent several parts for one range", range, 206);
    }
    checkSame(response, stated?.total, range);
    if (stated !== undefined && stated.first !== offset) {
      throw failure(`the server sent the bytes from ${String(stated.first)} on`, range, 206);
    }
    // A page of another origin may see no Content-Range: then the length must do.
    const room = size === undefined ? length : Math.min(length, size - offset);
    const expected = stated === undefined && size === undefined ? Math.min(length, sent ?? length) : room;
    const bytes = await readBody(response, expected, patience.renew);
    if (bytes?.length === expected) {
      if (size === undefined && expected < length) size = offset + expected;
      return { bytes };
    }
    const finding = bytes === undefined ? "more bytes than asked for" : `${bytes.length} of ${expected} bytes`;
    return { error: failure(`the server sent ${finding}`, range, 206) };
  }

  async function complete(
    response: ResponseLike,
    range: readonly [number, number],
    patience: Patience,
  ): Promise<Attempt> {
    const [offset, length] = range;
    const sent = isEncoded(response) ? undefined : parseLength(response.headers.get("content-length"));
    if (known !== undefined) {
      checkSame(response, sent, range);
      throw failure("the file was replaced while it was read, or the server stopped giving ranges", range, 200);
    }
    const none = "the server gives no ranges of it";
    if (sent !== undefined && sent > wholeFileBytes) {
      throw failure(`${none}, and its ${sent} bytes are more than wholeFileBytes, ${wholeFileBytes}`, range, 200);
    }
    const bytes = await readBody(response, wholeFileBytes, patience.renew);
    if (bytes === undefined) {
      throw failure(`${none}, and it has more bytes than wholeFileBytes, ${wholeFileBytes}`, range, 200);
    }
    if (sent !== undefined && bytes.length !== sent) {
      return { error: failure(`the server sent ${bytes.length} of ${sent} bytes`, range, 200) };
    }
    checkSame(response, bytes.length, range);
    whole = bytes;
    return { bytes: bytes.slice(offset, offset + length) };
  }

  async function once(range: readonly [number, number], signal: AbortSignal): Promise<Attempt> {
    const patience = patienceOf(timeout, signal);
    try {
      return await attemptOf(range, patience);
    } catch (error) {
      signal.throwIfAborted();
      if (!patience.isOver()) throw error;
      return { error: failure(`no answer for ${timeout} ms`, range, "ETIMEDOUT") };
    } finally {
      patience.end();
    }
  }

  async function attemptOf(range: readonly [number, number], patience: Patience): Promise<Attempt> {
    const [offset, length] = range;
    const init = { headers: requestHeaders(offset, length), signal: patience.signal };
    let response: ResponseLike;
    try {
      response = await fetchIt(target, credentials === undefined ? init : { ...init, credentials });
    } catch (error) {
      patience.signal.throwIfAborted();
      if (!(error instanceof Error)) throw error;
      return { error: failure(networkFinding(error), range, systemCode(error), error) };
    }
    const { status } = response;
    try {
      if (status === 206) {
        const attempt = await partial(response, range, patience);
        rememberRedirect(response);
        return attempt;
      }
      if (status === 200) return await complete(response, range, patience);
    } catch (error) {
      await discardBody(response);
      patience.signal.throwIfAborted();
      if (!(error instanceof Error) || error instanceof Hdf5DriverError) throw error;
      // What breaks while a body is read is the connection.
      return { error: failure(`the connection broke: ${error.message}`, range, status, error) };
    }
    await discardBody(response);
    if (status === 416) return beyondEnd(response, range);
    if (target !== address.href && MOVED.has(status)) {
      target = address.href;
      return { error: failure(`status ${status} after a redirect`, range, status), wait: 0 };
    }
    const error = failure(`status ${status}`, range, status);
    if (!BUSY.has(status)) throw error;
    return { error, wait: parseRetryAfter(response.headers.get("retry-after"), Date.now()) };
  }

  /** The size was not known, and the range lies beyond it. */
  function beyondEnd(response: ResponseLike, range: readonly [number, number]): Attempt {
    const total = parseContentRange(response.headers.get("content-range"))?.total;
    if (total === undefined || total > range[0]) throw failure("status 416: the range is refused", range, 416);
    checkSame(response, total, range);
    return { bytes: new Uint8Array(0) };
  }

  async function attempts(range: readonly [number, number], signal: AbortSignal | undefined): Promise<Uint8Array> {
    const controller = new AbortController();
    const abort = (): void => controller.abort(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    running.add(controller);
    try {
      for (let attempt = 1; ; attempt++) {
        if (closed) throw closedError();
        signal?.throwIfAborted();
        const result = await once(range, controller.signal);
        if ("bytes" in result) return result.bytes;
        if (attempt > retries) throw result.error;
        const wait = result.wait === 0 ? 0 : waitBefore(attempt, retryDelay, result.wait);
        await pause(wait, controller.signal);
      }
    } finally {
      running.delete(controller);
      signal?.removeEventListener("abort", abort);
    }
  }

  function clamped(offset: number, length: number): number {
    return size === undefined ? length : Math.max(0, Math.min(length, size - offset));
  }

  return {
    name,
    get size() {
      return size;
    },
    async read(offset, length, { signal } = {}) {
      if (closed) throw closedError();
      signal?.throwIfAborted();
      if (length <= 0) return new Uint8Array(0);
      while (first !== undefined && known === undefined) {
        await first;
        if (closed) throw closedError();
        signal?.throwIfAborted();
      }
      if (whole !== undefined) return whole.slice(offset, offset + length);
      const room = clamped(offset, length);
      if (room === 0) return new Uint8Array(0);
      const reading = limit(() => attempts([offset, room], signal), signal);
      if (known !== undefined) return reading;
      const settled = reading.then(
        () => undefined,
        () => undefined,
      );
      first = settled;
      try {
        return await reading;
      } finally {
        if (first === settled) first = undefined;
      }
    },
    async close() {
      closed = true;
      for (const controller of running) controller.abort(closedError());
    },
  };
}

function checkUrl(url: string | URL): URL {
  const text = String(url);
  if (!URL.canParse(text)) throw new Hdf5UsageError("url", `is ${JSON.stringify(text)}`, "an http: or https: URL");
  const address = new URL(text);
  if (address.protocol !== "http:" && address.protocol !== "https:") {
    throw new Hdf5UsageError("url", `has the scheme ${address.protocol}`, "http: or https:");
  }
  if (address.username !== "" || address.password !== "") {
    throw new Hdf5UsageError("url", "holds a user's name", "the header authorization in options.headers");
  }
  address.hash = "";
  return address;
}

function checkCount(argument: string, count: number): number {
  if (Number.isInteger(count) && count >= 1) return count;
  throw new Hdf5UsageError(argument, `is ${String(count)}`, "a whole number from 1 on");
}

/** Is this a page or worker of another origin than the URL's? */
function isCrossOrigin(url: string): boolean {
  const { location } = globalThis as { readonly location?: { readonly origin?: string } };
  return location?.origin !== undefined && new URL(url).origin !== location.origin;
}

/** `fetch` says little by itself ("fetch failed"); its cause says more where there is one. */
function networkFinding({ message, cause }: Error): string {
  const more = cause instanceof Error && cause.message !== "" ? ` (${cause.message})` : "";
  return `cannot be reached: ${message}${more}`;
}

function systemCode({ cause }: Error): string | undefined {
  return cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : undefined;
}
