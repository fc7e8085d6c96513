/**
 * The life of one modem as a pure function: state and event in, state and effects out. `living.ts` carries the effects
 * out and feeds their results back; no timers and no I/O in here.
 *
 *   stopped ─start─▶ opening ─opened─▶ starting ─started─▶ running
 *                      ▲  │ failed        │ SIM, identity     │ lost, rebooted, silent
 *                      │  ▼               ▼                   ▼
 *                     waiting ◀────── held (looked at again)  start again, or the next step of `ladder.ts`
 *                                                             lent ─returned─▶ opening
 */
import type { HealStep, Trouble } from './contract.ts'
import { climb, counted, descend, type Healing, type Ladder, NEW_LADDER, remembering, withdrawn } from './ladder.ts'
import type { ModemTimings } from './timings.ts'

export type Phase =
  | 'stopped'
  | 'opening'
  | 'waiting' // the port is closed until the back-off has elapsed
  | 'starting' // open, the start sequence runs
  | 'held' // open, but a person must act; looked at again by and by
  | 'running'
  | 'cycling' // AT+CFUN=4 and AT+CFUN=1 are on their way
  | 'restarting' // the module's restart is on its way
  | 'replugging' // closed, its USB port is being switched off and on
  | 'lent' // closed, somebody else works on the port for a while

export interface Life {
  phase: Phase
  /** The state to show while `opening`, `waiting` or `held`. */
  heldAs: 'absent' | 'starting' | 'sim-locked' | 'no-sim' | 'failed'
  reason: string
  registered: boolean
  resyncing: boolean
  /** All of these in a row, set back by success. */
  openFailures: number
  startFailures: number
  timeouts: number
  pollFailures: number
  /** How often the port was lent. */
  loan: number
  /** The port was closed before the module could be told to restart: do so once it is open. */
  restartOnceOpen: boolean
  /** Until then silence is no wonder: the module was restarted. */
  rebootUntilMs: number
  /** Since when polling finds no network, or no signal though there was one before. */
  unregisteredSinceMs: number | undefined
  signalLostSinceMs: number | undefined
  signalWasTold: boolean
  /** What is known of too low a supply, in words. */
  powerProblem: string | undefined
  ladder: Ladder
}

export type StartFailure = 'sim-locked' | 'no-sim' | 'unusable' | 'no-answer'

export type LifeEvent =
  | { kind: 'start' }
  | { kind: 'stop' }
  | { kind: 'opened' }
  | { kind: 'open-failed'; reason: string }
  | { kind: 'started' }
  | { kind: 'start-failed'; why: StartFailure; reason: string }
  /** The pipe has ended: `port` by itself (unplugged), `step` because the modem did not answer any more. */
  | { kind: 'lost'; cause: 'port' | 'step'; reason: string }
  /** A boot line, settings that have changed back, a SIM that came or went: everything must be set up anew. */
  | { kind: 'unsettled'; reason: string }
  | { kind: 'registration'; registered: boolean }
  | { kind: 'resyncing'; active: boolean }
  | { kind: 'timed-out' }
  | { kind: 'answered' }
  /** A whole round of polling was answered; whether the modem told a signal strength. */
  | { kind: 'polled'; signal: boolean }
  | { kind: 'poll-failed'; reason: string }
  | { kind: 'elapsed' }
  | { kind: 'reset-requested' }
  | { kind: 'restarted' }
  | { kind: 'radio-cycled' }
  /** Somebody wants the port for themselves, and nothing is under way on it. */
  | { kind: 'lent' }
  /** They have done with it; `loan` says which time that was. */
  | { kind: 'returned'; loan: number }
  /** `problem`: why the USB port could not be switched. */
  | { kind: 'replugged'; problem: string | undefined }
  /** The port of a modem that was given up has gone: a person replugs it. */
  | { kind: 'port-gone' }
  | { kind: 'under-voltage'; words: string }
  /** An earlier process knew something of this modem. */
  | { kind: 'remembered'; healing: Healing }

export type Effect =
  | { do: 'open' }
  | { do: 'close'; reason: string }
  | { do: 'start-sequence' }
  /** Feed `elapsed` after `delayMs`; takes the place of an earlier wait. */
  | { do: 'wait'; delayMs: number }
  | { do: 'cancel-wait' }
  | { do: 'restart-module' }
  | { do: 'cycle-radio' }
  | { do: 'replug-usb' }
  /** Feed `port-gone` when the port has gone; called off by `cancel-wait`. */
  | { do: 'watch-port' }

export interface Step {
  life: Life
  effects: readonly Effect[]
}

