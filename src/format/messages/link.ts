/**
 * Link message (type 0x0006): a name in a new-style group and what it leads to.
 * Spec: File Format 3.0, IV.A.2.g. Reads and writes version 1.
 *
 *   version u8 | flags u8 | link type u8 (flag 3) | creation order i64 (flag 2) | charset u8 (flag 4)
 *   | length of name (1, 2, 4 or 8 bytes: flags 0–1) | name | link information
 *   hard: address O · soft: length u16, path · external (type 64): length u16, version/flags u8, file name, NUL, path, NUL
 */
import type { ByteWriter } from "../../bytes/byte-writer.js";
import { ByteWriter as Writer } from "../../bytes/byte-writer.js";
import { Cursor } from "../../bytes/cursor.js";
import { type FormatContext, readDefinedAddress, writeAddress } from "../context.js";

/** What a link leads to. */
export type LinkTargetMessage =
  | { readonly kind: "hard"; readonly address: number }
  | { readonly kind: "soft"; readonly target: string; readonly targetBytes: Uint8Array }
  | { readonly kind: "external"; readonly file: string; readonly target: string; readonly value: Uint8Array }
  | { readonly kind: "user"; readonly linkClass: number; readonly value: Uint8Array };

/** A link. `name` is `nameBytes` as UTF-8, with U+FFFD where it is none. */
export type LinkMessage = LinkTargetMessage & {
  readonly name: string;
  readonly nameBytes: Uint8Array;
  readonly charset: "ascii" | "utf-8";
  readonly creationOrder: number | undefined;
};

const HARD = 0; // H5L_TYPE_HARD
const SOFT = 1; // H5L_TYPE_SOFT
const EXTERNAL = 64; // H5L_TYPE_EXTERNAL
const HAS_ORDER = 0x04;
const HAS_TYPE = 0x08;
const HAS_CHARSET = 0x10;

const decoder = /* @__PURE__ */ new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = /* @__PURE__ */ new TextEncoder();

/** Text of bytes from a file: malformed UTF-8 shows as U+FFFD. */
export function decodeText(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** The key under which a name is kept in a `Map`: one character per byte. */
export function linkKey(nameBytes: Uint8Array): string {
  let key = "";
  for (const byte of nameBytes) key += String.fromCharCode(byte);
  return key;
}

/** Byte order, shorter first where one begins with the other. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

export function decodeLink(cur: Cursor, ctx: FormatContext): LinkMessage {
  const version = cur.u8("version");
  if (version !== 1) cur.fail("version", `is ${version}, expected 1`);
  const flags = cur.u8("flags");
  if ((flags & 0xe0) !== 0) cur.fail("flags", `have reserved bits set (0x${flags.toString(16)})`);
  const type = (flags & HAS_TYPE) === 0 ? HARD : cur.u8("link type");
  if (type > SOFT && type < EXTERNAL) cur.fail("link type", `is ${type}, which is reserved`);
  const creationOrder = (flags & HAS_ORDER) === 0 ? undefined : cur.u64("creation order");
  const charset = (flags & HAS_CHARSET) === 0 ? 0 : cur.u8("link name character set");
  if (charset > 1) cur.fail("link name character set", `is ${charset}, at most 1`);
  const length = cur.uint(2 ** (flags & 0x03), "length of link name");
  if (length === 0) cur.fail("length of link name", "is 0");
  const nameBytes = cur.take(length, "link name").slice();
  return {
    ...decodeTarget(cur, ctx, type),
    name: decodeText(nameBytes),
    nameBytes,
    charset: charset === 0 ? "ascii" : "utf-8",
    creationOrder,
  };
}

function decodeTarget(cur: Cursor, ctx: FormatContext, type: number): LinkTargetMessage {
  if (type === HARD) return { kind: "hard", address: readDefinedAddress(cur, ctx, "object header address") };
  const value = cur.take(cur.u16("length of link value"), "link value").slice();
  if (type === SOFT) {
    if (value.length === 0) cur.fail("length of soft link value", "is 0");
    return { kind: "soft", target: decodeText(value), targetBytes: value };
  }
  if (type !== EXTERNAL) return { kind: "user", linkClass: type, value };
  const inner = new Cursor(value, "external link value", cur.address);
  const versionAndFlags = inner.u8("version and flags");
  if (versionAndFlags !== 0) inner.fail("version and flags", `are ${versionAndFlags}, expected 0`);
  const file = decodeText(inner.untilNul("file name"));
  const target = decodeText(inner.untilNul("object path"));
  return { kind: "external", file, target, value };
}

export function encodeLink(out: ByteWriter, link: LinkMessage, ctx: FormatContext): void {
  const { nameBytes, creationOrder } = link;
  const width = nameBytes.length < 2 ** 8 ? 0 : nameBytes.length < 2 ** 16 ? 1 : 2;
  const type = { hard: HARD, soft: SOFT, external: EXTERNAL, user: link.kind === "user" ? link.linkClass : 0 }[
    link.kind
  ];
  const utf8 = link.charset === "utf-8";
  const flags =
    width | (creationOrder === undefined ? 0 : HAS_ORDER) | (type === HARD ? 0 : HAS_TYPE) | (utf8 ? HAS_CHARSET : 0);
  out.u8(1).u8(flags);
  if (type !== HARD) out.u8(type);
  if (creationOrder !== undefined) out.u64(creationOrder);
  if (utf8) out.u8(1);
  out.uint(nameBytes.length, 2 ** width).put(nameBytes);
  if (link.kind === "hard") writeAddress(out, link.address, ctx);
  else {
    const value = link.kind === "soft" ? link.targetBytes : link.value;
    out.u16(value.length).put(value);
  }
}

/** A link from text. The name is marked UTF-8 unless it is ASCII. */
export function makeLink(
  name: string,
  target:
    | { readonly kind: "hard"; readonly address: number }
    | { readonly kind: "soft"; readonly target: string }
    | { readonly kind: "external"; readonly file: string; readonly target: string },
): LinkMessage {
  const nameBytes = encoder.encode(name);
  const common = {
    name,
    nameBytes,
    charset: nameBytes.length === name.length ? ("ascii" as const) : ("utf-8" as const),
    creationOrder: undefined,
  };
  switch (target.kind) {
    case "hard":
      return { ...common, kind: "hard", address: target.address };
    case "soft":
      return { ...common, ...target, targetBytes: encoder.encode(target.target) };
    case "external": {
      const value = new Writer();
      value.u8(0).put(encoder.encode(target.file)).u8(0).put(encoder.encode(target.target)).u8(0);
      return { ...common, ...target, value: value.bytes() };
    }
  }
}
