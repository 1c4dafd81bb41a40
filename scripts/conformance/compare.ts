/** One file against its manifest. */
import {
  type Attribute,
  type Dataset,
  type Hdf5File,
  type Hdf5Object,
  isHdf5Error,
  type Unresolved,
} from "../../src/index.js";
import {
  describeFill,
  describeFilters,
  describeLayout,
  describeLink,
  describeSpace,
  describeType,
} from "./describe.js";
import { digestOf } from "./digest.js";
import type { Manifest, ManifestAttribute, ManifestObject } from "./manifest.js";

/** Says one difference: where, what was expected, what was found. */
export type Report = (where: string, expected: unknown, found: unknown) => void;

type Part = ManifestObject | ManifestAttribute;

export async function compareFile(file: Hdf5File, manifest: Manifest, report: Report): Promise<void> {
  const listed = new Map<string, ManifestObject>(manifest.objects.map((object) => [object.path, object]));
  const found: string[] = [];
  const visit = async (path: string, object: Hdf5Object | Unresolved): Promise<void> => {
    if (object.kind === "unresolved" && object.link === undefined) return; // the listing of a damaged group
    found.push(path);
    const expected = listed.get(path);
    if (expected === undefined) report(path, "absent", object.kind);
    else if (object.kind === "unresolved") {
      if (!expected.error) report(path, expected.kind, describeError(object.error));
    } else await compareObject(object, expected, file, report);
  };
  await visit("/", file.root);
  for await (const [path, object] of file.root.visit()) await visit(`/${path}`, object);
  same(
    report,
    "objects in visiting order",
    manifest.objects.map(({ path }) => path),
    found,
  );
  same(report, "aliases", manifest.aliases, await aliasesOf(file, manifest));
}

/** Further hard links to objects, in visiting order. */
async function aliasesOf(file: Hdf5File, manifest: Manifest): Promise<[string, string][]> {
  const aliases: [string, string][] = [];
  const first = new Map<number, string>([[file.root.address, "/"]]);
  const kinds = new Map(manifest.objects.map(({ path, kind }) => [path, kind]));
  const walk = async (path: string): Promise<void> => {
    const group = path === "/" ? file.root : await file.group(path);
    let links: Awaited<ReturnType<typeof group.links>>;
    try {
      links = await group.links();
    } catch (error) {
      if (!isHdf5Error(error)) throw error;
      return;
    }
    for (const link of links) {
      if (link.kind !== "hard") continue;
      const below = `${path === "/" ? "" : path}/${link.name}`;
      const known = first.get(link.address);
      if (known !== undefined) aliases.push([below, known]);
      else {
        first.set(link.address, below);
        if (kinds.get(below) === "group") await walk(below);
      }
    }
  };
  await walk("/");
  return aliases;
}

async function compareObject(
  object: Hdf5Object,
  expected: ManifestObject,
  file: Hdf5File,
  report: Report,
): Promise<void> {
  const at = (field: string): string => `${expected.path} ${field}`;
  if (expected.kind === "?" || (expected.error && expected.kind !== "dataset")) return;
  if (object.kind !== expected.kind) return report(at("kind"), expected.kind, object.kind);
  if (expected.comment !== undefined) same(report, at("comment"), expected.comment, object.comment);
  const { order } = object.attrs;
  same(report, at("attributeOrder"), expected.attributeOrder, order === "none" ? undefined : order);
  if (object.kind === "datatype") {
    const { committed: _, ...type } = await describeType(object.datatype, file);
    same(report, at("type"), expected.type, type);
  }
  if (object.kind === "group" && !expected.linksError) {
    same(report, at("linkOrder"), expected.linkOrder, object.linkOrder === "none" ? undefined : object.linkOrder);
    await attempt(report, at("links"), async () => {
      same(report, at("links"), withoutErrors(expected.links), (await object.links()).map(describeLink));
    });
  }
  if (object.kind === "dataset") await compareDataset(object, expected, file, report);
  if (!expected.attributesError) await compareAttributes(object, expected, file, report);
}

function withoutErrors(links: unknown): unknown {
  return (links as readonly { readonly error?: boolean }[] | undefined)?.map(({ error: _, ...link }) => link);
}

