/** Progress of long copies on standard error: only when somebody watches, or asked for. */
import type { OnProgress } from "../index.js";
import type { Terminal } from "./terminal.js";
import { sizeText } from "./usage.js";

const EVERY_MS = 200;
// Shorter work is over before anybody wonders.
const QUIET_MS = 500;

/** A callback that shows bytes done, or undefined when nobody watches. */
export function progressOn(terminal: Terminal, what: string, forced: boolean): OnProgress | undefined {
  if (!terminal.interactive && !forced) return undefined;
  const started = performance.now();
  let shown = started + (forced ? 0 : QUIET_MS);
  return ({ done, total }) => {
    const now = performance.now();
    const finished = total !== undefined && done >= total;
    if (now - shown < EVERY_MS && !(forced && finished)) return;
    shown = now;
    const share =
      total === undefined || total === 0 ? "" : ` of ${sizeText(total)}, ${Math.floor((100 * done) / total)} %`;
    terminal.status(`${what}: ${sizeText(done)}${share}`);
  };
}
