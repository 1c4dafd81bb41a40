/** Processed data, by step of the analysis. Schema: core 2.7.0, nwb.base. */
import type { AbstractContainer, NwbClass } from "./container.js";
import { addMember } from "./fields.js";
import { getMember, members } from "./member-access.js";
import { NWBContainer, type NWBDataInterface } from "./nwb-container.js";
import { stateOf } from "./state.js";

export interface ProcessingModuleOptions {
  readonly name: string;
  readonly description: string;
  readonly dataInterfaces?: readonly NWBDataInterface[] | undefined;
}

/** A named collection of processed data. */
export class ProcessingModule extends NWBContainer {
  static override readonly neurodataType: string = "ProcessingModule";

  constructor(options: ProcessingModuleOptions) {
    super(options);
  }

  get description(): string {
    return String(stateOf(this).fields.get("description") ?? "");
  }

  get dataInterfaces(): ReadonlyMap<string, NWBDataInterface> {
    return members<NWBDataInterface>(this, "data_interfaces");
  }

  /** Add one container or several. @throws NwbError when a name is taken or a type has no place here. */
  add(data: NWBDataInterface | readonly NWBDataInterface[]): void {
    for (const each of Array.isArray(data) ? (data as readonly NWBDataInterface[]) : [data]) {
      addMember(this, "data_interfaces", each);
    }
    this.setModified();
  }

  /** A container by name, or the only one. @throws NwbError when there is none, or several. */
  get(name?: string): NWBDataInterface;
  get<T extends AbstractContainer>(name: string | undefined, type: NwbClass<T>): T;
  get(name?: string, type?: NwbClass<AbstractContainer>): AbstractContainer {
    return getMember(this, "data_interfaces", name, type);
  }
}
