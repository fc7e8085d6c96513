/**
 * The life of one modem as a pure function: state and event in, state and effects out. `modem.ts` carries the effects
 * out and feeds their results back; no timers and no I/O in here.
 *
 *   stopped ─start─▶ opening ─opened─▶ starting ─started─▶ running
 *                      ▲  │ failed        │ SIM, identity     │ lost, rebooted, silent
 *                      │  ▼               ▼                   ▼
 *                     waiting ◀────── held (looked at again)  ladder: start again · reopen · AT+CFUN=1,1 · gave up
 */
import type { ModemState } from './contract.ts'
import type { ModemTimings } from './timings.ts'

export type Phase =
  | 'stopped'
  | 'opening'
  | 'waiting' // the port is closed until the back-off has elapsed
  | 'starting' // open, the start sequence runs
  | 'held' // open, but a person must act; looked at again by and by
  | 'running'
  | 'restarting' // AT+CFUN=1,1 is on its way

export interface Life {
  phase: Phase
  /** The state to show while `waiting` or `held`. */
  heldAs: 'absent' | 'sim-locked' | 'no-sim' | 'failed'
  reason: string
  registered: boolean
  resyncing: boolean
  /** All of these in a row, set back by success. */
  openFailures: number
  startFailures: number
  timeouts: number
  reopens: number
  /** The port was closed before the module could be told to restart: do so once it is open. */
  restartOnceOpen: boolean
  hardResetsAtMs: readonly number[]
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
  /** A whole round of polling went well. */
  | { kind: 'healthy' }
  | { kind: 'elapsed' }
  | { kind: 'reset-requested' }
  | { kind: 'restarted' }

export type Effect =
  | { do: 'open' }
  | { do: 'close'; reason: string }
  | { do: 'start-sequence' }
  /** Feed `elapsed` after `delayMs`; takes the place of an earlier wait. */
  | { do: 'wait'; delayMs: number }
  | { do: 'cancel-wait' }
  | { do: 'restart-module' }

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
  reopens: 0,
  restartOnceOpen: false,
  hardResetsAtMs: [],
}

const DAY_MS = 24 * 3_600_000

/** One step of the life. Events that mean nothing in a phase leave everything as it is. */
export function transition(life: Life, event: LifeEvent, nowMs: number, timings: ModemTimings): Step {
  switch (event.kind) {
    case 'start':
      return life.phase === 'stopped' ? open({ ...NEW_LIFE, hardResetsAtMs: life.hardResetsAtMs }) : same(life)
    case 'stop':
      return life.phase === 'stopped'
        ? same(life)
        : step({ ...life, phase: 'stopped', heldAs: 'absent', reason: 'stopped' }, [
            { do: 'cancel-wait' },
            { do: 'close', reason: 'the modem was stopped' },
          ])
    case 'opened':
      return life.phase === 'opening' ? opened(life) : same(life)
    case 'open-failed':
      return life.phase === 'opening'
        ? closedFor(life, event.reason, backOffMs(life.openFailures, timings), { openFailures: life.openFailures + 1 })
        : same(life)
    case 'started':
      return life.phase === 'starting'
        ? step({ ...life, phase: 'running', reason: '', timeouts: 0, openFailures: 0 }, [{ do: 'cancel-wait' }])
        : same(life)
    case 'start-failed':
      return life.phase === 'starting' ? startFailed(life, event.why, event.reason, nowMs, timings) : same(life)
    case 'lost':
      return isOpen(life) ? lost(life, event, nowMs, timings) : same(life)
    case 'unsettled':
      return isOpen(life) && life.phase !== 'restarting' ? startSequence(life, event.reason) : same(life)
    case 'registration':
      return step({ ...life, registered: event.registered }, [])
    case 'resyncing':
      return step({ ...life, resyncing: event.active }, [])
    case 'timed-out':
      return timedOut(life, nowMs, timings)
    case 'answered':
      return life.timeouts === 0 ? same(life) : step({ ...life, timeouts: 0 }, [])
    case 'healthy':
      return step({ ...life, timeouts: 0, reopens: 0, startFailures: 0 }, [])
    case 'elapsed':
      return elapsed(life)
    case 'reset-requested':
      return isOpen(life) ? restart(life, 'restarted on request') : life.phase === 'waiting' ? open(life) : same(life)
    case 'restarted':
      return life.phase === 'restarting'
        ? closedFor(life, life.reason, timings.afterHardResetMs, {}, 'the module was told to restart')
        : same(life)
  }
}

