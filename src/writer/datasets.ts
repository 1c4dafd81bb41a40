/** Making datasets: everything is decided and checked before anything changes. Design: writer-design, sections 4.1, 5.3. */

import { Hdf5UnsupportedError, isHdf5Error } from "../errors.js";
import type { Datatype } from "../format/messages/datatype.js";
import { MESSAGE } from "../format/messages/message-types.js";
import type { EncodedMessage } from "../format/object-header.js";
import { joinPath, splitPath } from "../model/paths.js";
import type { Soon } from "../model/soon.js";
import type { ObjectState } from "../model/state.js";
import type { DatasetSpec, KeptOrder, KeptTraits } from "../model/writer-contract.js";
import { resolveSelection } from "../selection/selection.js";
import { addAttribute } from "./attributes.js";
import { ChunkStore } from "./chunk-store.js";
import { committedType } from "./committed-types.js";
import {
  encodeFillMessage,
  encodeFilterMessage,
  encodeLayoutMessage,
  encodeOldFillMessage,
  encodeSpaceMessage,
  encodeTypeMessage,
} from "./dataset-messages.js";
import { type DatasetPlan, planDataset } from "./dataset-plan.js";
import { addHardLink, findPlace, makeParents, type Place, placeAtOnce, unlink } from "./groups.js";
import { MAX_MESSAGE } from "./member-storage.js";
import { allocateContiguous, writeElements, writeNewAtOnce } from "./raw-write.js";
import type { WriteSession } from "./write-session.js";

const seldom = (): Promise<typeof import("./seldom.js")> => import("./seldom.js");

/** What a dataset is made of, and where. */
interface Order {
  readonly session: WriteSession;
  readonly place: Place;
  /** As it was given. */
  readonly path: string;
  readonly spec: DatasetSpec;
  readonly kept: KeptTraits;
}

/** A new dataset at a path, its `data` written. */
export function createDataset(
  session: WriteSession,
  at: ObjectState,
  path: string,
  spec: DatasetSpec,
  kept: KeptTraits = {},
): Soon<ObjectState> {
  const place = placeAtOnce(session, at, path);
  if (place !== undefined) return createAt({ session, place, path, spec, kept });
  return findPlace(session, at, path).then((found) => createAt({ session, place: found, path, spec, kept }));
}

function createAt(order: Order): Soon<ObjectState> {
  const plan = planDataset(order.session, order.spec, order.kept);
  return plan instanceof Promise ? plan.then((late) => make(order, late)) : make(order, plan);
}

function make(order: Order, plan: DatasetPlan): Soon<ObjectState> {
  const { session, place, kept } = order;
  const isAlone = plan.datatype.committed === undefined && plan.elsewhere === undefined && place.missing.length === 0;
  if (!isAlone) return makeBesideOthers(order, plan);
  const { parent } = place;
  const object = makeDataset(session, plan, kept);
  addHardLink(session, parent, place.name, object);
  return isFilledAtOnce(order, plan, object) ? object : filled(order, plan, parent, object);
}

/** A dataset of a committed type, or one whose data lie elsewhere, or with groups on its way. */
async function makeBesideOthers(order: Order, plan: DatasetPlan): Promise<ObjectState> {
  const { session, place, kept } = order;
  const type = plan.datatype.committed && (await committedType(session, plan.datatype));
  const files = plan.elsewhere?.externalFiles;
  const external = files === undefined ? undefined : await (await seldom()).writeExternalFiles(session, files);
  const parent = makeParents(session, place);
  const object = await madeOrUndone(session, place, () => makeDataset(session, plan, kept, external));
  if (type !== undefined) type.linkCount++;
  addHardLink(session, parent, place.name, object);
  return filled(order, plan, parent, object);
}

/** Does the dataset hold what it shall, without waiting for anything? */
function isFilledAtOnce({ session, spec }: Order, plan: DatasetPlan, object: ObjectState): boolean {
  const { bytes, layout, dataspace, fill } = plan;
  if (bytes === undefined) return fill.allocTime !== "early";
  if (layout.kind === "compact" || dataspace.kind === "null") return true;
  return spec.signal === undefined && spec.onProgress === undefined && writeNewAtOnce(session, object, bytes);
}

async function filled(
  { session, place, path, spec, kept }: Order,
  plan: DatasetPlan,
  parent: ObjectState,
  object: ObjectState,
): Promise<ObjectState> {
  const { bytes, elsewhere, layout, dataspace } = plan;
  if (bytes === undefined && plan.fill.allocTime === "early" && elsewhere?.externalFiles === undefined)
    await allocateEarly(session, object, plan);
  if (bytes !== undefined && layout.kind !== "compact" && dataspace.kind !== "null") {
    const shape = dataspace.kind === "simple" ? dataspace.shape : [];
    try {
      const { signal, onProgress } = spec;
      const call = { signal, onProgress, path: elsewhere && pathBelow(kept.base, path) };
      await writeElements(session, object, bytes, resolveSelection(undefined, shape), call);
    } catch (error) {
      // Cancelled: there shall be no dataset without its data.
      if (!isHdf5Error(error, "driver") || error === session.failedElsewhere) await unlink(session, parent, place.name);
      throw error;
    }
  }
  return object;
}

