/**
 * What a modem says when the networks that it is registered with change (27.007 §7.2, §10.1): only what the TE asked to be
 * told of, and in the form that it asked for.
 */
import { CELL } from './commands/network.ts'
import { COVERAGE_STAT, type Coverage } from './context.ts'
import { isServed } from './radio.ts'
import type { Settings } from './settings.ts'

/** The lines, without their ends. */
export function registrationLines(coverage: Coverage, { creg, flags }: Settings): readonly string[] {
  const stat = COVERAGE_STAT[coverage]
  const lines = (['+CREG', '+CGREG', '+CEREG'] as const).flatMap((name) =>
    creg[name] > 0 ? [`${name}: ${stat}${creg[name] === 2 && isServed(coverage) ? `,${CELL}` : ''}`] : [],
  )
  return (flags['+CIREG'] ?? '0') === '0' ? lines : [...lines, `+CIREGU: ${isServed(coverage) ? 1 : 0}`]
}
