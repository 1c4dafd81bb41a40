/**
 * Link message (type 0x0006): a name in a new-style group and what it leads to.
 * Spec: File Format 3.0, IV.A.2.g. Reads and writes version 1.
 *
 *   version u8 | flags u8 | [type u8 (flag 3)] | [creation order i64 (flag 2)] | [charset u8 (flag 4)]
 *   | name length, 1 << flags 0–1 bytes | name | link information
 *   hard: object header address (O) · soft and others: length u16 | value
 *   external (type 64): version and flags, both 0, u8 | file name, NUL | path of the object, NUL
 */
import type { ByteWriter } from "../../bytes/byte-writer.js";
import type { Cursor } from "../../bytes/cursor.js";
import { Hdf5UsageError } from "../../errors.js";
import { type FormatContext, readDefinedAddress, writeAddress } from "../context.js";
import { charsetOf, decodeText, encodeText } from "../text.js";

const NAME_WIDTH = 0x03; // H5O_LINK_NAME_SIZE
const HAS_ORDER = 0x04; // H5O_LINK_STORE_CORDER
const HAS_TYPE = 0x08; // H5O_LINK_STORE_LINK_TYPE
const HAS_CHARSET = 0x10; // H5O_LINK_STORE_NAME_CSET
const DEFINED_FLAGS = 0x1f; // H5O_LINK_ALL_FLAGS
const HARD = 0; // H5L_TYPE_HARD
const SOFT = 1; // H5L_TYPE_SOFT
/** Bytes of a name that become text at once. */
const SHORT = 1024;
const EXTERNAL = 64; // H5L_TYPE_EXTERNAL; from here on the types are those of users

/** What a link leads to. */
export type LinkTargetMessage =
  | { readonly kind: "hard"; readonly address: number }
  | { readonly kind: "soft"; readonly target: string; readonly targetBytes: Uint8Array }
  | { readonly kind: "external"; readonly file: string; readonly target: string; readonly value: Uint8Array }
  | { readonly kind: "user"; readonly linkClass: number; readonly value: Uint8Array };

/** A link as stored. Its bytes are copies. */
export type LinkMessage = LinkTargetMessage & {
  /** `nameBytes` as UTF-8, with U+FFFD where it is none. */
  readonly name: string;
  readonly nameBytes: Uint8Array;
  readonly charset: "ascii" | "utf-8";
  /** Absent where the group does not keep it. */
  readonly creationOrder: number | undefined;
};

/** What a new link leads to. */
export type NewLinkTarget =
  | { readonly kind: "hard"; readonly address: number }
  | { readonly kind: "soft"; readonly target: string }
  | { readonly kind: "external"; readonly file: string; readonly target: string };

/**
 * One link. An external link whose value is not that of one comes out as kind "user" of class 64: it is listed, copied
 * and moved like any other, and cannot be followed (as in libhdf5, which looks at the value only then).
 */
export function decodeLink(cur: Cursor, ctx: FormatContext): LinkMessage {
  const version = cur.u8("version");
  if (version !== 1) cur.fail("version", `is ${version}, expected 1`);
  const flags = cur.u8("flags");
  if ((flags & ~DEFINED_FLAGS) !== 0) cur.fail("flags", `are ${flags}, bits 5–7 are not defined`);
  const type = (flags & HAS_TYPE) === 0 ? HARD : cur.u8("link type");
  if (type > SOFT && type < EXTERNAL) cur.fail("link type", `is ${type}, which is reserved`);
  const creationOrder = (flags & HAS_ORDER) === 0 ? undefined : cur.u64("creation order");
  const set = (flags & HAS_CHARSET) === 0 ? 0 : cur.u8("character set");
  if (set > 1) cur.fail("character set", `is ${set}, expected 0 or 1`);
  const length = cur.uint(2 ** (flags & NAME_WIDTH), "length of link name");
  if (length === 0) cur.fail("length of link name", "is 0");
  const nameBytes = cur.take(length, "link name").slice();
  const name = decodeText(nameBytes);
  const charset = set === 0 ? "ascii" : "utf-8";
  // Written out: spreading the common part made a listing of 50,000 links twice as slow (Node 20).
  if (type === HARD) {
    const address = readDefinedAddress(cur, ctx, "object header address");
    return { kind: "hard", address, name, nameBytes, charset, creationOrder };
  }
  const value = cur.take(cur.u16("length of link value"), "link value").slice();
  if (type === SOFT) {
    if (value.length === 0) cur.fail("length of link value", "is 0");
    return { kind: "soft", target: decodeText(value), targetBytes: value, name, nameBytes, charset, creationOrder };
  }
  const external = type === EXTERNAL ? externalTarget(value) : undefined;
  if (external !== undefined) return { kind: "external", ...external, value, name, nameBytes, charset, creationOrder };
  return { kind: "user", linkClass: type, value, name, nameBytes, charset, creationOrder };
}

