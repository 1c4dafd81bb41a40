/** External resources. Schema: hdmf-experimental 0.5.0, resources. */
import { dataset, field, groupType, source } from "../declare.js";
import type { SourceSpec } from "../types.js";

export const resources: SourceSpec = /* @__PURE__ */ source("resources", () => ({
  groups: [
    groupType(
      "HERD",
      "Container",
      "Six tables that tie terms used in files to entities of external resources, such as ontologies.",
      {
        datasets: [
          dataset("keys", "The terms used.", {
            inc: "Data",
            dtype: [field("key", "text", "A term as a user wrote it.")],
            axes: ["num_rows"],
          }),
          dataset("files", "The files in which terms occur.", {
            inc: "Data",
            dtype: [field("file_object_id", "text", "Object id (UUID) of the file's root.")],
            axes: ["num_rows"],
          }),
          dataset("entities", "The entities of external resources.", {
            inc: "Data",
            dtype: [
              field("entity_id", "text", "Compact identifier (CURIE) of the entity, `prefix:local`."),
              field("entity_uri", "text", "Address of the entity; may be empty."),
            ],
            axes: ["num_rows"],
          }),
          dataset("objects", "The objects of files in which terms occur.", {
            inc: "Data",
            dtype: [
              field("files_idx", "uint", "Row of the object's file in `files`."),
              field("object_id", "text", "Its object id (UUID)."),
              field("object_type", "text", "Data type of the object."),
              field(
                "relative_path",
                "text",
                "Where the term is, as a path from the object; empty when it is in the object itself.",
              ),
              field("field", "text", "Field of a compound that has the term; otherwise empty."),
            ],
            axes: ["num_rows"],
          }),
          dataset("object_keys", "Which objects use which terms.", {
            inc: "Data",
            dtype: [
              field("objects_idx", "uint", "Row of the object in `objects`."),
              field("keys_idx", "uint", "Row of the term in `keys`."),
            ],
            axes: ["num_rows"],
          }),
          dataset("entity_keys", "Which terms stand for which entities.", {
            inc: "Data",
            dtype: [
              field("entities_idx", "uint", "Row of the entity in `entities`."),
              field("keys_idx", "uint", "Row of the term in `keys`."),
            ],
            axes: ["num_rows"],
          }),
        ],
      },
    ),
  ],
}));
