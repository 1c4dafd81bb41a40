/** Damaged versions of a sound file: bytes changed blindly, and fields set to values that break naive readers. */
import { type FileMap, fixChecksum, type MappedField, mapFile } from "./file-map.js";
import { type Random, randomOf } from "./random.js";

/** Bytes that were changed: what stands there now. */
export interface Edit {
  readonly start: number;
  readonly bytes: Uint8Array;
}

/** One damaged file. */
export interface Mutation {
  readonly seed: number;
  readonly bytes: Uint8Array;
  /** What was done, in words. */
  readonly what: string;
  /** The changes, without checksums put right. */
  readonly edits: readonly Edit[];
  /** The file was cut to this length; undefined: it was not. */
  readonly cutTo: number | undefined;
  /** What stands behind the end of the file, of which the superblock knows nothing. */
  readonly appended: Uint8Array | undefined;
  /** Checksums over the changed bytes were put right. */
  readonly checksumsFixed: boolean;
  /** A field that led to something now holds an address outside of the file. */
  readonly leadsOut: boolean;
}

/** Of a hundred mutations of fields, so many have right checksums. */
const FIXED_PERCENT = 90;
/** Of a hundred mutations, so many change fields. */
const FIELD_PERCENT = 65;

/**
 * A damaged version of a sound file. The same bytes and seed give the same one.
 * @param bytes not changed.
 * @throws Hdf5FormatError when there is no superblock.
 */
export async function mutate(bytes: Uint8Array, seed: number): Promise<Mutation> {
  return mutator(bytes, await mapFile(bytes))(seed);
}

/** As `mutate`, for many seeds: the file is mapped once. @param map of these bytes. */
export function mutator(bytes: Uint8Array, map: FileMap): (seed: number) => Mutation {
  // Rare structures as often as common ones, and rare fields too.
  const groups = [groupsOf(map), namesOf(map)];
  return (seed) => {
    const random = randomOf(seed);
    const draft = new Draft(bytes, map);
    const ofFields = map.fields.length > 0 && random.chance(FIELD_PERCENT);
    if (ofFields) changeFields(draft, map, random, groups);
    else changeBytes(draft, map, random);
    const checksumsFixed = random.chance(ofFields ? FIXED_PERCENT : FIXED_PERCENT / 3);
    return draft.finish(seed, checksumsFixed);
  };
}

/** The fields of structures of one name, structure by structure. */
type Group = readonly (readonly MappedField[])[];

function groupsOf(map: FileMap): Group[] {
  const groups = new Map<string, Map<number, MappedField[]>>();
  let next = 0;
  let holder = 0;
  for (const field of map.fields) {
    // Both lists are in order of position; what lies in a message counts to the structure around it.
    for (; (map.structures[next]?.start ?? Infinity) <= field.start; next++) holder = map.structures[next]?.start ?? 0;
    const group = groups.get(field.structure) ?? new Map<number, MappedField[]>();
    groups.set(field.structure, group.set(holder, [...(group.get(holder) ?? []), field]));
  }
  return [...groups.values()].map((group) => [...group.values()]);
}

/** Fields of one name of structures of one name. */
function namesOf(map: FileMap): Group[] {
  const names = new Map<string, MappedField[]>();
  for (const field of map.fields) {
    const name = `${field.structure} ${field.name ?? field.width}`;
    names.set(name, [...(names.get(name) ?? []), field]);
  }
  return [...names.values()].map((fields) => [fields]);
}

/**
 * The file with these changes.
 * @param checksumsFixed put checksums over the changed bytes right.
 */
export function applyEdits(
  bytes: Uint8Array,
  map: FileMap,
  mutation: Pick<Mutation, "edits" | "cutTo" | "appended" | "checksumsFixed">,
): Uint8Array {
  const { edits, cutTo, appended = new Uint8Array(), checksumsFixed } = mutation;
  const changed = new Uint8Array((cutTo ?? bytes.length) + appended.length);
  changed.set(bytes.subarray(0, cutTo));
  changed.set(appended, changed.length - appended.length);
  for (const { start, bytes: value } of edits) {
    if (start < changed.length) changed.set(value.subarray(0, changed.length - start), start);
  }
  if (checksumsFixed) {
    for (const structure of map.structures) {
      const { start, length } = structure;
      const touched = edits.some((edit) => edit.start < start + length && start < edit.start + edit.bytes.length);
      if (touched) fixChecksum(changed, structure);
    }
  }
  return changed;
}

/** A mutation in the making. */
class Draft {
  readonly original: Uint8Array;
  readonly #map: FileMap;
  readonly #edits: Edit[] = [];
  readonly #words: string[] = [];
  cutTo: number | undefined;
  appended: Uint8Array | undefined;
  leadsOut = false;

  constructor(bytes: Uint8Array, map: FileMap) {
    this.original = bytes;
    this.#map = map;
  }

  put(start: number, bytes: Uint8Array, what: string): void {
    this.#edits.push({ start, bytes });
    this.say(what);
  }

  say(what: string): void {
    this.#words.push(what);
  }

