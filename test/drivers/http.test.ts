import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { waitBefore } from "../../src/drivers/backoff.js";
import type { Driver } from "../../src/drivers/driver.js";
import { type FetchLike, type HttpOptions, httpDriver } from "../../src/drivers/http.js";
import { parseRetryAfter } from "../../src/drivers/http-response.js";
import { withCache } from "../../src/drivers/with-cache.js";
import { withConcurrency } from "../../src/drivers/with-concurrency.js";
import { withRetry } from "../../src/drivers/with-retry.js";
import { type Hdf5DriverError, isHdf5Error } from "../../src/errors.js";
import { numbered, readingContract } from "./contract.js";
import { compressing, type RangeServer, rangeServer } from "./range-server.js";

const content = numbered(5000);
let server: RangeServer;

beforeAll(async () => {
  server = await rangeServer({});
});
afterAll(() => server.close());
beforeEach(() => {
  server.asked.length = 0;
  server.files = { file: content };
  server.etag = '"first"';
  server.behave = undefined;
});

const fast = { retryDelay: 1 };
const driver = (options: HttpOptions = {}): Driver => httpDriver(`${server.url}/file`, { ...fast, ...options });

/** The driver's error of a call that must fail. */
async function failure(call: Promise<unknown>): Promise<Hdf5DriverError> {
  const error = await call.then(
    () => "no error",
    (thrown: unknown) => thrown,
  );
  if (!isHdf5Error(error, "driver")) throw error;
  return error;
}

readingContract("httpDriver", async (bytes) => {
  server.files.file = bytes;
  const made = driver();
  await made.read(0, 1);
  return made;
});

readingContract("httpDriver of a server without ranges", async (bytes) => {
  server.behave = (_asked, response) => {
    response.writeHead(200, { "content-length": bytes.length }).end(bytes);
    return true;
  };
  const made = driver();
  await made.read(0, 1);
  return made;
});

readingContract("httpDriver in wrappers", async (bytes) => {
  server.files.file = bytes;
  const made = withCache(withRetry(withConcurrency(driver(), 3)), { blockBytes: 1000, bytes: 3000 });
  await made.read(0, 1);
  return made;
});

describe("the first read", () => {
  it("is the first request, and brings the size", async () => {
    const made = driver();
    expect(made.size).toBeUndefined();
    expect(server.asked).toEqual([]);
    expect(await made.read(0, 100)).toEqual(content.subarray(0, 100));
    expect(made.size).toBe(5000);
    expect(server.asked.map(({ method, range }) => [method, range])).toEqual([["GET", [0, 99]]]);
  });

  it("beyond the end brings the size too", async () => {
    const made = driver();
    expect(await made.read(2 ** 40, 10)).toHaveLength(0);
    expect(made.size).toBe(5000);
    server.files.file = new Uint8Array(0);
    const empty = driver();
    expect(await empty.read(0, 10)).toHaveLength(0);
    expect(empty.size).toBe(0);
  });

  it("is waited for by the others, which ask for nothing beyond the end", async () => {
    const made = driver();
    const parts = await Promise.all([made.read(0, 10), made.read(10, 10), made.read(6000, 10), made.read(4990, 100)]);
    expect(parts.map(({ length }) => length)).toEqual([10, 10, 0, 10]);
    expect(server.asked.map(({ range }) => range)).toEqual([
      [0, 9],
      [10, 19],
      [4990, 4999],
    ]);
  });

  it("that fails leaves the next one to try", async () => {
    server.behave = (_asked, response, number) => {
      if (number === 1) response.writeHead(404).end();
      return number === 1;
    };
    const made = driver();
    const [first, second] = await Promise.allSettled([made.read(0, 10), made.read(10, 10)]);
    expect(first.status).toBe("rejected");
    expect(second.status).toBe("fulfilled");
  });
});

