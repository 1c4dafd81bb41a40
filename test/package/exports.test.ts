import { readFileSync } from "node:fs";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { sourceText } from "./imports.js";

/** Names exported by an entry: values, and types with `type` before them. */
function exportsOf(entry: string): string[] {
  const source = ts.createSourceFile(entry, sourceText(entry), ts.ScriptTarget.ES2022, true);
  return source.statements
    .filter(ts.isExportDeclaration)
    .flatMap((statement) => {
      const clause = statement.exportClause;
      if (clause === undefined || !ts.isNamedExports(clause)) return ["*"];
      return clause.elements.map((element) => {
        const isType = statement.isTypeOnly || element.isTypeOnly;
        return `${isType ? "type " : ""}${element.name.text}`;
      });
    })
    .sort((a, b) => (a < b ? -1 : 1));
}

/** A list in lines of names, easy to compare. */
const lines = (names: readonly string[]): string => names.join(", ");

describe("the exports of", () => {
  test("h5ts", async () => {
    const names = exportsOf("index.ts");
    expect(lines(names.filter((name) => !name.startsWith("type ")))).toMatchInlineSnapshot(
      `"Hdf5ChecksumError, Hdf5DriverError, Hdf5Error, Hdf5ExistsError, Hdf5FilterError, Hdf5FormatError, Hdf5LimitError, Hdf5LinkError, Hdf5NotFoundError, Hdf5PolicyError, Hdf5StateError, Hdf5TruncatedError, Hdf5UnsupportedError, Hdf5UsageError, Hdf5ValueError, arrayType, check, columns, compoundType, copy, create, datatypeOf, deflate, enumType, hyperslab, isComplex, isHdf5Error, opaqueType, open, points, sameDatatype, scaleOffset, stringType, vlenType"`,
    );
    expect(lines(names.filter((name) => name.startsWith("type ")).map((name) => name.slice(5)))).toMatchInlineSnapshot(
      `"ArraySource, Attribute, AttributeReference, Attributes, BigIntArray, BitLayout, BlobLike, Bytes, ChunkInfo, CommonOptions, CompoundData, CopyOptions, CreateOptions, DataSelection, Dataset, DatasetSpec, Dataspace, Datatype, DatatypeInput, DatatypeName, Driver, ErrorCode, ErrorContext, ErrorTypes, ExternalContext, ExternalPolicy, FileHandleLike, FillInfo, Filter, FilterContext, FilterInfo, FilterInput, FilterSpec, Finding, FormatLocation, Group, Hdf5File, Hdf5Object, Hdf5Warning, Int64Policy, Layout, LimitName, Limits, Link, ListOptions, NamedDatatype, NdArray, NumberArray, NumericArrays, NumericName, ObjectBase, ObjectReference, OfArray, OnProgress, OpenOptions, ReadMethod, ReadOptions, ReadResult, Reference, RegionReference, RegularHyperslab, Row, SelectionEntry, SelectionInput, SideFile, Source, StateReason, Stats, StreamOptions, StringPadding, Target, Unresolved, Value, ValueMethod, ValueName, ValueOptions, ValueTypes, VlenElement, WritableDriver, WriteData, WriteOptions"`,
    );
    const entry = await import("../../src/index.js");
    expect(Object.keys(entry).sort()).toEqual(names.filter((name) => !name.startsWith("type ")).sort());
  });

  test("h5ts/drivers", () => {
    expect(lines(exportsOf("drivers/index.ts"))).toMatchInlineSnapshot(
      `"blobDriver, coreDriver, familyDriver, httpDriver, memoryDriver, multiDriver, multiMembers, nodeFileDriver, opfsDriver, readOnly, recording, s3Driver, splitDriver, splitMembers, type BlobLike, type BodyLike, type CacheOptions, type CoreDriver, type CoreOptions, type Driver, type DriverOperation, type FamilyDriver, type FamilyOptions, type FetchLike, type FileMode, type HttpOptions, type MemberMode, type MemoryDriver, type MultiDriver, type MultiMember, type MultiMode, type MultiOptions, type NodeFileDriver, type OpfsHandleLike, type Recorded, type ResponseLike, type RetryOptions, type S3Credentials, type S3Location, type S3Options, type SideFile, type SyncAccessHandleLike, type WritableDriver, type WritableFileLike, withCache, withConcurrency, withRetry"`,
    );
  });

  test("h5ts/filters", () => {
    expect(lines(exportsOf("filters/index.ts"))).toMatchInlineSnapshot(
      `"allFilters, bitshuffle, blosc, bzip2, deflateFilter, fletcher32Filter, lz4, lzf, lzo, nbitFilter, scaleOffsetFilter, shuffleFilter, szipFilter, type BitshuffleOptions, type BloscOptions, type Filter, type FilterContext, type FilterInfo, type FilterInput, type FilterSpec, zfp, zstd"`,
    );
  });

  test("h5ts/tools", () => {
    expect(lines(exportsOf("tools/index.ts"))).toMatchInlineSnapshot(
      `"join, repack, split, type CopyWatch, type JoinOptions, type RepackOptions, type SplitOptions"`,
    );
  });

  test("h5ts/testing", () => {
    expect(lines(exportsOf("testing/index.ts"))).toMatchInlineSnapshot(
      `"applyEdits, content, dataspace, datatype, faulty, file, mapFile, mutate, mutator, name, recording, selectionOf, storage, tree, type ArbitraryFile, type Content, type Edit, type Faults, type FileMap, type MappedData, type MappedField, type MappedStructure, type Mutation, type TreeNode, writeTree"`,
    );
  });

  test("h5ts/nwb", async () => {
    const entry = await import("../../src/nwb/index.js");
    expect(lines(Object.keys(entry).sort())).toMatchInlineSnapshot(
      `"AbstractContainer, DataChunkIterator, DataContainer, Device, DynamicTable, DynamicTableRegion, ElementIdentifiers, EnumData, H5DataIO, NWBContainer, NWBData, NWBDataInterface, NWBFile, NWBHDF5IO, NwbError, ProcessingModule, Subject, TimeSeries, VectorData, VectorIndex, getClass, getManager, loadNamespaces, validate"`,
    );
  });
});

test("package.json names these entries and nothing else", () => {
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    readonly exports: Readonly<Record<string, unknown>>;
  };
  expect(Object.keys(manifest.exports)).toEqual([
    ".",
    "./drivers",
    "./filters",
    "./tools",
    "./nwb",
    "./format",
    "./testing",
    "./package.json",
  ]);
});

test.each(["index.ts", "tools/index.ts", "nwb/index.ts", "testing/index.ts"])(
  "%s brings the types of disposable objects",
  (entry) => {
    expect(sourceText(entry).split("\n")[0]).toBe('/// <reference lib="esnext.disposable" preserve="true" />');
  },
);
