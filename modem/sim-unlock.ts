/**
 * Gets past AT+CPIN? (27.007 §8.3): waits for a SIM that is busy, enters the PIN at most once, says what a person must do.
 * The last try is never spent, and a PIN whose entry did not end in OK is never entered again by this process.
 */
import { enterPin, PIN_TRIES_QUERIES, pinTries, simState } from './at/general.ts'
import { AtError } from './at/result.ts'
import { unlessRefused } from './refusal.ts'
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

/** Lives as long as the modem's entry: what became of its PIN. */
export interface PinMemory {
  state: 'untried' | 'spent' | 'accepted'
}

const TRIES_LEFT_MIN = 2

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
export async function unlockSim(steps: StartSteps, pin: string | undefined, memory: PinMemory): Promise<void> {
  const deadlineMs = steps.nowMs() + steps.timings.simReadyMs
  for (;;) {
    const state = await readSimState(steps)
    if (state === 'READY' || state === 'UNKNOWN' || state.endsWith('PIN2') || state.endsWith('PUK2')) return
    if (state === 'SIM PIN') {
      await usePin(steps, pin, memory)
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

async function usePin(steps: StartSteps, pin: string | undefined, memory: PinMemory): Promise<void> {
  if (pin === undefined) {
    throw new SimBarrier('sim-locked', 'the SIM asks for its PIN: put it into the configuration, or switch it off')
  }
  if (memory.state === 'spent') {
    throw new SimBarrier('sim-locked', 'the SIM did not accept the configured PIN: correct it, then restart')
  }
  const left = await triesLeft(steps)
  if (left !== undefined && left < TRIES_LEFT_MIN) {
    throw new SimBarrier('sim-locked', `${left} PIN tries are left on the SIM: enter the PIN by hand, in a phone`)
  }
  memory.state = 'spent'
  const entered = await unlessRefused(steps.run(enterPin(pin, steps.timings.slowCommandTimeoutMs)).then(() => true))
  if (entered !== true) {
    throw new SimBarrier('sim-locked', 'the SIM refused the configured PIN: correct it, then restart')
  }
  memory.state = 'accepted'
}

async function triesLeft(steps: StartSteps): Promise<number | undefined> {
  for (const way of PIN_TRIES_QUERIES) {
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
