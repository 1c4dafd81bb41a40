/** Sparse matrices. Schema: hdmf-common 1.8.0, sparse. */
import { attribute, dataset, groupType, source } from "../declare.js";
import type { SourceSpec } from "../types.js";

export const sparse: SourceSpec = /* @__PURE__ */ source("sparse", () => ({
  groups: [
    groupType(
      "CSRMatrix",
      "Container",
      "Sparse matrix in compressed row form: row i has values data[indptr[i]:indptr[i+1]] in columns indices[indptr[i]:indptr[i+1]].",
      {
        attributes: [
          attribute("shape", "uint", "Rows and columns of the whole matrix.", {
            shape: [2],
            dims: ["number of rows, number of columns"],
          }),
        ],
        datasets: [
          dataset("indices", "Column (from 0) of each stored value.", {
            dtype: "uint",
            axes: ["number of non-zero values"],
          }),
          dataset("indptr", "Where each row starts in `indices` and `data`; the last entry is their length.", {
            dtype: "uint",
            axes: ["number of rows in the matrix + 1"],
          }),
          dataset("data", "The stored values, row by row.", { axes: ["number of non-zero values"] }),
        ],
      },
    ),
  ],
}));
