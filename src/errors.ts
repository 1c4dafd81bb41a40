/**
 * The error hierarchy. Every error this library throws on purpose is one of these classes;
 * users test with `isHdf5Error(error, "not-found")` or with `instanceof`. Codes are stable, wording is not.
 * At the end, what refuses arguments of the wrong type.
 */

/** Where in the file a structure breaks the format. Addresses are absolute, offsets are relative to the structure. */
export interface FormatLocation {
  /** The structure's name in the specification's words, e.g. `"object header"`. */
  readonly structure: string;
  /** Address of the structure, in bytes from the base address; undefined when it lies in no file. */
  readonly address: number | undefined;
  /** Offset of the field from the start of the structure, in bytes. */
  readonly offset: number | undefined;
  /** The field's name in the specification's words. */
  readonly field: string | undefined;
}

/** What every error may say beside its message. */
export interface ErrorContext {
  /** Name of the file (its driver's name). */
  readonly file?: string | undefined;
  /** Path of the object, attribute or link the error is about. */
  readonly path?: string | undefined;
  /** The error below this one. */
  readonly cause?: unknown;
}

/** The common base: a stable `code`, and the file and path it happened at as far as they are known. */
export abstract class Hdf5Error extends Error {
  // Said by each class, for minifiers rename classes.
  static override readonly name: string = "Hdf5Error";
  abstract readonly code: ErrorCode;
  readonly file: string | undefined;
  readonly path: string | undefined;

  constructor(message: string, context: ErrorContext = {}) {
    super(message, context.cause === undefined ? undefined : { cause: context.cause });
    this.name = new.target.name;
    this.file = context.file;
    this.path = context.path;
  }
}

/** Hexadecimal text of an address, as messages show it. */
export function hex(address: number): string {
  return `0x${address.toString(16)}`;
}

/** Text from a file, escaped and cut so that a message cannot be flooded or forged by it. */
export function quote(text: string): string {
  const shown = text.length > 200 ? `${text.slice(0, 200)}…` : text;
  return JSON.stringify(shown);
}

/** The bytes of the file break the format. The object named is damaged; its neighbours can still be read. */
export class Hdf5FormatError extends Hdf5Error {
  static override readonly name: string = "Hdf5FormatError";
  override readonly code: "format" | "truncated" | "checksum" = "format";
  readonly where: FormatLocation;

  constructor(
    where: Partial<FormatLocation> & { readonly structure: string },
    finding: string,
    context: ErrorContext = {},
  ) {
    const place =
      where.address === undefined ? "" : ` at ${hex(where.address)}${where.offset ? `+${where.offset}` : ""}`;
    super(`${where.structure}${place}: ${where.field === undefined ? "" : `${where.field} `}${finding}`, context);
    this.where = { structure: where.structure, address: where.address, offset: where.offset, field: where.field };
  }
}

/** A structure reaches beyond the end of the file: it was cut off, or an address is wrong. */
export class Hdf5TruncatedError extends Hdf5FormatError {
  static override readonly name: string = "Hdf5TruncatedError";
  override readonly code = "truncated";
}

/** A stored checksum differs from that of the bytes: the structure was damaged after it was written. */
export class Hdf5ChecksumError extends Hdf5FormatError {
  static override readonly name: string = "Hdf5ChecksumError";
  override readonly code = "checksum";
}

/** The file or the request is valid, and this library does not do it. `feature` names what is missing. */
export class Hdf5UnsupportedError extends Hdf5Error {
  static override readonly name: string = "Hdf5UnsupportedError";
  override readonly code = "unsupported";
  readonly feature: string;

  constructor(feature: string, context: ErrorContext = {}) {
    super(`not supported: ${feature}`, context);
    this.feature = feature;
  }
}

/** Nothing has that name. `found` is the part of the path that exists. */
export class Hdf5NotFoundError extends Hdf5Error {
  static override readonly name: string = "Hdf5NotFoundError";
  override readonly code = "not-found";
  readonly found: string;

  constructor(path: string, found: string, context: ErrorContext = {}) {
    super(`nothing at ${quote(path)}; ${quote(found)} exists`, { ...context, path });
    this.found = found;
  }
}

/** The name is taken. Choose another one, or delete what has it. */
export class Hdf5ExistsError extends Hdf5Error {
  static override readonly name: string = "Hdf5ExistsError";
  override readonly code = "exists";

