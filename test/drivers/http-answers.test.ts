import fc from "fast-check";
import { expect, test } from "vitest";
import { httpDriver, type ResponseLike } from "../../src/drivers/http.js";
import { parseContentRange, parseLength } from "../../src/drivers/http-response.js";
import { isHdf5Error } from "../../src/errors.js";

/** What a server answers, sensible or not. */
interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Lengths of the pieces of the body; `"break"` is where the connection breaks. */
  readonly body: readonly (number | "break")[];
}

const number = fc.oneof(fc.nat(200), fc.constantFrom(0, 99, 100, 2 ** 53, 1e300));
const headers = fc.record(
  {
    "content-range": fc.oneof(
      fc.tuple(number, number, number).map(([first, last, total]) => `bytes ${first}-${last}/${total}`),
      fc.constantFrom("bytes 0-99/1000", "bytes 0-9/*", "bytes */1000", "bytes */0", "items 0-9/10", "", "bytes 9"),
    ),
    "content-length": fc.oneof(number.map(String), fc.constantFrom("", "-1", "1e3", "many")),
    "content-encoding": fc.constantFrom("gzip", "identity", "br", ""),
    "content-type": fc.constantFrom("multipart/byteranges; boundary=x", "text/html", ""),
    etag: fc.constantFrom('"a"', '"b"', 'W/"a"', ""),
    "last-modified": fc.constantFrom("Mon, 01 Jan 2024 00:00:00 GMT", "yesterday"),
    "retry-after": fc.constantFrom("0", "soon", "Mon, 01 Jan 2024 00:00:00 GMT"),
  },
  { requiredKeys: [] },
);
const answer: fc.Arbitrary<Answer> = fc.record({
  status: fc.oneof(fc.constantFrom(200, 206, 206, 206, 304, 404, 416, 429, 503), fc.integer({ min: 100, max: 599 })),
  headers,
  body: fc.array(fc.oneof(fc.nat(150), fc.constantFrom(100 as const, "break" as const)), { maxLength: 4 }),
});

function responseOf({ status, headers: given, body }: Answer): ResponseLike {
  let at = 0;
  return {
    status,
    url: "",
    headers: { get: (name) => given[name as keyof typeof given] ?? null },
    body: {
      cancel: async () => {},
      getReader: () => ({
        cancel: async () => {},
        async read() {
          const piece = body[at++];
          if (piece === "break") throw new TypeError("terminated");
          return piece === undefined ? { done: true } : { done: false, value: new Uint8Array(piece).fill(7) };
        },
      }),
    },
  };
}

test("whatever a server answers, a read gives at most the bytes asked for, or a typed error with range", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(answer, { minLength: 1, maxLength: 5 }),
      fc.array(fc.tuple(fc.nat(300), fc.nat(200)), { minLength: 1, maxLength: 4 }),
      async (answers, reads) => {
        let asked = 0;
        const driver = httpDriver("https://example.org/a.h5", {
          retries: 1,
          retryDelay: 0,
          wholeFileBytes: 250,
          fetch: async () => responseOf(answers[asked++ % answers.length] as Answer), // at least one
        });
        for (const [offset, length] of reads) {
          try {
            const bytes = await driver.read(offset, length);
            expect(bytes.length).toBeLessThanOrEqual(length);
            if (driver.size !== undefined)
              expect(offset + bytes.length).toBeLessThanOrEqual(Math.max(driver.size, offset));
          } catch (error) {
            if (!isHdf5Error(error, "driver")) throw error;
            expect(error.source).toBe("https://example.org/a.h5");
            expect(error.range).toEqual([offset, expect.any(Number)]);
          }
        }
        expect(asked).toBeLessThanOrEqual(2 * reads.length);
      },
    ),
    { numRuns: 500 },
  );
});

test("headers that cannot be understood are none", () => {
  expect(parseContentRange("bytes 5-9/20")).toEqual({ first: 5, last: 9, total: 20 });
  expect(parseContentRange(" BYTES 5-9/* ")).toEqual({ first: 5, last: 9, total: undefined });
  expect(parseContentRange("bytes */20")).toEqual({ first: undefined, last: undefined, total: 20 });
  for (const text of [null, "", "bytes 5-/20", "bytes 5-9", `bytes 0-9/${2 ** 60}`, "chapters 1-2/3"]) {
    expect(parseContentRange(text)).toBeUndefined();
  }
  expect([parseLength("12"), parseLength(" 0 "), parseLength(null), parseLength("1e3")]).toEqual([
    12,
    0,
    undefined,
    undefined,
  ]);
});