export const NEW_LIFE: Life = {
  phase: 'stopped',
  heldAs: 'absent',
  reason: 'not started',
  registered: false,
  resyncing: false,
  openFailures: 0,
  startFailures: 0,
  timeouts: 0,
  pollFailures: 0,
  loan: 0,
  restartOnceOpen: false,
  rebootUntilMs: 0,
  unregisteredSinceMs: undefined,
  signalLostSinceMs: undefined,
  signalWasTold: false,
  powerProblem: undefined,
  ladder: NEW_LADDER,
}

/** One step of the life. Events that mean nothing in a phase leave everything as it is. */
export function transition(life: Life, event: LifeEvent, nowMs: number, timings: ModemTimings): Step {
  switch (event.kind) {
    case 'start':
      return life.phase === 'stopped' ? open({ ...NEW_LIFE, ladder: life.ladder, loan: life.loan }) : same(life)
    case 'stop':
      return life.phase === 'stopped'
        ? same(life)
        : step({ ...life, phase: 'stopped', heldAs: 'absent', reason: 'stopped' }, [
            { do: 'cancel-wait' },
            { do: 'close', reason: 'the modem was stopped' },
          ])
    case 'opened':
      return life.phase === 'opening' ? opened(life, nowMs, timings) : same(life)
    case 'open-failed':
      return life.phase === 'opening'
        ? closedFor(life, event.reason, backOffMs(life.openFailures, timings), { openFailures: life.openFailures + 1 })
        : same(life)
    case 'started':
      return life.phase === 'starting'
        ? step({ ...life, phase: 'running', reason: '', timeouts: 0, pollFailures: 0, openFailures: 0 }, [
            { do: 'cancel-wait' },
          ])
        : same(life)
    case 'start-failed':
      return life.phase === 'starting' ? startFailed(life, event.why, event.reason, nowMs, timings) : same(life)
    case 'lost':
      return isOpen(life) ? lost(life, event, nowMs, timings) : same(life)
    case 'unsettled':
      return isOpen(life) && life.phase !== 'restarting' && life.phase !== 'cycling'
        ? startSequence(life, event.reason)
        : same(life)
    case 'registration':
      return step({ ...life, registered: event.registered }, [])
    case 'resyncing':
      return step(
        {
          ...life,
          resyncing: event.active,
          ladder: event.active ? counted(life.ladder, overdue(nowMs)) : life.ladder,
        },
        [],
      )
    case 'timed-out':
      return timedOut(life, nowMs, timings)
    case 'answered':
      return life.timeouts === 0 ? same(life) : step({ ...life, timeouts: 0 }, [])
    case 'polled':
      return life.phase === 'running' ? polled(life, event.signal, nowMs, timings) : same(life)
    case 'poll-failed':
      return life.phase === 'running' ? pollFailed(life, event.reason, nowMs, timings) : same(life)
    case 'lent':
      return life.phase === 'running' ? lent(life, timings) : same(life)
    case 'returned':
      return life.phase === 'lent' && event.loan === life.loan ? takenBack(life, nowMs, timings) : same(life)
    case 'elapsed':
      return life.phase === 'lent' ? takenBack(life, nowMs, timings) : elapsed(life)
    case 'reset-requested':
      return isOpen(life)
        ? restart(life, 'restarted on request', nowMs, timings)
        : life.phase === 'waiting'
          ? open(life)
          : same(life)
    case 'restarted':
      return life.phase === 'restarting'
        ? closedFor(life, life.reason, timings.afterHardResetMs, {}, 'the module was told to restart')
        : same(life)
    case 'radio-cycled':
      return life.phase === 'cycling' ? startSequence(life, life.reason) : same(life)
    case 'replugged':
      return life.phase === 'replugging' ? replugged(life, event.problem, nowMs, timings) : same(life)
    case 'port-gone':
      return life.phase === 'waiting' && life.heldAs === 'failed' ? open(life) : same(life)
    case 'under-voltage':
      return step({ ...life, powerProblem: event.words }, [])
    case 'remembered':
      return step({ ...life, ladder: remembering(life.ladder, event.healing) }, [])
  }
}

function overdue(nowMs: number): HealStep {
  return { step: 'resync', code: 'unanswered', reason: 'an answer was overdue', atMs: nowMs }
}

/** Back-off before the port is tried again: doubling, bounded. */
function backOffMs(failures: number, timings: ModemTimings): number {
  return Math.min(timings.reopenMaxMs, timings.reopenFirstMs * 2 ** Math.min(failures, 20))
}

function isOpen(life: Life): boolean {
  return ['starting', 'held', 'running', 'cycling', 'restarting'].includes(life.phase)
}

function same(life: Life): Step {
  return { life, effects: [] }
}

function step(life: Life, effects: readonly Effect[]): Step {
  return { life, effects }
}

function open(life: Life): Step {
  return step({ ...life, phase: 'opening', reason: life.reason === '' ? 'opening the port' : life.reason }, [
    { do: 'cancel-wait' },
    { do: 'open' },
  ])
}

