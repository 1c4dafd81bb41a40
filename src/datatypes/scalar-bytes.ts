/** Single numbers as elements: what most attributes hold. */
import type { Datatype } from "../format/messages/datatype.js";
import { predefinedType } from "./predefined.js";

const bytes = /* @__PURE__ */ new Uint8Array(8);
const view = /* @__PURE__ */ new DataView(bytes.buffer);

/**
 * A number or bigint as the element of the type that is inferred for it.
 * @returns bytes that last until the next call; undefined: it is of another type, or does not fit.
 */
export function scalarBytes(value: unknown, datatype: Datatype): Uint8Array | undefined {
  if (typeof value === "number" && datatype === predefinedType("float64")) {
    view.setFloat64(0, value, true);
    return bytes;
  }
  if (typeof value === "bigint" && datatype === predefinedType("int64") && BigInt.asIntN(64, value) === value) {
    view.setBigInt64(0, value, true);
    return bytes;
  }
  return undefined;
}
