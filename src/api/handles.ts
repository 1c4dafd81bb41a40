/** Handles and the states behind them. Handles hold nothing of their own; one state has any number of them. */
import { Hdf5UsageError } from "../errors.js";
import type { Reached } from "../model/paths.js";
import type { FileState, ObjectState } from "../model/state.js";
import { ObjectCore } from "./object-core.js";
import type { Hdf5File, Hdf5Object } from "./types.js";

/** Makes handles; given to each of them, so that one kind need not know how the others are made. */
export interface HandleFactory {
  file(state: FileState): Hdf5File;
  object(reached: Reached): Promise<Hdf5Object>;
  /** The same, where nothing has to be read or loaded for it. */
  objectAtOnce(reached: Reached): Hdf5Object | undefined;
}

/** The state behind a handle. @throws Hdf5UsageError when the object is no handle of this library. */
export function stateOf(handle: unknown, argument: string): ObjectState {
  // No WeakMap of handles: the garbage collector would visit them all.
  const core = typeof handle === "object" && handle !== null && "core" in handle ? handle.core : undefined;
  if (core instanceof ObjectCore) return core.state;
  throw new Hdf5UsageError(argument, "is no object of an open file", "a group, dataset or committed datatype");
}
