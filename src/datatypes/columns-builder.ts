/** How users make compound data. Apart from builders.ts, since much more stands behind it; as there, for index.ts alone. */
import { columns as columnsOf } from "./values.js";

/** Compound data from one array per member, to be passed where data are written. */
export const columns: typeof columnsOf = columnsOf;
