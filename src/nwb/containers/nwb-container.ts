/** Base classes of the group types, and the small types with fields only. */
import type { NwbDate, NwbDateInput } from "../dates.js";
import { AbstractContainer } from "./container.js";
import { stateOf } from "./state.js";

/** Base of the group types of NWB. Schema: core 2.7.0, nwb.base. */
export class NWBContainer extends AbstractContainer {
  static override readonly neurodataType: string = "NWBContainer";
  static override readonly namespace: string = "core";

  constructor(options: { readonly name: string }) {
    super(options);
  }
}

/** Base of the types that hold measured or derived data. Schema: core 2.7.0, nwb.base. */
export class NWBDataInterface extends NWBContainer {
  static override readonly neurodataType: string = "NWBDataInterface";
}

export interface DeviceOptions {
  readonly name: string;
  readonly description?: string | undefined;
  readonly manufacturer?: string | undefined;
}

/** An instrument. Schema: core 2.7.0, nwb.device. */
export class Device extends NWBContainer {
  static override readonly neurodataType: string = "Device";

  constructor(options: DeviceOptions) {
    super(options);
  }

  get description(): string | undefined {
    return textField(this, "description");
  }

  get manufacturer(): string | undefined {
    return textField(this, "manufacturer");
  }
}

export interface SubjectOptions {
  /** Age as ISO 8601 duration, e.g. `P90D`. */
  readonly age?: string | undefined;
  /** `"birth"` by default, or `"gestational"`. */
  readonly ageReference?: string | undefined;
  readonly description?: string | undefined;
  readonly genotype?: string | undefined;
  readonly sex?: string | undefined;
  readonly species?: string | undefined;
  readonly subjectId?: string | undefined;
  readonly weight?: string | undefined;
  readonly dateOfBirth?: NwbDateInput | undefined;
  readonly strain?: string | undefined;
}

/** The animal or person measured. Schema: core 2.7.0, nwb.file. */
export class Subject extends NWBContainer {
  static override readonly neurodataType: string = "Subject";

  constructor(options: SubjectOptions) {
    super(options as SubjectOptions & { readonly name: string }); // its name is fixed
  }

  get age(): string | undefined {
    return textField(this, "age");
  }

  get ageReference(): string | undefined {
    return textField(this, "age__reference");
  }

  get description(): string | undefined {
    return textField(this, "description");
  }

  get genotype(): string | undefined {
    return textField(this, "genotype");
  }

  get sex(): string | undefined {
    return textField(this, "sex");
  }

  get species(): string | undefined {
    return textField(this, "species");
  }

  get subjectId(): string | undefined {
    return textField(this, "subject_id");
  }

  get weight(): string | undefined {
    return textField(this, "weight");
  }

  get strain(): string | undefined {
    return textField(this, "strain");
  }

  get dateOfBirth(): NwbDate | undefined {
    // The mapper and the constructor put nothing else there.
    return stateOf(this).fields.get("date_of_birth") as NwbDate | undefined;
  }
}

function textField(container: AbstractContainer, name: string): string | undefined {
  const value = stateOf(container).fields.get(name);
  return typeof value === "string" ? value : undefined;
}
