/** workerd through miniflare: a module worker without `nodejs_compat`, with an R2 bucket. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { bundlePacked } from "./packed.js";
import { INSTALL, MODULES, type Result, type Runtime } from "./runtime.js";

/** What of miniflare is used. */
export interface Miniflare {
  readonly ready: Promise<URL>;
  dispatchFetch(url: string): Promise<Response>;
  getR2Bucket(name: string): Promise<{ put(key: string, value: Uint8Array): Promise<unknown> }>;
  dispose(): Promise<void>;
}

const PACKAGE: string = join(MODULES, "miniflare");

/** How miniflare is installed; undefined when it is there. */
export const miniflareMissing = (): string | undefined => (existsSync(PACKAGE) ? undefined : INSTALL);

/** Start a worker from one file. */
export async function startWorker(path: string, bindings: Readonly<Record<string, string>> = {}): Promise<Miniflare> {
  const manifest = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8")) as { readonly main: string };
  const module = (await import(pathToFileURL(join(PACKAGE, manifest.main)).href)) as {
    readonly Miniflare: new (options: unknown) => Miniflare;
  };
  const miniflare = new module.Miniflare({
    modules: true,
    script: readFileSync(path, "utf8"),
    compatibilityDate: "2026-04-01",
    r2Buckets: ["BUCKET"],
    bindings,
    cf: false,
  });
  try {
    await miniflare.ready;
    return miniflare;
  } catch (error) {
    await miniflare.dispose();
    throw error;
  }
}

/** workerd. */
export const WORKERD: Runtime = {
  name: "workerd",
  missing: miniflareMissing,
  async run({ folder, url }) {
    const out = join(folder, "workerd");
    const conditions = ["workerd", "worker", "browser"];
    await bundlePacked(folder, ["test/runtimes/worker.js"], out, { conditions, splitting: false });
    const miniflare = await startWorker(join(out, "worker.js"));
    try {
      const bucket = await miniflare.getR2Bucket("BUCKET");
      await bucket.put("slices.h5", new Uint8Array(readFileSync(join(folder, "site/slices.h5"))));
      const response = await miniflare.dispatchFetch(`http://worker/?url=${encodeURIComponent(url)}`);
      if (!response.ok) throw new Error(`status ${response.status}: ${await response.text()}`);
      return (await response.json()) as Result[]; // what worker.js answers
    } finally {
      await miniflare.dispose();
    }
  },
};
