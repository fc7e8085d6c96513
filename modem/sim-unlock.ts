/**
 * Gets past AT+CPIN? (27.007 §8.3): waits for a SIM that is busy, enters the PIN, says what a person must do. By itself
 * the last try is never spent: a PIN that was refused is never entered again, whoever restarts what; one that was never
 * answered only where the SIM tells that tries are left; and where it does not tell, every entry since it was last open
 * counts. A person's PIN comes before the kept one, that before the configured one; one of them in each start sequence.
 */
import { enterPin, type PinTriesWay, pinTries, pukTries, STANDARD_PIN_TRIES, simState } from './at/general.ts'
import { AtError } from './at/result.ts'
import { type ModemStatus, PinError, type SimLock } from './contract.ts'
import { tellIccid } from './identity-answers.ts'
import type { PinDesk, PinHanded } from './pin-desk.ts'
import type { PinStanding, SimIdentity } from './pin-record.ts'
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
  /** Which PINs there are, and what became of earlier entries. */
  desk: PinDesk
  imei: string | undefined
  /** How this module tells the tries that are left, besides the standard way. */
  triesWays: readonly PinTriesWay[]
  learn(facts: Partial<ModemStatus>): void
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
  // One that is handed in from now on belongs to the next sequence, which it begins.
  const { waiting } = use.desk
  const mine = () => (use.desk.waiting === waiting ? waiting : undefined)
  try {
    await untilOpen(steps, use, mine)
  } catch (error) {
    // A sequence that was called off or lost its line comes again and finds the person's PIN still waiting.
    if (error instanceof SimBarrier) mine()?.failed(new PinError('not-wanted', error.message))
    throw error
  }
  use.learn({ simLock: undefined })
  mine()?.failed(new PinError('not-wanted', 'the SIM is open already'))
}

type Given = () => PinHanded | undefined

