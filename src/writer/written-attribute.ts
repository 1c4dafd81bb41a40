/**
 * An attribute that was set. Its name and its elements are looked for in the message when they are asked for: objects
 * have several attributes each, and arrays of their own for both took more memory than all the rest of an attribute.
 */
import type { Attribute } from "../format/messages/attribute.js";
import { type Dataspace, elementCount } from "../format/messages/dataspace.js";
import type { Datatype } from "../format/messages/datatype.js";
import { MESSAGE } from "../format/messages/message-types.js";
import type { RecordMessage } from "./record-messages.js";

export class WrittenAttribute implements Attribute, RecordMessage {
  readonly key: string;
  readonly name: string;
  readonly charset: "ascii" | "utf-8";
  readonly datatype: Datatype;
  readonly dataspace: Dataspace;
  readonly body: Uint8Array;
  /** Given by the object that it is put on. */
  creationOrder: number | undefined;

  /**
   * @param key `linkKey` of the name.
   * @param body the message: that of the described attribute.
   */
  constructor(key: string, described: Omit<Attribute, "nameBytes" | "data">, body: Uint8Array) {
    this.key = key;
    this.name = described.name;
    this.charset = described.charset;
    this.datatype = described.datatype;
    this.dataspace = described.dataspace;
    this.body = body;
    this.creationOrder = described.creationOrder;
  }

  get type(): number {
    return MESSAGE.attribute;
  }

  get flags(): number {
    return 0;
  }

  get creationIndex(): number {
    return this.creationOrder ?? 0;
  }

  get nameBytes(): Uint8Array {
    return nameIn(this.body) as Uint8Array; // the message was encoded with one
  }

  get data(): Uint8Array {
    const length = elementCount(this.dataspace) * this.datatype.size;
    return this.body.subarray(this.body.length - length);
  }
}

/** The name in an attribute message, without its NUL; undefined: there is none to be read. */
export function nameIn(body: Uint8Array): Uint8Array | undefined {
  // The name stands at a fixed place whatever the rest says: version, flags, three sizes, in version 3 a character set.
  const version = body[0];
  const nameSize = (body[2] ?? 0) | ((body[3] ?? 0) << 8);
  const start = version === 3 ? 9 : 8;
  if (version === undefined || version < 1 || version > 3 || nameSize < 1 || start + nameSize > body.length)
    return undefined;
  return body.subarray(start, start + nameSize - 1);
}
