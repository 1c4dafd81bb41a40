/**
 * Code of structures that few files have. It is loaded when a walker first meets one: the walker misses it as it misses
 * bytes, and runs again once it is there. So what only reads ordinary files never loads it (docs/bundles.md).
 */
import { Miss } from "./byte-source.js";

/** A module that is loaded when it is needed. */
export interface Rare<M> {
  /** The module. @throws Miss while it is not loaded. */
  now(): M;
  /** The module, for callers that can wait. */
  load(): Promise<M>;
  /** The module; undefined while it is not loaded. */
  readonly loaded: M | undefined;
}

/** @param load a dynamic import; asked again after it failed. */
export function rare<M>(load: () => Promise<M>): Rare<M> {
  let module: M | undefined;
  const loaded = async (): Promise<M> => {
    module ??= await load();
    return module;
  };
  return {
    now() {
      if (module === undefined) throw new Miss([], [], [loaded()]);
      return module;
    },
    load: loaded,
    get loaded() {
      return module;
    },
  };
}

/** Links and attributes that lie in a fractal heap with a v2 B-tree over their names. */
export const denseStorage: Rare<typeof import("./dense-storage.js")> = /* @__PURE__ */ rare(
  () => import("./dense-storage.js"),
);

/** Raw data in other files. */
export const externalFiles: Rare<typeof import("./messages/external-files.js")> = /* @__PURE__ */ rare(
  () => import("./messages/external-files.js"),
);

/** Chunk indexes of layout version 4, but for the single chunk. */
export const newerChunkIndexes: Rare<typeof import("./chunk-index/newer.js")> = /* @__PURE__ */ rare(
  () => import("./chunk-index/newer.js"),
);
