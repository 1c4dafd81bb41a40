/**
 * File space info message (type 0x0017) of the superblock extension: how the file's free space is kept. Spec: IV.A.2.x.
 *
 *   version 0:  version u8 | strategy u8 | threshold (L) | 6 free-space manager addresses (O), strategy 1 only
 *   version 1:  version u8 | strategy u8 | persist u8 | threshold (L) | page size (L) | page end threshold u16
 *               | end of file before the managers (O) | [12 free-space manager addresses (O), if persist]
 */
import type { ByteWriter } from "../../bytes/byte-writer.js";
import type { Cursor } from "../../bytes/cursor.js";
import { type FormatContext, readAddress, readLength, writeAddress, writeLength } from "../context.js";

/** Names by stored number: version 0 (H5F_file_space_type_t), version 1 (H5F_fspace_strategy_t). */
const STRATEGIES = {
  0: [undefined, "all-persist", "all", "aggregators", "vfd"],
  1: ["free-space-aggregators", "pages", "aggregators", "none"],
} as const;
const MANAGERS = { 0: 6, 1: 12 } as const; // H5FD_MEM_NTYPES - 1; H5F_MEM_PAGE_NTYPES - 1

/** How free space is kept. */
export interface FileSpaceInfo {
  readonly version: 0 | 1;
  readonly strategy: NonNullable<(typeof STRATEGIES)[0 | 1][number]>;
  /** Are the free-space managers stored? */
  readonly persist: boolean;
  /** Smaller free extents are not kept. */
  readonly threshold: number;
  /** Version 1. */
  readonly pageSize: number | undefined;
  readonly pageEndThreshold: number | undefined;
  /** Version 1: the end of the file before the managers were stored. */
  readonly endBeforeManagers: number | undefined;
  readonly managerAddresses: readonly (number | undefined)[];
}

/**
 * Decode the message. One whose header flag `wasUnknown` is set must not be decoded: a library that did not know it has
 * changed the file since, and pre-releases of 1.10 wrote such messages in another form (H5Fsuper.c: H5F__super_read).
 */
export function decodeFileSpaceInfo(cur: Cursor, ctx: FormatContext): FileSpaceInfo {
  const version = cur.u8("version");
  if (version !== 0 && version !== 1) return cur.fail("version", `is ${version}, expected 0 or 1`);
  const number = cur.u8("strategy");
  const strategy = STRATEGIES[version][number] ?? cur.fail("strategy", `is ${number}, which is unknown`);
  const persist = version === 1 ? cur.u8("persist") !== 0 : strategy === "all-persist";
  const threshold = readLength(cur, ctx, "threshold");
  const pageSize = version === 1 ? readLength(cur, ctx, "page size") : undefined;
  const pageEndThreshold = version === 1 ? cur.u16("page end threshold") : undefined;
  const endBeforeManagers = version === 1 ? readAddress(cur, ctx, "end of file before the managers") : undefined;
  const managerAddresses = Array.from({ length: persist ? MANAGERS[version] : 0 }, () =>
    readAddress(cur, ctx, "free-space manager address"),
  );
  return { version, strategy, persist, threshold, pageSize, pageEndThreshold, endBeforeManagers, managerAddresses };
}

/** The message of the same version. */
export function encodeFileSpaceInfo(out: ByteWriter, info: FileSpaceInfo, ctx: FormatContext): void {
  const { version, strategy, persist, threshold } = info;
  const strategies: readonly (string | undefined)[] = STRATEGIES[version];
  out.u8(version).u8(strategies.indexOf(strategy));
  if (version === 1) out.u8(persist ? 1 : 0);
  writeLength(out, threshold, ctx);
  if (version === 1) {
    writeLength(out, info.pageSize ?? 0, ctx);
    out.u16(info.pageEndThreshold ?? 0);
    writeAddress(out, info.endBeforeManagers, ctx);
  }
  for (let i = 0; i < (persist ? MANAGERS[version] : 0); i++) writeAddress(out, info.managerAddresses[i], ctx);
}
