/** Reading and writing NWB files. */
import type { Hdf5File, Hdf5Warning, OnProgress, Source, Target } from "../index.js";
import type { NWBFile } from "./containers/nwb-file.js";
import type { StoredFile } from "./containers/state.js";
import { NwbError } from "./errors.js";
import { type ExportOptions, exportFile } from "./export.js";
import { type FileOptions, type IOMode, type OpenedTarget, openTarget } from "./io-target.js";
import { type BuildManager, type Manager, managerOf, type Namespace } from "./manager.js";
import { FileReader } from "./mapper/read-file.js";
import { writeFile } from "./mapper/write-file.js";
import { cachedNamespaces } from "./specifications.js";

export interface IOOptions extends FileOptions {
  /** `"r"` by default; `"w"` a new file, `"w-"` and `"x"` a new file where there is none, `"a"` either of `"r+"` and `"w"`. */
  readonly mode?: IOMode | undefined;
  /** Share one between files to link containers. */
  readonly manager?: BuildManager | undefined;
  readonly extensions?: readonly Namespace[] | undefined;
  /** Use the namespaces that the file has cached and the manager does not know; true by default. */
  readonly loadNamespaces?: boolean | undefined;
  readonly onWarning?: ((warning: Hdf5Warning) => void) | undefined;
}

export interface NwbWriteOptions {
  /** Link to datasets of other files that are given as data; true by default. */
  readonly linkData?: boolean | undefined;
  /** Store the namespaces in the file; true by default. */
  readonly cacheSpec?: boolean | undefined;
  /** Write data that comes piece by piece one after the other (true, the default), or a piece of each in turn. */
  readonly exhaustDci?: boolean | undefined;
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The version of the schema that is written. */
const NWB_VERSION = "2.7.0";

/**
 * An NWB file: `read` gives its containers, `write` and `export` make one.
 * @example
 * await using io = await NWBHDF5IO.open("session.nwb");
 * const nwbfile = await io.read();
 */
export class NWBHDF5IO implements AsyncDisposable {
  readonly #target: OpenedTarget;
  readonly #manager: Manager;
  readonly #options: IOOptions;
  readonly #warnings: Hdf5Warning[] = [];
  readonly #stored: StoredFile;
  #version: string;
  #state: "open" | "written" | "closed" = "open";

  private constructor(target: OpenedTarget, manager: Manager, version: string, options: IOOptions) {
    this.#target = target;
    this.#manager = manager;
    this.#version = version;
    this.#options = options;
    const { file, source, mode } = target;
    this.#stored = mode === "w" ? manager.newFile(file, source) : manager.storedFile(file, source);
  }

  /**
   * Open a file, or begin a new one. A path that is given to be written is written beside its place and renamed by
   * `close`; an open `Hdf5File` stays open and keeps its policy.
   * @param source undefined (with mode `"w"`): memory, see `file.toBytes()`.
   * @throws NwbError when a file to be read is no NWB file of version 2; what opening and creating HDF5 files throws.
   */
  static async open(source: Source | Target | Hdf5File | undefined, options: IOOptions = {}): Promise<NWBHDF5IO> {
    const { mode = "r", manager: given, extensions = [], loadNamespaces = true, onWarning: _, ...rest } = options;
    const manager = managerOf(given, extensions);
    const target = await openTarget(source, mode, rest);
    try {
      const version = target.mode === "w" ? NWB_VERSION : await versionOf(target);
      const io = new NWBHDF5IO(target, manager, version, options);
      if (target.mode !== "w" && loadNamespaces) await io.#loadNamespaces();
      return io;
    } catch (error) {
      await target.discard();
      throw error;
    }
  }

  get file(): Hdf5File {
    return this.#target.file;
  }

  get manager(): BuildManager {
    return this.#manager;
  }

  get mode(): "r" | "r+" | "w" | "a" {
    return this.#options.mode === "a" ? "a" : this.#target.mode;
  }

  /** What was opened: a path, a URL, or `"memory"`. */
  get source(): string {
    return this.#target.source;
  }

