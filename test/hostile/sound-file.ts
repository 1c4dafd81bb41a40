/** Sound files, the same with bytes changed and checksums put right, and what is found in them. */

import { expect } from "vitest";
import { ByteWriter } from "../../src/bytes/byte-writer.js";
import { Cursor } from "../../src/bytes/cursor.js";
import {
  type EncodedMessage,
  encodeHeaderBlock0,
  messageSize,
  readObjectHeader,
} from "../../src/format/object-header.js";
import { decodeSuperblock, encodeSuperblock } from "../../src/format/superblock.js";
import { type CreateOptions, create, type Hdf5File, isHdf5Error, type OpenOptions, open } from "../../src/index.js";
import { applyEdits, type FileMap, type MappedField, mapFile } from "../../src/testing/index.js";
import { memorySource, settleSync } from "../format/memory-source.js";
import { fixtureContext } from "../format/walker-fixtures.js";

const CONTEXT = fixtureContext();

/** New bytes at an absolute position. */
export interface Change {
  readonly start: number;
  readonly bytes: Uint8Array;
}

/** A number as so many little-endian bytes. */
export function little(value: number | bigint, width: number): Uint8Array {
  return Uint8Array.from({ length: width }, (_, i) => Number((BigInt(value) >> BigInt(8 * i)) & 0xffn));
}

/** A file, and where everything lies in it. Addresses are absolute: it has no user block. */
export class SoundFile {
  readonly bytes: Uint8Array;
  readonly map: FileMap;

  constructor(bytes: Uint8Array, map: FileMap) {
    this.bytes = bytes;
    this.map = map;
  }

  static async of(bytes: Uint8Array): Promise<SoundFile> {
    return new SoundFile(bytes, await mapFile(bytes));
  }

  /** A file of our own writer. */
  static async make(options: CreateOptions, fill: (file: Hdf5File) => Promise<void>): Promise<SoundFile> {
    await using file = await create(undefined, options);
    await fill(file);
    return await SoundFile.of(await file.toBytes());
  }

  /** The address of an object's header. */
  async address(path: string): Promise<number> {
    await using file = await open(this.bytes);
    return (await file.get(path)).address;
  }

  /** Where the body of an object's message of this type lies. */
  async message(path: string, type: number): Promise<{ readonly start: number; readonly length: number }> {
    const address = await this.address(path);
    const header = settleSync(memorySource(this.bytes), (source) =>
      readObjectHeader(source, address, CONTEXT, { headerChunks: 64 }),
    ).value;
    const found = header.messages.find((one) => one.type === type);
    if (found === undefined) throw new Error(`${path} has no message of type ${type}`);
    return { start: found.address, length: found.body.length };
  }

  /** A field by structure and name; of several, the one at this position in the list. */
  field(structure: RegExp, name: string, number = 0, within?: { start: number; length: number }): MappedField {
    const found = this.map.fields.filter((field) => {
      if (field.name !== name || !structure.test(field.structure)) return false;
      return within === undefined || (field.start >= within.start && field.start < within.start + within.length);
    });
    const field = found.at(number);
    if (field === undefined) throw new Error(`no ${name} in a ${structure.source}`);
    return field;
  }

  /** A copy with these changes, whose checksums are right. */
  with(...edits: readonly Change[]): Uint8Array {
    return applyEdits(this.bytes, this.map, { edits, cutTo: undefined, appended: undefined, checksumsFixed: true });
  }

  /** A copy in which a field has this value. */
  set(field: MappedField, value: number | bigint): Uint8Array {
    return this.with({ start: field.start, bytes: little(value, field.width) });
  }
}

/** A version-2 file with a superblock extension of these messages behind all else. */
export function withExtension(bytes: Uint8Array, messages: readonly EncodedMessage[]): Uint8Array {
  const superblock = decodeSuperblock(new Cursor(bytes.subarray(0, 256), "superblock", 0), 0);
  const size = messages.reduce((sum, one) => sum + messageSize(one, { trackOrder: false }), 0);
  const header = encodeHeaderBlock0(messages, 6 + (size < 256 ? 1 : 2) + size + 4, { trackOrder: false });
  const extended = new Uint8Array(bytes.length + header.length);
  extended.set(bytes);
  extended.set(header, bytes.length);
  const out = new ByteWriter();
  encodeSuperblock(out, { ...superblock, extensionAddress: bytes.length, endOfFile: extended.length });
  extended.set(out.bytes());
  return extended;
}

/** What is found at a path: the code of an error of ours, or the value. Any other error is passed on. */
export async function outcome(call: () => Promise<unknown>): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    if (!isHdf5Error(error)) throw error;
    return `error: ${error.code}`;
  }
}

/** Values and errors of everything that can be reached, by path; attributes as `path@name`. `""`: the file itself. */
export async function survey(bytes: Uint8Array, options: OpenOptions = {}): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  let file: Hdf5File;
  try {
    file = await open(bytes, options);
  } catch (error) {
    if (!isHdf5Error(error)) throw error;
    return { "": `error: ${error.code}` };
  }
  await using _ = file;
  let objects = 0;
  found["/"] = await outcome(async () => {
    for await (const [path, object] of file.root.visit()) {
      if (++objects > 1000) throw new Error("the walk does not end");
      if (object.kind === "unresolved") {
        found[path] = `error: ${object.error.code}`;
        continue;
      }
      for await (const [name, attribute] of object.attrs.entries()) {
        found[`${path}@${name}`] =
          attribute.kind === "unresolved" ? `error: ${attribute.error.code}` : await outcome(() => attribute.value());
      }
      if (object.kind === "group")
        found[path] = await outcome(async () => (await object.links()).map(({ name }) => name));
      if (object.kind === "dataset") found[path] = await outcome(async () => flat(await object.value()));
      if (object.kind === "datatype") found[path] = object.datatype.kind;
    }
    return "walked";
  });
  return found;
}

function flat(value: unknown): unknown {
  return ArrayBuffer.isView(value) ? Array.from(value as Int32Array) : value;
}

/** Is what was found an error? */
export function isError(value: unknown): boolean {
  return typeof value === "string" && value.startsWith("error: ");
}

/**
 * Of a damaged file: each thing is as it was or an error, and nothing is new.
 * @returns paths of the errors.
 */
export function soundOrErrors(found: Record<string, unknown>, sound: Record<string, unknown>): string[] {
  const errors: string[] = [];
  for (const [path, value] of Object.entries(found)) {
    if (isError(value)) errors.push(path);
    else expect([path, value]).toEqual([path, sound[path]]);
  }
  return errors;
}
