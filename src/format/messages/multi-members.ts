/**
 * Driver information of multi and split files (`NCSAmult`): which member holds what. Spec: II.B, "Multi Driver Information";
 * H5FDmulti.c. Reads and writes it.
 *
 *   member of each of 6 usages u8 (0: its own) | reserved 2 | per member: start u64 | end u64
 *   | per member: name template, NUL, padded to 8
 *
 * Usages from 1 on: superblock, B-tree, raw data, global heap, local heap, object header. Members come in order of the
 * usages that mention them first. `end` counts from the member's start.
 */
import { ByteWriter } from "../../bytes/byte-writer.js";
import type { Cursor } from "../../bytes/cursor.js";
import type { Bytes } from "../../bytes/typed-arrays.js";

/** The driver's name, of eight characters. */
export const MULTI_DRIVER_ID = "NCSAmult";

/** What a block holds, in the order of the usages' numbers from 1 on (H5F_mem_t). */
export const USAGES = ["superblock", "btree", "raw", "global-heap", "local-heap", "object-header"] as const;
export type Usage = (typeof USAGES)[number];

/** One member file. */
export interface StoredMember {
  /** First address. */
  readonly start: bigint;
  /** Bytes in use. */
  readonly end: number;
  /** The name, with `%s` for what all members have in common. */
  readonly template: string;
}

export interface MultiMembers {
  /** For each usage the number (from 1) of the usage whose member it is in; 0: its own. */
  readonly map: readonly number[];
  readonly members: readonly StoredMember[];
}

/** The usages that have a member, in the order of the members. */
function usagesWithMembers(map: readonly number[]): number[] {
  return [...new Set(ownersIn(map))];
}

/** For each usage the one whose member it is in. */
function ownersIn(map: readonly number[]): number[] {
  return map.map((usage, i) => (usage === 0 ? i + 1 : usage));
}

/** For each usage the member that it is in, counted in their order. */
export function membersOfUsages(map: readonly number[]): ReadonlyMap<Usage, number> {
  const order = usagesWithMembers(map);
  return new Map(ownersIn(map).map((owner, i) => [USAGES[i] as Usage, order.indexOf(owner)]));
}

export function decodeMultiMembers(cur: Cursor): MultiMembers {
  const map = Array.from({ length: USAGES.length }, (_, i) => {
    const usage = cur.u8(`member of usage ${i + 1}`);
    return usage <= USAGES.length
      ? usage
      : cur.fail(`member of usage ${i + 1}`, `is ${usage}, at most ${USAGES.length}`);
  });
  cur.skip(2);
  const places = usagesWithMembers(map).map(() => ({ start: cur.big64("member start"), end: cur.u64("member end") }));
  const members = places.map((place) => {
    const from = cur.position;
    const template = new TextDecoder().decode(cur.untilNul("name template"));
    cur.skip(Math.min((8 - ((cur.position - from) % 8)) % 8, cur.remaining));
    return { ...place, template };
  });
  return { map, members };
}

export function encodeMultiMembers({ map, members }: MultiMembers): Bytes {
  const out = new ByteWriter(128);
  for (const usage of map) out.u8(usage);
  out.zeros(2);
  for (const { start, end } of members) out.big64(start).u64(end);
  for (const { template } of members) out.put(new TextEncoder().encode(template)).u8(0).align(8);
  return out.bytes();
}
