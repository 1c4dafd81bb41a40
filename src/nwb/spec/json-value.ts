/** Values of a parsed JSON text with the place they were found at, so that errors can name it. */
import { NwbError } from "../errors.js";

/** A value and its place: `core/nwb.base: groups[2].doc`. Both `null` and an absent member are `undefined`. */
export interface Found {
  readonly value: unknown;
  readonly where: string;
}

/** An object's members. Looked up as own properties only: names come from files. */
export interface RecordFound {
  readonly where: string;
  get(key: string): unknown;
  at(key: string): Found;
}

/** @throws NwbError always, naming the place. */
export function fail(where: string, finding: string, cause?: unknown): never {
  throw new NwbError(`specification ${where} ${finding}`, { code: "spec", location: where, cause });
}

/** @throws NwbError when the text is no JSON. */
export function parseText(content: string, where: string): Found {
  try {
    return { value: JSON.parse(content) as unknown, where: `${where}:` };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return fail(where, "is no JSON", error);
  }
}

/** @throws NwbError when the value is no object. */
export function record({ value, where }: Found): RecordFound {
  if (typeof value !== "object" || value === null || Array.isArray(value)) fail(where, "is no object");
  const members = new Map<string, unknown>(Object.entries(value));
  const get = (key: string): unknown => members.get(key) ?? undefined;
  return { where, get, at: (key) => ({ value: get(key), where: placeOf(where, key) }) };
}

/** The list under a key; empty when it is absent. @throws NwbError when there is something else. */
export function items(found: RecordFound, key: string): Found[] {
  const member = found.at(key);
  return member.value === undefined ? [] : list(member);
}

/** The entries of a list. @throws NwbError when the value is none. */
export function list({ value, where }: Found): Found[] {
  if (!Array.isArray(value)) return fail(where, "is no list");
  return value.map((each: unknown, index) => ({ value: each ?? undefined, where: `${where}[${index}]` }));
}

/** The text under a key. @throws NwbError when there is none. */
export function text(found: RecordFound, key: string): string {
  const value = textOr(found, key, undefined);
  return value ?? fail(placeOf(found.where, key), "is missing");
}

/** The text under a key, or the other when it is absent. @throws NwbError when there is something else. */
export function textOr<T extends string | undefined>(found: RecordFound, key: string, other: T): string | T {
  const { value, where } = found.at(key);
  if (value === undefined) return other;
  return typeof value === "string" ? value : fail(where, "is not a text");
}

function placeOf(where: string, key: string): string {
  return where.endsWith(":") ? `${where} ${key}` : `${where}.${key}`;
}
