/** The smallest part of a mutation that still fails in the same way. */
import { applyEdits, type Edit, type Mutation } from "../../src/testing/index.js";
import { findFault, type SoundFile } from "./oracle.js";

/** What kind of fault a line tells of. */
export function faultKind(fault: string): string {
  return fault.slice(0, Math.max(0, fault.indexOf(":")));
}

export async function minimise(file: SoundFile, mutation: Mutation, fault: string): Promise<Mutation> {
  const kind = faultKind(fault);
  let least = mutation;
  const tryEdits = async (edits: readonly Edit[]): Promise<boolean> => {
    const smaller = { ...least, edits, bytes: applyEdits(file.bytes, file.map, { ...least, edits }) };
    const found = await findFault(file, smaller);
    if (found === undefined || faultKind(found) !== kind) return false;
    least = smaller;
    return true;
  };
  for (let i = least.edits.length - 1; i >= 0; i--) await tryEdits(least.edits.filter((_, at) => at !== i));
  // Bytes that may as well stay what they were.
  for (let i = 0; i < least.edits.length; i++) {
    for (let b = (least.edits[i]?.bytes.length ?? 0) - 1; b >= 0; b--) {
      const edit = least.edits[i] as Edit; // the number of edits stays the same here
      const old = file.bytes[edit.start + b];
      if (old === undefined || edit.bytes[b] === old) continue;
      const bytes = edit.bytes.slice();
      bytes[b] = old;
      await tryEdits(least.edits.map((one, at) => (at === i ? { start: one.start, bytes } : one)));
    }
  }
  return least;
}