/** What does not fit the format leaves no groups on its way. */
function madeOrUndone(
  session: WriteSession,
  place: Place,
  make: () => ObjectState,
): ObjectState | Promise<ObjectState> {
  try {
    return make();
  } catch (error) {
    const [first] = place.missing;
    if (first === undefined) throw error;
    return unlink(session, place.parent, first).then(() => Promise.reject(error));
  }
}

/** The path of something below a group, as `resolvePath` tells it. */
export function pathBelow(base: string | undefined, path: string): string | undefined {
  const { absolute, parts } = splitPath(path);
  return joinPath(absolute ? "/" : base, ...parts);
}

/** Space for everything that the extent holds, full of fill values. */
async function allocateEarly(
  session: WriteSession,
  object: ObjectState,
  { dataspace, layout }: DatasetPlan,
): Promise<void> {
  if (layout.kind === "contiguous") await allocateContiguous(session, object);
  if (layout.kind !== "chunked" || dataspace.kind !== "simple") return;
  const store = await ChunkStore.of(session, object);
  await store.allocate(
    dataspace.shape.map(() => 0),
    dataspace.shape,
  );
}

/** Flag of a message that never changes. */
const CONSTANT = 0x01; // H5O_MSG_FLAG_CONSTANT

function message(type: number, body: Uint8Array, flags = 0): EncodedMessage {
  return { type, flags, creationIndex: 0, body };
}

function makeDataset(
  session: WriteSession,
  plan: DatasetPlan,
  { attributeOrder = "none", address }: KeptTraits,
  externalFiles?: Uint8Array | undefined,
): ObjectState {
  const { context } = session;
  const type = encodeTypeMessage(plan.datatype, context);
  const messages: EncodedMessage[] = [
    message(MESSAGE.dataspace, encodeSpaceMessage(plan.dataspace, context)),
    message(MESSAGE.dataLayout, encodeLayoutMessage(plan.layout, context)),
    message(MESSAGE.datatype, type.body, type.flags),
    message(MESSAGE.fillValue, encodeFillMessage(plan.fill, context), CONSTANT),
  ];
  const oldFill = encodeOldFillMessage(plan.fill, context);
  if (oldFill !== undefined) messages.push(message(MESSAGE.oldFillValue, oldFill, CONSTANT));
  if (plan.filters.length > 0)
    messages.push(message(MESSAGE.filterPipeline, encodeFilterMessage(plan.filters, context), CONSTANT));
  if (externalFiles !== undefined) messages.push(message(MESSAGE.externalFiles, externalFiles, CONSTANT));
  for (const { type: number, body } of messages) {
    if (body.length > MAX_MESSAGE) {
      throw new Hdf5UnsupportedError(
        `header messages of ${body.length} bytes (type ${number}; at most ${MAX_MESSAGE})`,
      );
    }
  }
  const { state, record } = session.newObject("dataset", messages, plan.attributes, attributeOrder, address);
  const { datatype, dataspace, layout, filters, fill } = plan;
  const elsewhere = { externalFiles: plan.elsewhere?.externalFiles, mappings: plan.elsewhere?.mappings };
  state.dataset = { datatype, dataspace, layout, filters, fill, ...elsewhere, chunks: undefined };
  for (const attribute of plan.attributes) addAttribute(state, record, attribute);
  return state;
}

/** A new committed datatype at a path; without one it lives as long as something is of it. */
export async function commitDatatype(
  session: WriteSession,
  at: ObjectState,
  path: string | undefined,
  datatype: Datatype,
  attributeOrder: KeptOrder = "none",
): Promise<ObjectState> {
  const place = path === undefined ? undefined : await findPlace(session, at, path);
  const { committed: _, ...own } = datatype;
  const { body } = encodeTypeMessage(own as Datatype, session.context); // the same type without the name of another one
  if (body.length > MAX_MESSAGE) throw new Hdf5UnsupportedError(`datatypes of ${body.length} bytes`);
  const parent = place === undefined ? undefined : makeParents(session, place);
  const messages = [message(MESSAGE.datatype, body, CONSTANT)];
  const { state } = session.newObject("datatype", messages, [], attributeOrder);
  const reference = { kind: "object-reference", address: state.address, file: undefined } as const;
  state.datatype = Object.freeze({ ...(own as Datatype), committed: reference });
  if (parent !== undefined && place !== undefined) addHardLink(session, parent, place.name, state);
  return state;
}
