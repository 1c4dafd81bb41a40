/** What a medium may hold when the writer is killed, or the power fails, between two flushes. */
import type { DriverOperation } from "../../src/drivers/index.js";

export type Image = Uint8Array<ArrayBuffer>;
export type Write = Exclude<DriverOperation, { readonly kind: "read" | "flush" }>;

/** An image after one more operation, or after the first bytes of it. */
export function applied(image: Image, operation: Write, length: number = Number.POSITIVE_INFINITY): Image {
  if (operation.kind === "truncate") return resized(image, operation.size);
  const bytes = operation.bytes.subarray(0, length);
  const next = resized(image, Math.max(image.length, operation.offset + bytes.length));
  next.set(bytes, operation.offset);
  return next;
}

function resized(image: Image, size: number): Image {
  const next = new Uint8Array(size);
  next.set(image.subarray(0, size));
  return next;
}

/** Operations between barriers. */
export function epochsOf(operations: readonly DriverOperation[]): Write[][] {
  const epochs: Write[][] = [[]];
  for (const operation of operations) {
    if (operation.kind === "flush") epochs.push([]);
    else if (operation.kind !== "read") epochs.at(-1)?.push(operation);
  }
  return epochs.filter((epoch) => epoch.length > 0);
}

/** The image when all is done. */
export function completed(image: Image, epochs: readonly (readonly Write[])[]): Image {
  return epochs.flat().reduce((state, operation) => applied(state, operation), image);
}

export interface StateRules {
  /** Bytes that the medium writes whole. */
  readonly unit: number;
  readonly subsets: number;
  random(): number;
}

/** Every prefix, every write torn at each unit, and for each epoch random subsets in random order. */
export function* states(image: Image, epochs: readonly (readonly Write[])[], rules: StateRules): Generator<Image> {
  let base = image;
  for (const epoch of epochs) {
    let prefix = base;
    for (const operation of epoch) {
      if (operation.kind === "write") {
        const first = rules.unit - (operation.offset % rules.unit);
        for (let at = first; at < operation.bytes.length; at += rules.unit) yield applied(prefix, operation, at);
      }
      prefix = applied(prefix, operation);
      yield prefix;
    }
    for (let i = 0; i < rules.subsets && epoch.length > 1; i++) {
      const some = shuffled(
        epoch.filter(() => rules.random() < 0.5),
        rules.random,
      );
      // A size that was set is set: what lies behind it reads as zeros until it is written.
      yield some.reduce((state, operation) => applied(state, operation), base);
    }
    base = prefix;
  }
}

/** The same items in random order. */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const mixed = [...items];
  for (let i = mixed.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [mixed[i], mixed[j]] = [mixed[j] as T, mixed[i] as T];
  }
  return mixed;
}

/** A generator of numbers in [0, 1) from a seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
