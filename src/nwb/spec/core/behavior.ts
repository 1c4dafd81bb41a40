/** Behaviour. Schema: core 2.7.0, nwb.behavior. */
import { attribute, dataset, groupsOf, groupType, source } from "../declare.js";
import type { SourceSpec } from "../types.js";
import { CONTINUITY, CONVERSION, OFFSET, RESOLUTION } from "./series-attributes.js";

export const behavior: SourceSpec = /* @__PURE__ */ source("nwb.behavior", () => ({
  groups: [
    groupType("SpatialSeries", "TimeSeries", "Position or direction over time in a frame of reference.", {
      datasets: [
        dataset("data", "Position or direction: one to three coordinates per time.", {
          dtype: "numeric",
          shape: [[null], [null, 1], [null, 2], [null, 3]],
          dims: [["num_times"], ["num_times", "x"], ["num_times", "x,y"], ["num_times", "x,y,z"]],
          attributes: [
            attribute("unit", "text", "Unit of the values after conversion.", { defaultValue: "meters" }),
            CONVERSION,
            OFFSET,
            RESOLUTION,
            CONTINUITY,
          ],
        }),
        dataset("reference_frame", "Where zero is and which way the axes point.", { dtype: "text", quantity: "?" }),
      ],
    }),
    groupType("BehavioralEpochs", "NWBDataInterface", "Spans of behaviour, such as running or resting.", {
      defaultName: "BehavioralEpochs",
      groups: [groupsOf("IntervalSeries", "*", "Starts and ends of the spans.")],
    }),
    groupType("BehavioralEvents", "NWBDataInterface", "Single events of behaviour, such as licks or rewards.", {
      defaultName: "BehavioralEvents",
      groups: [groupsOf("TimeSeries", "*", "The events.")],
    }),
    groupType("BehavioralTimeSeries", "NWBDataInterface", "Continuous measures of behaviour.", {
      defaultName: "BehavioralTimeSeries",
      groups: [groupsOf("TimeSeries", "*", "The measures.")],
    }),
    groupType("PupilTracking", "NWBDataInterface", "Size of the pupil.", {
      defaultName: "PupilTracking",
      groups: [groupsOf("TimeSeries", "+", "Pupil size over time.")],
    }),
    groupType("EyeTracking", "NWBDataInterface", "Direction of gaze.", {
      defaultName: "EyeTracking",
      groups: [groupsOf("SpatialSeries", "*", "Direction over time.")],
    }),
    groupType("CompassDirection", "NWBDataInterface", "Heading of the subject as an angle.", {
      defaultName: "CompassDirection",
      groups: [groupsOf("SpatialSeries", "*", "Angle over time, in radians or degrees.")],
    }),
    groupType("Position", "NWBDataInterface", "Position of the subject along one to three axes.", {
      defaultName: "Position",
      groups: [groupsOf("SpatialSeries", "+", "Position over time.")],
    }),
  ],
}));
