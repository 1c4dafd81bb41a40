/** The catalogue of the namespaces that this library declares itself. */
import { SpecCatalog } from "../spec/catalog.js";
import { declaredNamespaces } from "../spec/declared.js";

let catalog: SpecCatalog | undefined;

/** core, hdmf-common and hdmf-experimental; the same object for every call. */
export function bundledCatalog(): SpecCatalog {
  catalog ??= new SpecCatalog(declaredNamespaces);
  return catalog;
}
