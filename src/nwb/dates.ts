/** Dates of NWB: ISO 8601 texts with a time zone. A `Date` alone would lose the zone and the microseconds. */
import { NwbError } from "./errors.js";

/** A date as it is in the file. */
export interface NwbDate {
  /** The text as in the file. */
  readonly text: string;
  /** The moment, to the millisecond. @throws NwbError when the text is no ISO 8601 date with a time zone. */
  toDate(): Date;
  toString(): string;
}

/** What constructors take as a date. Text must have a time zone; a `Date` is written in UTC. */
export type NwbDateInput = Date | string | NwbDate;

const ISO = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(Z|z|[+-]\d{2}(?::?\d{2})?)?$/;

/** The date that a text in a file gives; the text is kept as it is. */
export function storedDate(text: string): NwbDate {
  return {
    text,
    toDate() {
      const time = parse(text);
      if (typeof time === "string") throw new NwbError(`date ${JSON.stringify(text)} ${time}`, { code: "date" });
      return new Date(time);
    },
    toString: () => text,
  };
}

/** @throws NwbError when the value is no valid date, or has no time zone. */
export function givenDate(value: unknown, place: { neurodataType: string; field: string }): NwbDate {
  const fail = (finding: string): never => {
    throw new NwbError(`${place.neurodataType} ${place.field}: ${finding}`, { code: "date", ...place });
  };
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) fail("is an invalid Date");
    const year = value.getUTCFullYear();
    if (year < 1 || year > 9999) fail(`is in the year ${year}, expected 1 to 9999`);
    return storedDate(isoText(value));
  }
  const text = typeof value === "string" ? value : isDate(value) ? value.text : undefined;
  if (text === undefined) return fail("expected a Date, or a text such as 2024-01-31T12:00:00+01:00");
  const time = parse(text);
  if (typeof time === "string") fail(`${JSON.stringify(text)} ${time}`);
  return storedDate(text);
}

export function isDate(value: unknown): value is NwbDate {
  return typeof value === "object" && value !== null && "text" in value && "toDate" in value;
}

/** As Python writes it: `+00:00`, fractions only when there are any. */
function isoText(date: Date): string {
  const iso = date.toISOString();
  const fraction = date.getUTCMilliseconds() === 0 ? "" : `${iso.slice(19, 23)}000`;
  return `${iso.slice(0, 19)}${fraction}+00:00`;
}

/** Milliseconds since 1970, or what is wrong with the text. */
function parse(text: string): number | string {
  const match = ISO.exec(text);
  if (match === null) return "is no ISO 8601 date and time";
  const [, year, month, day, hour, minute, second = "0", fraction = "0", zone] = match;
  if (zone === undefined) return "has no time zone; add Z or an offset such as +01:00";
  const [y, mo, d, h, mi, s] = [year, month, day, hour, minute, second].map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const date = new Date(0);
  date.setUTCFullYear(y, mo - 1, d);
  if (y < 1 || date.getUTCMonth() !== mo - 1 || date.getUTCDate() !== d) return "is no day of the calendar";
  if (h > 23 || mi > 59 || s > 59) return "is no time of day";
  const offset = zoneMinutes(zone);
  if (offset === undefined) return `has the impossible offset ${zone}`;
  return date.getTime() + ((h * 60 + mi - offset) * 60 + s) * 1000 + Math.floor(Number(`0.${fraction}`) * 1000);
}

function zoneMinutes(zone: string): number | undefined {
  if (zone === "Z" || zone === "z") return 0;
  const digits = zone.slice(1).replace(":", "");
  const [hours, minutes] = [Number(digits.slice(0, 2)), Number(digits.slice(2) || "0")];
  if (hours > 23 || minutes > 59) return undefined;
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes);
}
