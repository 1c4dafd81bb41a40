/** Exporting: the content of a file into a new one. */
import { basename } from "#platform";
import type { OnProgress } from "../index.js";
import type { NWBFile } from "./containers/nwb-file.js";
import type { StoredFile } from "./containers/state.js";
import { NwbError } from "./errors.js";
import type { NWBHDF5IO } from "./io.js";
import type { Manager } from "./manager.js";
import type { Warn } from "./mapper/read-file.js";
import { TreePlan } from "./mapper/tree-plan.js";
import { writeFile } from "./mapper/write-file.js";
import { writeSpecifications } from "./mapper/write-specs.js";
import { writeTree } from "./mapper/write-tree.js";

export interface ExportOptions {
  /** The file whose content is written, open for reading. */
  readonly srcIO: NWBHDF5IO;
  /** Containers of that file, to be written as they are now. */
  readonly nwbfile?: NWBFile | undefined;
  /** Store the namespaces too; true by default. */
  readonly cacheSpec?: boolean | undefined;
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
  /**
   * External links: kept with their text (`"preserve"`, the default), kept and made relative to the new file
   * (`"relative"`), or replaced by what they lead to (`"resolve"`). With `nwbfile` kept ones are always relative.
   */
  readonly links?: "preserve" | "relative" | "resolve" | undefined;
  /** `linkData: false` is the same as `links: "resolve"`. */
  readonly writeArgs?: { readonly linkData?: boolean | undefined } | undefined;
}

export interface ExportJob extends Omit<ExportOptions, "srcIO"> {
  readonly source: StoredFile;
  readonly sourceManager: Manager;
  readonly target: StoredFile;
  readonly manager: Manager;
  readonly warn: Warn;
}

const SPECIFICATIONS = "/specifications";

/** @throws NwbError when something that is resolved cannot be in one file with the rest. */
export async function exportFile(job: ExportJob): Promise<void> {
  const { source, target, manager, warn, cacheSpec = true, onProgress, signal } = job;
  const links = job.writeArgs?.linkData === false ? "resolve" : (job.links ?? "preserve");
  if (source.key === target.key) {
    throw new NwbError(`${basename(target.source)} cannot be exported into itself`, { code: "argument" });
  }
  manager.add(job.sourceManager.catalog.namespaces);
  if (job.nwbfile !== undefined) {
    const resolve = links === "resolve";
    const rules = { target, manager, warn, cacheSpec, onProgress, signal, exportFrom: source, resolve };
    await writeFile(job.nwbfile, { ...rules, linkData: !resolve });
    return;
  }
  const without = cacheSpec ? new Set<string>() : new Set([SPECIFICATIONS]);
  const plan = new TreePlan({ source, target, manager, warn, links, without, signal });
  await plan.make();
  await writeTree({ plan, file: target.file, onProgress, signal });
  const { attrs } = target.file.root;
  if (!cacheSpec && (await attrs.has(".specloc"))) await attrs.delete(".specloc");
  if (cacheSpec && !(await target.file.has(SPECIFICATIONS))) await writeSpecifications(target.file, manager.catalog);
}
