/** The smoke suite in a worker, with a file of the origin's private file system that is written synchronously. */
import { smoke } from "./smoke.js";

globalThis.addEventListener("message", async ({ data: { url } }) => {
  const folder = await globalThis.navigator.storage?.getDirectory?.();
  const handle = await folder?.getFileHandle("worker.h5", { create: true });
  globalThis.postMessage(await smoke({ url, handle }));
});
