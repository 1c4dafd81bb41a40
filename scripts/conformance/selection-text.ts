/** A selection as the manifests write it: linear indices of the target's extent. */
import type { DataSelection } from "../../src/index.js";

export function selectionText(selection: DataSelection, extent: readonly number[]): string {
  switch (selection.kind) {
    case "none":
      return "N";
    case "all":
      return "A";
    case "points": {
      const indices: number[] = [];
      for (const [start, length] of selection.runs(extent)) for (let i = 0; i < length; i++) indices.push(start + i);
      return `P${indices.join()}`;
    }
    case "hyperslab": {
      const merged: [number, number][] = [];
      for (const [start, length] of selection.runs(extent)) {
        const last = merged[merged.length - 1];
        if (last !== undefined && last[0] + last[1] >= start) last[1] = Math.max(last[1], start + length - last[0]);
        else merged.push([start, length]);
      }
      return merged.length === 0 ? "N" : `H${merged.map(([start, length]) => `${start}+${length}`).join()}`;
    }
  }
}
