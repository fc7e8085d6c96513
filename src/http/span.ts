/** Spans of time in bodies: ISO 8601, taken within bounds, handed on in ms. */
import { z } from 'zod'
import { formatDuration, parseDuration } from '../domain/duration.ts'

/** A span like `PT15M`, as ms. */
export function span({ min, max }: { min: number; max: number }) {
  return z
    .string()
    .max(40)
    .transform((text, context) => {
      const ms = parseDuration(text)
      if (ms !== undefined && ms >= min && ms <= max) return ms
      const words = `Write a span from ${formatDuration(min)} to ${formatDuration(max)}, like PT15M or P1D.`
      context.addIssue({ code: 'custom', message: words })
      return z.NEVER
    })
}