describe("a request", () => {
  it("carries the headers given, and none that a page may not send without asking first", async () => {
    const made = driver({ headers: { "x-token": "t" } });
    await made.read(0, 1);
    expect(server.asked[0]?.headers).toMatchObject({ "x-token": "t", range: "bytes=0-0" });
    expect(server.asked[0]?.headers["if-range"]).toBeUndefined();
    await made.read(1, 1);
    expect(server.asked[1]?.headers["if-range"]).toBe('"first"');
  });

  it("to another origin than the page's carries no If-Range", async () => {
    const page = globalThis as { location?: unknown };
    page.location = { origin: "https://page.example" };
    try {
      const made = driver();
      await made.read(0, 1);
      await made.read(1, 1);
      expect(server.asked[1]?.headers["if-range"]).toBeUndefined();
    } finally {
      delete page.location;
    }
  });

  it("goes through the fetch given, with the credentials", async () => {
    const seen: unknown[] = [];
    const made = driver({
      credentials: "include",
      fetch: (url, init) => {
        seen.push([url, init.credentials]);
        return fetch(url, init);
      },
    });
    await made.read(0, 1);
    expect(seen).toEqual([[`${server.url}/file`, "include"]]);
  });

  it("is one of at most six at once", async () => {
    const slow = await rangeServer({ file: content });
    slow.delay = 5;
    const made = httpDriver(`${slow.url}/file`);
    await Promise.all(Array.from({ length: 20 }, (_, i) => made.read(i, 1)));
    expect(slow.mostAtOnce()).toBe(6);
    const two = httpDriver(`${slow.url}/file`, { concurrency: 2 });
    await two.read(0, 1);
    await Promise.all(Array.from({ length: 10 }, (_, i) => two.read(i, 1)));
    expect(slow.asked).toHaveLength(31);
    await slow.close();
  });
});

describe("a file that is replaced while it is read", () => {
  it("is an error, by If-Range", async () => {
    const made = driver();
    await made.read(0, 100);
    server.etag = '"second"';
    const error = await failure(made.read(100, 100));
    expect(error).toMatchObject({ status: 200, range: [100, 100], source: `${server.url}/file` });
    expect(error.message).toContain("replaced");
    // It stays one: nothing of the new file is ever taken for the old one.
    expect((await failure(made.read(0, 10))).message).toContain("replaced");
  });

  it.each([
    ["by a weak entity tag", () => (server.etag = 'W/"b"'), 'W/"a"'],
    ["by its size", () => (server.files.file = numbered(5001)), undefined],
  ])("is an error, %s", async (_how, replace, etag) => {
    server.etag = etag;
    const made = driver();
    await made.read(0, 100);
    replace();
    expect((await failure(made.read(100, 100))).message).toContain("replaced");
  });

  it("is an error by its date, where there is no entity tag", async () => {
    server.behave = ({ range }, response, number) => {
      const [first, last] = range ?? [0, 0];
      const part = content.subarray(first, last + 1);
      const modified = number === 1 ? "Mon, 01 Jan 2024 00:00:00 GMT" : "Tue, 02 Jan 2024 00:00:00 GMT";
      response.writeHead(206, { "content-range": `bytes ${first}-${last}/5000`, "last-modified": modified }).end(part);
      return true;
    };
    const made = driver();
    await made.read(0, 10);
    expect((await failure(made.read(10, 10))).message).toContain("replaced");
  });
});

