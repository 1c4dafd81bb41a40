/** Is what was found what the index says must be found? */
import type { Entry } from "./entries.js";
import type { Failure, Outcome } from "./read-all.js";

/** Why an outcome is not as expected, one line each; none: it is. */
export function judge(entry: Entry, outcome: Outcome): string[] {
  const { expected, path } = entry;
  const { failures, contradictions } = outcome;
  const wrong = failures
    .filter(({ code }) => code === undefined)
    .map((failure) => `${show(failure)}, which is no error of the library`);
  wrong.push(...contradictions);
  // An error below the path or of its attributes is an error of what lies at the path.
  const own = failures.filter(({ where }) => isAt(where, path));
  switch (expected) {
    case "error":
      if (own.length === 0) wrong.push(`expected an error${at(path)}, found none`);
      break;
    case "policy":
      if (!own.some(({ code }) => code === "policy"))
        wrong.push(`expected a policy error${at(path)}, found ${list(own)}`);
      break;
    case "tolerated":
      // Links that lead nowhere or in a circle are listed, and fail only when they are followed.
      for (const failure of failures)
        if (!failure.followed) wrong.push(`expected it to be read, found ${show(failure)}`);
      if (path !== null && !outcome.pathRead && own.length === 0) wrong.push(`${path} was not read`);
      break;
    case "limit":
      for (const failure of own) {
        if (failure.code !== "limit") wrong.push(`expected data or a limit error, found ${show(failure)}`);
      }
      break;
    case "either":
      break;
    default:
      expected satisfies never;
  }
  return wrong;
}

function isAt(where: string, path: string | null): boolean {
  if (where === "" || path === null || path === "/") return true;
  return where === path || where.startsWith(`${path}@`) || where.startsWith(`${path}/`);
}

function at(path: string | null): string {
  return path === null ? "" : ` at ${path}`;
}

function list(failures: readonly Failure[]): string {
  return failures.length === 0 ? "none" : failures.map(show).join("; ");
}

function show({ where, call, message }: Failure): string {
  const line = message.replaceAll("\n", " ");
  return `${call} of ${where === "" ? "the file" : where}: ${line.length > 200 ? `${line.slice(0, 200)}…` : line}`;
}
