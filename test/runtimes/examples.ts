/** The examples: the edge worker in workerd against nginx, the page without a build in Chromium. */
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { create, open } from "h5ts";
import { answerOf, browserMissing, withPage } from "./browsers.js";
import { bundlePacked } from "./packed.js";
import { outputOf, programOf, type Result, type Runtime } from "./runtime.js";
import { serve } from "./serve.js";
import { COLUMNS, expected } from "./slices.js";
import { type Miniflare, miniflareMissing, startWorker } from "./workerd.js";

const ROWS = 625_000_000; // of 4 int16: 5 GB
const MIB = 2 ** 20;

const NGINX: string | undefined =
  programOf("nginx") ?? ["/usr/sbin/nginx"].find((path) => statSync(path, { throwIfNoEntry: false }));

/** Checks that go on after a failure. */
async function checked(checks: Readonly<Record<string, () => Promise<void>>>): Promise<Result[]> {
  const results: Result[] = [];
  for (const [name, check] of Object.entries(checks)) {
    try {
      await check();
      results.push({ name });
    } catch (error) {
      results.push({ name, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  }
  return results;
}

function assertEqual(actual: unknown, wanted: unknown, what: string): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(wanted)];
  if (a !== b) throw new Error(`${what}: is ${a?.slice(0, 300)}, expected ${b?.slice(0, 300)}`);
}

/** 5 GB of which a few kilobytes are there. */
async function sparseFile(path: string): Promise<void> {
  const file = await create(path);
  const dataset = await file.root.createDataset("acquisition/x/data", {
    datatype: "int16",
    shape: [ROWS, 4],
    layout: "contiguous",
  });
  await dataset.write(
    Int16Array.from({ length: 40 }, (_, i) => i),
    [[ROWS - 10, ROWS]],
  );
  await file.close();
  if (statSync(path).size < 5e9) throw new Error("the file is not as large as it should be");
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** nginx over a folder. */
async function startNginx(prefix: string): Promise<{ readonly url: string; requests(): number; stop(): void }> {
  const port = await freePort();
  mkdirSync(join(prefix, "tmp"), { recursive: true });
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path tmp/${name};`,
  );
  writeFileSync(
    join(prefix, "nginx.conf"),
    `${process.getuid?.() === 0 ? "user root; " : ""}daemon off; pid tmp/nginx.pid; error_log stderr; worker_processes 1; events { worker_connections 1024; }
http { access_log tmp/access.log; ${temporary.join(" ")} default_type application/octet-stream;
  server { listen 127.0.0.1:${port}; root .; location = /moved.h5 { return 302 http://127.0.0.1:${port}/slices.h5; } } }
`,
  );
  const child = spawn(NGINX ?? "nginx", ["-p", prefix, "-c", "nginx.conf", "-e", "stderr"], { stdio: "ignore" });
  const url = `http://127.0.0.1:${port}/`;
  for (let attempt = 0; attempt < 50; attempt++) {
    const response = await fetch(`${url}nginx.conf`).catch(() => undefined);
    await response?.arrayBuffer();
    if (response?.ok) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    url,
    requests: () => readFileSync(join(prefix, "tmp/access.log"), "utf8").split("\n").length - 1,
    stop: () => void child.kill(),
  };
}

/** examples/edge-worker. */
const EDGE: Runtime = {
  name: "Edge-worker",
  missing: () => (NGINX === undefined ? "apt-get install nginx-light" : miniflareMissing()),
  async run({ folder }) {
    const site = join(folder, "site");
    const out = join(folder, "edge");
    await sparseFile(join(site, "sparse.h5"));
    const conditions = ["workerd", "worker", "browser"];
    await bundlePacked(folder, ["examples/edge-worker/worker.js"], out, { conditions, splitting: false });
    const nginx = await startNginx(site);
    let worker: Miniflare | undefined;
    try {
      const started = await startWorker(join(out, "worker.js"), { ORIGINS: new URL(nginx.url).origin });
      worker = started;
      const get = (file: string, query: Readonly<Record<string, string>>): Promise<Response> =>
        started.dispatchFetch(
          `http://worker/?${new URLSearchParams({ url: new URL(file, nginx.url).href, ...query })}`,
        );
      const statusOf = async (file: string, query: Readonly<Record<string, string>>): Promise<number> => {
        const response = await get(file, query);
        await response.text();
        return response.status;
      };
      const voltage = { path: "/signals/voltage" };
      return await checked({
        "answers a slice as JSON": async () => {
          const response = await get("slices.h5", { ...voltage, slice: "1000:1010,2" });
          const { shape, data } = (await response.json()) as { readonly shape: unknown; readonly data: unknown };
          assertEqual([response.status, shape], [200, [10]], "status and shape");
          assertEqual(data, Array.from(expected(1000, 1010, 2, 3)), "values");
        },
        "answers a slice as bytes": async () => {
          const response = await get("slices.h5", { ...voltage, slice: "5:7", format: "raw" });
          assertEqual(response.headers.get("x-shape"), `2,${COLUMNS}`, "shape");
          const values = new Float32Array(await response.arrayBuffer());
          assertEqual(Array.from(values), Array.from(expected(5, 7, 0, COLUMNS)), "values");
        },
        "takes a known answer from the cache": async () => {
          const query = { ...voltage, slice: "2000:2003,1" };
          const response = await get("slices.h5", query);
          assertEqual(response.status, 200, "status");
          const first = await response.text();
          const before = nginx.requests();
          assertEqual(await (await get("slices.h5", query)).text(), first, "the answer");
          assertEqual(nginx.requests(), before, "requests to nginx");
        },
        "reads from the origins it is allowed, and follows no redirect": async () => {
          assertEqual(await statusOf("https://example.org/a.h5", voltage), 403, "status for another origin");
          assertEqual(await statusOf("ftp://example.org/a.h5", voltage), 403, "status for another scheme");
          assertEqual(await statusOf("moved.h5", { ...voltage, slice: "0:1" }), 502, "status for a redirect");
        },
        "refuses what is too large, missing or no slice": async () => {
          assertEqual(await statusOf("sparse.h5", { path: "/acquisition/x/data" }), 413, "status for 5 GB");
          assertEqual(await statusOf("slices.h5", { path: "/none" }), 404, "status for a missing path");
          assertEqual(await statusOf("none.h5", voltage), 502, "status for a missing file");
          assertEqual(await statusOf("slices.h5", { ...voltage, slice: "0:x" }), 400, "status for no slice");
          assertEqual(await statusOf("slices.h5", { ...voltage, slice: "0:900000" }), 400, "status beyond the extent");
        },
        "reads the end of a file of 5 GB": async () => {
          const response = await get("sparse.h5", { path: "/acquisition/x/data", slice: `${ROWS - 2}:${ROWS},3` });
          const { data } = (await response.json()) as { readonly data: unknown };
          assertEqual(data, [35, 39], "values");
        },
        "stays under 64 MiB of heap with it": async () => {
          const args = [
            "--max-old-space-size=64",
            "test/runtimes/edge-memory.js",
            new URL("sparse.h5", nginx.url).href,
          ];
          const most = Number((await outputOf(process.execPath, args, { cwd: folder })).trim());
          console.log(`     at most ${(most / MIB).toFixed(1)} MiB of heap and buffers`);
          if (!(most < 64 * MIB)) throw new Error(`${most} bytes were held`);
        },
      });
    } finally {
      await worker?.dispose();
      nginx.stop();
      rmSync(join(site, "sparse.h5"));
    }
  },
};

/** examples/browser. */
const BROWSER_PAGE: Runtime = {
  name: "Browser-page",
  missing: () => browserMissing("chrome"),
  async run({ folder }) {
    // As in the repository: dist/ and node_modules/ beside examples/.
    cpSync(join(folder, "node_modules/h5ts/dist"), join(folder, "dist"), { recursive: true });
    const server = await serve(folder, { policy: undefined });
    try {
      return await withPage("chrome", async (page) => {
        await page.setViewport({ width: 1100, height: 700 });
        await page.goto(`${server.url}examples/browser/index.html`);
        await answerOf(page, "document.body.dataset.ready ?? null");
        const click = (finder: string): Promise<unknown> => page.evaluate(`${finder}.click()`);
        const settled = async (): Promise<void> => {
          const status = await answerOf(
            page,
            '(($) => ($.textContent.endsWith("…") ? null : $.className + $.textContent))(document.getElementById("status"))',
          );
          if (String(status).startsWith("failed")) throw new Error(String(status));
        };
        const chooseVoltage = async (): Promise<void> => {
          const names = await answerOf(
            page,
            '(($) => ($.length ? Array.from($, (li) => li.textContent).join("|") : null))(document.querySelectorAll("#tree > ul > li"))',
          );
          if (!String(names).includes("signals/")) throw new Error(`the tree shows ${names}`);
          await click('document.querySelectorAll("#tree summary")[0]');
          await answerOf(page, 'document.querySelector("#tree details a")');
          await click('Array.from(document.querySelectorAll("#tree a")).find((a) => a.textContent === "voltage ")');
          await answerOf(page, 'document.getElementById("read").disabled ? null : true');
          await settled();
        };
        const results = await checked({
          "shows the tree of a URL and reads a slice": async () => {
            await page.evaluate(
              `document.getElementById("url").value = ${JSON.stringify(`${server.url}site/slices.h5`)}`,
            );
            await click('document.querySelector("#remote button")');
            await chooseVoltage();
            await page.evaluate('document.getElementById("slice").value = "1000:1003,1:3"');
            await click('document.getElementById("read")');
            const text = await answerOf(page, 'document.getElementById("values").textContent || null');
            const values = expected(1000, 1003, 1, 3);
            const rows = [0, 2, 4].map((i) => `${values[i]}\t${values[i + 1]}`);
            assertEqual(text, ["shape 3 × 2, number", ...rows].join("\n"), "the text");
          },
          "writes a new file to download": async () => {
            await settled();
            await click('document.getElementById("write")');
            await answerOf(page, 'document.getElementById("download").hidden ? null : true');
            const bytes = await page.evaluate(
              'fetch(document.getElementById("download").href).then((r) => r.arrayBuffer()).then((b) => Array.from(new Uint8Array(b)))',
            );
            await using file = await open(Uint8Array.from(bytes as number[]));
            const { data, shape } = await (await file.dataset("voltage")).read();
            assertEqual(
              [shape, Array.from(data as Float32Array)],
              [[3, 2], Array.from(expected(1000, 1003, 1, 3))],
              "the file",
            );
          },
          "shows the tree of a local file": async () => {
            await page.evaluate(`fetch("/site/slices.h5").then((r) => r.blob()).then((blob) => {
              const transfer = new DataTransfer();
              transfer.items.add(new File([blob], "local.h5"));
              document.getElementById("file").files = transfer.files;
              document.getElementById("tree").replaceChildren();
              document.getElementById("file").dispatchEvent(new Event("change"));
            })`);
            await chooseVoltage();
            await settled();
          },
        });
        const { H5TS_SCREENSHOT } = process.env;
        if (H5TS_SCREENSHOT !== undefined) await page.screenshot({ path: H5TS_SCREENSHOT });
        return results;
      });
    } finally {
      await server.close();
    }
  },
};

export const EXAMPLES: readonly Runtime[] = [EDGE, BROWSER_PAGE];
