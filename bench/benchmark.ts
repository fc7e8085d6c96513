/**
 * What a benchmark file exports. `bench/run.ts` finds every file in this folder that exports `benchmarks`.
 */

/** Measured values by name; the name ends in its unit (`perSecond`, `p50Ms`, `rssMb`). */
export type Measured = Readonly<Record<string, number>>

export interface Benchmark {
  /** Kebab-case, unique: `npm run bench -- NAME`. */
  readonly name: string
  /** What physics, the protocol or the design's goal would allow, under the names of the measured values. */
  readonly ideal: Measured
  /** Sets up, measures, cleans up after itself. Throws when it could not measure. */
  run(): Promise<Measured>
}
