/**
 * What the superblock extension of a file says and writing would make untrue. Design: writer-design, section 5.1.
 *
 * Free-space managers that are kept in the file would hand out to the next writer what we write; a metadata cache image
 * counts instead of what lies at the places of its entries. Before the first change both are given up: the entries are
 * written home, and a new extension, without the image and with managers nowhere, takes the place of the old one. What
 * the managers know as free is used from then on (known-free.ts).
 */
import { ByteWriter } from "../bytes/byte-writer.js";
import { Hdf5FormatError, Hdf5UnsupportedError } from "../errors.js";
import { decodeCacheImage } from "../format/cache-image.js";
import type { FreeSection } from "../format/free-space-manager.js";
import { decodeCacheImageMessage } from "../format/messages/cache-image.js";
import { decodeFileSpaceInfo, encodeFileSpaceInfo, type FileSpaceInfo } from "../format/messages/file-space-info.js";
import { MESSAGE, MESSAGE_FLAG } from "../format/messages/message-types.js";
import {
  type EncodedMessage,
  encodeHeaderBlock0,
  type HeaderMessage,
  messageCursor,
  messageSize,
  type ObjectHeader,
  readObjectHeader,
} from "../format/object-header.js";
import { settle } from "../io/settle.js";
import type { FileState } from "../model/state.js";
import type { BlockWrite } from "./commit.js";
import { blockSize } from "./header-layout.js";

/** What must be done before a file's first change, and how its space is divided. */
export interface ForeignFacts {
  /** Bytes of a page; 0: the file has none. */
  readonly pageSize: number;
  /** The extension that must take the old one's place; undefined: that one may stay. */
  readonly extension: ExtensionDraft | undefined;
  /** Entries of the cache image, for their own places. */
  readonly home: readonly BlockWrite[];
  readonly image: { readonly address: number; readonly size: number } | undefined;
  /** Blocks of the extension that is given up. */
  readonly oldExtension: readonly FreeSection[];
  /** Of managers that are given up; undefined: there are none, or the image holds them. */
  readonly spaceInfo: FileSpaceInfo | undefined;
}

/** A superblock extension in one block. */
export interface ExtensionDraft {
  readonly messages: readonly EncodedMessage[];
  readonly form: { readonly version: 1 | 2; readonly trackOrder: false; readonly optionalPrefix: 0 };
  /** Bytes of it. */
  readonly length: number;
}

/** Pages of other sizes libhdf5 neither makes nor opens; every block would grow the file by one of them. */
const LEAST_PAGE = 512; // H5F_FILE_SPACE_PAGE_SIZE_MIN
const LARGEST_PAGE = 2 ** 30; // H5F_FILE_SPACE_PAGE_SIZE_MAX

const NOTHING: ForeignFacts = {
  pageSize: 0,
  extension: undefined,
  home: [],
  image: undefined,
  oldExtension: [],
  spaceInfo: undefined,
};

/**
 * @throws Hdf5UnsupportedError when the extension holds what must be understood for writing; Hdf5FormatError when it says
 *   what cannot be.
 */
export async function foreignFacts(file: FileState): Promise<ForeignFacts> {
  const { extensionAddress } = file.superblock;
  if (extensionAddress === undefined || file.objects.size === 0) return NOTHING;
  const { verifyChecksums } = file.options;
  const header = await settle(file.pager, (source) =>
    readObjectHeader(source, extensionAddress, file.context, file.limits, { verifyChecksums }),
  );
  if (header.failIfUnknownWhenWriting) {
    throw new Hdf5UnsupportedError("editing an object with a message that must be understood for it", {
      file: file.name,
    });
  }
  const space = spaceInfoOf(header, file);
  const { home, image } = await imageOf(header, file);
  const managed = space?.persist === true;
  const pageSize = space?.strategy === "pages" ? checkedPageSize(space.pageSize ?? 0, extensionAddress) : 0;
  // The ends of members are said in the extension: it must be one that can be written with one write.
  if (!managed && image === undefined && file.members === undefined) return { ...NOTHING, pageSize };
  const messages = header.messages
    .filter(({ type }) => type !== MESSAGE.cacheImage)
    .map((message): EncodedMessage => (isSpaceInfo(message) && managed ? withoutManagers(message, file) : message));
  const oldExtension = header.chunks.map(({ address, length }) => ({ address, size: length }));
  // Managers of members are given up unread.
  const spaceInfo = managed && image === undefined && file.members === undefined ? space : undefined;
  return { pageSize, extension: draftOf(header, messages), home, image, oldExtension, spaceInfo };
}

/** What a library that did not know the message has made of the file is not known. */
function isSpaceInfo({ type, flags }: HeaderMessage): boolean {
  return type === MESSAGE.fileSpaceInfo && (flags & MESSAGE_FLAG.wasUnknown) === 0;
}

function spaceInfoOf(header: ObjectHeader, { context }: FileState): FileSpaceInfo | undefined {
  const message = header.messages.find(isSpaceInfo);
  return message && decodeFileSpaceInfo(messageCursor(message, "file space info message"), context);
}

function checkedPageSize(pageSize: number, address: number): number {
  if (pageSize >= LEAST_PAGE && pageSize <= LARGEST_PAGE) return pageSize;
  throw new Hdf5FormatError(
    { structure: "file space info message", address, field: "page size" },
    `is ${pageSize}, expected ${LEAST_PAGE} to ${LARGEST_PAGE}`,
  );
}

function withoutManagers(message: HeaderMessage, { context }: FileState): EncodedMessage {
  const info = decodeFileSpaceInfo(messageCursor(message, "file space info message"), context);
  const out = new ByteWriter();
  encodeFileSpaceInfo(out, { ...info, endBeforeManagers: undefined, managerAddresses: [] }, context);
  return { type: message.type, flags: message.flags, body: out.bytes() };
}

async function imageOf(header: ObjectHeader, file: FileState): Promise<Pick<ForeignFacts, "home" | "image">> {
  const message = header.messages.find(({ type }) => type === MESSAGE.cacheImage);
  if (message === undefined) return NOTHING;
  const { context, pager, options } = file;
  const { address, size } = decodeCacheImageMessage(messageCursor(message, "cache image message"), context);
  // A message without an image: there is nothing in it, but it must not come to mean something.
  if (address === undefined) return { home: [], image: { address: 0, size: 0 } };
  const entries = await settle(pager, (source) =>
    decodeCacheImage(source.read(address, size, "metadata cache image"), context, source.end, {
      verifyChecksums: options.verifyChecksums,
    }),
  );
  return { home: entries.map((entry) => ({ address: entry.address, bytes: entry.bytes })), image: { address, size } };
}

function draftOf(header: ObjectHeader, messages: readonly EncodedMessage[]): ExtensionDraft {
  const form = { version: header.version, trackOrder: false, optionalPrefix: 0 } as const;
  const bytes = messages.reduce((sum, message) => sum + messageSize(message, form), 0);
  return { messages, form, length: blockSize(bytes, form) };
}

/** The bytes of an extension. */
export function encodeExtension({ messages, form, length }: ExtensionDraft): Uint8Array {
  return encodeHeaderBlock0(messages, length, form);
}
