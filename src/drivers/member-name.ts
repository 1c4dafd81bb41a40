/** Names of the members of a family, from a printf pattern: `part_%05d.h5`. */
import { Hdf5UsageError, quote } from "../errors.js";

const CONVERSION = /%(?:%|(0?)(\d{0,2})([diu]))/g;

/**
 * The name of one member.
 * @param pattern holds exactly one of `%d`, `%5d`, `%05d` (or with `i`, `u`), and `%%` for a percent sign.
 * @throws Hdf5UsageError when it holds none, several, or another conversion.
 */
export function memberName(pattern: string, index: number): string {
  let numbers = 0;
  const name = pattern.replace(CONVERSION, (match, zero: string, width: string) => {
    if (match === "%%") return "%";
    numbers++;
    return String(index).padStart(Number(width), zero === "0" ? "0" : " ");
  });
  const rest = pattern.replace(CONVERSION, "");
  if (numbers === 1 && !rest.includes("%")) return name;
  throw new Hdf5UsageError("pattern", `is ${quote(pattern)}`, "a name with one %d or %05d, and %% for a percent sign");
}

/** Is this a name with a place for a number? */
export function isMemberPattern(pattern: string): boolean {
  let numbers = 0;
  const rest = pattern.replace(CONVERSION, (match) => {
    if (match !== "%%") numbers++;
    return "";
  });
  return numbers === 1 && !rest.includes("%");
}
