/** IEEE binary16 and bfloat16 by hand: Node 20 has no Float16Array. */

/** A binary16's value. */
export function halfValue(bits: number): number {
  const power = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  let value: number;
  if (power === 0) value = fraction * 2 ** -24;
  else if (power === 31) value = fraction === 0 ? Number.POSITIVE_INFINITY : Number.NaN;
  else value = (1024 + fraction) * (POWERS[power] as number); // 0 to 31
  return bits & 0x8000 ? -value : value;
}

/** 2^(power − 25), the unit of a binary16 with this exponent field. */
const POWERS: Float64Array = /* @__PURE__ */ Float64Array.from({ length: 32 }, (_, power) => 2 ** (power - 25));

/** The binary16 nearest to a number, ties to even; too large ones are infinite. */
export function halfBits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude >= 65_520) return sign | 0x7c00; // halfway to 2^16, and beyond
  if (magnitude < 2 ** -14) return sign | roundEven(magnitude * 2 ** 24); // may carry into the least normal one
  let power = 0;
  let unit = 2 ** -10;
  for (let scaled = magnitude; scaled >= 2; scaled /= 2) {
    power++;
    unit *= 2;
  }
  for (let scaled = magnitude; scaled < 1; scaled *= 2) {
    power--;
    unit /= 2;
  }
  const fraction = roundEven(magnitude / unit); // 1024 to 2048; exact, because the unit is a power of two
  return sign | (((power + 14) << 10) + fraction);
}

function roundEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