/** File and path in an external link's value; undefined when it is malformed. */
function externalTarget(value: Uint8Array): { readonly file: string; readonly target: string } | undefined {
  const fileEnd = value.indexOf(0, 1);
  const targetEnd = fileEnd < 0 ? -1 : value.indexOf(0, fileEnd + 1);
  if (value[0] !== 0 || targetEnd < 0) return undefined;
  return { file: decodeText(value.subarray(1, fileEnd)), target: decodeText(value.subarray(fileEnd + 1, targetEnd)) };
}

/** @throws Hdf5UsageError when the name is empty, or the value longer than 65,535 bytes. */
export function encodeLink(out: ByteWriter, link: LinkMessage, ctx: FormatContext): void {
  const { nameBytes, charset, creationOrder } = link;
  const { length } = nameBytes;
  if (length === 0) throw new Hdf5UsageError("name", "is empty", "a link name");
  const width = length < 2 ** 8 ? 0 : length < 2 ** 16 ? 1 : 2;
  const type = typeOf(link);
  out.u8(1);
  out.u8(
    width |
      (creationOrder === undefined ? 0 : HAS_ORDER) |
      (type === HARD ? 0 : HAS_TYPE) |
      (charset === "ascii" ? 0 : HAS_CHARSET),
  );
  if (type !== HARD) out.u8(type);
  if (creationOrder !== undefined) out.u64(creationOrder);
  if (charset === "utf-8") out.u8(1);
  out.uint(length, 2 ** width).put(nameBytes);
  if (link.kind === "hard") {
    writeAddress(out, link.address, ctx);
    return;
  }
  const value = link.kind === "soft" ? link.targetBytes : link.value;
  if (value.length > 0xffff) throw new Hdf5UsageError("target", `takes ${value.length} bytes`, "at most 65,535");
  out.u16(value.length).put(value);
}

function typeOf(link: LinkTargetMessage): number {
  switch (link.kind) {
    case "hard":
      return HARD;
    case "soft":
      return SOFT;
    case "external":
      return EXTERNAL;
    case "user":
      return link.linkClass;
    default:
      return link satisfies never;
  }
}

/** A link from text. Names beyond ASCII are marked as UTF-8, others as ASCII, which is libhdf5's default. */
export function makeLink(name: string, target: NewLinkTarget): LinkMessage {
  const nameBytes = encodeText(name);
  const charset = charsetOf(nameBytes);
  const named = { name, nameBytes, charset, creationOrder: undefined };
  switch (target.kind) {
    case "hard":
      return { kind: "hard", address: target.address, name, nameBytes, charset, creationOrder: undefined };
    case "soft":
      return { ...named, kind: "soft", target: target.target, targetBytes: encodeText(target.target) };
    case "external": {
      const { file, target: path } = target;
      return { ...named, kind: "external", file, target: path, value: encodeText(`\0${file}\0${path}\0`) };
    }
    default:
      return target satisfies never;
  }
}

/** The key under which names are kept in Maps: one character per byte, so that different bytes never meet. */
export function linkKey(nameBytes: Uint8Array): string {
  const { length } = nameBytes;
  // At once: strings made of many parts are put together again where they are looked for.
  if (length <= SHORT) return String.fromCharCode.apply(null, nameBytes as unknown as number[]); // it is like one
  let key = "";
  for (let i = 0; i < length; i += SHORT) key += linkKey(nameBytes.subarray(i, i + SHORT));
  return key;
}

/** Order of names: by their bytes, a prefix first. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] as number) - (b[i] as number); // both are long enough
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
