/**
 * Hostile envelopes against a real account: `npm run bench -- signal-fuzz` plays 100,000 (`FUZZ=n` others, `FUZZ_SEED` from
 * another seed), counted by kind. Ideal: each is acknowledged, each is counted, and no honest message is lost or doubled.
 */
import type { Benchmark, Measured } from './benchmark.ts'
import { playHostileEnvelopes } from './hostile-envelopes.ts'

const MEBIBYTE = 2 ** 20

async function fuzz(): Promise<Measured> {
  const count = Number(process.env['FUZZ'] ?? 100_000)
  const { counts, hostile, acknowledged, honest, lostOrDoubled, seconds } = await playHostileEnvelopes(
    count,
    Number(process.env['FUZZ_SEED'] ?? 20_261_122),
  )
  const counted = Object.values(counts).reduce((sum, each) => sum + each, 0)
  return {
    hostile,
    unacknowledged: hostile - acknowledged,
    honest,
    lostOrDoubled,
    counted,
    ...Object.fromEntries(Object.entries(counts).map(([kind, value]) => [`counted:${kind}`, value])),
    envelopesPerSecond: Math.round((hostile + honest) / seconds),
    rssMb: Math.round(process.memoryUsage().rss / MEBIBYTE),
  }
}

export const benchmarks: readonly Benchmark[] = [
  { name: 'signal-fuzz', ideal: { unacknowledged: 0, lostOrDoubled: 0 }, run: fuzz },
]
