/** Namespaces cached in files, under `/specifications/<namespace>/<version>`, and given as JSON. */
import { type Group, type Hdf5File, isHdf5Error } from "../index.js";
import { NwbError } from "./errors.js";
import { type Namespace, publicNamespace } from "./manager.js";
import { namespaceFromJson } from "./spec/json.js";
import type { NamespaceSpec } from "./spec/types.js";

const ROOT = "/specifications";
const NAMESPACE = "namespace";

/** Versions that count only when there are no others. */
const VAGUE: ReadonlySet<string> = /* @__PURE__ */ new Set(["None", "unversioned"]);

/**
 * The namespaces that a file has cached, or that a JSON text or object declares: members are named as in a file,
 * `namespace` and one per source, each a text or what it parses to.
 * @throws NwbError when a specification cannot be understood.
 * @example const manager = getManager({ extensions: await loadNamespaces(file) });
 */
export async function loadNamespaces(source: Hdf5File | string | object): Promise<Namespace[]> {
  const specs = isFile(source) ? await cachedNamespaces(source) : fromJson(source);
  return specs.map(publicNamespace);
}

function isFile(source: Hdf5File | string | object): source is Hdf5File {
  return typeof source === "object" && "root" in source && "superblock" in source;
}

function fromJson(source: string | object): NamespaceSpec[] {
  const members = typeof source === "string" ? parsed(source) : source;
  const texts = new Map(Object.entries(members).map(([name, value]) => [name, textOf(value)]));
  const namespaces = texts.get(NAMESPACE);
  if (namespaces === undefined) {
    throw new NwbError('the JSON has no member "namespace"', { code: "spec", location: NAMESPACE });
  }
  return namespaceFromJson(namespaces, (name) => texts.get(name));
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function parsed(text: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new NwbError(`the text is no JSON: ${error.message}`, { code: "spec", cause: error });
  }
  if (typeof value === "object" && value !== null) return value;
  throw new NwbError("the JSON is no object", { code: "spec" });
}

/**
 * The namespaces cached in a file: of each the last version.
 * @param report called for each that cannot be read or understood, which is left out then; absent: it is thrown.
 */
export async function cachedNamespaces(
  file: Hdf5File,
  report?: ((error: NwbError) => void) | undefined,
): Promise<NamespaceSpec[]> {
  const found: NamespaceSpec[] = [];
  const attempt = async (path: string, run: () => Promise<void>): Promise<void> => {
    try {
      await run();
    } catch (error) {
      // What closes the file or keeps it from being read is no matter of a namespace.
      const isAnother = isHdf5Error(error, "state") || isHdf5Error(error, "driver");
      if (report === undefined || isAnother || !(error instanceof NwbError || isHdf5Error(error))) throw error;
      report(error instanceof NwbError ? error : unreadable(path, error));
    }
  };
  await attempt(ROOT, async () => {
    const root = await file.find(ROOT);
    if (root?.kind !== "group") return;
    for (const name of await root.keys()) {
      await attempt(`${ROOT}/${name}`, async () => {
        found.push(...(await lastVersion(root, name)));
      });
    }
  });
  return found;
}

function unreadable(path: string, cause: Error): NwbError {
  const finding = `the specification cached at ${path} cannot be read: ${cause.message}`;
  return new NwbError(finding, { code: "spec", location: path, cause });
}

async function lastVersion(root: Group, name: string): Promise<NamespaceSpec[]> {
  const versions = await groupIn(root, name);
  const version = versions === undefined ? undefined : latest(await versions.keys());
  const group = version === undefined ? undefined : await groupIn(versions as Group, version);
  return group === undefined ? [] : await readNamespace(group);
}

function latest(versions: readonly string[]): string | undefined {
  const sorted = [...versions].sort();
  return sorted.filter((version) => !VAGUE.has(version)).at(-1) ?? sorted.at(-1);
}

async function groupIn(group: Group, name: string): Promise<Group | undefined> {
  const found = await group.find(name);
  return found?.kind === "group" ? found : undefined;
}

async function readNamespace(group: Group): Promise<NamespaceSpec[]> {
  const texts = new Map<string, string>();
  for (const name of await group.keys()) {
    const found = await group.find(name);
    if (found?.kind === "dataset") texts.set(name, await found.value(undefined, { as: "string" }));
  }
  const namespaces = texts.get(NAMESPACE);
  if (namespaces === undefined) return [];
  try {
    return namespaceFromJson(namespaces, (name) => texts.get(name));
  } catch (error) {
    if (!(error instanceof NwbError) && !isHdf5Error(error)) throw error;
    throw new NwbError(`the namespace cached at ${group.path ?? ROOT} cannot be understood: ${error.message}`, {
      code: "spec",
      location: group.path,
      cause: error,
    });
  }
}
