/** What the declarations promise: compiled by `npm run check:types`, never run. */
import { expectTypeOf } from "vitest";
import {
  type ArraySource,
  type Attribute,
  type BigIntArray,
  type Bytes,
  type CompoundData,
  create,
  type Dataset,
  type Datatype,
  type Driver,
  type Group,
  type Hdf5ChecksumError,
  type Hdf5Error,
  type Hdf5File,
  type Hdf5FormatError,
  type Hdf5NotFoundError,
  type Hdf5Object,
  isHdf5Error,
  type Link,
  type NamedDatatype,
  type NdArray,
  type NumberArray,
  type NumericArrays,
  open,
  type ReadResult,
  type Reference,
  type SelectionInput,
  type Unresolved,
  type Value,
  type VlenElement,
  type WritableDriver,
} from "../../src/index.js";

export async function opening(driver: Driver, writable: WritableDriver): Promise<void> {
  expectTypeOf(open("a.h5")).resolves.toEqualTypeOf<Hdf5File>();
  expectTypeOf(open(new URL("https://example.org/a.h5"))).resolves.toEqualTypeOf<Hdf5File>();
  expectTypeOf(open(new Blob([]))).resolves.toEqualTypeOf<Hdf5File>();
  expectTypeOf(open(driver, { mode: "r+", external: "deny" })).resolves.toEqualTypeOf<Hdf5File>();
  expectTypeOf(create()).resolves.toEqualTypeOf<Hdf5File>();
  expectTypeOf(create(writable)).resolves.toEqualTypeOf<Hdf5File>();
  // @ts-expect-error a driver that cannot be written is no target
  await create(driver);
  // @ts-expect-error there is no mode "w": that is `create`
  await open("a.h5", { mode: "w" });
}

export async function reading(dataset: Dataset, into: NumericArrays["int16"]): Promise<void> {
  const result = await dataset.read();
  expectTypeOf(result).toEqualTypeOf<ReadResult>();
  switch (result.kind) {
    case "number":
      expectTypeOf(result.data).toEqualTypeOf<NumberArray>();
      break;
    case "bigint":
      expectTypeOf(result.data).toEqualTypeOf<BigIntArray>();
      break;
    case "string":
      expectTypeOf(result.data).toEqualTypeOf<string[]>();
      break;
    case "bytes":
      expectTypeOf(result.data).toEqualTypeOf<Bytes>();
      break;
    case "reference":
      expectTypeOf(result.data).toEqualTypeOf<(Reference | null)[]>();
      break;
    case "compound":
      expectTypeOf(result.data).toEqualTypeOf<CompoundData>();
      break;
    case "vlen":
      expectTypeOf(result.data).toEqualTypeOf<VlenElement[]>();
      break;
    default:
      expectTypeOf(result).toEqualTypeOf<never>();
  }
  expectTypeOf(dataset.read([[0, 10], null, 3, { at: [1] }, [0, null, 2]])).resolves.toEqualTypeOf<ReadResult>();
  expectTypeOf(dataset.read(undefined, { as: "float64" })).resolves.toEqualTypeOf<NdArray<NumericArrays["float64"]>>();
  expectTypeOf(dataset.read([], { as: "int64" })).resolves.toEqualTypeOf<NdArray<NumericArrays["int64"]>>();
  expectTypeOf(dataset.read([], { as: "string" })).resolves.toEqualTypeOf<NdArray<string[]>>();
  expectTypeOf(dataset.read([], { into })).resolves.toEqualTypeOf<NdArray<NumericArrays["int16"]>>();
  expectTypeOf(dataset.read([], { raw: true })).resolves.toEqualTypeOf<NdArray<Bytes>>();
  // @ts-expect-error there is no such type of numbers
  await dataset.read([], { as: "float128" });
  // @ts-expect-error a range is an array of its own: [[0, 10]]
  const selection: SelectionInput = ["0", "10"];
  await dataset.read(selection);

  expectTypeOf(dataset.value()).resolves.toEqualTypeOf<Value>();
  expectTypeOf(dataset.value([], { as: "number" })).resolves.toEqualTypeOf<number>();
  expectTypeOf(dataset.value([], { as: "strings" })).resolves.toEqualTypeOf<string[]>();
  expectTypeOf(dataset.readMany([[0], [1]])).resolves.toEqualTypeOf<ReadResult[]>();
  expectTypeOf(dataset.readMany([[0]], { as: "uint8" })).resolves.toEqualTypeOf<NdArray<NumericArrays["uint8"]>[]>();
  for await (const block of dataset.stream())
    expectTypeOf(block).toEqualTypeOf<ReadResult & { readonly start: number }>();
  for await (const block of dataset.stream({ as: "float32" })) {
    expectTypeOf(block.data).toEqualTypeOf<NumericArrays["float32"]>();
    expectTypeOf(block.start).toEqualTypeOf<number>();
  }
  expectTypeOf<Dataset>().toExtend<ArraySource>();
}

