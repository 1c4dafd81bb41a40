/** What containers know about themselves, kept outside the classes so that their faces stay small. */
import type { Dataset, Group, Hdf5File } from "../../index.js";
import { NwbError } from "../errors.js";
import type { TypePlan } from "../schema/type-plan.js";

/** A file that containers come from or were written to. Two openings of one path have equal keys. */
export interface StoredFile {
  /** What tells files apart. */
  readonly key: string;
  /** Path or URL; "memory" for a file without. */
  readonly source: string;
  /** Can `source` be written into a link? */
  readonly linkable: boolean;
  readonly file: Hdf5File;
  /** The container of the object at an address, when it was read or written. */
  readonly containers: Map<number, object>;
  /** The container that has the dataset at an address as one of its fields. */
  readonly owners: Map<number, object>;
}

/** Where a container is stored. */
export interface StoredPlace {
  readonly file: StoredFile;
  /** Absolute path by hard links. */
  readonly path: string;
  readonly object: Group | Dataset;
}

export interface ContainerState {
  readonly plan: TypePlan;
  /** The namespace that a file names; some name one that only includes the type. */
  readonly namespace: string | undefined;
  name: string;
  objectId: string;
  parent: object | undefined;
  modified: boolean;
  place: StoredPlace | undefined;
  /** By the schema's names. */
  readonly fields: Map<string, unknown>;
}

const STATES = /* @__PURE__ */ new WeakMap<object, ContainerState>();

/** @throws NwbError for an object whose constructor did not call that of AbstractContainer. */
export function stateOf(container: object): ContainerState {
  const state = STATES.get(container);
  if (state === undefined) throw new NwbError("is not a constructed container", { code: "state" });
  return state;
}

export function setState(container: object, state: ContainerState): void {
  STATES.set(container, state);
}

/** Is the value a container? */
export function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null && STATES.has(value);
}

/** What a container is made of when it is read from a file; taken by the constructors in place of options. */
export class StoredParts {
  readonly plan: TypePlan;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly objectId: string;
  readonly place: StoredPlace;

  constructor(plan: TypePlan, namespace: string | undefined, name: string, objectId: string, place: StoredPlace) {
    this.plan = plan;
    this.namespace = namespace;
    this.name = name;
    this.objectId = objectId;
    this.place = place;
  }
}
