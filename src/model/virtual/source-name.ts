/** Names of sources with the number of a block: `%b`; `%%` is a percent sign. H5Dvirtual.c: H5D_virtual_parse_source_name. */
import { Hdf5FormatError } from "../../errors.js";

const SPECIFIER = /%(.|$)/gs;

/** Does a name hold the number of a block? */
export function hasBlockNumber(name: string): boolean {
  return name.replaceAll("%%", "").includes("%b");
}

/**
 * The name of one block's source.
 * @throws Hdf5FormatError for a percent sign followed by something else.
 */
export function sourceName(name: string, block: number): string {
  return name.replace(SPECIFIER, (_, specifier: string) => {
    if (specifier === "b") return String(block);
    if (specifier === "%") return "%";
    throw new Hdf5FormatError(
      { structure: "virtual dataset mapping", field: "source name" },
      "holds a % without b or %",
    );
  });
}
