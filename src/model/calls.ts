/**
 * Every call of the API on an open file runs through here: it is refused once the file is closed, ended when the file
 * is closed meanwhile or its signal fires, and takes its place in the order of calls.
 */
import { checkOptions, Hdf5StateError, isHdf5Error } from "../errors.js";
import type { Soon } from "./soon.js";
import type { FileState, ObjectState } from "./state.js";
import type { Writer } from "./writer-contract.js";

/** Said of a file that was closed. */
export function closedError(file: FileState): Hdf5StateError {
  return new Hdf5StateError("closed", `${file.name} is closed`, { file: file.name });
}

/** @throws Hdf5StateError "closed". */
export function assertOpen(file: FileState): void {
  if (file.closed) throw closedError(file);
}

/** @throws Hdf5StateError "deleted". */
export function assertPresent(object: ObjectState): void {
  if (!object.deleted) return;
  throw new Hdf5StateError("deleted", `the object at 0x${object.address.toString(16)} was deleted`, {
    file: object.file.name,
  });
}

/** The file's writer. @throws Hdf5StateError "read-only", or "closed" after it was given up. */
export function requireWriter(file: FileState): Writer {
  if (file.writer !== undefined) return file.writer;
  if (file.closed) throw closedError(file);
  throw new Hdf5StateError("read-only", `${file.name} is open for reading only`, { file: file.name });
}

/** What the caller says of a call, whatever else that is. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * A call that reads: after the writes called before it, beside other reads.
 * @param path of the object it is about, for errors.
 */
export function reading<T>(
  file: FileState,
  call: () => Promise<T>,
  options: CallOptions = {},
  path?: string,
): Promise<T> {
  try {
    assertOpen(file);
    checkOptions(options);
    options.signal?.throwIfAborted();
  } catch (error) {
    return Promise.reject(located(error, file.name, path));
  }
  return tracked(file, path, options.signal, () => (file.writer === undefined ? call() : file.queue.shared(call)));
}

/** A call that writes: after all calls made before it. What it has not to wait for is done when this returns. */
export function writing<T>(
  file: FileState,
  call: (writer: Writer) => Soon<T>,
  options: CallOptions = {},
  path?: string,
): Soon<T> {
  let begun: Soon<T>;
  try {
    assertOpen(file);
    const writer = requireWriter(file);
    checkOptions(options);
    begun = file.queue.exclusive(() => {
      // Once begun, a write is completed: a signal is looked at before, and inside by the writer where it can undo.
      options.signal?.throwIfAborted();
      return call(writer);
    });
  } catch (error) {
    return Promise.reject(located(error, file.name, path));
  }
  if (!(begun instanceof Promise)) return begun;
  const run = begun;
  return tracked(file, path, undefined, () => run);
}

/** Say in an error of this library where it came up, as far as it does not say so itself. */
export function located(error: unknown, file: string, path?: string | undefined): unknown {
  if (!isHdf5Error(error)) return error;
  // Lower layers know structures and addresses, not files: this is the border at which the place is added.
  for (const [key, value] of Object.entries({ file, path })) {
    if (value === undefined || error[key as "file" | "path"] !== undefined) continue;
    Object.defineProperty(error, key, { value, enumerable: true, configurable: true, writable: true });
  }
  return error;
}

/** Run a call so that closing the file and the caller's signal end it for the caller, whatever it is waiting for. */
export function tracked<T>(
  file: FileState,
  path: string | undefined,
  signal: AbortSignal | undefined,
  call: () => Promise<T>,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stop = (error: unknown): void => {
      file.calls.delete(stop);
      if (abort !== undefined) signal?.removeEventListener("abort", abort);
      reject(located(error, file.name, path));
    };
    const abort = signal && ((): void => stop(signal.reason));
    file.calls.add(stop);
    if (abort !== undefined) signal?.addEventListener("abort", abort, { once: true });
    call().then((value) => {
      file.calls.delete(stop);
      if (abort !== undefined) signal?.removeEventListener("abort", abort);
      resolve(value);
    }, stop);
  });
}

/** End all calls in flight; those that come later are refused. */
export function endCalls(file: FileState): void {
  const error = closedError(file);
  for (const end of [...file.calls]) end(error);
}