describe("a server without ranges", () => {
  it("gives the file whole, once, up to wholeFileBytes", async () => {
    server.behave = (_asked, response) => {
      response.writeHead(200, { "content-length": content.length }).end(content);
      return true;
    };
    const made = driver({ wholeFileBytes: 5000 });
    const parts = await Promise.all([made.read(0, 10), made.read(2000, 10), made.read(4999, 10)]);
    expect(parts).toEqual([content.subarray(0, 10), content.subarray(2000, 2010), content.subarray(4999)]);
    expect(server.asked).toHaveLength(1);
    const error = await failure(driver({ wholeFileBytes: 4999 }).read(0, 10));
    expect(error).toMatchObject({ status: 200, range: [0, 10] });
    expect(error.message).toContain("no ranges");
  });

  it("that does not say how much it sends is stopped at wholeFileBytes", async () => {
    server.behave = (_asked, response) => {
      const more = (): void => {
        if (!response.destroyed) response.write(content, () => setImmediate(more));
      };
      response.writeHead(200);
      more();
      return true;
    };
    expect((await failure(driver({ wholeFileBytes: 20_000 }).read(0, 10))).message).toContain("wholeFileBytes");
  });

  it("that compresses gives the file whole, too", async () => {
    server.behave = compressing(content);
    expect(await driver().read(100, 10)).toEqual(content.subarray(100, 110));
    server.behave = (_asked, response) => {
      response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(content));
      return true;
    };
    expect(await driver().read(100, 10)).toEqual(content.subarray(100, 110));
  });

  it("that compresses ranges cannot be read", async () => {
    server.behave = (_asked, response) => {
      const body = gzipSync(content.subarray(0, 10));
      response.writeHead(206, { "content-encoding": "gzip", "content-range": "bytes 0-9/5000" }).end(body);
      return true;
    };
    expect((await failure(driver().read(0, 10))).message).toContain("compresses");
  });
});

describe("a server that fails", () => {
  it.each([429, 500, 502, 503, 504, 408])("with %i is asked again", async (status) => {
    server.behave = (_asked, response, number) => {
      if (number < 3) response.writeHead(status).end("busy");
      return number < 3;
    };
    expect(await driver().read(0, 10)).toEqual(content.subarray(0, 10));
    expect(server.asked).toHaveLength(3);
  });

  it("is asked no more often than retries says", async () => {
    server.behave = (_asked, response) => {
      response.writeHead(503).end();
      return true;
    };
    expect(await failure(driver({ retries: 2 }).read(5, 10))).toMatchObject({ status: 503, range: [5, 10] });
    expect(server.asked).toHaveLength(3);
    expect((await failure(driver({ retries: 0 }).read(5, 10))).status).toBe(503);
    expect(server.asked).toHaveLength(4);
  });

  it("is given the time that Retry-After asks for", () => {
    const now = Date.parse("Mon, 01 Jan 2024 00:00:00 GMT");
    expect(parseRetryAfter("7", now)).toBe(7000);
    expect(parseRetryAfter("Mon, 01 Jan 2024 00:00:05 GMT", now)).toBe(5000);
    expect(parseRetryAfter("Sun, 31 Dec 2023 00:00:00 GMT", now)).toBe(0);
    expect([parseRetryAfter(null, now), parseRetryAfter("soon", now)]).toEqual([undefined, undefined]);
    expect(waitBefore(1, 200, 5000)).toBe(5000);
    expect(waitBefore(1, 200, 10 ** 9)).toBe(60_000);
    for (const attempt of [1, 2, 3]) {
      const wait = waitBefore(attempt, 200, undefined);
      expect(wait).toBeGreaterThanOrEqual(100 * 2 ** attempt);
      expect(wait).toBeLessThanOrEqual(125 * 2 ** attempt);
    }
  });

  it.each([400, 401, 403, 404, 410, 501])("with %i is not asked again", async (status) => {
    server.behave = (_asked, response) => {
      response.writeHead(status).end();
      return true;
    };
    expect(await failure(driver().read(7, 10))).toMatchObject({ status, range: [7, 10] });
    expect(server.asked).toHaveLength(1);
  });

  it("by refusing a range that the file has is an error", async () => {
    server.behave = (_asked, response) => {
      response.writeHead(416).end();
      return true;
    };
    expect((await failure(driver().read(0, 10))).status).toBe(416);
  });

  it("by sending less than it says is asked again, and is an error in the end", async () => {
    server.behave = (_asked, response, number) => {
      if (number > 1) return false;
      response.writeHead(206, { "content-range": "bytes 0-99/5000", "content-length": 100 });
      response.write(content.subarray(0, 40), () => response.destroy());
      return true;
    };
    expect(await driver().read(0, 100)).toEqual(content.subarray(0, 100));
    expect(server.asked).toHaveLength(2);
    server.behave = (_asked, response) => {
      response.writeHead(206, { "content-range": "bytes 0-99/5000" }).end(content.subarray(0, 40));
      return true;
    };
    const error = await failure(driver({ retries: 1 }).read(0, 100));
    expect(error).toMatchObject({ status: 206, range: [0, 100] });
    expect(error.message).toContain("40 of 100 bytes");
  });

  it("by sending more, or another range, is an error", async () => {
    server.behave = (_asked, response) => {
      response.writeHead(206, { "content-range": "bytes 0-9/5000" }).end(content);
      return true;
    };
    expect((await failure(driver({ retries: 0 }).read(0, 10))).message).toContain("more bytes than asked for");
    expect((await failure(driver().read(20, 10))).message).toContain("the bytes from 0 on");
  });

  it("or is not there is an error with the system's code", async () => {
    const gone = await rangeServer({});
    await gone.close();
    const error = await failure(httpDriver(`${gone.url}/file`, { retries: 1, ...fast }).read(0, 10));
    expect(error).toMatchObject({ status: "ECONNREFUSED", range: [0, 10] });
  });
});

