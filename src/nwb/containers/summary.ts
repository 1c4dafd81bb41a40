/** A container as text: its type, name and fields, as far as they are short. */

import { HeldData, isArraySource } from "../data/held-data.js";
import { isDate } from "../dates.js";
import { isContainer, stateOf } from "./state.js";

const MAX_TEXT = 200;
const MAX_ITEMS = 10;

/** The lines that `String(container)` gives. */
export function summary(container: object): string {
  const { plan, name, fields } = stateOf(container);
  const lines = [`${name} ${plan.namespace}.${plan.type}`, "Fields:"];
  for (const [field, value] of [...fields].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const text = valueText(value);
    if (text !== undefined) lines.push(`  ${field}: ${text}`);
  }
  return lines.join("\n");
}

function valueText(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (isContainer(value)) return containerText(value);
  if (value instanceof Map) {
    if (value.size === 0) return undefined;
    return list(
      [...(value as Map<string, unknown>)].map(([name, each]) => `${name} ${typeText(each)}`),
      "{ ",
      " }",
    );
  }
  if (isDate(value)) return value.text;
  if (isArraySource(value)) return arrayText(value);
  if (Array.isArray(value)) return value.length === 0 ? undefined : list(value.map(itemText), "[ ", " ]");
  if (typeof value === "object") return "compound";
  return shortened(String(value));
}

function itemText(value: unknown): string {
  return isContainer(value) ? containerText(value) : isDate(value) ? value.text : shortened(String(value));
}

function containerText(value: object): string {
  return `${stateOf(value).name} ${typeText(value)}`;
}

function typeText(value: unknown): string {
  return isContainer(value) ? `<${stateOf(value).plan.type}>` : "";
}

function arrayText(value: { readonly shape: readonly number[] }): string {
  if (value instanceof HeldData && value.content.kind === "stream" && value.written === undefined)
    return "data to come";
  return `array of shape (${value.shape.join(", ")})`;
}

function list(items: readonly string[], open: string, close: string): string {
  const shown = items.slice(0, MAX_ITEMS);
  if (items.length > MAX_ITEMS) shown.push(`and ${items.length - MAX_ITEMS} more`);
  return `${open}${shown.join(", ")}${close}`;
}

function shortened(text: string): string {
  const line = text.replaceAll(/\s*\n\s*/g, " ");
  return line.length > MAX_TEXT ? `${line.slice(0, MAX_TEXT)}…` : line;
}