  constructor(path: string, context: ErrorContext = {}) {
    super(`${quote(path)} exists already`, { ...context, path });
  }
}

/** A link cannot be followed: it leads nowhere, in a circle, or is of a class only its writer knows. */
export class Hdf5LinkError extends Hdf5Error {
  static override readonly name: string = "Hdf5LinkError";
  override readonly code = "link";
  readonly reason: "dangling" | "cycle" | "user-defined";
  readonly target: string;

  constructor(reason: "dangling" | "cycle" | "user-defined", target: string, context: ErrorContext = {}) {
    const what = { dangling: "leads nowhere", cycle: "leads in a circle", "user-defined": "is user-defined" }[reason];
    super(`link${context.path === undefined ? "" : ` ${quote(context.path)}`} to ${quote(target)} ${what}`, context);
    this.reason = reason;
    this.target = target;
  }
}

/** Something leads out of the file and the policy (`external`) does not allow it. */
export class Hdf5PolicyError extends Hdf5Error {
  static override readonly name: string = "Hdf5PolicyError";
  override readonly code = "policy";
  readonly target: string;

  constructor(target: string, finding: string, context: ErrorContext = {}) {
    super(`${quote(target)}: ${finding}`, context);
    this.target = target;
  }
}

/** Names of the budgets, see `Limits`. */
export type LimitName =
  | "metadataBytes"
  | "headerChunks"
  | "treeDepth"
  | "datatypeDepth"
  | "softLinkHops"
  | "externalHops"
  | "virtualDepth"
  | "filters"
  | "chunkBytes"
  | "readBytes"
  | "valueElements";

/** A budget would be exceeded. Raise it through the option `limits` if the file is trusted. */
export class Hdf5LimitError extends Hdf5Error {
  static override readonly name: string = "Hdf5LimitError";
  override readonly code = "limit";
  readonly limit: LimitName;
  readonly asked: number;
  readonly allowed: number;

  constructor(limit: LimitName, asked: number, allowed: number, what: string, context: ErrorContext = {}) {
    super(`${what}: ${asked} exceeds the limit ${limit} of ${allowed}`, context);
    this.limit = limit;
    this.asked = asked;
    this.allowed = allowed;
  }
}

/** A filter failed, is unknown, or gave too few or too many bytes. The chunk named is lost, others are not. */
export class Hdf5FilterError extends Hdf5Error {
  static override readonly name: string = "Hdf5FilterError";
  override readonly code = "filter";
  readonly filterId: number;
  readonly filterName: string;
  readonly direction: "decode" | "encode";
  readonly chunk: readonly number[] | undefined;

  constructor(
    filter: { readonly id: number; readonly name: string },
    direction: "decode" | "encode",
    finding: string,
    context: ErrorContext & { readonly chunk?: readonly number[] | undefined } = {},
  ) {
    const at = context.chunk === undefined ? "" : ` of chunk [${context.chunk.join(", ")}]`;
    super(`filter ${filter.id} (${filter.name}), ${direction}${at}: ${finding}`, context);
    this.filterId = filter.id;
    this.filterName = filter.name;
    this.direction = direction;
    this.chunk = context.chunk;
  }
}

/** The medium failed: a file that cannot be opened, a full disk, a failed request. */
export class Hdf5DriverError extends Hdf5Error {
  static override readonly name: string = "Hdf5DriverError";
  override readonly code = "driver";
  readonly source: string;
  readonly range: readonly [offset: number, length: number] | undefined;
  readonly status: number | string | undefined;

  constructor(
    source: string,
    finding: string,
    context: ErrorContext & {
      readonly range?: readonly [offset: number, length: number] | undefined;
      readonly status?: number | string | undefined;
    } = {},
  ) {
    super(`${source}: ${finding}`, context);
    this.source = source;
    this.range = context.range;
    this.status = context.status;
  }
}

/** The caller's argument cannot be used. Nothing was changed. */
export class Hdf5UsageError extends Hdf5Error {
  static override readonly name: string = "Hdf5UsageError";
  override readonly code = "usage";
  readonly argument: string;
  readonly expected: string;

  constructor(argument: string, finding: string, expected: string, context: ErrorContext = {}) {
    super(`${argument} ${finding}; expected ${expected}`, context);
    this.argument = argument;
    this.expected = expected;
  }
}

