/** The core namespace of NWB, version 2.7.0. */
import type { NamespaceSpec } from "../types.js";
import { base } from "./base.js";
import { behavior } from "./behavior.js";
import { device } from "./device.js";
import { ecephys } from "./ecephys.js";
import { epoch } from "./epoch.js";
import { file } from "./file.js";
import { icephys } from "./icephys.js";
import { image } from "./image.js";
import { misc } from "./nwb-misc.js";
import { ogen } from "./ogen.js";
import { ophys } from "./ophys.js";
import { retinotopy } from "./retinotopy.js";

export const core: NamespaceSpec = {
  name: "core",
  version: "2.7.0",
  fullName: "NWB core",
  doc: "Types of Neurodata Without Borders.",
  author: ["Andrew Tritt", "Oliver Ruebel", "Ryan Ly", "Ben Dichter", "Keith Godfrey", "Jeff Teeters"],
  contact: [
    "ajtritt@lbl.gov",
    "oruebel@lbl.gov",
    "rly@lbl.gov",
    "bdichter@lbl.gov",
    "keithg@alleninstitute.org",
    "jteeters@berkeley.edu",
  ],
  schema: [
    { kind: "namespace", namespace: "hdmf-common" },
    { kind: "source", source: "nwb.base" },
    { kind: "source", source: "nwb.device" },
    { kind: "source", source: "nwb.epoch" },
    { kind: "source", source: "nwb.image" },
    { kind: "source", source: "nwb.file" },
    { kind: "source", source: "nwb.misc" },
    { kind: "source", source: "nwb.behavior" },
    { kind: "source", source: "nwb.ecephys" },
    { kind: "source", source: "nwb.icephys" },
    { kind: "source", source: "nwb.ogen" },
    { kind: "source", source: "nwb.ophys" },
    { kind: "source", source: "nwb.retinotopy" },
  ],
  sources: [base, device, epoch, image, file, misc, behavior, ecephys, icephys, ogen, ophys, retinotopy],
};
