/** Copies of bytes. */

/** Bytes with a buffer of their own, for compilers old and new. */
type Bytes = ReturnType<Uint8ArrayConstructor["of"]>;

/** A copy of [from, to). `slice` will not do: that of Node's Buffer, which callers and drivers may give, copies nothing. */
export function copyOf(bytes: Uint8Array, from = 0, to: number = bytes.length): Bytes {
  return new Uint8Array(bytes.subarray(from, to));
}
