/** Bytes that come one after another, handed on in large pieces. */

const CAPACITY = 1 << 20;

export class ByteSink {
  readonly #take: (bytes: Uint8Array) => void;
  readonly #buffer = new Uint8Array(CAPACITY);
  readonly #view = new DataView(this.#buffer.buffer);
  #length = 0;

  constructor(take: (bytes: Uint8Array) => void) {
    this.#take = take;
  }

  flush(): void {
    if (this.#length > 0) this.#take(this.#buffer.slice(0, this.#length));
    this.#length = 0;
  }

  put(bytes: Uint8Array): void {
    if (bytes.length > CAPACITY) {
      this.flush();
      this.#take(bytes);
      return;
    }
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  u32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.#length, value, true);
    this.#length += 4;
  }

  /** An integer in two's complement. */
  integer(value: number | bigint, size: number): void {
    this.#reserve(size);
    if (typeof value === "number" && size <= 4) {
      for (let i = 0; i < size; i++) this.#buffer[this.#length + i] = Math.floor(value / 2 ** (8 * i)) & 0xff;
    } else {
      let rest = BigInt.asUintN(size * 8, BigInt(value));
      for (let i = 0; i < size; i++) {
        this.#buffer[this.#length + i] = Number(rest & 0xffn);
        rest >>= 8n;
      }
    }
    this.#length += size;
  }

  float(value: number, size: 2 | 4 | 8): void {
    this.#reserve(size);
    const at = this.#length;
    if (size === 2) this.#view.setUint16(at, halfBits(value), true);
    else if (size === 4) {
      if (Number.isNaN(value)) this.#view.setUint32(at, 0x7fc00000, true);
      else this.#view.setFloat32(at, value, true);
    } else if (Number.isNaN(value)) this.#view.setBigUint64(at, 0x7ff8000000000000n, true);
    else this.#view.setFloat64(at, value, true);
    this.#length += size;
  }

  #reserve(length: number): void {
    if (this.#length + length > CAPACITY) this.flush();
  }
}

/** binary16 of a value that is one exactly. */
function halfBits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude === Infinity) return sign | 0x7c00;
  if (magnitude < 2 ** -14) return sign | Math.round(magnitude * 2 ** 24);
  const exponent = Math.floor(Math.log2(magnitude));
  return sign | ((exponent + 15) << 10) | Math.round((magnitude / 2 ** exponent - 1) * 1024);
}
