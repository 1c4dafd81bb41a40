/** The thread that reads damaged files; its parent watches that it goes on. */
import { parentPort, workerData } from "node:worker_threads";
import { mutator } from "../../src/testing/index.js";
import { minimise } from "./minimise.js";
import { findFault, type SoundFile } from "./oracle.js";
import { soundFile } from "./seeds.js";

/** What the thread is given. */
export interface Work {
  readonly files: readonly (readonly [name: string, bytes: Uint8Array])[];
  readonly seed: number;
  /** Cases [from, to). */
  readonly from: number;
  readonly to: number;
  /** Where the number of the case being read is kept: as `case - from + 1`. */
  readonly progress: SharedArrayBuffer;
}

/** What the thread tells. */
export type Report =
  | { readonly kind: "ready"; readonly files: number; readonly unusable: readonly string[] }
  | { readonly kind: "fault"; readonly fault: Fault }
  | { readonly kind: "done" };

/** One file that was read wrongly. */
export interface Fault {
  readonly number: number;
  readonly file: string;
  readonly what: string;
  readonly fault: string;
  readonly bytes: Uint8Array;
}

/** Memory that one reading may take beyond what the process had. */
const MOST_BYTES = 64 * 2 ** 20;
/** Cases before memory is looked at: until then the process grows to its working size. */
const WARM_UP = 300;

const { files, seed, from, to, progress } = workerData as Work;
const tell = (report: Report): void => parentPort?.postMessage(report);
const counter = new Int32Array(progress);

const sound: (SoundFile & { readonly mutate: ReturnType<typeof mutator> })[] = [];
const unusable: string[] = [];
for (const [name, bytes] of files) {
  const one = await soundFile(name, bytes);
  if (one === undefined) unusable.push(name);
  else sound.push({ ...one, mutate: mutator(bytes, one.map) });
}
tell({ kind: "ready", files: sound.length, unusable });

for (let number = from; number < to && sound.length > 0; number++) {
  Atomics.store(counter, 0, number - from + 1);
  const file = sound[number % sound.length];
  if (file === undefined) break;
  const mutation = file.mutate(seed + number);
  const before = process.resourceUsage().maxRSS;
  let fault = await findFault(file, mutation);
  const grown = (process.resourceUsage().maxRSS - before) * 1024;
  if (fault === undefined && grown > MOST_BYTES && number - from > WARM_UP) {
    fault = `memory: ${Math.round(grown / 2 ** 20)} MiB for one file`;
  }
  if (fault === undefined) continue;
  Atomics.store(counter, 0, -1);
  const least = await minimise(file, mutation, fault);
  tell({ kind: "fault", fault: { number, file: file.name, what: least.what, fault, bytes: least.bytes } });
}
tell({ kind: "done" });
