import { describe, expect, test } from "vitest";
import { fieldNameOfType, memberName, nearest } from "../../src/nwb/names.js";

describe("names", () => {
  test.each([
    ["get_data_in_units", "getDataInUnits"],
    ["axis_1_phase_map__field_of_view", "axis1PhaseMapFieldOfView"],
    ["age__reference", "ageReference"],
    ["timestamps", "timestamps"],
    ["source_electricalseries", "sourceElectricalseries"],
  ])("%s is %s as a member", (name, member) => {
    expect(memberName(name)).toBe(member);
  });

  test.each([
    ["TimeSeries", "time_series"],
    ["DfOverF", "df_over_f"],
    ["RoiResponseSeries", "roi_response_series"],
    ["CSRMatrix", "csr_matrix"],
    ["LFP", "lfp"],
  ])("type %s is the field %s", (type, field) => {
    expect(fieldNameOfType(type)).toBe(field);
  });

  test("the nearest name is suggested only when it is near", () => {
    const known = ["start_time", "stop_time", "tags"];
    expect(nearest("startTime", known)).toBe("start_time");
    expect(nearest("stop_tme", known)).toBe("stop_time");
    expect(nearest("location", known)).toBeUndefined();
  });
});