describe("a server that says nothing", () => {
  it("has failed after the time limit, and is asked again as after other failures", async () => {
    server.behave = () => true; // and no answer, ever
    const made = driver({ timeout: 20, retries: 2 });
    const error = await failure(made.read(100, 50));
    expect(error).toMatchObject({ status: "ETIMEDOUT", range: [100, 50], source: `${server.url}/file` });
    expect(error.message).toContain("no answer for 20 ms");
    expect(server.asked).toHaveLength(3);
  });

  it("in the middle of a body, too; the next attempt gives the bytes", async () => {
    server.behave = (_asked, response, number) => {
      if (number > 1) return false;
      response.writeHead(206, { "content-length": 100, "content-range": "bytes 0-99/5000" });
      response.write(content.subarray(0, 40));
      return true;
    };
    expect(await driver({ timeout: 200, retries: 1 }).read(0, 100)).toEqual(content.subarray(0, 100));
    expect(server.asked).toHaveLength(2);
  });

  it("may be waited for without a limit, and is left when the caller's signal or closing says so", async () => {
    server.behave = () => true;
    const made = driver({ timeout: 0 });
    const controller = new AbortController();
    const first = made.read(0, 10, { signal: controller.signal });
    controller.abort("enough");
    await expect(first).rejects.toBe("enough");
    const second = made.read(0, 10);
    await made.close?.();
    await expect(second).rejects.toMatchObject({ code: "state", reason: "closed" });
    expect(() => driver({ timeout: -1 })).toThrow(/timeout is -1/);
  });
});

