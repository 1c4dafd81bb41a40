/** Object headers that are about to be asked for: of a file far away they are read in a few rounds, not one by one. */
import { isHdf5Error } from "../errors.js";
import { gatherMisses } from "../format/gather-misses.js";
import type { LinkMessage } from "../format/messages/link.js";
import { readObjectHeader } from "../format/object-header.js";
import { settle } from "../io/settle.js";
import type { FileState } from "./state.js";

/** Headers read together. */
export const HEADERS_AHEAD = 256;
/** Headers this near to each other come with one request. */
const NEAR = 64 * 1024;
/** So few requests are always worth it. */
const FEW_PLACES = 8;
/** Headers that lie this far apart on average have nothing in common that reading on would bring. */
const FAR = 2 ** 19;

/**
 * Read the headers that hard links lead to. Nothing is said of what cannot be read: that is for whoever asks for it.
 * @param walking what lies below is asked for, too: places that reading on brings are left to it.
 */
export async function readHeadersAhead(
  file: FileState,
  links: readonly LinkMessage[],
  options: { readonly walking?: boolean | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  if (!file.pager.isFar) return;
  const addresses = links.flatMap((link) =>
    link.kind === "hard" && !file.objects.has(link.address) ? link.address : [],
  );
  if (addresses.length < 2 || (options.walking === true && !isWorthIt(addresses))) return;
  const { metadataBytes, headerChunks } = file.limits;
  try {
    await settle(
      file.pager,
      (source) => {
        gatherMisses(addresses, (address) => {
          try {
            readObjectHeader(source, address, file.context, { headerChunks }, { verifyChecksums: false });
          } catch (thrown) {
            if (!isHdf5Error(thrown)) throw thrown; // met again when the object is asked for
          }
        });
      },
      { metadataBytes, signal: options.signal },
    );
  } catch (error) {
    if (!isHdf5Error(error)) throw error; // met again, too
  }
}

function isWorthIt(addresses: readonly number[]): boolean {
  const sorted = [...addresses].sort((a, b) => a - b);
  const places = 1 + sorted.filter((address, i) => i > 0 && address - (sorted[i - 1] ?? 0) > NEAR).length;
  const extent = (sorted[sorted.length - 1] ?? 0) - (sorted[0] ?? 0);
  return places <= FEW_PLACES || extent / places >= FAR;
}
