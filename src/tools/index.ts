/// <reference lib="esnext.disposable" preserve="true" />
/** `h5ts/tools`: what the command line does, as functions. */
export type { CopyWatch } from "./edited-copy.js";
export { type JoinOptions, join } from "./join.js";
export { type RepackOptions, repack } from "./repack.js";
export { type SplitOptions, split } from "./split.js";
