/** What shall be in a file, before it is there: groups, datasets and links with their attributes. */
import type { Dataset, DatatypeInput, Group, WriteData } from "../../index.js";
import type { AbstractContainer } from "../containers/container.js";
import type { GrownData } from "../data/grown-data.js";
import type { HeldData, StorageOptions } from "../data/held-data.js";
import type { Dtype } from "../spec/types.js";

/** What an attribute will hold. */
export type AttributeContent =
  | { readonly kind: "value"; readonly data: WriteData; readonly datatype: DatatypeInput | undefined }
  | { readonly kind: "reference"; readonly target: Target };

/** An object that is linked or referred to: a container, or a dataset that is a field of one. */
export interface Target {
  readonly container: AbstractContainer;
  readonly field?: string | undefined;
}

export type DatasetContent =
  | { readonly kind: "values"; readonly data: WriteData; readonly datatype: DatatypeInput | undefined }
  /** Elements, or members of compound elements, are containers. */
  | {
      readonly kind: "references";
      readonly data: unknown;
      readonly shape: readonly number[];
      readonly datatype: DatatypeInput;
    }
  | { readonly kind: "empty"; readonly datatype: DatatypeInput; readonly shape: readonly number[] }
  | { readonly kind: "stream"; readonly held: HeldData; readonly dtype: Dtype | undefined }
  /** A dataset of a file as it is; its attributes are not copied. */
  | { readonly kind: "copy"; readonly dataset: Dataset }
  /** Rows after those of a dataset: in the file itself, or after its copy. */
  | { readonly kind: "rows"; readonly base: Dataset; readonly from: number; readonly isThere: boolean };

export interface GroupBuilder {
  readonly kind: "group";
  readonly name: string;
  readonly parent: GroupBuilder | undefined;
  readonly attributes: Map<string, AttributeContent>;
  readonly members: Map<string, Builder>;
  readonly container: AbstractContainer | undefined;
  /** The group in the file, when it is there already. */
  readonly existing: Group | undefined;
}

export interface DatasetBuilder {
  readonly kind: "dataset";
  readonly name: string;
  readonly parent: GroupBuilder;
  readonly attributes: Map<string, AttributeContent>;
  /** References of a dataset that is copied become containers when they are looked up. */
  content: DatasetContent;
  readonly storage: StorageOptions;
  /** The container that is this dataset. */
  readonly container: AbstractContainer | undefined;
  /** The container that has it as a field. */
  readonly owner: AbstractContainer | undefined;
  /** Data in memory that this is written from. */
  readonly origin: HeldData | GrownData | undefined;
}

export type LinkPlace =
  | { readonly kind: "target"; readonly target: Target }
  | { readonly kind: "dataset"; readonly dataset: Dataset };

export interface LinkBuilder {
  readonly kind: "link";
  readonly name: string;
  readonly parent: GroupBuilder;
  readonly to: LinkPlace;
  /** What stands here instead when the target is in no file that may be linked to. */
  readonly orElse?: (() => Builder) | undefined;
}

export type Builder = GroupBuilder | DatasetBuilder | LinkBuilder;

/** The path in the file. */
export function pathOfBuilder(builder: Builder): string {
  const names: string[] = [];
  for (let at: Builder = builder; at.parent !== undefined; at = at.parent) names.unshift(at.name);
  return `/${names.join("/")}`;
}
