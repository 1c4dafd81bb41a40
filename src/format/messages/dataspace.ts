export type Dataspace =
  | { readonly kind: "null" }
  | { readonly kind: "scalar" }
  | { readonly kind: "simple"; readonly shape: readonly number[]; readonly maxShape?: readonly number[] | undefined };
