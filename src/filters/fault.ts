/** How codecs say that a chunk cannot be decoded or encoded. */
import { Hdf5FilterError } from "../errors.js";

/** What errors call a filter. */
export interface FilterName {
  readonly id: number;
  readonly name: string;
}

/** A function that throws an Hdf5FilterError of this filter. */
export function faultOf(filter: FilterName, direction: "decode" | "encode"): (finding: string) => never {
  return (finding) => {
    throw new Hdf5FilterError(filter, direction, finding);
  };
}
