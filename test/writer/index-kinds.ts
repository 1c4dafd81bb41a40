/** Which chunk index each dataset of a file has: what its layout message says. */
import { readFileSync } from "node:fs";
import { decodeDataLayout } from "../../src/format/messages/data-layout.js";
import { MESSAGE } from "../../src/format/messages/message-types.js";
import { messageCursor, readObjectHeader } from "../../src/format/object-header.js";
import { open } from "../../src/index.js";
import { memorySource } from "../format/memory-source.js";
import { fixtureContext } from "../format/walker-fixtures.js";

export async function indexKinds(path: string): Promise<Record<string, string>> {
  const kinds: Record<string, string> = {};
  const source = memorySource(new Uint8Array(readFileSync(path)));
  const context = fixtureContext();
  await using file = await open(path);
  for await (const [name, object] of file.root.entries()) {
    if (object.kind !== "dataset") continue;
    const { messages } = readObjectHeader(source, object.address, context, { headerChunks: 16 });
    const message = messages.find(({ type }) => type === MESSAGE.dataLayout);
    if (message === undefined) throw new Error(`${name} has no layout message`);
    const layout = decodeDataLayout(messageCursor(message, "data layout message"), context);
    if (layout.kind === "chunked") kinds[name] = layout.index.kind;
  }
  return kinds;
}
