/**
 * Attribute info message (type 0x0015): how an object keeps its attributes.
 * Spec: File Format 3.0, IV.A.2.v. Reads and writes version 0. As the link info message, with an index of 2 bytes.
 */
import type { ByteWriter } from "../../bytes/byte-writer.js";
import type { Cursor } from "../../bytes/cursor.js";
import type { FormatContext } from "../context.js";
import { decodeInfo, encodeInfo, type LinkInfo } from "./link-info.js";

/** Addresses are undefined while the attributes are compact. */
export type AttributeInfo = LinkInfo;

export function decodeAttributeInfo(cur: Cursor, ctx: FormatContext): AttributeInfo {
  return decodeInfo(cur, ctx, 2);
}

export function encodeAttributeInfo(out: ByteWriter, info: AttributeInfo, ctx: FormatContext): void {
  encodeInfo(out, info, ctx, 2);
}
