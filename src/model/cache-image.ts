/** Lays a metadata cache image over the file. This module is loaded by files that have one. */
import type { Cursor } from "../bytes/cursor.js";
import { Hdf5LimitError } from "../errors.js";
import { decodeCacheImage } from "../format/cache-image.js";
import type { FormatContext } from "../format/context.js";
import { decodeCacheImageMessage } from "../format/messages/cache-image.js";
import type { Pager } from "../io/pager.js";
import { settle } from "../io/settle.js";

/**
 * Make the pager give what the image holds wherever that belongs. The image stays in memory.
 * @throws Hdf5ChecksumError, Hdf5FormatError when the image is damaged: the file's own metadata mean nothing then.
 */
export async function applyCacheImage(
  pager: Pager,
  message: Cursor,
  ctx: FormatContext,
  options: {
    readonly metadataBytes: number;
    readonly verifyChecksums: boolean;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<void> {
  const { address, size } = decodeCacheImageMessage(message, ctx);
  if (address === undefined) return;
  const { metadataBytes, verifyChecksums, signal } = options;
  if (size > metadataBytes) throw new Hdf5LimitError("metadataBytes", size, metadataBytes, "the metadata cache image");
  const entries = await settle(
    pager,
    (source) =>
      decodeCacheImage(source.read(address, size, "metadata cache image"), ctx, source.end, { verifyChecksums }),
    { signal },
  );
  pager.overlay(entries.map((entry) => ({ address: entry.address, bytes: entry.bytes })));
}