export async function objects(file: Hdf5File, object: Hdf5Object): Promise<void> {
  if (object.kind === "group") expectTypeOf(object).toEqualTypeOf<Group>();
  else if (object.kind === "dataset") expectTypeOf(object).toEqualTypeOf<Dataset>();
  else expectTypeOf(object).toEqualTypeOf<NamedDatatype>();
  expectTypeOf(file.get("/a")).resolves.toEqualTypeOf<Hdf5Object>();
  expectTypeOf(file.find("/a")).resolves.toEqualTypeOf<Hdf5Object | undefined>();
  expectTypeOf(file.group("/a")).resolves.toEqualTypeOf<Group>();
  expectTypeOf(file.dataset("/a")).resolves.toEqualTypeOf<Dataset>();
  for await (const [path, entry] of file.root.visit()) {
    expectTypeOf(path).toEqualTypeOf<string>();
    expectTypeOf(entry).toEqualTypeOf<Hdf5Object | Unresolved>();
    if (entry.kind === "unresolved") expectTypeOf(entry.error).toEqualTypeOf<Hdf5Error>();
  }
  for await (const [, entry] of object.attrs.entries()) {
    if (entry.kind === "attribute") expectTypeOf(entry).toEqualTypeOf<Attribute>();
    else expectTypeOf(entry).toEqualTypeOf<Unresolved>();
  }
  expectTypeOf(object.attrs.get("a", { as: "string" })).resolves.toEqualTypeOf<string | undefined>();
  expectTypeOf(object.attrs.get("a", { as: "numbers" })).resolves.toEqualTypeOf<number[] | undefined>();
}

export function links(link: Link): void {
  if (link.kind === "hard") expectTypeOf(link.address).toEqualTypeOf<number>();
  else if (link.kind === "soft") expectTypeOf(link.target).toEqualTypeOf<string>();
  else if (link.kind === "external") expectTypeOf(link.file).toEqualTypeOf<string>();
  else expectTypeOf(link.value).toEqualTypeOf<Bytes>();
}

export function datatypes(datatype: Datatype): void {
  expectTypeOf(datatype.size).toEqualTypeOf<number>();
  if (datatype.kind === "string") expectTypeOf(datatype.length).toEqualTypeOf<number | "variable">();
  else if (datatype.kind === "compound")
    expectTypeOf(datatype.members[0]?.datatype).toEqualTypeOf<Datatype | undefined>();
  else if (datatype.kind === "enum") expectTypeOf(datatype.boolean).toEqualTypeOf<boolean>();
}

export function errors(error: unknown): void {
  if (isHdf5Error(error, "not-found")) expectTypeOf(error).toEqualTypeOf<Hdf5NotFoundError>();
  else if (isHdf5Error(error, "checksum")) expectTypeOf(error).toEqualTypeOf<Hdf5ChecksumError>();
  else if (isHdf5Error(error, "format")) expectTypeOf(error).toEqualTypeOf<Hdf5FormatError>();
  else if (isHdf5Error(error)) expectTypeOf(error).toEqualTypeOf<Hdf5Error>();
  // @ts-expect-error there is no such code
  isHdf5Error(error, "oops");
}

export async function references(file: Hdf5File, reference: Reference): Promise<void> {
  if (reference.kind === "object-reference") expectTypeOf(file.deref(reference)).resolves.toEqualTypeOf<Hdf5Object>();
  else if (reference.kind === "attribute-reference")
    expectTypeOf(file.deref(reference)).resolves.toEqualTypeOf<Attribute>();
  else expectTypeOf((await file.deref(reference)).dataset).toEqualTypeOf<Dataset>();
}

export async function writing(dataset: Dataset, group: Group): Promise<void> {
  await dataset.write([1, 2, 3]);
  await dataset.write({ data: new Float64Array(4), shape: [2, 2], stride: [2, 1] });
  await dataset.append([{ a: 1, b: "x" }]);
  await group.createDataset("a", { datatype: "float64be", shape: [1], maxShape: [null] });
  await group.attrs.set("a", new Map([["x", 1n]]));
  // @ts-expect-error a Date is no HDF5 value
  await dataset.write(new Date());
  // @ts-expect-error neither is undefined
  await group.attrs.set("a", undefined);
  // @ts-expect-error nor a function
  await dataset.append(() => 1);
  // @ts-expect-error what is not a type's name
  await group.createDataset("a", { datatype: "double", shape: [1] });
}
