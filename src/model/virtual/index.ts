/** Virtual datasets: what the rest of the library loads when it meets the first one. */
export { loadVirtual, sourcesOf } from "./extent.js";
export { readVirtual } from "./read.js";
export { newTrail } from "./sources.js";