async function compareDataset(
  dataset: Dataset,
  expected: ManifestObject,
  file: Hdf5File,
  report: Report,
): Promise<void> {
  const at = (field: string): string => `${expected.path} ${field}`;
  const parts: readonly [string, () => unknown][] = [
    ["type", () => describeType(dataset.datatype, file)],
    ["space", () => describeSpace(dataset.dataspace)],
    ["layout", () => describeLayout(dataset)],
    ["filters", () => (dataset.filters.length === 0 ? undefined : describeFilters(dataset.filters))],
    ["fill", () => describeFill(dataset)],
  ];
  for (const [field, describe] of parts) {
    if (expected.error && expected[field] === undefined) continue;
    await attempt(report, at(field), async () => {
      const wanted = field === "fill" ? withoutValue(expected[field]) : expected[field];
      same(report, at(field), wanted, await describe());
    });
  }
  await compareData(dataset, expected, file, at("data"), report);
  for (const { start, count, sha256 } of expected.slices ?? []) {
    const box = start.map((from, d) => [from, from + (count[d] ?? 1)] as const);
    await attempt(report, at(`slice ${start.join()}`), async () => {
      if (sha256 !== undefined) same(report, at(`slice ${start.join()}`), sha256, await digestOf(dataset, file, box));
    });
  }
}

function withoutValue(fill: unknown): unknown {
  if (typeof fill !== "object" || fill === null) return fill;
  const { value: _, ...rest } = fill as { readonly value?: unknown };
  return rest;
}

async function compareAttributes(
  object: Hdf5Object,
  expected: ManifestObject,
  file: Hdf5File,
  report: Report,
): Promise<void> {
  const wanted = new Map((expected.attributes ?? []).map((attribute) => [attribute.name, attribute]));
  const names: string[] = [];
  for await (const [name, attribute] of object.attrs.entries()) {
    const at = `${expected.path}@${name}`;
    names.push(name);
    const one = wanted.get(name);
    if (one === undefined) report(at, "absent", attribute.kind);
    else if (attribute.kind === "unresolved") {
      if (!one.error) report(at, "attribute", describeError(attribute.error));
    } else await compareAttribute(attribute, one, object.attrs.order !== "none", file, at, report);
  }
  same(report, `${expected.path} attributes`, [...wanted.keys()], names);
}

async function compareAttribute(
  attribute: Attribute,
  expected: ManifestAttribute,
  ordered: boolean,
  file: Hdf5File,
  at: string,
  report: Report,
): Promise<void> {
  if (expected.type !== undefined)
    same(report, `${at} type`, expected.type, await describeType(attribute.datatype, file));
  if (expected.space !== undefined) same(report, `${at} space`, expected.space, describeSpace(attribute.dataspace));
  if (ordered) same(report, `${at} order`, expected.order, attribute.creationOrder);
  await compareData(attribute, expected, file, `${at} data`, report);
}

async function compareData(
  source: Dataset | Attribute,
  expected: Part,
  file: Hdf5File,
  where: string,
  report: Report,
): Promise<void> {
  if (expected.error || expected.unreadable !== undefined || expected.skipped !== undefined) return;
  const { sha256 } = expected;
  if (sha256 === undefined) return;
  await attempt(report, where, async () => {
    const found = await digestOf(source, file);
    // The C library could not have the selections of these references; here they are read, so the rest is compared.
    const unread = found !== sha256 && hasUnreadRegion(expected.values);
    same(report, where, sha256, unread ? await digestOf(source, file, undefined, { regions: "unknown" }) : found);
  });
}

/** Among the manifest's values: a path with the selection `?`. */
function hasUnreadRegion(values: unknown): boolean {
  if (!Array.isArray(values)) return false;
  const [path, selection] = values as readonly unknown[];
  const isPair = values.length === 2 && typeof path === "string" && path.startsWith("/") && selection === "?";
  return isPair || values.some(hasUnreadRegion);
}

/** Errors of the library are differences; anything else is a fault of it, and told apart by its name. */
async function attempt(report: Report, where: string, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    report(where, "readable", describeError(error));
  }
}

export function describeError(error: unknown): string {
  if (isHdf5Error(error)) return `${error.name}: ${error.message}`;
  return error instanceof Error ? `${error.name} (untyped): ${error.stack ?? error.message}` : String(error);
}

function same(report: Report, where: string, expected: unknown, found: unknown): void {
  if (sorted(expected) !== sorted(found)) report(where, expected, found);
}

/** JSON with the keys of objects in order, so that only content is compared. */
function sorted(value: unknown): string {
  return (
    JSON.stringify(value, (_, part: unknown) =>
      typeof part === "object" && part !== null && !Array.isArray(part)
        ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
        : part,
    ) ?? "absent"
  );
}
