/** What a new split or multi file is before anything is written to it. Loaded when one is created. */
import type { WritableDriver } from "../drivers/driver.js";
import type { MultiDriver } from "../drivers/multi.js";
import type { FormatContext } from "../format/context.js";
import {
  encodeMultiMembers,
  MULTI_DRIVER_ID,
  type MultiMembers,
  membersOfUsages,
} from "../format/messages/multi-members.js";
import type { Pager } from "../io/pager.js";
import { windowsOf } from "../model/multi-file.js";
import { partsOf } from "../model/open-file.js";
import type { FileMembers } from "../model/state.js";
import type { NewFileOptions } from "../writer/index.js";

/** What `create` passes on. */
export interface MembersOfNew {
  readonly newFile: Pick<NewFileOptions, "driverInfo" | "members">;
  readonly members: FileMembers;
  readonly context: Pick<FormatContext, "windows">;
  /** Tell the pager of the members. */
  use(pager: Pager): void;
}

/** @param target the MultiDriver itself. */
export function membersOfNew(target: WritableDriver, stored: MultiMembers): MembersOfNew {
  const driver = target as MultiDriver; // the caller has made its members
  const data = encodeMultiMembers(stored);
  const usages = membersOfUsages(stored.map);
  const offsets = driver.members.map(({ offset }) => offset);
  // Both kinds have their members in order of their starts.
  const headers = offsets[usages.get("object-header") ?? 0] ?? 0;
  return {
    newFile: { driverInfo: { id: MULTI_DRIVER_ID, data }, members: { stored, headers } },
    members: { driver, stored },
    context: { windows: windowsOf(driver.members) },
    use: (pager) => pager.setParts(partsOf(driver)),
  };
}
