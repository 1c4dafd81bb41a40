/** The examples that need a runtime of their own. */
import type { Runtime } from "./runtime.js";

export const EXAMPLES: readonly Runtime[] = [];
