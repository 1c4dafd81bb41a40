/** What is known of a virtual dataset: its mappings, and the extent that its sources give it. */
import { Cursor } from "../../bytes/cursor.js";
import { type Hdf5Error, Hdf5FormatError, isHdf5Error } from "../../errors.js";
import { readGlobalHeapCollection } from "../../format/global-heap.js";
import type { DataLayout } from "../../format/messages/data-layout.js";
import { settle } from "../../io/settle.js";
import type { DatasetState, ObjectState } from "../state.js";
import { checkMapping } from "./bound-mapping.js";
import { decodeMappings, type VirtualMapping } from "./mapping-block.js";

type VirtualLayout = Extract<DataLayout, { kind: "virtual" }>;

/**
 * Load the mappings, once. What is wrong with them is kept too, so that the dataset beside them can be opened.
 */
export async function loadMappings(object: ObjectState): Promise<void> {
  const dataset = object.dataset as DatasetState; // asked for datasets only
  if (dataset.mappings !== undefined) return;
  try {
    const mappings = await readMappings(object, dataset.layout as VirtualLayout);
    for (const mapping of mappings) checkMapping(mapping);
    dataset.mappings = mappings;
  } catch (error) {
    if (!isHdf5Error(error)) throw error;
    dataset.mappings = error;
  }
}

/** The mappings, after `loadMappings`. @throws what is wrong with them. */
export function mappingsOf({ mappings }: DatasetState): readonly VirtualMapping[] {
  if (mappings === undefined) return [];
  if (isError(mappings)) throw mappings;
  return mappings;
}

function isError(value: readonly VirtualMapping[] | Hdf5Error): value is Hdf5Error {
  return isHdf5Error(value);
}

async function readMappings(object: ObjectState, layout: VirtualLayout): Promise<readonly VirtualMapping[]> {
  const { heapAddress, heapIndex } = layout;
  const { file } = object;
  if (heapAddress === undefined) return [];
  return settle(
    file.pager,
    (source) => {
      const bytes = readGlobalHeapCollection(source, heapAddress, file.context).get(heapIndex);
      if (bytes === undefined) {
        throw new Hdf5FormatError(
          { structure: "global heap collection", address: heapAddress },
          `holds no object ${heapIndex}, which has the mappings of a virtual dataset`,
        );
      }
      return decodeMappings(
        new Cursor(bytes, "virtual dataset mappings", undefined),
        file.context,
        file.options.verifyChecksums,
      );
    },
    { metadataBytes: file.limits.metadataBytes },
  );
}
