/** What may be a name in a file. Design: writer-design, section 5.3. */
import { Hdf5UsageError } from "../errors.js";

const MAX_VALUE = 65_535;
/** What the writer has as the length of a link's name takes 4 bytes. */
const MAX_LINK_NAME = 2 ** 32 - 1;
/** Printable ASCII, as most names are. */
const PRINTABLE = /^[ -~]+$/;

/** @throws Hdf5UsageError unless the text can name a link or an attribute. */
export function checkName(argument: string, name: string, longest: number = MAX_VALUE): void {
  if (typeof name !== "string" || name === "") throw new Hdf5UsageError(argument, "is empty", "a name");
  if (name.length <= longest && PRINTABLE.test(name)) return;
  if (name.includes("\0")) throw new Hdf5UsageError(argument, "holds a NUL", "a name without NUL");
  if (!isWellFormed(name)) throw new Hdf5UsageError(argument, "holds half of a surrogate pair", "well-formed Unicode");
  if (new TextEncoder().encode(name).length > longest) {
    throw new Hdf5UsageError(argument, "is too long", `at most ${longest} bytes of UTF-8`);
  }
}

/** @throws Hdf5UsageError unless the text can be one part of a path. */
export function checkLinkName(name: string): void {
  checkName("path", name, MAX_LINK_NAME);
  if (name === ".") throw new Hdf5UsageError("path", 'ends with "."', "a name");
}

/** @throws Hdf5UsageError unless the text can be the target of a soft or external link. */
export function checkTarget(argument: string, target: string): void {
  checkName(argument, target);
}

function isWellFormed(text: string): boolean {
  // String.prototype.isWellFormed is younger than the oldest runtime.
  try {
    encodeURIComponent(text);
    return true;
  } catch (error) {
    if (error instanceof URIError) return false;
    throw error;
  }
}
