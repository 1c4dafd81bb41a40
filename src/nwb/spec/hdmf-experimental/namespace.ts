/** The namespace of HDMF's experimental types, version 0.5.0. */
import type { NamespaceSpec } from "../types.js";
import { experimental } from "./experimental.js";
import { resources } from "./resources.js";

export const hdmfExperimental: NamespaceSpec = {
  name: "hdmf-experimental",
  version: "0.5.0",
  fullName: "HDMF Experimental",
  doc: "Types on trial; they may change or go.",
  author: ["Andrew Tritt", "Oliver Ruebel", "Ryan Ly", "Ben Dichter", "Matthew Avaylon"],
  contact: ["ajtritt@lbl.gov", "oruebel@lbl.gov", "rly@lbl.gov", "bdichter@lbl.gov", "mavaylon@lbl.gov"],
  schema: [
    { kind: "namespace", namespace: "hdmf-common" },
    { kind: "source", source: "experimental" },
    { kind: "source", source: "resources" },
  ],
  sources: [experimental, resources],
};