  finish(seed: number, checksumsFixed: boolean): Mutation {
    const parts = { edits: this.#edits, cutTo: this.cutTo, appended: this.appended, checksumsFixed };
    const bytes = applyEdits(this.original, this.#map, parts);
    const what = `${this.#words.join(", ")}${checksumsFixed ? ", checksums right" : ""}`;
    return { seed, bytes, what, ...parts, leadsOut: this.leadsOut };
  }
}

function changeBytes(draft: Draft, map: FileMap, random: Random): void {
  const { original } = draft;
  const { length } = original;
  const kind = random.below(8);
  if (kind === 0) {
    draft.cutTo = random.below(length);
    draft.say(`cut to ${draft.cutTo} bytes`);
  } else if (kind === 1) {
    const count = 1 + random.below(Math.min(64, length));
    const [from, to] = [random.below(length - count + 1), random.below(length - count + 1)];
    draft.put(to, original.slice(from, from + count), `${count} bytes of ${from} copied to ${to}`);
  } else if (kind === 2) {
    const at = random.below(length);
    const count = Math.min(1 + random.below(32), length - at);
    const value = random.pick([0, 0xff]);
    draft.put(at, new Uint8Array(count).fill(value), `${count} bytes of ${value} at ${at}`);
  } else {
    for (let i = 1 + random.below(3); i > 0; i--) {
      const data = map.data.length > 0 && random.chance(25) ? random.pick(map.data) : { start: 0, length };
      const at = data.start + random.below(data.length);
      const bit = 1 << random.below(8);
      draft.put(at, Uint8Array.of((original[at] ?? 0) ^ bit), `bit ${bit} of byte ${at}`);
    }
  }
}

/** Numbers that break what was written without thinking of them. */
const EXTREMES: readonly bigint[] = [
  0n,
  1n,
  2n,
  0x7fn,
  0xffn,
  0x7fffn,
  0xffffn,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 53n + 1n,
  2n ** 63n,
  2n ** 64n - 2n,
  2n ** 64n - 1n,
];

function changeFields(draft: Draft, map: FileMap, random: Random, groups: readonly (readonly Group[])[]): void {
  for (let i = 1 + random.below(3); i > 0; i--) {
    const fields = random.pick(random.pick(random.pick(groups)));
    const addresses = fields.filter(({ isAddress }) => isAddress);
    if (addresses.length > 0 && random.chance(50)) {
      const field = random.pick(addresses);
      set(draft, field, newAddress(draft, map, random, field));
      continue;
    }
    const field = random.pick(fields);
    if (field.width <= 8) set(draft, field, newNumber(draft, map, random, field));
    else {
      const at = random.below(field.width);
      draft.put(field.start + at, Uint8Array.of(random.below(256)), `byte ${at} of ${show(field)}`);
    }
  }
}

function newNumber({ original }: Draft, map: FileMap, random: Random, { start, width }: MappedField): bigint {
  const value = valueAt(original, start, width);
  const other = random.pick(map.fields);
  switch (random.below(5)) {
    case 0:
      return value + random.pick([1n, -1n, 2n, 8n, -8n]);
    case 1:
      return value ^ (1n << BigInt(random.below(width * 8)));
    case 2:
      return valueAt(original, other.start, Math.min(8, other.width));
    default:
      return random.pick(EXTREMES);
  }
}

/** To itself, to its neighbours, around the end of the file, and out of it by what naive readers cut off. */
function newAddress(draft: Draft, map: FileMap, random: Random, { start, width }: MappedField): bigint {
  const value = valueAt(draft.original, start, width);
  const base = BigInt(map.baseAddress);
  const holder = [...map.structures].reverse().find((one) => one.start <= start && start < one.start + one.length);
  const end = BigInt(draft.original.length) - base;
  const alike = map.structures.filter(({ name }) => name === holder?.name);
  const far = [2n ** 32n, 2n ** 53n, 2n ** 54n, 2n ** 63n]
    .map((step) => value + step)
    .filter((target) => target < 1n << BigInt(8 * width));
  switch (random.below(9)) {
    case 6: {
      // A copy of what it leads to, behind the end that the superblock states.
      const target = map.structures.find((one) => BigInt(one.start) - base === value);
      if (target === undefined || draft.appended !== undefined || end % 8n !== 0n) return end;
      draft.appended = draft.original.slice(target.start, target.start + target.length);
      draft.leadsOut = true;
      return end;
    }
    case 0:
    case 7:
      return BigInt(holder?.start ?? map.baseAddress) - base;
    case 1:
    case 2:
      return BigInt(random.pick(map.structures).start) - base;
    case 3:
      return BigInt(random.pick(alike.length > 0 ? alike : map.structures).start) - base;
    case 4:
      return end - random.pick([0n, 1n, 8n]);
    case 5:
      if (far.length === 0) return end;
      draft.leadsOut = true;
      return random.pick(far);
    default:
      return random.pick(EXTREMES);
  }
}

function set(draft: Draft, field: MappedField, value: bigint): void {
  const { start, width } = field;
  const cut = BigInt.asUintN(width * 8, value);
  const bytes = Uint8Array.from({ length: width }, (_, i) => Number((cut >> BigInt(8 * i)) & 0xffn));
  draft.put(start, bytes, `${show(field)} is ${cut}`);
}

function valueAt(bytes: Uint8Array, start: number, width: number): bigint {
  let value = 0n;
  for (let i = width - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[start + i] ?? 0);
  return value;
}

function show({ structure, name, start }: MappedField): string {
  return `${name ?? "field"} of ${structure} at ${start}`;
}
