/** Two JSON values, and where they differ. */
import type { Json } from "./dtype.js";

/** Says one difference. */
export type Report = (key: string, expected: Json | undefined, found: Json | undefined) => void;

/** Objects are compared key by key, everything else whole. */
export function compareJson(expected: Json | undefined, found: Json | undefined, key: string, report: Report): void {
  if (!isObject(expected) || !isObject(found)) {
    if (!equal(expected, found)) report(key, expected, found);
    return;
  }
  for (const name of new Set([...Object.keys(expected), ...Object.keys(found)])) {
    compareJson(own(expected, name), own(found, name), `${key} ${name}`, report);
  }
}

function own(object: { readonly [key: string]: Json }, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function equal(a: Json | undefined, b: Json | undefined): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => equal(item, b[i]));
  if (isObject(a) && isObject(b)) {
    const names = Object.keys(a);
    return names.length === Object.keys(b).length && names.every((name) => equal(own(a, name), own(b, name)));
  }
  return a === b;
}

/** What a reader refuses is shown in the place of the value, so that the rest is compared still. */
export async function orError(describe: () => Promise<Json>): Promise<Json> {
  try {
    return await describe();
  } catch (error) {
    return { error: errorText(error) };
  }
}

export function errorText(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
