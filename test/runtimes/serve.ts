/** A server on loopback that answers ranges, with the headers of a strict page. */
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { extname, join, normalize } from "node:path";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
};

/** Nothing but the origin's own scripts: no eval, no inline code, no WebAssembly. */
const POLICY = "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'";

/** Serve the files of a folder; under the strict policy, if no other is given. */
export async function serve(
  folder: string,
  { policy }: { readonly policy: string | undefined } = { policy: POLICY },
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const server: Server = createServer((request, response) => {
    const name = normalize(decodeURIComponent(new URL(request.url ?? "/", "http://x").pathname));
    const path = join(folder, name);
    if (name.includes("..") || !existsSync(path) || !statSync(path).isFile()) {
      response.writeHead(404).end();
      return;
    }
    const { size, mtimeMs } = statSync(path);
    const headers = {
      "accept-ranges": "bytes",
      "cache-control": "no-store",
      ...(policy === undefined ? {} : { "content-security-policy": policy }),
      "content-type": TYPES[extname(path)] ?? "application/octet-stream",
      etag: `"${size}-${mtimeMs}"`,
    };
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
    if (range === null) {
      response.writeHead(200, { ...headers, "content-length": size });
      createReadStream(path).pipe(response);
      return;
    }
    const start = Number(range[1]);
    const end = Math.min(size - 1, range[2] === "" ? size - 1 : Number(range[2]));
    if (start > end) {
      response.writeHead(416, { ...headers, "content-range": `bytes */${size}` }).end();
      return;
    }
    const about = { "content-range": `bytes ${start}-${end}/${size}`, "content-length": end - start + 1 };
    response.writeHead(206, { ...headers, ...about });
    createReadStream(path, { start, end }).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return {
    url: `http://127.0.0.1:${address.port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
