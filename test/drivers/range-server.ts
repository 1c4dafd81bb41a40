/** A server on the loopback address that gives files by ranges, counts what it is asked, and misbehaves as told. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";

/** One request. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  /** [first, last] of the range, both included. */
  readonly range: readonly [number, number] | undefined;
}

/** What the server does instead of answering properly; `false` leaves the request to it. */
export type Behaviour = (asked: Asked, response: ServerResponse, number: number) => boolean;

export interface RangeServer {
  /** Of a file: `${url}/name`. */
  readonly url: string;
  /** All requests, in the order they came. */
  readonly asked: Asked[];
  /** Bytes of bodies sent. */
  readonly sent: () => number;
  /** Most requests under way at once. */
  readonly mostAtOnce: () => number;
  /** Times that a request came while none was under way: waits that depend on each other, if `delay` is long enough. */
  readonly rounds: () => number;
  /** Count from 0 again. */
  reset(): void;
  files: Record<string, Uint8Array>;
  /** Entity tag of all files; none when undefined. */
  etag: string | undefined;
  behave: Behaviour | undefined;
  /** Answers wait this long. */
  delay: number;
  close(): Promise<void>;
}

export async function rangeServer(files: Record<string, Uint8Array>): Promise<RangeServer> {
  const asked: Asked[] = [];
  let sent = 0;
  let underWay = 0;
  let most = 0;
  let rounds = 0;
  const server = createServer((request, response) => {
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
    const one: Asked = {
      method: request.method ?? "",
      path: request.url ?? "",
      headers: request.headers,
      range: range === null ? undefined : [Number(range[1]), Number(range[2])],
    };
    const number = asked.push(one);
    if (underWay === 0) rounds++;
    most = Math.max(most, ++underWay);
    let counted = true;
    const done = (): void => {
      if (counted) underWay--;
      counted = false;
    };
    response.on("finish", done).on("close", done);
    setTimeout(() => {
      if (!self.behave?.(one, response, number)) answer(one, response);
    }, self.delay);
  });

  function answer({ method, path, range, headers }: Asked, response: ServerResponse): void {
    const content = self.files[decodeURIComponent(path.slice(1).replace(/\?.*/, ""))];
    if (content === undefined) {
      response.writeHead(404).end("no such file");
      return;
    }
    const tags = { "accept-ranges": "bytes", ...(self.etag === undefined ? {} : { etag: self.etag }) };
    if (method === "HEAD") {
      response.writeHead(200, { ...tags, "content-length": content.length }).end();
      return;
    }
    const condition = headers["if-range"];
    if (range === undefined || (condition !== undefined && condition !== self.etag)) {
      sent += content.length;
      response.writeHead(200, { ...tags, "content-length": content.length }).end(content);
      return;
    }
    const [first, last] = range;
    if (first >= content.length) {
      response.writeHead(416, { ...tags, "content-range": `bytes */${content.length}` }).end();
      return;
    }
    const part = content.subarray(first, last + 1);
    sent += part.length;
    response
      .writeHead(206, {
        ...tags,
        "content-length": part.length,
        "content-range": `bytes ${first}-${first + part.length - 1}/${content.length}`,
      })
      .end(part);
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const self: RangeServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    sent: () => sent,
    mostAtOnce: () => most,
    rounds: () => rounds,
    reset() {
      asked.length = 0;
      sent = 0;
      most = 0;
      rounds = 0;
    },
    files,
    etag: '"first"',
    behave: undefined,
    delay: 0,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return self;
}

/** The whole file whatever is asked for, compressed when the request admits it. */
export const compressing =
  (content: Uint8Array): Behaviour =>
  ({ headers }, response) => {
    const gzip = headers["accept-encoding"]?.includes("gzip") === true;
    const body = gzip ? gzipSync(content) : content;
    response.writeHead(200, gzip ? { "content-encoding": "gzip" } : {}).end(body);
    return true;
  };
