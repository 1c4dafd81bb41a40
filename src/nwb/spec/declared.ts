/** The namespaces this library declares itself, dependencies first. */
import { core } from "./core/namespace.js";
import { hdmfCommon } from "./hdmf-common/namespace.js";
import { hdmfExperimental } from "./hdmf-experimental/namespace.js";
import type { NamespaceSpec } from "./types.js";

export const declaredNamespaces: readonly NamespaceSpec[] = [hdmfCommon, hdmfExperimental, core];
