/** With H5TS_SEED set all properties start from that seed: what CI says is then about the change, not about luck. */
const seed = process.env.H5TS_SEED;
if (seed !== undefined) {
  const { default: fc } = await import("fast-check");
  fc.configureGlobal({ seed: Number(seed) });
}

export {};
