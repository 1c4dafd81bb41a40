/** What reads dense links and attributes; loaded together, see rare.ts. */
export { denseAttributes } from "./dense-attributes.js";
export { readDenseLinks } from "./dense-links.js";
