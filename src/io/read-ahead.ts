/**
 * What to read beyond the metadata that was asked for, where a request costs much more than its bytes.
 *
 * Pages that lie near each other are read together. A lone read is extended to a span, which doubles while reads join
 * on to what is there already (a walk through metadata written one after another) and is halved when they do not, as
 * long as more than a quarter of what was read got used. A file that is small, or nearly read already, is read whole.
 */

/** Pages side by side. */
export interface PageRun {
  readonly first: number;
  readonly count: number;
  /** Whether they are used tells how long the next read shall be. */
  readonly counted?: boolean;
}

/** What is known of the file and its pages. */
export interface PageState {
  readonly pageSize: number;
  /** Pages of the file; `Infinity` while unknown. */
  readonly pages: number;
  /** Everything below a group is being asked for. */
  readonly walking: boolean;
  /** Is a page in memory, or on its way? */
  readonly isHere: (number: number) => boolean;
}

/** Sizes in bytes. */
export interface ReadAheadOptions {
  /** The first read of a file. */
  readonly firstBytes?: number | undefined;
  /** The shortest read. */
  readonly leastBytes?: number | undefined;
  /** The longest one that nobody asked for. */
  readonly mostBytes?: number | undefined;
  /** A file up to this size is read whole when everything below a group is asked for. */
  readonly wholeBytes?: number | undefined;
}

/** Everything below a group of a file up to this size … */
const WALKED_GAPS_UP_TO = 32 * 2 ** 20;
/** … is read with the gaps between, up to this length: a request more would take longer. */
const WALKED_GAP = 2 ** 20;

export interface ReadAhead {
  readonly firstBytes: number;
  /** A page of a counted run was asked for, for the first time. */
  used(): void;
  /** The reads that bring the absent pages, which are given in order. */
  plan(absent: readonly number[], state: PageState): readonly PageRun[];
}

/** Read ahead as suits files far away. */
export function readAhead(options: ReadAheadOptions = {}): ReadAhead {
  const {
    firstBytes = 256 * 1024,
    leastBytes = 64 * 1024,
    mostBytes = 4 * 2 ** 20,
    wholeBytes = 8 * 2 ** 20,
  } = options;
  let span = leastBytes;
  /** Pages of counted runs, and how many of them were asked for. */
  let read = 0;
  let used = 0;

  /** How long the next read shall be, given that it joins on to what is there or not. */
  function adapt(joins: boolean): void {
    if (!joins) span = Math.max(leastBytes, span / 2);
    else if (read === 0 || used * 4 > read) span = Math.min(mostBytes, span * 2);
  }

  /**
   * A run with the absent pages around it, up to `count` pages: those that follow, or those before where others follow.
   * Few pages that are here already do not end it.
   */
  function extended(run: PageRun, count: number, island: number, { isHere, pages }: PageState): PageRun {
    const { first } = run;
    let end = first + run.count;
    if (isHere(end) && !isHere(first - 1)) {
      let from = first;
      while (end - from < count && from > 0 && !isHere(from - 1)) from--;
      return { first: from, count: end - from };
    }
    for (let next = end; next - first < count && next < pages && next - end <= island; next++) {
      if (!isHere(next)) end = next + 1;
    }
    return { first, count: end - first };
  }

  /** All absent pages from the first to the last. */
  function rest({ isHere, pages }: PageState): PageRun {
    let first = 0;
    while (isHere(first)) first++;
    let end = pages;
    while (end > first + 1 && isHere(end - 1)) end--;
    return { first, count: end - first };
  }

  return {
    firstBytes,
    used() {
      used++;
    },
    plan(absent, state) {
      const { pageSize, pages, walking, isHere } = state;
      const size = pages * pageSize;
      if (size <= 2 * firstBytes || (walking && size <= wholeBytes)) return [rest(state)];
      const least = Math.max(1, leastBytes / pageSize);
      // What lies between will be asked for, too.
      const gap = walking && size <= WALKED_GAPS_UP_TO ? WALKED_GAP / pageSize : least;
      const runs = runsOf(absent, gap);
      adapt(runs.some(({ first, count }) => isHere(first - 1) || isHere(first + count)));
      // Many places at once are a level of a tree: each is as large as it is.
      const most = runs.length <= 2 ? Math.max(1, Math.floor(span / pageSize)) : least;
      const counted = runs.length <= 2 && runs.every(({ count }) => count < most);
      const planned: PageRun[] = [];
      let after = 0;
      for (const run of runs) {
        const { first, count } = extended(run, most, least, state);
        const from = Math.max(first, after);
        if (first + count <= from) continue;
        const longest = Math.max(1, Math.floor(mostBytes / pageSize));
        for (let at = from; at < first + count; at += longest) {
          planned.push({ first: at, count: Math.min(longest, first + count - at), counted });
        }
        if (counted) read += first + count - from;
        after = first + count;
      }
      return planned;
    },
  };
}

/** Sorted numbers as runs; those between which at most `gap` others lie are joined. */
export function runsOf(numbers: readonly number[], gap: number): PageRun[] {
  const runs: { first: number; count: number }[] = [];
  for (const number of numbers) {
    const last = runs[runs.length - 1];
    if (last !== undefined && number - (last.first + last.count) <= gap) last.count = number - last.first + 1;
    else runs.push({ first: number, count: 1 });
  }
  return runs;
}
