/// <reference lib="esnext.disposable" preserve="true" />
/** h5ts: read and write HDF5. */
export { create } from "./api/create.js";
export { open } from "./api/open.js";
export type {
  BlobLike,
  CommonOptions,
  CopyOptions,
  CreateOptions,
  DatasetSpec,
  ExternalContext,
  ExternalPolicy,
  FileHandleLike,
  Hdf5Warning,
  Int64Policy,
  Layout,
  Limits,
  ListOptions,
  OnProgress,
  OpenOptions,
  ReadOptions,
  Source,
  StreamOptions,
  Target,
  ValueOptions,
  WriteOptions,
} from "./api/options.js";
export type {
  ArraySource,
  Attribute,
  Attributes,
  BigIntArray,
  BitLayout,
  Bytes,
  ChunkInfo,
  Dataset,
  Dataspace,
  Datatype,
  FillInfo,
  Finding,
  Group,
  Hdf5File,
  Hdf5Object,
  Link,
  NamedDatatype,
  NumberArray,
  NumericArrays,
  NumericName,
  ObjectBase,
  OfArray,
  ReadMethod,
  Stats,
  StringPadding,
  Unresolved,
  ValueMethod,
} from "./api/types.js";
export { check, copy } from "./api/whole-file.js";
export {
  arrayType,
  compoundType,
  datatypeOf,
  enumType,
  isComplex,
  opaqueType,
  sameDatatype,
  stringType,
  vlenType,
} from "./datatypes/builders.js";
export { columns } from "./datatypes/columns-builder.js";
export type { DatatypeInput, DatatypeName } from "./datatypes/datatype-input.js";
export type {
  AttributeReference,
  CompoundData,
  NdArray,
  ObjectReference,
  ReadResult,
  Reference,
  RegionReference,
  Row,
  Value,
  ValueName,
  ValueTypes,
  VlenElement,
  WriteData,
} from "./datatypes/values.js";
export type { Driver, SideFile, WritableDriver } from "./drivers/driver.js";
export {
  type ErrorCode,
  type ErrorContext,
  type ErrorTypes,
  type FormatLocation,
  Hdf5ChecksumError,
  Hdf5DriverError,
  Hdf5Error,
  Hdf5ExistsError,
  Hdf5FilterError,
  Hdf5FormatError,
  Hdf5LimitError,
  Hdf5LinkError,
  Hdf5NotFoundError,
  Hdf5PolicyError,
  Hdf5StateError,
  Hdf5TruncatedError,
  Hdf5UnsupportedError,
  Hdf5UsageError,
  Hdf5ValueError,
  isHdf5Error,
  type LimitName,
  type StateReason,
} from "./errors.js";
export { deflate, scaleOffset } from "./filters/builders.js";
export type { Filter, FilterContext, FilterInfo, FilterInput, FilterSpec } from "./filters/filter.js";
export { hyperslab, points } from "./selection/builders.js";
export type { DataSelection, RegularHyperslab, SelectionEntry, SelectionInput } from "./selection/selection.js";
