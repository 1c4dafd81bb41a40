/** What is loaded with the first value that is asked for: selections, chunk indexes, filters, datatypes. */

export { readStoredMany } from "../model/raw-data.js";
export { listChunks, readStoredChunk } from "./chunks.js";
export { readSelections, readValue } from "./elements.js";
export { gatherElements } from "./gather-elements.js";
export { fillAtOnce, fillOutcome, loadSources, sizeChunks } from "./opened-dataset.js";
export { asDataSelection } from "./region.js";
export { streamRows } from "./stream.js";
export { visitFrom } from "./visit.js";
