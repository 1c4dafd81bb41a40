/** Errors of the NWB layer. */

/** What is known of the place an {@link NwbError} is about. */
export interface NwbErrorOptions {
  /** Stable word for the kind of problem, e.g. `"spec"` or `"missing-namespace"`; `"nwb"` when not given. */
  readonly code?: string | undefined;
  /** The neurodata type concerned. */
  readonly neurodataType?: string | undefined;
  /** The field of that type, by its name in the schema. */
  readonly field?: string | undefined;
  /** Path in the file, or path inside a specification. */
  readonly location?: string | undefined;
  /** The error below this one. */
  readonly cause?: unknown;
}

/** Something is wrong in terms of NWB: a specification, a value that does not fit it, a name that does not exist. */
export class NwbError extends Error {
  readonly code: string;
  readonly neurodataType: string | undefined;
  readonly field: string | undefined;
  readonly location: string | undefined;

  constructor(message: string, options: NwbErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "NwbError";
    this.code = options.code ?? "nwb";
    this.neurodataType = options.neurodataType;
    this.field = options.field;
    this.location = options.location;
  }
}
