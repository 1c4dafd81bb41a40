/** Canonical bytes of one stored element (a fill value). */
import { createHash } from "node:crypto";
import type { Datatype, Value } from "../../src/index.js";
import { ByteSink } from "./byte-sink.js";
import { inOffsetOrder, isIeee } from "./describe.js";

/**
 * As hexadecimal text, or a digest when it is long.
 * @param value the element as the API gives it, for what lies in a heap.
 * @param target path of what a reference refers to.
 */
export function canonicalBytes(
  bytes: Uint8Array,
  datatype: Datatype,
  value: Value | undefined,
  target: string,
): string {
  const pieces: Uint8Array[] = [];
  const sink = new ByteSink((piece) => pieces.push(piece.slice()));
  if (datatype.kind === "reference") text(sink, target);
  else encode(sink, bytes, datatype, value);
  sink.flush();
  const all = Buffer.concat(pieces);
  return all.length <= 256 ? all.toString("hex") : `sha256:${createHash("sha256").update(all).digest("hex")}`;
}

function encode(sink: ByteSink, bytes: Uint8Array, datatype: Datatype, value: Value | undefined): void {
  const { size } = datatype;
  switch (datatype.kind) {
    case "integer":
    case "bitfield": {
      let all = 0n;
      for (let i = 0; i < size; i++) {
        const byte = bytes[datatype.order === "le" ? size - 1 - i : i] ?? 0;
        all = (all << 8n) | BigInt(byte);
      }
      const precise = all >> BigInt(datatype.offset);
      const signed = datatype.kind === "integer" && datatype.signed;
      sink.integer(
        signed ? BigInt.asIntN(datatype.precision, precise) : BigInt.asUintN(datatype.precision, precise),
        size,
      );
      return;
    }
    case "enum":
      encode(sink, bytes, datatype.base, value);
      return;
    case "float": {
      if (!isIeee(datatype)) {
        sink.put(bytes);
        return;
      }
      const view = new DataView(bytes.buffer, bytes.byteOffset, size);
      const little = datatype.order === "le";
      if (size === 2) {
        const bits = view.getUint16(0, little);
        sink.integer((bits & 0x7fff) > 0x7c00 ? 0x7e00 : bits, 2); // every NaN is the quiet one
        return;
      }
      sink.float(size === 4 ? view.getFloat32(0, little) : view.getFloat64(0, little), size as 4 | 8);
      return;
    }
    case "compound":
      for (const { name, offset, datatype: type } of inOffsetOrder(datatype.members)) {
        const member = typeof value === "object" && value !== null ? (value as Record<string, Value>)[name] : undefined;
        encode(sink, bytes.subarray(offset, offset + type.size), type, member);
      }
      return;
    case "array":
      for (let at = 0; at < size; at += datatype.base.size) {
        encode(sink, bytes.subarray(at, at + datatype.base.size), datatype.base, undefined);
      }
      return;
    case "string": {
      const content =
        datatype.length === "variable" ? new TextEncoder().encode(String(value)) : unpadded(bytes, datatype.padding);
      sink.u32(content.length);
      sink.put(content);
      return;
    }
    case "vlen": {
      const list = Array.isArray(value) || ArrayBuffer.isView(value) ? (value as ArrayLike<Value>) : [];
      sink.u32(list.length);
      return;
    }
    case "reference":
      sink.u32(0);
      if (datatype.to === "region") sink.u32(0);
      return;
    default:
      sink.put(bytes);
  }
}

function text(sink: ByteSink, content: string): void {
  const bytes = new TextEncoder().encode(content);
  sink.u32(bytes.length);
  sink.put(bytes);
}

function unpadded(bytes: Uint8Array, padding: "null-terminated" | "null-padded" | "space-padded"): Uint8Array {
  if (padding === "null-terminated") {
    const nul = bytes.indexOf(0);
    return nul < 0 ? bytes : bytes.subarray(0, nul);
  }
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === 0 || (padding === "space-padded" && bytes[end - 1] === 0x20))) end--;
  return bytes.subarray(0, end);
}