describe("the time limit", () => {
  it("begins anew with every piece, so that a slow server is none that says nothing", async () => {
    vi.useFakeTimers();
    try {
      let piece = 0;
      const body = {
        getReader: () => ({
          read: async () => {
            await new Promise((resolve) => setTimeout(resolve, 900));
            const at = piece++;
            return at < 10 ? { done: false, value: content.subarray(at * 10, at * 10 + 10) } : { done: true };
          },
          cancel: async () => undefined,
        }),
        cancel: async () => undefined,
      };
      const headers = new Headers({ "content-length": "100", "content-range": "bytes 0-99/5000" });
      let asked = 0;
      const fetch: FetchLike = async (url) => {
        asked++;
        return { status: 206, url, headers, body };
      };
      const read = driver({ fetch, timeout: 1000, retries: 0 }).read(0, 100);
      await vi.advanceTimersByTimeAsync(11 * 900);
      expect(await read).toEqual(content.subarray(0, 100));
      expect(asked).toBe(1);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("a redirect", () => {
  beforeEach(() => {
    server.behave = ({ path }, response) => {
      if (path === "/file?signed=1") return false;
      response.writeHead(302, { location: "/file?signed=1" }).end();
      return true;
    };
  });

  it("is followed once, and remembered", async () => {
    const made = driver();
    await made.read(0, 10);
    expect(await made.read(10, 10)).toEqual(content.subarray(10, 20));
    expect(server.asked.map(({ path }) => path)).toEqual(["/file", "/file?signed=1", "/file?signed=1"]);
  });

  it("to another origin is followed anew each time, when the request carries something of the caller's", async () => {
    const other = await rangeServer({ file: content });
    server.behave = (_asked, response) => {
      response.writeHead(302, { location: `${other.url}/file` }).end();
      return true;
    };
    for (const [options, requests] of [
      [{}, 1],
      [{ headers: { "x-token": "t" } }, 2],
      [{ fetch: (url: string, init: RequestInit) => fetch(url, init) }, 2],
    ] as const) {
      server.reset();
      const made = driver(options as HttpOptions);
      await made.read(0, 10);
      expect(await made.read(10, 10)).toEqual(content.subarray(10, 20));
      expect(server.asked).toHaveLength(requests);
    }
    await other.close();
  });

  it("that has run out is asked for again", async () => {
    const made = driver();
    await made.read(0, 10);
    let expired = false;
    server.behave = ({ path }, response) => {
      if (path === "/file?signed=2") return false;
      if (path === "/file?signed=1") {
        expired = true;
        response.writeHead(403).end();
      } else response.writeHead(302, { location: "/file?signed=2" }).end();
      return true;
    };
    expect(await made.read(10, 10)).toEqual(content.subarray(10, 20));
    expect(expired).toBe(true);
  });
});

describe("ending", () => {
  const stuck = (): void => {
    server.behave = ({ range }, response, number) => {
      if (number === 1) return false;
      const [first, last] = range ?? [0, 0];
      response.writeHead(206, { "content-range": `bytes ${first}-${last}/5000` });
      response.write(content.subarray(first, first + 2));
      return true;
    };
  };

  it("by a signal rejects with its reason, and the next read works", async () => {
    stuck();
    const made = driver();
    await made.read(0, 10);
    const controller = new AbortController();
    const reading = made.read(10, 10, { signal: controller.signal });
    const reason = new Error("enough");
    setTimeout(() => controller.abort(reason), 20);
    await expect(reading).rejects.toBe(reason);
    server.behave = undefined;
    expect(await made.read(10, 10)).toEqual(content.subarray(10, 20));
  });

  it("by a signal ends the wait for another attempt", async () => {
    server.behave = (_asked, response) => {
      response.writeHead(503, { "retry-after": "30" }).end();
      return true;
    };
    const controller = new AbortController();
    const reading = driver().read(0, 10, { signal: controller.signal });
    setTimeout(() => controller.abort(new Error("enough")), 20);
    await expect(reading).rejects.toThrow("enough");
    expect(server.asked).toHaveLength(1);
  });

  it("by closing rejects what is under way, and what comes later", async () => {
    stuck();
    const made = driver();
    await made.read(0, 10);
    const readings = Promise.allSettled([made.read(10, 10), made.read(20, 10), made.read(30, 10)]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await made.close?.();
    for (const result of await readings) {
      expect(result.status === "rejected" && isHdf5Error(result.reason, "state")).toBe(true);
    }
    await expect(made.read(0, 1)).rejects.toMatchObject({ code: "state", reason: "closed" });
  });
});

it("refuses what is no address of a web server", () => {
  for (const url of ["ftp://a/b", "a/b", "https://user:secret@host/file"]) {
    expect(() => httpDriver(url)).toThrow(expect.objectContaining({ code: "usage" }));
  }
});

it("names the file without its query, which may hold secrets", async () => {
  const made = httpDriver(`${server.url}/none?signature=secret`, fast);
  const error = await failure(made.read(0, 1));
  expect(`${made.name} ${error.message} ${error.source}`).not.toContain("secret");
});
