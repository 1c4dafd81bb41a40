/** Names of the members of a family, from a printf pattern: `part_%05d.h5`. */
import { refuse } from "../errors.js";

const CONVERSION = /%(?:%|(0?)(\d{0,2})([diu]))/g;

const EXPECTED = "a name with one %d or %05d, and %% for a percent sign";

/**
 * The name of one member.
 * @param pattern holds exactly one of `%d`, `%5d`, `%05d` (or with `i`, `u`), and `%%` for a percent sign.
 * @throws Hdf5UsageError when it holds none, several, or another conversion.
 */
export function memberName(pattern: string, index: number): string {
  if (typeof pattern !== "string") refuse("pattern", pattern, EXPECTED);
  let numbers = 0;
  const name = pattern.replace(CONVERSION, (match, zero: string, width: string) => {
    if (match === "%%") return "%";
    numbers++;
    return String(index).padStart(Number(width), zero === "0" ? "0" : " ");
  });
  const rest = pattern.replace(CONVERSION, "");
  if (numbers === 1 && !rest.includes("%")) return name;
  return refuse("pattern", pattern, EXPECTED);
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