/** A value does not fit the type asked for. `index` counts elements in row-major order. Nothing was written. */
export class Hdf5ValueError extends Hdf5Error {
  static override readonly name: string = "Hdf5ValueError";
  override readonly code = "value";
  readonly index: number;

  constructor(index: number, finding: string, context: ErrorContext = {}) {
    super(`element ${index}: ${finding}`, context);
    this.index = index;
  }
}

/** Why an open file cannot do what was asked. */
export type StateReason = "closed" | "read-only" | "failed" | "locked" | "not-closed" | "deleted";

/** The file or object is in a state in which the call is impossible. */
export class Hdf5StateError extends Hdf5Error {
  static override readonly name: string = "Hdf5StateError";
  override readonly code = "state";
  readonly reason: StateReason;

  constructor(reason: StateReason, finding: string, context: ErrorContext = {}) {
    super(finding, context);
    this.reason = reason;
  }
}

/** Error code → class. */
export interface ErrorTypes {
  readonly format: Hdf5FormatError;
  readonly truncated: Hdf5TruncatedError;
  readonly checksum: Hdf5ChecksumError;
  readonly unsupported: Hdf5UnsupportedError;
  readonly "not-found": Hdf5NotFoundError;
  readonly exists: Hdf5ExistsError;
  readonly link: Hdf5LinkError;
  readonly policy: Hdf5PolicyError;
  readonly limit: Hdf5LimitError;
  readonly filter: Hdf5FilterError;
  readonly driver: Hdf5DriverError;
  readonly usage: Hdf5UsageError;
  readonly value: Hdf5ValueError;
  readonly state: Hdf5StateError;
}

/** The stable codes of all errors. */
export type ErrorCode = keyof ErrorTypes;

/**
 * Is this an error of this library, and (if given) of this code? `"format"` includes its subclasses.
 * Works by `code`, so errors of another copy of the library are recognised too.
 */
export function isHdf5Error(error: unknown): error is Hdf5Error;
export function isHdf5Error<C extends ErrorCode>(error: unknown, code: C): error is ErrorTypes[C];
export function isHdf5Error(error: unknown, code?: ErrorCode): boolean {
  if (!(error instanceof Error) || !("code" in error) || !error.name.startsWith("Hdf5")) return false;
  if (code === undefined || error.code === code) return true;
  return code === "format" && (error.code === "truncated" || error.code === "checksum");
}

// Arguments of the wrong type, which callers without TypeScript give, are said by their names before anything is done.

/** @throws Hdf5UsageError. */
export function refuse(argument: string, value: unknown, expected: string): never {
  throw new Hdf5UsageError(argument, `is ${named(value)}`, expected);
}

function named(value: unknown): string {
  if (typeof value === "string") return quote(value);
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  return Array.isArray(value) ? "an array" : "an object";
}

/** @throws Hdf5UsageError unless it is an object with members. */
export function checkObject(argument: string, value: unknown): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) refuse(argument, value, "an object");
}

/** @throws Hdf5UsageError unless it can be called, or is not given. */
export function checkFunction(argument: string, value: unknown): void {
  if (value !== undefined && typeof value !== "function") refuse(argument, value, "a function");
}

/** @throws Hdf5UsageError unless it is a number from 0 on, or is not given. */
export function checkCount(argument: string, value: unknown): void {
  if (value !== undefined && !(typeof value === "number" && value >= 0)) refuse(argument, value, "a number from 0 on");
}

/** @throws Hdf5UsageError for options that are no object, and for those in them that could not be called later on. */
export function checkOptions(options: unknown, argument = "options"): void {
  checkObject(argument, options);
  const { signal, onProgress } = options as { readonly signal?: AbortSignal; readonly onProgress?: unknown };
  if (signal !== undefined && typeof signal?.throwIfAborted !== "function") refuse("signal", signal, "an AbortSignal");
  checkFunction("onProgress", onProgress);
}

/** An option that takes one of a few words. @throws Hdf5UsageError for any other value. */
export function oneOf<T extends string>(argument: string, value: T | undefined, words: readonly T[]): T | undefined {
  if (value === undefined || words.includes(value)) return value;
  return refuse(argument, value, words.map((word) => JSON.stringify(word)).join(" or "));
}
