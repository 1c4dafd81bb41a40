/** Where elements come from, and the methods that read them. How they are read is loaded with the first value. */
import type { NumericArrays, NumericName } from "../bytes/typed-arrays.js";
import type { ReadResult, ValueName } from "../datatypes/values.js";
import type { Dataspace } from "../format/messages/dataspace.js";
import type { Datatype } from "../format/messages/datatype.js";
import { type Rare, rare } from "../format/rare.js";
import type { CallOptions } from "../model/calls.js";
import type { StoredOptions } from "../model/raw-data.js";
import type { FileState } from "../model/state.js";
import type { ResolvedSelection } from "../selection/resolved.js";
import type { SelectionInput } from "../selection/selection.js";
import type { ReadOptions, ValueOptions } from "./options.js";
import type { ReadMethod, ValueMethod } from "./types.js";

/** Everything between a selection and values; not needed to list what is in a file. */
export const values: Rare<typeof import("./values.js")> = /* @__PURE__ */ rare(() => import("./values.js"));

/** Where elements come from. The extent and what is stored are asked for inside `call`. */
export interface ElementSource {
  readonly file: FileState;
  readonly datatype: Datatype;
  readonly dataspace: Dataspace;
  /** Run as one call on the file. */
  call<T>(run: () => Promise<T>, options: CallOptions): Promise<T>;
  /** The stored bytes of each selection. */
  stored(selections: readonly ResolvedSelection[], options: StoredOptions): Promise<Uint8Array[]>;
}

/** All that the overloads of `read` take. */
export interface AnyReadOptions extends ReadOptions {
  readonly as?: NumericName | "string" | undefined;
  readonly into?: NumericArrays[NumericName] | undefined;
  readonly raw?: boolean | undefined;
}

export type AnyValueOptions = ValueOptions & { readonly as?: ValueName | undefined };

/** `read` of a dataset or attribute. */
export function readMethod(source: ElementSource): ReadMethod {
  const read = (input?: SelectionInput, options: AnyReadOptions = {}): Promise<ReadResult> =>
    source.call(
      async () => (await (await values.load()).readSelections(source, [input], options))[0] as ReadResult,
      options,
    );
  // The options decide the result's kind; decoding refuses what it cannot give as that kind.
  return read as ReadMethod;
}

/** `value` of a dataset or attribute. */
export function valueMethod(source: ElementSource): ValueMethod {
  const value = (input?: SelectionInput, options: AnyValueOptions = {}): Promise<unknown> =>
    source.call(async () => (await values.load()).readValue(source, input, options), options);
  // As for `read`: `as` decides, and what does not fit is refused.
  return value as ValueMethod;
}
