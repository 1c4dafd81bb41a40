/** The attributes of an object, listed once; a damaged one does not hide the others. */
import { readAttributes } from "../format/attributes.js";
import { linkKey } from "../format/messages/link.js";
import { settle } from "../io/settle.js";
import { sharedResolver } from "./load-object.js";
import { nameKey } from "./names.js";
import type { AttributeSlot, ObjectState } from "./state.js";

const loading = /* @__PURE__ */ new WeakMap<ObjectState, Promise<Map<string, AttributeSlot>>>();

/**
 * Attributes by name (`linkKey`), in the order found.
 * @throws Hdf5FormatError when the list itself is damaged.
 */
export function loadAttributes(object: ObjectState): Promise<Map<string, AttributeSlot>> {
  if (object.attributes !== undefined) return Promise.resolve(object.attributes);
  let load = loading.get(object);
  if (load === undefined) {
    load = read(object);
    loading.set(object, load);
    const done = (): void => void loading.delete(object);
    load.then(done, done);
  }
  return load;
}

async function read(object: ObjectState): Promise<Map<string, AttributeSlot>> {
  const { file, header } = object;
  if (header === undefined) return new Map();
  const { slots } = await settle(
    file.pager,
    (source) => readAttributes(source, header, file.context, file.limits, sharedResolver(source, file)),
    { metadataBytes: file.limits.metadataBytes },
  );
  const byName = new Map<string, AttributeSlot>();
  for (const [i, slot] of slots.entries()) {
    let key = "error" in slot ? nameKey(slot.name) : linkKey(slot.nameBytes);
    // A name that is damaged too, or given twice, is no name to ask for: keys are bytes, so this one is never asked.
    if (key === "" || byName.has(key)) key = `\u{100}${i}`;
    byName.set(key, slot);
  }
  object.attributes = byName;
  return byName;
}
