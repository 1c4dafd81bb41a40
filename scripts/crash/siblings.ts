/**
 * Between two writes that publish a change of a version-1 B-tree: the neighbours of copied nodes name the new ones and the
 * dataset or group the old tree, or the other way round. Reading follows neither; stock edits such trees wrongly, which
 * docs/limitations.md says, so that it does not edit these states.
 */
import { applied, completed, type Image, type Write } from "./states.js";

/** Is it one of the two addresses of a node's neighbours? Where its node begins, then. */
export function siblingField(image: Image, write: Write): number | undefined {
  if (write.kind !== "write" || write.bytes.length !== 8) return undefined;
  return [8, 16].find((at) => write.offset >= at && isNode(image, write.offset - at));
}

function isNode(image: Image, at: number): boolean {
  return String.fromCharCode(...image.subarray(at, at + 4)) === "TREE";
}

/** Whether a state of a flush with such addresses has some of what it writes in place, and not all. */
export function siblingsApart(image: Image, epochs: readonly (readonly Write[])[]): (state: Image) => boolean {
  const inPlace = epochs.slice(1).flat();
  if (!inPlace.some((write) => siblingField(image, write) !== undefined)) return () => false;
  const data = completed(image, epochs.slice(0, 1));
  // The end of the file, which stands first, may rise alone.
  const changes = inPlace.filter(
    (write) => write.kind === "write" && write.offset > 0 && Buffer.compare(applied(data, write), data) !== 0,
  );
  return (state) => {
    const done = changes.filter((write) => Buffer.compare(applied(state, write), state) === 0);
    return done.length > 0 && done.length < changes.length;
  };
}
