import type { create } from "h5ts";

export const ROWS: number;
export const COLUMNS: number;
export function expected(from: number, to: number, first: number, last: number): Float32Array;
export function slicesFile(make: typeof create): Promise<Uint8Array>;
