/** Specs as the JSON texts that files hold under `/specifications/<namespace>/<version>/`. */
export { namespaceFromJson } from "./from-json.js";
export { type NamespaceJson, namespaceToJson } from "./to-json.js";
