/** An object that lost its last name: its space, and the counts of what it held. */
import { loadLinks } from "../model/load-links.js";
import type { ObjectState } from "../model/state.js";
import { ChunkStore } from "./chunk-store.js";
import { attributesLeft, readable } from "./committed-types.js";
import type { WriteSession } from "./write-session.js";

/** Give up an object and, where it held the last name of others, those too. Space is reused after later flushes only. */
export async function releaseObject(session: WriteSession, object: ObjectState): Promise<void> {
  const stack = [object];
  for (let gone = stack.pop(); gone !== undefined; gone = stack.pop()) {
    if (gone.deleted) continue;
    gone.deleted = true;
    if (gone.kind === "group") {
      for (const link of (await loadLinks(gone)).values()) {
        if (link.kind !== "hard") continue;
        // A damaged object below keeps its space: nothing is known of it.
        const child = await readable(session, link.address);
        if (child === undefined || child.deleted) continue;
        child.linkCount--;
        if (child.linkCount <= 0) stack.push(child);
        else await session.edit(child);
      }
    } else if (gone.kind === "dataset") await releaseData(session, gone);
    await attributesLeft(session, gone);
    await releaseDatatype(session, gone, stack);
    session.forget(gone);
  }
}

async function releaseData(session: WriteSession, object: ObjectState): Promise<void> {
  const layout = object.dataset?.layout;
  if (layout?.kind === "contiguous" && layout.address !== undefined) {
    session.allocator.free(layout.address, layout.size, "raw");
  } else if (layout?.kind === "chunked" && (layout.index.address !== undefined || session.stores.has(object))) {
    (await ChunkStore.of(session, object)).release();
  }
}

async function releaseDatatype(session: WriteSession, object: ObjectState, stack: ObjectState[]): Promise<void> {
  const committed = object.dataset?.datatype.committed;
  if (committed === undefined) return;
  const type = await readable(session, committed.address);
  if (type === undefined || type.deleted) return;
  type.linkCount--;
  if (type.linkCount <= 0) stack.push(type);
  else await session.edit(type);
}
