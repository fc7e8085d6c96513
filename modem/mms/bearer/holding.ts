/**
 * When a bearer is up: pure, a function from state and event to state and effects. It is opened for whoever asks first,
 * shared, kept for a while after the last one has left, and left alone for longer and longer when it fails again and
 * again: carriers lock out modems that hammer at them.
 *
 *   down ─asked─▶ opening ─opened─▶ up ⇄ idle ─idle-over─▶ closing ─closed─▶ down (or opening, if somebody waits)
 *     ▲              └─failed, three times in a row─▶ cooling, 2 min doubling to 30 min
 */

/** How long it stays open for the next one. */
export const IDLE_MS = 10_000
/** How long opening may take. */
export const OPENING_MAX_MS = 20_000
/** Failures in a row before it is left alone. */
export const FAILURES_MAX = 3
export const COOLING_FIRST_MS = 120_000
export const COOLING_MAX_MS = 1_800_000

export interface HoldState {
  readonly phase: 'down' | 'opening' | 'up' | 'idle' | 'closing'
  readonly holders: number
  readonly waiting: number
  /** It stopped working in somebody's hands: nobody gets it any more, and it is closed after the last has left. */
  readonly spoiled: boolean
  readonly failures: number
  /** The pause after the last failure; 0 as long as there was none. */
  readonly coolingMs: number
  readonly coolUntilMs: number
}

export type HoldEvent =
  | { readonly kind: 'asked'; readonly nowMs: number }
  /** One who waited does so no longer. */
  | { readonly kind: 'withdrawn' }
  | { readonly kind: 'opened' }
  | { readonly kind: 'failed'; readonly nowMs: number }
  | { readonly kind: 'spoiled' }
  | { readonly kind: 'released'; readonly nowMs: number }
  | { readonly kind: 'idle-over' }
  | { readonly kind: 'closed' }

/** `admit`: all who wait get it. `refuse`: all who wait are told. */
export type HoldEffect = 'open' | 'close' | 'admit' | 'refuse' | 'start-idle' | 'stop-idle'

export const DOWN: HoldState = {
  phase: 'down',
  holders: 0,
  waiting: 0,
  spoiled: false,
  failures: 0,
  coolingMs: 0,
  coolUntilMs: 0,
}

/** The next state and what is to be done, in this order. */
export function hold(state: HoldState, event: HoldEvent): readonly [HoldState, readonly HoldEffect[]] {
  switch (event.kind) {
    case 'asked':
      return asked({ ...state, waiting: state.waiting + 1 }, event.nowMs)
    case 'withdrawn':
      return [{ ...state, waiting: Math.max(0, state.waiting - 1) }, []]
    case 'opened':
      if (state.phase !== 'opening') return [state, []]
      return state.waiting === 0
        ? [{ ...state, phase: 'idle' }, ['start-idle']]
        : [{ ...state, phase: 'up', holders: state.waiting, waiting: 0 }, ['admit']]
    case 'failed':
      if (state.phase !== 'opening') return [state, []]
      return [{ ...failed(state, event.nowMs), phase: 'down', waiting: 0 }, ['refuse']]
    case 'spoiled':
      return state.phase === 'up' ? [{ ...state, spoiled: true }, []] : [state, []]
    case 'released':
      return released(state, event.nowMs)
    case 'idle-over':
      return state.phase === 'idle' ? [{ ...state, phase: 'closing' }, ['close']] : [state, []]
    case 'closed':
      if (state.phase !== 'closing') return [state, []]
      return state.waiting === 0 ? [{ ...state, phase: 'down' }, []] : [{ ...state, phase: 'opening' }, ['open']]
  }
}

function asked(state: HoldState, nowMs: number): readonly [HoldState, readonly HoldEffect[]] {
  switch (state.phase) {
    case 'down':
      return nowMs < state.coolUntilMs
        ? [{ ...state, waiting: 0 }, ['refuse']]
        : [{ ...state, phase: 'opening' }, ['open']]
    case 'idle':
      return [{ ...state, phase: 'up', holders: state.waiting, waiting: 0 }, ['stop-idle', 'admit']]
    case 'up':
      return state.spoiled ? [state, []] : [{ ...state, holders: state.holders + state.waiting, waiting: 0 }, ['admit']]
    case 'opening':
    case 'closing':
      return [state, []]
  }
}

function released(state: HoldState, nowMs: number): readonly [HoldState, readonly HoldEffect[]] {
  if (state.phase !== 'up') return [state, []]
  const holders = state.holders - 1
  if (state.spoiled) {
    return holders > 0
      ? [{ ...state, holders }, []]
      : [{ ...failed(state, nowMs), phase: 'closing', holders: 0, spoiled: false }, ['close']]
  }
  const sound = { ...state, holders, failures: 0, coolingMs: 0, coolUntilMs: 0 }
  return holders > 0 ? [sound, []] : [{ ...sound, phase: 'idle' }, ['start-idle']]
}

function failed(state: HoldState, nowMs: number): HoldState {
  const failures = state.failures + 1
  if (failures < FAILURES_MAX) return { ...state, failures }
  const coolingMs = state.coolingMs === 0 ? COOLING_FIRST_MS : Math.min(2 * state.coolingMs, COOLING_MAX_MS)
  return { ...state, failures, coolingMs, coolUntilMs: nowMs + coolingMs }
}
