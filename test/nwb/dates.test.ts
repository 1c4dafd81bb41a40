import { describe, expect, test } from "vitest";
import { givenDate, storedDate } from "../../src/nwb/dates.js";
import { NwbError } from "../../src/nwb/errors.js";

const PLACE = { neurodataType: "NWBFile", field: "session_start_time" };

describe("dates", () => {
  test("a text keeps its offset and its microseconds", () => {
    const date = givenDate("2024-01-02T03:04:05.678900-07:00", PLACE);
    expect(String(date)).toBe("2024-01-02T03:04:05.678900-07:00");
    expect(date.toDate().toISOString()).toBe("2024-01-02T10:04:05.678Z");
  });

  test("a Date is written in UTC, as Python writes it", () => {
    expect(givenDate(new Date("2017-04-03T11:00:00Z"), PLACE).text).toBe("2017-04-03T11:00:00+00:00");
    expect(givenDate(new Date("2017-04-03T11:00:00.125Z"), PLACE).text).toBe("2017-04-03T11:00:00.125000+00:00");
  });

  test("a date that was read can be given", () => {
    expect(givenDate(storedDate("2017-04-03T11:00:00+02:00"), PLACE).text).toBe("2017-04-03T11:00:00+02:00");
  });

  test.each([
    ["2017-04-03T11:00:00", "has no time zone"],
    ["2017-04-03", "is no ISO 8601 date and time"],
    ["yesterday", "is no ISO 8601 date and time"],
    ["2017-02-30T11:00:00Z", "is no day of the calendar"],
    ["2017-04-03T25:00:00Z", "is no time of day"],
    ["2017-04-03T11:00:00+99:00", "impossible offset"],
    [new Date(Number.NaN), "is an invalid Date"],
    [1_491_217_200, "expected a Date"],
  ])("%s is refused with what is wrong", (value, finding) => {
    expect(() => givenDate(value, PLACE)).toThrow(NwbError);
    expect(() => givenDate(value, PLACE)).toThrow(finding);
  });

  test("a text in a file that is no date is kept, and refused only when a Date is asked for", () => {
    const date = storedDate("yesterday");
    expect(date.text).toBe("yesterday");
    expect(() => date.toDate()).toThrow(NwbError);
  });
});
