/** Tables stored by columns. Schema: hdmf-common 1.8.0, table. */
import { attribute, dataset, datasetsOf, datasetType, groupsOf, groupType, ref, source } from "../declare.js";
import type { SourceSpec } from "../types.js";

export const table: SourceSpec = /* @__PURE__ */ source("table", () => ({
  datasets: [
    datasetType(
      "VectorData",
      "Data",
      "A column of a table: one entry per row, or with a VectorIndex the entries of all rows in sequence.",
      {
        axes: [["dim0"], ["dim0", "dim1"], ["dim0", "dim1", "dim2"], ["dim0", "dim1", "dim2", "dim3"]],
        attributes: [attribute("description", "text", "What the values of the column mean.")],
      },
    ),
    datasetType(
      "VectorIndex",
      "VectorData",
      "End of each row in the column it indexes: row i is target[index[i-1]:index[i]], from 0 for the first.",
      {
        dtype: "uint8",
        axes: ["num_rows"],
        attributes: [attribute("target", ref("VectorData"), "The column that is indexed.")],
      },
    ),
    datasetType("ElementIdentifiers", "Data", "Integers that identify elements, such as the rows of a table.", {
      defaultName: "element_id",
      dtype: "int",
      axes: ["num_elements"],
    }),
    datasetType("DynamicTableRegion", "VectorData", "Row numbers (from 0, not ids) of a table.", {
      dtype: "int",
      axes: ["num_rows"],
      attributes: [
        attribute("table", ref("DynamicTable"), "The table whose rows are meant."),
        attribute("description", "text", "What the chosen rows stand for."),
      ],
    }),
  ],
  groups: [
    groupType("DynamicTable", "Container", "Table stored by columns; any column can be added.", {
      attributes: [
        attribute("colnames", "text", "Names of the columns in their order, without index columns.", {
          axes: ["num_columns"],
        }),
        attribute("description", "text", "What a row of the table is."),
      ],
      datasets: [
        dataset("id", "Identifier of each row.", { inc: "ElementIdentifiers", dtype: "int", axes: ["num_rows"] }),
        datasetsOf("VectorData", "*", "Columns and their indices."),
      ],
    }),
    groupType("AlignedDynamicTable", "DynamicTable", "Table with subtables (categories) of the same number of rows.", {
      attributes: [
        attribute("categories", "text", "Names of the subtables in their order.", { axes: ["num_categories"] }),
      ],
      groups: [groupsOf("DynamicTable", "*", "The subtables, one per category.")],
    }),
  ],
}));
