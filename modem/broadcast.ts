/**
 * Which cell broadcasts are wanted, and what their identifiers mean (3GPP TS 23.041 §9.4.1.2.2). Warnings have ids of
 * their own the world over; everything else is information of the operator's, off unless it is asked for.
 */
import { setting } from './at/command.ts'
import { unlessRefused } from './refusal.ts'
import type { StartSteps } from './start-steps.ts'

/** ETWS, and the public warnings of CMAS/WEA, EU-Alert and their kin. */
const WARNING_RANGES = '4352-4359,4370-4399'

export type BroadcastSeverity =
  | 'presidential' // national alert, EU-Alert level 1
  | 'extreme'
  | 'severe'
  | 'public-safety'
  | 'amber' // a missing child
  | 'earthquake'
  | 'tsunami'
  | 'other-emergency'
  | 'exercise'
  | 'test'
  | 'information'

/** Inclusive ranges; ids from 4383 on are the same alerts in other languages. */
const SEVERITIES: readonly (readonly [first: number, last: number, severity: BroadcastSeverity])[] = [
  [4352, 4352, 'earthquake'],
  [4353, 4354, 'tsunami'],
  [4355, 4355, 'test'],
  [4356, 4359, 'other-emergency'],
  [4370, 4370, 'presidential'],
  [4371, 4372, 'extreme'],
  [4373, 4378, 'severe'],
  [4379, 4379, 'amber'],
  [4380, 4380, 'test'],
  [4381, 4382, 'exercise'],
  [4383, 4383, 'presidential'],
  [4384, 4385, 'extreme'],
  [4386, 4391, 'severe'],
  [4392, 4392, 'amber'],
  [4393, 4393, 'test'],
  [4394, 4395, 'exercise'],
  [4396, 4397, 'public-safety'],
  [4398, 4399, 'test'],
]

/** What a message identifier says of its message. */
export function broadcastSeverity(messageId: number): BroadcastSeverity {
  return SEVERITIES.find(([first, last]) => messageId >= first && messageId <= last)?.[2] ?? 'information'
}

/** AT+CSCB=0 (27.005 §3.3.4): takes the warnings, and what else is wanted. Gives whether the modem will. */
export async function selectBroadcasts(steps: StartSteps, more: readonly number[]): Promise<boolean> {
  const ids = [WARNING_RANGES, ...more].join(',')
  const { commandTimeoutMs } = steps.timings
  for (const text of [`AT+CSCB=0,"${ids}",""`, `AT+CSCB=0,"${ids}"`]) {
    if (await unlessRefused(steps.run(setting(text, commandTimeoutMs)).then(() => true))) return true
  }
  return false
}