/** What to show of a life: the state, and its reason in words unless it is `ready`. */
export function describeLife(life: Life): { state: ModemState; reason: string | undefined } {
  switch (life.phase) {
    case 'stopped':
      return { state: 'absent', reason: life.reason }
    case 'opening':
    case 'waiting':
    case 'held':
      return { state: life.heldAs, reason: life.reason }
    case 'starting':
    case 'restarting':
      return { state: 'starting', reason: life.reason }
    case 'running':
      if (life.resyncing) return { state: 'resyncing', reason: 'an answer is overdue, asking the modem where it is' }
      return life.registered
        ? { state: 'ready', reason: undefined }
        : { state: 'searching', reason: 'not registered with a network (coverage, antenna, SIM plan?)' }
  }
}

/** Back-off before the port is tried again: doubling, bounded. */
function backOffMs(failures: number, timings: ModemTimings): number {
  return Math.min(timings.reopenMaxMs, timings.reopenFirstMs * 2 ** Math.min(failures, 20))
}

function isOpen(life: Life): boolean {
  return ['starting', 'held', 'running', 'restarting'].includes(life.phase)
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

function opened(life: Life): Step {
  return life.restartOnceOpen
    ? restart({ ...life, restartOnceOpen: false }, life.reason)
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
      const startFailures = life.startFailures + 1
      const tried = { ...life, startFailures }
      if (startFailures < timings.startFailuresMax) {
        return closedFor(tried, reason, backOffMs(startFailures - 1, timings), {})
      }
      return hardReset({ ...tried, startFailures: 0 }, reason, nowMs, timings, 'open')
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
  if (life.reopens === 0) return closedFor(life, reason, timings.reopenFirstMs, { reopens: 1 })
  return hardReset({ ...life, reopens: 0 }, reason, nowMs, timings, 'closed')
}

function timedOut(life: Life, nowMs: number, timings: ModemTimings): Step {
  const timeouts = life.timeouts + 1
  if (life.phase !== 'running' || timeouts < timings.timeoutsInRowMax) return step({ ...life, timeouts }, [])
  const reason = `${timeouts} commands in a row were not answered`
  if (life.reopens === 0) return closedFor(life, reason, timings.reopenFirstMs, { reopens: 1 })
  return hardReset({ ...life, reopens: 0 }, reason, nowMs, timings, 'open')
}

function hardReset(life: Life, reason: string, nowMs: number, timings: ModemTimings, port: 'open' | 'closed'): Step {
  const recent = life.hardResetsAtMs.filter((atMs) => nowMs - atMs < DAY_MS)
  if (recent.length < timings.hardResetsPerDayMax) {
    const counted = { ...life, hardResetsAtMs: [...recent, nowMs] }
    if (port === 'open') return restart(counted, reason)
    return closedFor(counted, reason, timings.reopenFirstMs, { restartOnceOpen: true })
  }
  const advice = 'unplug the modem and plug it in again; look at its power supply'
  return closedFor({ ...life, hardResetsAtMs: recent }, `${reason}; ${advice}`, timings.gaveUpRetryMs, {
    heldAs: 'failed',
  })
}

function restart(life: Life, reason: string): Step {
  return step({ ...life, phase: 'restarting', reason, registered: false, timeouts: 0 }, [
    { do: 'cancel-wait' },
    { do: 'restart-module' },
  ])
}

function elapsed(life: Life): Step {
  if (life.phase === 'waiting') return open(life)
  if (life.phase === 'held') return startSequence(life, life.reason)
  return same(life)
}
