/**
 * Hostile streams against the AT channel: typed errors only, in bounded memory. `HOSTILE_STREAMS=1000000 npm run bench --
 * hostile` is the long run of a release, `HOSTILE_FROM` its first seed; a failure names the seed that shows it.
 */
import { performance } from 'node:perf_hooks'
import type { Benchmark } from './benchmark.ts'
import { emptyTally, playHostileStream } from './hostile-streams.ts'

const STREAMS = Number(process.env['HOSTILE_STREAMS'] ?? 20_000)
const FROM = Number(process.env['HOSTILE_FROM'] ?? 1)
/** Until the code is compiled and the heap has its working size. */
const WARM_UP_STREAMS = 5_000
const MEBIBYTE = 2 ** 20

async function hostile() {
  const tally = emptyTally()
  for (let seed = FROM; seed < FROM + Math.min(WARM_UP_STREAMS, STREAMS); seed++) await playHostileStream(seed, tally)
  const atStart = process.memoryUsage().rss
  let rssMax = atStart
  const startMs = performance.now()
  const before = tally.streams
  for (let seed = FROM + before; seed < FROM + STREAMS; seed++) {
    await playHostileStream(seed, tally)
    if (seed % 1_000 === 0) rssMax = Math.max(rssMax, process.memoryUsage().rss)
  }
  const seconds = (performance.now() - startMs) / 1_000
  const { commands, timersMax, ...counts } = tally
  const ends = Object.fromEntries([...commands].map(([how, count]) => [`ended:${how}`, count]))
  return {
    ...counts,
    ...ends,
    untyped: commands.get('untyped') ?? 0,
    timersMax,
    rssMb: Math.round(rssMax / MEBIBYTE),
    rssGrowthMb: Math.round((rssMax - atStart) / MEBIBYTE),
    streamsPerSecond: Math.round((tally.streams - before) / seconds),
  }
}

export const benchmarks: readonly Benchmark[] = [
  { name: 'hostile-streams', ideal: { untyped: 0, rssGrowthMb: 0 }, run: hostile },
]
