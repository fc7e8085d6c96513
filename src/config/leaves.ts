/** Values of the configuration that several of its sections have, from text to what they mean. */
import { z } from 'zod'
import { parseDuration } from '../domain/duration.ts'

export const text = z.string()

export const flag = z.enum(['true', 'false']).transform((value) => value === 'true')

export const url = z.string().refine((value) => URL.canParse(value) && /^https?:/.test(value), {
  message: 'write an http:// or https:// address',
})

export const count = z
  .string()
  .refine((value) => /^[1-9]\d{0,6}$/.test(value), { message: 'write a number, 1 or more' })
  .transform(Number)

const UNITS: Readonly<Record<string, number>> = { '': 1, KB: 1_000, MB: 1_000_000, GB: 1_000_000_000 }

export const size = z.string().transform((value, context) => {
  const match = /^([1-9]\d{0,11}) ?(|KB|MB|GB)$/.exec(value)
  const octets = Number(match?.[1]) * (UNITS[match?.[2] ?? ''] ?? Number.NaN)
  if (Number.isSafeInteger(octets)) return octets
  context.addIssue({ code: 'custom', message: 'write a size like 500KB, 100MB or 2GB' })
  return z.NEVER
})

export const duration = z.string().transform((value, context) => {
  const ms = parseDuration(value)
  if (ms !== undefined && ms > 0) return ms
  context.addIssue({ code: 'custom', message: 'write a span like PT15M, P1D, 15m or 2h30m' })
  return z.NEVER
})
