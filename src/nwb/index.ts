/// <reference lib="esnext.disposable" preserve="true" />
/** h5ts/nwb: Neurodata Without Borders on HDF5. */
export { AbstractContainer, type NwbClass } from "./containers/container.js";
export { DynamicTable } from "./containers/dynamic-table.js";
export type { SweepOptions } from "./containers/file-members.js";
export type { IntracellularRecording } from "./containers/icephys-recording.js";
export {
  Device,
  type DeviceOptions,
  NWBContainer,
  NWBDataInterface,
  Subject,
  type SubjectOptions,
} from "./containers/nwb-container.js";
export { NWBFile } from "./containers/nwb-file.js";
export type { NWBFileOptions } from "./containers/nwb-file-options.js";
export { ProcessingModule, type ProcessingModuleOptions } from "./containers/processing-module.js";
export { DynamicTableRegion, type DynamicTableRegionOptions } from "./containers/table-region.js";
export type {
  ColumnOptions,
  DynamicTableOptions,
  RowOptions,
  TableLink,
  TableRow,
} from "./containers/table-types.js";
export { TimeSeries, type TimeSeriesOptions } from "./containers/time-series.js";
export {
  type ColumnData,
  Data as DataContainer,
  ElementIdentifiers,
  EnumData,
  type EnumDataOptions,
  NWBData,
  VectorData,
  type VectorDataOptions,
  VectorIndex,
  type VectorIndexOptions,
} from "./containers/vector-data.js";
export type { Data } from "./data/data.js";
export { DataChunkIterator, type DataChunkIteratorOptions } from "./data/data-chunk-iterator.js";
export { type Compression, H5DataIO, type H5DataIOOptions } from "./data/h5-data-io.js";
export type { NwbDate, NwbDateInput } from "./dates.js";
export { NwbError, type NwbErrorOptions } from "./errors.js";
export type { ExportOptions } from "./export.js";
export { type IOOptions, NWBHDF5IO, type NwbWriteOptions } from "./io.js";
export type { FileOptions, IOMode } from "./io-target.js";
export { type BuildManager, getClass, getManager, type Namespace } from "./manager.js";
export { loadNamespaces } from "./specifications.js";
export { type ValidationEntry, validate } from "./validate.js";
