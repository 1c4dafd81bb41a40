/** Calls of many parts, which together take one place in the order of calls. */
import { assertOpen, type CallOptions, located, reading, requireWriter, writing } from "./calls.js";
import type { Soon } from "./soon.js";
import type { FileState } from "./state.js";
import type { Writer } from "./writer-contract.js";

/** What a call of many parts does when its turn has come. Its parts take no places of their own. */
export interface Turn {
  read<T>(file: FileState, call: () => Promise<T>, options?: CallOptions, path?: string): Promise<T>;
  /** Change the target. */
  write<T>(call: (writer: Writer) => Soon<T>): Promise<T>;
}

/**
 * A call that reads one file and writes another one, or the same. It takes its place in the order of both when it is
 * called, and keeps it until it has ended.
 * @throws what `writing` throws.
 */
export async function inTurn<T>(target: FileState, source: FileState, call: (turn: Turn) => Promise<T>): Promise<T> {
  assertOpen(target);
  requireWriter(target);
  const held = source === target || source.writer === undefined ? undefined : hold(source);
  return writing(target, async () => {
    try {
      await held?.granted;
      return await call(turnOf(target, held === undefined ? target : source));
    } finally {
      held?.release();
    }
  });
}

/** Take a place among the calls that read a file. */
function hold(file: FileState): { readonly granted: Promise<void>; release(): void } {
  let release = (): void => {};
  const ended = new Promise<void>((resolve) => {
    release = resolve;
  });
  const granted = new Promise<void>((resolve) => {
    void file.queue.shared(() => {
      resolve();
      return ended;
    });
  });
  return { granted, release };
}

/** @param source whose place is held too. */
function turnOf(target: FileState, source: FileState): Turn {
  return {
    async read(file, call, options, path) {
      if (file !== target && file !== source) return reading(file, call, options, path);
      // A file that was closed since has its writer until all calls made before have ended; one that was given up has none.
      requireWriter(file);
      try {
        return await call();
      } catch (error) {
        throw located(error, file.name, path);
      }
    },
    write: async (call) => call(requireWriter(target)),
  };
}