function opened(life: Life, nowMs: number, timings: ModemTimings): Step {
  return life.restartOnceOpen
    ? restart({ ...life, restartOnceOpen: false }, life.reason, nowMs, timings)
    : startSequence(life, 'the port is open')
}

function startSequence(life: Life, reason: string): Step {
  return step({ ...life, phase: 'starting', heldAs: 'absent', reason, registered: false, resyncing: false }, [
    { do: 'cancel-wait' },
    { do: 'start-sequence' },
  ])
}

function closedFor(life: Life, reason: string, delayMs: number, change: Partial<Life>, closing = reason): Step {
  return step(
    {
      ...life,
      phase: 'waiting',
      heldAs: 'absent',
      reason,
      registered: false,
      resyncing: false,
      timeouts: 0,
      ...change,
    },
    [
      { do: 'close', reason: closing },
      { do: 'wait', delayMs },
    ],
  )
}

function startFailed(life: Life, why: StartFailure, reason: string, nowMs: number, timings: ModemTimings): Step {
  switch (why) {
    case 'sim-locked':
    case 'no-sim':
      return step({ ...life, phase: 'held', heldAs: why, reason, startFailures: 0 }, [
        { do: 'wait', delayMs: timings.recheckMs },
      ])
    case 'unusable':
      return closedFor(life, reason, timings.recheckMs, { heldAs: 'failed' })
    case 'no-answer': {
      if (nowMs < life.rebootUntilMs) {
        const change = { openFailures: life.openFailures + 1 }
        return closedFor(life, reason, backOffMs(life.openFailures, timings), change)
      }
      const startFailures = life.startFailures + 1
      const tried = { ...life, startFailures }
      if (startFailures < timings.startFailuresMax) {
        const ladder = counted(life.ladder, { step: 'reopen', code: 'silent', reason, atMs: nowMs })
        return closedFor({ ...tried, ladder }, reason, backOffMs(startFailures - 1, timings), {})
      }
      return climbed({ ...tried, startFailures: 0 }, 'silent', reason, nowMs, timings, { open: true, tried: 'radio' })
    }
  }
}

/** An unplugged port is opened again with back-off; one that was ended for silence is a rung of the ladder. */
function lost(
  life: Life,
  event: { cause: 'port' | 'step'; reason: string },
  nowMs: number,
  timings: ModemTimings,
): Step {
  const { reason } = event
  if (life.phase === 'restarting') return closedFor(life, life.reason, timings.afterHardResetMs, {}, reason)
  if (event.cause === 'port') {
    const openFailures = life.phase === 'starting' ? life.openFailures + 1 : 0
    return closedFor(life, reason, backOffMs(life.openFailures, timings), { openFailures })
  }
  return climbed(life, 'silent', reason, nowMs, timings, { open: false })
}

function timedOut(life: Life, nowMs: number, timings: ModemTimings): Step {
  const timeouts = life.timeouts + 1
  if (life.phase !== 'running' || timeouts < timings.timeoutsInRowMax) return step({ ...life, timeouts }, [])
  const reason = `${timeouts} commands in a row were not answered`
  return climbed(life, 'unanswered', reason, nowMs, timings, { open: true })
}

function pollFailed(life: Life, reason: string, nowMs: number, timings: ModemTimings): Step {
  const pollFailures = life.pollFailures + 1
  if (pollFailures < timings.pollFailuresMax) return step({ ...life, pollFailures }, [])
  const words = `looking after the modem failed ${pollFailures} times in a row (${reason})`
  return climbed({ ...life, pollFailures: 0 }, 'unpolled', words, nowMs, timings, { open: true })
}

/** All is answered. Whether there is a network, too, decides if the modem is well. */
function polled(life: Life, signal: boolean, nowMs: number, timings: ModemTimings): Step {
  const signalWasTold = life.signalWasTold || signal
  const unregisteredSinceMs = life.registered ? undefined : (life.unregisteredSinceMs ?? nowMs)
  // Some modules never tell a strength on LTE: only one that has told it before has lost it.
  const signalLostSinceMs = signal || !signalWasTold ? undefined : (life.signalLostSinceMs ?? nowMs)
  const answering = { ...life, timeouts: 0, pollFailures: 0, startFailures: 0, signalWasTold }
  const watched = { ...answering, unregisteredSinceMs, signalLostSinceMs }
  if (unregisteredSinceMs === undefined && signalLostSinceMs === undefined) {
    return step({ ...watched, ladder: descend(life.ladder), powerProblem: undefined }, [])
  }
  if (nowMs < life.ladder.restUntilMs) return step(watched, [])
  const isUnregistered = unregisteredSinceMs !== undefined && nowMs - unregisteredSinceMs >= timings.unregisteredMaxMs
  const isDeaf = signalLostSinceMs !== undefined && nowMs - signalLostSinceMs >= timings.signalLostMaxMs
  if (!isUnregistered && !isDeaf) return step(watched, [])
  const reason = isUnregistered ? 'no network for too long' : 'no signal for too long, though there was one'
  return climbed(answering, isUnregistered ? 'no-network' : 'no-signal', reason, nowMs, timings, { open: true })
}