async function untilOpen(steps: StartSteps, use: PinUse, given: Given): Promise<void> {
  const deadlineMs = steps.nowMs() + steps.timings.simReadyMs
  for (;;) {
    const state = await readSimState(steps)
    if (state === 'READY' || state === 'UNKNOWN' || state.endsWith('PIN2') || state.endsWith('PUK2')) {
      if (state === 'READY' && (await use.desk.record.hasEntries())) {
        await use.desk.record.opened(await identity(steps, use))
      }
      return
    }
    if (state === 'SIM PIN') {
      await usePin(steps, use, given())
    } else if (state !== 'ABSENT' && state !== 'BUSY' && state !== 'NOT READY') {
      throw await locked(steps, use, state, given())
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

/** Whose PIN it is decides what is said of it. */
type PinSource = 'given' | 'kept' | 'configured'

interface Candidate {
  source: PinSource
  pin: string
}

async function usePin(steps: StartSteps, use: PinUse, given: PinHanded | undefined): Promise<void> {
  const { desk } = use
  const sim = await identity(steps, use)
  const candidate = await candidateFor(sim, desk, given)
  const standing = await desk.record.standing(sim, candidate?.pin ?? '')
  const told = await triesLeft(steps, use.triesWays)
  const left = told ?? Math.max(0, TRIES_FULL - standing.entries)
  tellLock(use, sim, { wants: 'pin', triesLeft: left, isTold: told !== undefined })
  if (candidate === undefined) {
    throw new SimBarrier(
      'sim-locked',
      'the SIM asks for its PIN: hand it in, put it into the configuration, or switch it off',
    )
  }
  const objection = objectionTo(candidate, standing, told, left, given)
  if (objection !== undefined) {
    given?.failed(objection)
    throw new SimBarrier('sim-locked', objection.message)
  }
  await enter(steps, use, sim, candidate, given)
}

async function candidateFor(
  { iccid }: SimIdentity,
  { kept, configured }: PinDesk,
  given: PinHanded | undefined,
): Promise<Candidate | undefined> {
  if (given !== undefined) return { source: 'given', pin: given.pin }
  const own = iccid === undefined ? undefined : await kept?.of(iccid)
  if (own !== undefined) return { source: 'kept', pin: own }
  return configured === undefined ? undefined : { source: 'configured', pin: configured }
}

/** Why this PIN must not be entered; undefined: it may. */
function objectionTo(
  { source }: Candidate,
  { outcome }: PinStanding,
  told: number | undefined,
  left: number,
  given: PinHanded | undefined,
): PinError | undefined {
  if (outcome === 'refused') return new PinError('known-wrong', KNOWN_WRONG[source], told)
  if (given === undefined && told === undefined && outcome === 'unanswered')
    return new PinError('unanswered', `${UNANSWERED}: enter the PIN by hand`)
  if (left >= TRIES_LEFT_MIN || given?.lastTry === true) return undefined
  const certainly = told === undefined ? 'perhaps only ' : ''
  return new PinError('last-try', `${certainly}${left} PIN tries are left on the SIM: enter the PIN by hand`, told)
}

async function enter(
  steps: StartSteps,
  use: PinUse,
  sim: SimIdentity,
  { source, pin }: Candidate,
  given: PinHanded | undefined,
): Promise<void> {
  const { desk } = use
  const entry = await desk.record.entering(sim, pin)
  desk.take(given)
  try {
    await steps.run(enterPin(pin, steps.timings.slowCommandTimeoutMs))
  } catch (error) {
    if (!isRefusal(error)) {
      given?.failed(new PinError('unanswered', 'the PIN was entered, and the modem went away before it answered'))
      throw error
    }
    // Busy is no verdict on the PIN: the entry stays unanswered.
    if (error.class === 'not-ready') {
      given?.failed(new PinError('unanswered', 'the SIM was busy when the PIN was entered: look whether it is open'))
      return
    }
    await entry.refused()
    if (source === 'kept' && sim.iccid !== undefined) await desk.kept?.forget(sim.iccid)
    const isBlocked = (await readSimState(steps)) === 'SIM PUK'
    const told = isBlocked ? 0 : await triesLeft(steps, use.triesWays)
    const entries = (await desk.record.standing(sim, pin)).entries
    const left = told ?? Math.max(0, TRIES_FULL - entries)
    const more = isBlocked ? { pukTriesLeft: await pukTriesLeft(steps, use.triesWays) } : {}
    tellLock(use, sim, { wants: isBlocked ? 'puk' : 'pin', triesLeft: left, isTold: told !== undefined, ...more })
    const words = isBlocked ? `the SIM refused the PIN, and ${PUK}` : REFUSED[source]
    given?.failed(new PinError(isBlocked ? 'puk' : 'refused', words, told))
    throw new SimBarrier('sim-locked', words)
  }
  given?.accepted({ remembered: given.remember && (await keep(desk, sim, pin)) })
}

/** Whether it is kept. That it could not be is told, and no reason to keep the SIM closed. */
async function keep({ kept }: PinDesk, { iccid }: SimIdentity, pin: string): Promise<boolean> {
  if (kept === undefined || iccid === undefined) return false
  return kept.keep(iccid, pin).then(
    () => true,
    () => false,
  )
}

const BY_CONFIGURATION = 'which is not entered again: correct it in the configuration'
const REFUSED: Readonly<Record<PinSource, string>> = {
  given: 'the SIM refused the PIN that was handed in',
  kept: 'the SIM refused the PIN that was kept for it, which is forgotten: hand in the right one',
  configured: `the SIM refused the configured PIN, ${BY_CONFIGURATION}, or hand in the right one`,
}
const KNOWN_WRONG: Readonly<Record<PinSource, string>> = {
  ...REFUSED,
  given: 'the SIM has refused this PIN before, and it is not entered again',
}
const UNANSWERED =
  'the configured PIN was entered once and never answered, and the modem does not tell how many tries are left'
const PUK = 'the SIM is blocked and asks for its PUK: unblock it in a phone'

/** The SIM's own number may be read before it is open (TS 31.102), on most modules. */
async function identity(steps: StartSteps, use: PinUse): Promise<SimIdentity> {
  return { iccid: await tellIccid(steps.run.bind(steps), steps.timings.commandTimeoutMs), imei: use.imei }
}

function tellLock(use: PinUse, { iccid }: SimIdentity, simLock: SimLock): void {
  use.learn(iccid === undefined ? { simLock } : { simLock, iccid })
}

async function triesLeft(steps: StartSteps, ways: readonly PinTriesWay[]): Promise<number | undefined> {
  for (const way of [STANDARD_PIN_TRIES, ...ways]) {
    const left = await unlessRefused(steps.run(pinTries(way, steps.timings.commandTimeoutMs)))
    if (left !== undefined) return left
  }
  return undefined
}

async function pukTriesLeft(steps: StartSteps, ways: readonly PinTriesWay[]): Promise<number | undefined> {
  const { commandTimeoutMs } = steps.timings
  const asked = [
    pukTries(commandTimeoutMs),
    ...ways.flatMap(({ pukField, ...way }) =>
      pukField === undefined ? [] : [pinTries({ ...way, field: pukField }, commandTimeoutMs)],
    ),
  ]
  for (const command of asked) {
    const left = await unlessRefused(steps.run(command))
    if (left !== undefined) return left
  }
  return undefined
}

/** A state that no PIN of ours gets past. */
async function locked(
  steps: StartSteps,
  use: PinUse,
  state: string,
  given: PinHanded | undefined,
): Promise<SimBarrier> {
  const isPuk = state === 'SIM PUK'
  const simLock: SimLock = isPuk
    ? { wants: 'puk', triesLeft: 0, isTold: true, pukTriesLeft: await pukTriesLeft(steps, use.triesWays) }
    : { wants: 'other', triesLeft: undefined, isTold: false }
  use.learn({ simLock })
  const words = isPuk
    ? PUK
    : state === 'WRONG SIM'
      ? 'the modem refuses this SIM (locked to another operator?)'
      : `the SIM or the modem asks for ${state}: unlock it by hand`
  given?.failed(new PinError(isPuk ? 'puk' : 'not-wanted', words, isPuk ? 0 : undefined))
  return new SimBarrier('sim-locked', words)
}
