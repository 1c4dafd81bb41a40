/** `#platform` where there is no file system: the same names as platform-node.ts, each an error that says so. */
import { Hdf5UsageError } from "../errors.js";
import type { Driver, WritableDriver } from "./driver.js";
import type { FileMode, NodeFileDriver } from "./node-file.js";
import type { TemporaryFile } from "./node-files.js";

export type { TemporaryFile } from "./node-files.js";

/** Is there a file system? */
export const hasFileSystem: boolean = false;

function none(argument: string): never {
  throw new Hdf5UsageError(
    argument,
    "names a file, and this platform has no file system",
    "bytes, a Blob, a URL or a Driver",
  );
}

export async function nodeFileDriver(
  _target: string | { readonly fd: number; readonly name?: string | undefined },
  _options: { readonly mode?: FileMode | undefined } = {},
): Promise<NodeFileDriver> {
  return none("target");
}

export async function openPath(path: string, mode: "r"): Promise<Driver>;
export async function openPath(path: string, mode: FileMode): Promise<WritableDriver>;
export async function openPath(_path: string, _mode: FileMode): Promise<Driver> {
  return none("path");
}

export async function resolveInside(_dir: string, _name: string, _from?: string): Promise<string> {
  return none("dir");
}

export async function openInside(_dir: string, _name: string, _from?: string): Promise<Driver> {
  return none("dir");
}

export async function openInsideToWrite(
  _dir: string,
  _name: string,
  _from?: string,
  _options?: { readonly create?: boolean | undefined; readonly except?: string | undefined },
): Promise<WritableDriver> {
  return none("dir");
}

export async function temporaryBeside(_target: string): Promise<TemporaryFile> {
  return none("target");
}

export async function placeOf(_target: string): Promise<string> {
  return none("target");
}

export async function removeFile(_path: string): Promise<void> {
  none("path");
}

export async function renameFile(_from: string, _to: string): Promise<void> {
  none("path");
}

export async function exists(_path: string): Promise<boolean> {
  return none("path");
}

export function pathOfUrl(_url: URL): string {
  return none("url");
}

export function portable(path: string): string {
  return path;
}

export function basename(_path: string, _suffix?: string): string {
  return none("path");
}

export function dirname(_path: string): string {
  return none("path");
}

export function join(..._parts: string[]): string {
  return none("path");
}

export function relative(_from: string, _to: string): string {
  return none("path");
}

export function resolve(..._parts: string[]): string {
  return none("path");
}
