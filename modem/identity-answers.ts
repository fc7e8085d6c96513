/**
 * What a modem says of itself, on a line where others talk too. Answers without a prefix of their own (AT+CGMI, AT+CGSN)
 * cannot be told from what comes unasked between them (H1), and all that follows hangs on them: the profile, the
 * identity, the PIN's record. So such an answer is believed once it has come twice.
 */
import type { AtCommand } from './at/command.ts'
import { description, ICCID_QUERIES, iccid, imei } from './at/general.ts'
import { unlessRefused } from './refusal.ts'

type Ask = (command: AtCommand<readonly string[]>) => Promise<readonly string[]>

/** Times a question is put until two answers agree. Beyond it nothing is believed. */
const ASKS_MAX = 5

/** The line that two answers have in common; undefined where the modem refuses, says nothing twice, or never agrees. */
export async function saidTwice(ask: Ask, command: AtCommand<readonly string[]>): Promise<string | undefined> {
  const said = new Set<string>()
  let withoutLine = 0
  for (let asks = 0; asks < ASKS_MAX; asks += 1) {
    const lines = await unlessRefused(ask(command))
    if (lines === undefined && asks === 0) return undefined
    const again = lines?.find((line) => said.has(line))
    if (again !== undefined) return again
    for (const line of lines ?? []) said.add(line)
    if (lines === undefined || lines.length === 0) withoutLine += 1
    if (withoutLine > 1) return undefined
  }
  return undefined
}

/** The IMEI, under either of its commands. */
export async function tellImei(ask: Ask, timeoutMs: number): Promise<string | undefined> {
  return (await saidTwice(ask, imei('AT+CGSN', timeoutMs))) ?? (await saidTwice(ask, imei('AT+GSN', timeoutMs)))
}

/** The SIM's serial number, under the first of its commands that gives one. */
export async function tellIccid(ask: Ask, timeoutMs: number): Promise<string | undefined> {
  for (const text of ICCID_QUERIES) {
    const found = await saidTwice(ask, iccid(text, timeoutMs))
    if (found !== undefined) return found
  }
  return undefined
}

/** AT+CGMI, AT+CGMM or AT+CGMR. */
export function tellOf(
  ask: Ask,
  text: 'AT+CGMI' | 'AT+CGMM' | 'AT+CGMR',
  timeoutMs: number,
): Promise<string | undefined> {
  return saidTwice(ask, description(text, timeoutMs))
}