/** The next step of the ladder, as effects. `open`: whether the port is still open and can be told something. */
function climbed(
  life: Life,
  trouble: Trouble,
  reason: string,
  nowMs: number,
  timings: ModemTimings,
  { open, tried }: { open: boolean; tried?: 'radio' },
): Step {
  const { ladder, rung } = climb(life.ladder, trouble, reason, nowMs, timings, tried)
  const next = { ...life, ladder, timeouts: 0, unregisteredSinceMs: undefined, signalLostSinceMs: undefined }
  switch (rung) {
    case 'reopen':
      return closedFor(next, reason, timings.reopenFirstMs, {})
    case 'radio':
      return step({ ...next, phase: 'cycling', reason, registered: false }, [{ do: 'cycle-radio' }])
    case 'restart':
      if (open) return restart(next, reason, nowMs, timings)
      return closedFor(next, reason, timings.reopenFirstMs, { restartOnceOpen: true })
    case 'replug':
      return step({ ...next, phase: 'replugging', reason, registered: false, resyncing: false }, [
        { do: 'cancel-wait' },
        { do: 'close', reason },
        { do: 'replug-usb' },
      ])
    case 'give-up':
      // A modem that only lacks a network stays open: coverage may return, and calls nobody.
      return trouble === 'no-network' || trouble === 'no-signal' ? step(next, []) : gaveUp(next, reason, timings)
  }
}

function gaveUp(life: Life, reason: string, timings: ModemTimings): Step {
  const advice = 'unplug the modem and plug it in again; look at its power supply, which is the usual cause'
  const closed = closedFor(life, `${reason}; ${advice}`, timings.gaveUpRetryMs, { heldAs: 'failed' })
  return step(closed.life, [...closed.effects, { do: 'watch-port' }])
}

function replugged(life: Life, problem: string | undefined, nowMs: number, timings: ModemTimings): Step {
  if (problem === undefined) {
    return closedFor(life, life.reason, timings.afterHardResetMs, { rebootUntilMs: nowMs + timings.rebootMs })
  }
  const reason = `${life.reason}; ${problem}`
  const { ladder } = climb(withdrawn(life.ladder, 'replug'), 'not-replugged', reason, nowMs, timings, 'replug')
  return gaveUp({ ...life, ladder }, reason, timings)
}

function restart(life: Life, reason: string, nowMs: number, timings: ModemTimings): Step {
  const rebootUntilMs = nowMs + timings.rebootMs
  return step({ ...life, phase: 'restarting', reason, registered: false, timeouts: 0, rebootUntilMs }, [
    { do: 'cancel-wait' },
    { do: 'restart-module' },
  ])
}

/** Taken back after a bound, whoever has it. The ladder has no part in this: nothing is wrong with the modem. */
function lent(life: Life, timings: ModemTimings): Step {
  const reason = 'its port is lent to a connection that was dialled for picture messages; texts wait'
  const rest = { resyncing: false, timeouts: 0, unregisteredSinceMs: undefined, signalLostSinceMs: undefined }
  return step({ ...life, ...rest, phase: 'lent', loan: life.loan + 1, reason }, [
    { do: 'close', reason },
    { do: 'wait', delayMs: timings.lentMaxMs },
  ])
}

/** A module that leaves a call may be deaf for a moment: no wonder, and no reason to climb. */
function takenBack(life: Life, nowMs: number, timings: ModemTimings): Step {
  const rebootUntilMs = nowMs + timings.rebootMs
  return open({ ...life, heldAs: 'starting', reason: 'its port was lent, and is back', rebootUntilMs })
}

function elapsed(life: Life): Step {
  if (life.phase === 'waiting') return open(life)
  if (life.phase === 'held') return startSequence(life, life.reason)
  return same(life)
}

/** What it means that the modem says its SIM to be `READY`, `NOT INSERTED` and the like; undefined for nothing new. */
export function simStateEvent({ phase }: Life, state: string): LifeEvent | undefined {
  const came = phase === 'held' && state === 'READY'
  const went = phase === 'running' && /NOT READY|NOT INSERTED|REMOVED/.test(state)
  if (!came && !went) return undefined
  return { kind: 'unsettled', reason: came ? 'the SIM is ready' : 'the SIM has gone' }
}
