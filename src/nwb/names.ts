/** Names: from the schema's snake_case to members of classes, and suggestions for names that are not there. */

/**
 * A name of PyNWB as it is here: each run of underscores before a letter or digit goes, and that character is raised.
 * `get_data_in_units` → `getDataInUnits`, `age__reference` → `ageReference`.
 */
export function memberName(name: string): string {
  return name.replace(/_+([A-Za-z0-9])/g, (_, next: string) => next.toUpperCase());
}

/** A type's name as a field: `TimeSeries` → `time_series`, `DfOverF` → `df_over_f`. */
export function fieldNameOfType(type: string): string {
  return type
    .replace(/(.)([A-Z][a-z]+)/g, "$1_$2")
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase();
}

/** The known name nearest to `name`, when it is near enough to be meant. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  const folded = name.toLowerCase().replaceAll("_", "");
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const candidate of known) {
    const distance = editDistance(folded, candidate.toLowerCase().replaceAll("_", ""));
    if (distance <= Math.max(1, Math.floor(folded.length / 3)) && distance < (best?.distance ?? Infinity)) {
      best = { name: candidate, distance };
    }
  }
  return best?.name;
}

/** `; did you mean "x"?`, or nothing. */
export function suggestion(name: string, known: Iterable<string>): string {
  const near = nearest(name, known);
  return near === undefined ? "" : `; did you mean ${JSON.stringify(near)}?`;
}

/** Insertions, deletions and replacements between two texts; names longer than this are not compared. */
const MAX_COMPARED = 64;

function editDistance(a: string, b: string): number {
  if (a.length > MAX_COMPARED || b.length > MAX_COMPARED) return Infinity;
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replace, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? Infinity;
}
