/**
 * Gets past AT+CPIN? (27.007 §8.3): waits for a SIM that is busy, enters the PIN, says what a person must do. The last
 * try is never spent: a PIN that was refused is never entered again, whoever restarts what; one that was never answered
 * only where the SIM tells that tries are left; and where it does not tell, every entry since it was last open counts.
 */
import { enterPin, type PinTriesWay, pinTries, STANDARD_PIN_TRIES, simState } from './at/general.ts'
import { AtError } from './at/result.ts'
import { tellIccid } from './identity-answers.ts'
import type { PinRecord, SimIdentity } from './pin-record.ts'
import { isRefusal, unlessRefused } from './refusal.ts'
import type { StartSteps } from './start-steps.ts'

/** The SIM keeps the start sequence from going on. */
export class SimBarrier extends Error {
  readonly why: 'sim-locked' | 'no-sim'

  constructor(why: 'sim-locked' | 'no-sim', message: string) {
    super(message)
    this.name = 'SimBarrier'
    this.why = why
  }
}

export interface PinUse {
  pin: string | undefined
  /** What became of earlier entries. */
  record: PinRecord
  imei: string | undefined
  /** How this module tells the tries that are left, besides the standard way. */
  triesWays: readonly PinTriesWay[]
}

const TRIES_LEFT_MIN = 2
/** What a SIM gives after it was opened (TS 31.101). */
const TRIES_FULL = 3

/** SIM states as error codes, for modems that answer AT+CPIN? by an error. */
const STATE_BY_LABEL: ReadonlyMap<string, string> = new Map([
  ['cme-11', 'SIM PIN'],
  ['cms-311', 'SIM PIN'],
  ['cme-12', 'SIM PUK'],
  ['cms-316', 'SIM PUK'],
  ['cme-10', 'ABSENT'],
  ['cms-310', 'ABSENT'],
  ['cme-13', 'BUSY'],
  ['cms-313', 'BUSY'],
  ['cme-14', 'BUSY'],
  ['cms-314', 'BUSY'],
  ['cme-15', 'WRONG SIM'],
  ['cms-315', 'WRONG SIM'],
])

/** Resolves when the SIM is usable. Rejects with SimBarrier when a person must act, with AtError when the line breaks. */
export async function unlockSim(steps: StartSteps, use: PinUse): Promise<void> {
  const deadlineMs = steps.nowMs() + steps.timings.simReadyMs
  for (;;) {
    const state = await readSimState(steps)
    if (state === 'READY' || state === 'UNKNOWN' || state.endsWith('PIN2') || state.endsWith('PUK2')) {
      if (state === 'READY' && use.pin !== undefined) await use.record.opened(await identity(steps, use))
      return
    }
    if (state === 'SIM PIN') {
      await usePin(steps, use)
    } else if (state !== 'ABSENT' && state !== 'BUSY' && state !== 'NOT READY') {
      throw new SimBarrier('sim-locked', lockedReason(state))
    } else if (steps.nowMs() >= deadlineMs) {
      throw new SimBarrier('no-sim', state === 'ABSENT' ? 'no SIM in the modem' : 'the SIM does not get ready')
    }
    await steps.pause(steps.timings.notReadyRetryMs)
  }
}

async function readSimState(steps: StartSteps): Promise<string> {
  try {
    return await steps.run(simState(steps.timings.commandTimeoutMs))
  } catch (error) {
    if (!(error instanceof AtError) || !['cms', 'cme', 'error', 'garbled'].includes(error.kind)) throw error
    // A modem without AT+CPIN? has nothing to unlock.
    return STATE_BY_LABEL.get(error.label) ?? 'UNKNOWN'
  }
}

async function usePin(steps: StartSteps, use: PinUse): Promise<void> {
  const { pin, record } = use
  if (pin === undefined) {
    throw new SimBarrier('sim-locked', 'the SIM asks for its PIN: put it into the configuration, or switch it off')
  }
  const sim = await identity(steps, use)
  const { outcome, entries } = await record.standing(sim, pin)
  if (outcome === 'refused') throw new SimBarrier('sim-locked', REFUSED)
  const told = await triesLeft(steps, use.triesWays)
  if (told === undefined && outcome === 'unanswered') {
    throw new SimBarrier('sim-locked', `${UNANSWERED}: enter the PIN by hand, in a phone or as AT command`)
  }
  const left = told ?? TRIES_FULL - entries
  if (left < TRIES_LEFT_MIN) {
    const certainly = told === undefined ? 'perhaps only ' : ''
    throw new SimBarrier(
      'sim-locked',
      `${certainly}${left} PIN tries are left on the SIM: enter the PIN by hand, in a phone`,
    )
  }
  const entry = await record.entering(sim, pin)
  try {
    await steps.run(enterPin(pin, steps.timings.slowCommandTimeoutMs))
  } catch (error) {
    if (!isRefusal(error)) throw error
    // Busy is no verdict on the PIN: the entry stays unanswered.
    if (error.class === 'not-ready') return
    await entry.refused()
    throw new SimBarrier('sim-locked', REFUSED)
  }
}

const REFUSED = 'the SIM refused the configured PIN, which is not entered again: correct it in the configuration'
const UNANSWERED =
  'the configured PIN was entered once and never answered, and the modem does not tell how many tries are left'

/** The SIM's own number may be read before it is open (TS 31.102), on most modules. */
async function identity(steps: StartSteps, use: PinUse): Promise<SimIdentity> {
  return { iccid: await tellIccid(steps.run.bind(steps), steps.timings.commandTimeoutMs), imei: use.imei }
}

async function triesLeft(steps: StartSteps, ways: readonly PinTriesWay[]): Promise<number | undefined> {
  for (const way of [STANDARD_PIN_TRIES, ...ways]) {
    const left = await unlessRefused(steps.run(pinTries(way, steps.timings.commandTimeoutMs)))
    if (left !== undefined) return left
  }
  return undefined
}

function lockedReason(state: string): string {
  if (state === 'SIM PUK') return 'the SIM is blocked and asks for its PUK: unblock it in a phone'
  if (state === 'WRONG SIM') return 'the modem refuses this SIM (locked to another operator?)'
  return `the SIM or the modem asks for ${state}: unlock it by hand`
}
