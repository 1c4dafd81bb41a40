/** Chunks that some call is fetching: another call that needs one waits for it, so that it is decoded once. */
import type { FileState } from "./state.js";

interface Fetch {
  readonly chunk: Promise<Uint8Array | undefined>;
  readonly end: (chunk: Uint8Array | undefined) => void;
}

const fetches = /* @__PURE__ */ new WeakMap<FileState, Map<string, Fetch>>();

/** What another call is fetching; `undefined` comes when it failed. */
export function chunkUnderWay(file: FileState, key: string): Promise<Uint8Array | undefined> | undefined {
  return fetches.get(file)?.get(key)?.chunk;
}

/** Begin: whoever begins must end, whatever happens. */
export function beginChunk(file: FileState, key: string): void {
  let ofFile = fetches.get(file);
  if (ofFile === undefined) {
    ofFile = new Map();
    fetches.set(file, ofFile);
  }
  let end: Fetch["end"] = () => {};
  const chunk = new Promise<Uint8Array | undefined>((resolve) => (end = resolve));
  ofFile.set(key, { chunk, end });
}

/** Give the decoded chunk to those who wait; nothing when it did not come. */
export function endChunk(file: FileState, key: string, chunk: Uint8Array | undefined): void {
  const ofFile = fetches.get(file);
  ofFile?.get(key)?.end(chunk);
  ofFile?.delete(key);
}
