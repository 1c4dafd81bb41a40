/** File names that are patterns of family members, such as `part_%05d.h5`. */
import { basename } from "node:path";

/** Does the name contain `%d` or `%05d`, and so mean a family of files? */
export function isFamilyPattern(path: string): boolean {
  return /%0?\d*d/.test(basename(path));
}
