/** The namespace of HDMF's common types, version 1.8.0. */
import type { NamespaceSpec } from "../types.js";
import { base } from "./base.js";
import { sparse } from "./sparse.js";
import { table } from "./table.js";

export const hdmfCommon: NamespaceSpec = {
  name: "hdmf-common",
  version: "1.8.0",
  fullName: "HDMF Common",
  doc: "Tables and other types that several standards share.",
  author: ["Andrew Tritt", "Oliver Ruebel", "Ryan Ly", "Ben Dichter"],
  contact: ["ajtritt@lbl.gov", "oruebel@lbl.gov", "rly@lbl.gov", "bdichter@lbl.gov"],
  schema: [
    { kind: "source", source: "base" },
    { kind: "source", source: "table" },
    { kind: "source", source: "sparse" },
  ],
  sources: [base, table, sparse],
};