  /** Version of the NWB schema that the file is written by. */
  get nwbVersion(): string {
    return this.#version;
  }

  /** Everything odd that was met and tolerated so far, in NWB terms; those of the HDF5 layer are in `file.warnings`. */
  get warnings(): readonly Hdf5Warning[] {
    return this.#warnings;
  }

  /**
   * The containers of the file. Arrays stay in the file and are read by slices while it is open. Broken links are left
   * out with a warning.
   * @throws NwbError when the root is no NWBFile, or a reference leads nowhere.
   */
  async read(): Promise<NWBFile> {
    this.#assertOpen();
    return new FileReader(this.#manager, this.#warn, this.#options.signal).read(this.#stored);
  }

  /**
   * Write a file's containers: all of them, or (mode `"r+"`) what is not there yet.
   * @throws NwbError when something cannot be stored, with all that is wrong; the new file is removed, an old one is as
   * last flushed.
   */
  async write(nwbfile: NWBFile, options: NwbWriteOptions = {}): Promise<void> {
    await this.#writing(() =>
      writeFile(nwbfile, { ...options, target: this.#stored, manager: this.#manager, warn: this.#warn }),
    );
  }

  /**
   * Write what another file holds: as it is, or (with `nwbfile`) as its containers are now.
   * @throws NwbError as `write`; what reading the source throws.
   */
  async export(options: ExportOptions): Promise<void> {
    const { srcIO, ...rest } = options;
    const source = srcIO as NWBHDF5IO;
    await this.#writing(() =>
      exportFile({
        ...rest,
        source: source.#stored,
        sourceManager: source.#manager,
        target: this.#stored,
        manager: this.#manager,
        warn: this.#warn,
      }),
    );
  }

  /** End: a new file takes its name. One that nothing was written to, or failed, is removed. */
  async close(): Promise<void> {
    if (this.#state === "closed") return;
    const keep = this.#state === "written" || this.#target.mode !== "w";
    this.#state = "closed";
    await (keep ? this.#target.commit() : this.#target.discard());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  readonly #warn = (code: string, message: string, path: string | undefined): void => {
    const warning = { code, message, path };
    this.#warnings.push(warning);
    this.#options.onWarning?.(warning);
  };

  async #writing(run: () => Promise<void>): Promise<void> {
    this.#assertOpen();
    if (this.#target.mode === "r") {
      throw new NwbError(`${this.source} was opened for reading`, { code: "read-only", location: this.source });
    }
    try {
      await run();
      await this.file.flush();
      this.#state = "written";
    } catch (error) {
      this.#state = "closed";
      await this.#target.discard();
      throw error;
    }
  }

  async #loadNamespaces(): Promise<void> {
    const warn = ({ message, location }: NwbError): void => this.#warn("specification", message, location);
    for (const error of this.#manager.addSound(await cachedNamespaces(this.file, warn))) warn(error);
  }

  #assertOpen(): void {
    if (this.#state !== "closed") return;
    throw new NwbError(`${this.source} is closed`, { code: "closed", location: this.source });
  }
}

/** @throws NwbError when the file has no version, or one before 2. */
async function versionOf({ file, source }: OpenedTarget): Promise<string> {
  const { attrs } = file.root;
  const version = (await attrs.has("nwb_version")) ? await attrs.get("nwb_version") : await oldVersion(file);
  const text = typeof version === "string" ? version : undefined;
  const fail = (finding: string): never => {
    throw new NwbError(`${source} ${finding}`, { code: "version", location: source });
  };
  if (text === undefined) return fail("has no attribute nwb_version: it is no NWB file");
  if (!/^2\b/.test(text.replace(/^NWB-/, ""))) return fail(`is of NWB version ${text}, expected 2`);
  return text;
}

/** Files of version 1 have a dataset in its place. */
async function oldVersion(file: Hdf5File): Promise<unknown> {
  const found = await file.find("nwb_version");
  return found?.kind === "dataset" ? found.value() : undefined;
}
