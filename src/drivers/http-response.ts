/** Answers of an HTTP server to a request for a range: what of them is used, and how it is read. RFC 9110, section 14. */

/** What of the platform's `Response` is used. */
export interface ResponseLike {
  readonly status: number;
  /** After redirects. */
  readonly url: string;
  readonly headers: { get(name: string): string | null };
  readonly body: BodyLike | null;
}

/** What of the platform's `ReadableStream` is used. */
export interface BodyLike {
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
    cancel(reason?: unknown): Promise<void>;
  };
  cancel(reason?: unknown): Promise<void>;
}

/** What of the platform's `fetch` is used. */
export type FetchLike = (
  url: string,
  init: {
    readonly headers: Record<string, string>;
    readonly signal: AbortSignal;
    readonly credentials?: "omit" | "same-origin" | "include";
  },
) => Promise<ResponseLike>;

/** `Content-Range: bytes first-last/total`; first and last are absent in the answer to an impossible range. */
export interface ContentRange {
  readonly first: number | undefined;
  readonly last: number | undefined;
  /** Undefined: the server does not know it (`*`). */
  readonly total: number | undefined;
}

/** Undefined: there is no such header, or it cannot be understood. */
export function parseContentRange(text: string | null): ContentRange | undefined {
  const match = /^\s*bytes\s+(?:(\d+)-(\d+)|\*)\/(\d+|\*)\s*$/i.exec(text ?? "");
  if (match === null) return undefined;
  const [first, last, total] = [match[1], match[2], match[3]].map((part) =>
    part === undefined || part === "*" ? undefined : Number(part),
  );
  const numbers = [first, last, total].filter((value) => value !== undefined);
  return numbers.every(Number.isSafeInteger) ? { first, last, total } : undefined;
}

/** Milliseconds that `Retry-After` asks to wait: seconds, or a date. Undefined: it does not say. */
export function parseRetryAfter(text: string | null, now: number): number | undefined {
  if (text === null) return undefined;
  if (/^\s*\d+\s*$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** A length header; undefined when it is absent or no number. */
export function parseLength(text: string | null): number | undefined {
  const match = /^\s*(\d+)\s*$/.exec(text ?? "");
  const length = match === null ? Number.NaN : Number(match[1]);
  return Number.isSafeInteger(length) ? length : undefined;
}

/** Is the body something else than the bytes of the file? `fetch` undoes it, so that no range of it is a range of the file. */
export function isEncoded(response: ResponseLike): boolean {
  const encoding = response.headers.get("content-encoding")?.trim().toLowerCase() ?? "";
  return encoding !== "" && encoding !== "identity";
}

/**
 * The body up to `limit` bytes; undefined when there are more, and the rest is not fetched.
 * @param came called with each piece.
 */
export async function readBody(
  response: ResponseLike,
  limit: number,
  came: () => void = () => undefined,
): Promise<Uint8Array | undefined> {
  if (response.body === null) return new Uint8Array(0);
  const reader = response.body.getReader();
  const parts: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    came();
    if (value === undefined) continue;
    length += value.length;
    if (length > limit) {
      await reader.cancel();
      return undefined;
    }
    parts.push(value);
  }
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return new Uint8Array(only);
  const bytes = new Uint8Array(length);
  let filled = 0;
  for (const part of parts) {
    bytes.set(part, filled);
    filled += part.length;
  }
  return bytes;
}

/** Let go of a body that is not wanted, so that its connection is free again. */
export async function discardBody(response: ResponseLike): Promise<void> {
  // A body that broke off already has nothing left to let go of, and the answer's status is what counts.
  await response.body?.cancel().catch(() => undefined);
}
