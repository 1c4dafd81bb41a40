/** Containers → a file: built, checked, then written. */
import type { OnProgress } from "../../index.js";
import type { NWBFile } from "../containers/nwb-file.js";
import { type StoredFile, stateOf } from "../containers/state.js";
import { NwbError } from "../errors.js";
import type { Manager } from "../manager.js";
import { FileBuild } from "./build.js";
import type { Warn } from "./read-file.js";
import { Resolver } from "./resolve.js";
import { BuilderWriter, settlePlaces } from "./write-builders.js";
import { writeSpecifications } from "./write-specs.js";

export interface WriteJob {
  readonly target: StoredFile;
  readonly manager: Manager;
  readonly warn: Warn;
  readonly linkData?: boolean | undefined;
  readonly cacheSpec?: boolean | undefined;
  readonly exhaustDci?: boolean | undefined;
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
  /** The file that is exported: everything of it is made anew. */
  readonly exportFrom?: StoredFile | undefined;
  readonly resolve?: boolean | undefined;
}

/** @throws NwbError with everything that cannot be stored, before anything is written. */
export async function writeFile(nwbfile: NWBFile, job: WriteJob): Promise<void> {
  const { target, manager, warn, linkData = true, cacheSpec = true, exhaustDci = true, exportFrom, resolve } = job;
  const { place } = stateOf(nwbfile);
  if (place !== undefined && place.file !== target && exportFrom === undefined) {
    throw new NwbError(`the NWBFile belongs to ${place.file.source}; write a copy() of it, or export it`, {
      code: "other-file",
      neurodataType: "NWBFile",
      location: place.file.source,
    });
  }
  const keyOf: (file: StoredFile["file"]) => string = (file) => manager.storedFile(file).key;
  const build = new FileBuild({ target, linkData, exportFrom, resolve, warn, keyOf });
  const { root, built } = build.build(nwbfile);
  const resolver = new Resolver(target, manager, built, exportFrom);
  await resolver.resolve(root, (link) => build.makeHere(link));
  build.fail();
  // Types of extensions may be known to the manager alone that read them.
  for (const catalog of build.catalogs) manager.add(catalog.namespaces);
  const writer = new BuilderWriter({
    target,
    exhaustDci,
    onProgress: job.onProgress,
    signal: job.signal,
    link: (link) => resolver.link(link),
    pathOf: (container) => resolver.pathOf(container),
  });
  await writer.write(root);
  if (cacheSpec) await writeSpecifications(target.file, manager.catalog);
  if (exportFrom === undefined) settlePlaces(writer.objects, target);
}
