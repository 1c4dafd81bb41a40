/** What a filter is, and how it is named. Spec: IV.A.2.l (Data Storage – Filter Pipeline). */
import type { Datatype } from "../format/messages/datatype.js";

/** A filter as asked for: its id, parameters (client data values), and whether a chunk may be stored without it. */
export interface FilterSpec {
  readonly id: number;
  readonly name?: string | undefined;
  readonly values?: readonly number[] | undefined;
  readonly optional?: boolean | undefined;
}

/** A filter as stored in a pipeline. */
export interface FilterInfo extends FilterSpec {
  readonly values: readonly number[];
  readonly optional: boolean;
}

/** A filter by spec, or one of the core's by name. */
export type FilterInput = FilterSpec | "deflate" | "shuffle" | "fletcher32" | "nbit";

/** What a filter is told of the chunk. */
export interface FilterContext {
  /** Client data values. */
  readonly values: readonly number[];
  /** Bytes of one element. */
  readonly elementSize: number;
  /** The output may not be longer; a decoder stops there. */
  readonly maxOutput: number;
  readonly signal?: AbortSignal | undefined;
}

/** A codec, passed to `open` and `create` in `filters`. One with the id of a core filter replaces it. */
export interface Filter {
  readonly id: number;
  readonly name: string;
  /** Undo the filter. Returns fresh bytes or a view of the input, which is not changed. */
  decode(bytes: Uint8Array, context: FilterContext): Uint8Array | Promise<Uint8Array>;
  encode?(bytes: Uint8Array, context: FilterContext): Uint8Array | Promise<Uint8Array>;
  /** The client data values stored for a dataset, from those asked for. */
  configure?(
    values: readonly number[],
    dataset: { readonly datatype: Datatype; readonly chunkShape: readonly number[] },
  ): readonly number[];
}
