/** A page: the smoke suite on the main thread, then in a worker. The results are in `globalThis.results`. */
import { smoke } from "./smoke.js";

async function run(url) {
  const handle = await opfsFile("page.h5");
  const page = await smoke({ url, handle });
  const worker = new Worker(new URL("./page-worker.js", import.meta.url), { type: "module" });
  const inWorker = await new Promise((resolve, reject) => {
    worker.addEventListener("message", ({ data }) => resolve(data));
    worker.addEventListener("error", (event) => reject(new Error(`the worker fails: ${event.message}`)));
    worker.postMessage({ url });
  });
  return [
    ...page.map((result) => ({ ...result, name: `main thread: ${result.name}` })),
    ...inWorker.map((result) => ({ ...result, name: `worker: ${result.name}` })),
  ];
}

/** A file of the origin's private file system; undefined where there is none (WebKitGTK). */
async function opfsFile(name) {
  const folder = await globalThis.navigator.storage?.getDirectory?.();
  return folder?.getFileHandle(name, { create: true });
}

const url = new URL("./slices.h5", globalThis.location.href).href;
run(url).then(
  (results) => {
    globalThis.results = results;
  },
  (error) => {
    globalThis.results = [{ name: "the page", error: String(error.stack ?? error) }];
  },
);
