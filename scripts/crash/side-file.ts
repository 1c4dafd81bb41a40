/** Files in memory with an undo file beside them: what is written to both, and what a medium may then hold of them. */
import { memoryDriver, type SideFile, type WritableDriver } from "../../src/drivers/index.js";
import { applied, type Image, type Write } from "./states.js";

/** One call, in the order the calls were made. */
export type Step =
  | Write
  | { readonly kind: "flush" }
  /** Undefined: it is taken away. */
  | { readonly kind: "side"; readonly content: Uint8Array | undefined };

/** What a medium holds. */
export interface SideState {
  readonly image: Image;
  readonly side: Uint8Array | undefined;
}

export interface SideDriver extends WritableDriver {
  readonly steps: readonly Step[];
  readonly state: SideState;
}

/** A file in memory with a place for an undo file; notes what is written. */
export function sideDriver({ image, side }: SideState): SideDriver {
  const medium = memoryDriver(image.slice());
  const steps: Step[] = [];
  let content = side;
  const sideFile: SideFile = {
    read: async () => content?.slice(),
    async write(bytes) {
      content = bytes.slice();
      steps.push({ kind: "side", content });
      return true;
    },
    async remove() {
      content = undefined;
      steps.push({ kind: "side", content });
    },
  };
  return {
    steps,
    sideFile,
    name: "memory",
    local: true,
    get size() {
      return medium.size;
    },
    get state() {
      return { image: medium.bytes(), side: content };
    },
    read: medium.read,
    write(offset, bytes) {
      steps.push({ kind: "write", offset, bytes: bytes.slice() });
      return medium.write(offset, bytes);
    },
    truncate(size) {
      steps.push({ kind: "truncate", size });
      return medium.truncate(size);
    },
    async flush() {
      steps.push({ kind: "flush" });
    },
  };
}

/** Writes over at most so many units are torn in every way. */
const FEW_UNITS = 4;

/**
 * What a medium may hold after a loss of power during these steps, or the end of the process (`unit`: a page): every
 * prefix, every write torn at units, random parts of what comes between two flushes, and undo files torn too.
 * @param image what it held before them; there was no undo file.
 */
export function* sideStates(
  image: Image,
  steps: readonly Step[],
  rules: { readonly unit: number; readonly subsets: number; random(): number },
): Generator<SideState> {
  let base = image;
  let side: Uint8Array | undefined;
  let epoch: Write[] = [];
  const latest = (): Image => epoch.reduce((state, write) => applied(state, write), base);
  for (const step of [...steps, { kind: "flush" } as const]) {
    if (step.kind === "side") {
      const whole = step.content ?? side ?? new Uint8Array(0);
      for (const part of [undefined, whole, ...partsOf(whole, rules.unit)]) yield { image: latest(), side: part };
      side = step.content;
    } else if (step.kind === "flush") {
      for (let i = 0; i < rules.subsets && epoch.length > 1; i++) {
        const some = epoch.filter(() => rules.random() < 0.5);
        yield { image: some.reduce((state, write) => applied(state, write), base), side };
      }
      base = latest();
      epoch = [];
    } else {
      const before = latest();
      if (step.kind === "write") for (const torn of tornWays(before, step, rules.unit)) yield { image: torn, side };
      epoch.push(step);
      yield { image: latest(), side };
    }
  }
}

/** An undo file that is being written or taken away: cut at units, or with its length and zeros behind the cut. */
function* partsOf(whole: Uint8Array, unit: number): Generator<Uint8Array> {
  for (let length = 0; length < whole.length; length += unit) {
    yield whole.slice(0, length);
    const zeros = new Uint8Array(whole.length);
    zeros.set(whole.subarray(0, length));
    yield zeros;
  }
}

/** The image with some units of a write: each prefix of them, and of few units each part. */
function* tornWays(image: Image, write: Write & { readonly kind: "write" }, unit: number): Generator<Image> {
  const { offset, bytes } = write;
  const borders = [0];
  for (let at = unit - (offset % unit); at < bytes.length; at += unit) borders.push(at);
  const count = borders.length;
  borders.push(bytes.length);
  const some = (chosen: (i: number) => boolean): Image => {
    let next = image;
    for (let i = 0; i < count; i++) {
      const [from, to] = [borders[i] as number, borders[i + 1] as number];
      if (chosen(i)) next = applied(next, { kind: "write", offset: offset + from, bytes: bytes.subarray(from, to) });
    }
    return next;
  };
  if (count <= FEW_UNITS) for (let ways = 1; ways < 2 ** count - 1; ways++) yield some((i) => ((ways >> i) & 1) === 1);
  else for (let length = 1; length < count; length++) yield some((i) => i < length);
}
