import { describe, expect, test } from 'vitest'
import { describeLife, type Effect, type Life, type LifeEvent, NEW_LIFE, transition } from '../../../modem/lifecycle.ts'
import { DEFAULT_TIMINGS } from '../../../modem/timings.ts'

const DAY_MS = 24 * 3_600_000

/** Feeds events, each a second after the one before; gives the life and the effects of the last. */
function live(
  events: readonly LifeEvent[],
  from: Life = NEW_LIFE,
  fromMs = 0,
): { life: Life; effects: Effect['do'][] } {
  let life = from
  let effects: Effect['do'][] = []
  for (const [at, event] of events.entries()) {
    const step = transition(life, event, fromMs + at * 1_000, DEFAULT_TIMINGS)
    life = step.life
    effects = step.effects.map((effect) => effect.do)
  }
  return { life, effects }
}

const START: LifeEvent = { kind: 'start' }
const OPENED: LifeEvent = { kind: 'opened' }
const STARTED: LifeEvent = { kind: 'started' }
const ELAPSED: LifeEvent = { kind: 'elapsed' }
const TIMED_OUT: LifeEvent = { kind: 'timed-out' }
const REGISTERED: LifeEvent = { kind: 'registration', registered: true }
const UNPLUGGED: LifeEvent = { kind: 'lost', cause: 'port', reason: 'unplugged' }
const SILENT: LifeEvent = { kind: 'lost', cause: 'step', reason: 'no answer' }
const NO_ANSWER: LifeEvent = { kind: 'start-failed', why: 'no-answer', reason: 'no answer to AT' }
const READY: readonly LifeEvent[] = [START, OPENED, REGISTERED, STARTED]

function stateAfter(events: readonly LifeEvent[]) {
  return describeLife(live(events).life)
}

describe('the state shown', () => {
  test.each<[name: string, events: readonly LifeEvent[], state: string]>([
    ['absent before the start', [], 'absent'],
    ['absent while the port cannot be opened', [START, { kind: 'open-failed', reason: 'no device' }], 'absent'],
    ['starting once the port is open', [START, OPENED], 'starting'],
    ['searching without a network', [START, OPENED, STARTED], 'searching'],
    ['ready with one', READY, 'ready'],
    ['resyncing while step is being found', [...READY, { kind: 'resyncing', active: true }], 'resyncing'],
    [
      'ready again after that',
      [...READY, { kind: 'resyncing', active: true }, { kind: 'resyncing', active: false }],
      'ready',
    ],
    ['searching when the network goes', [...READY, { kind: 'registration', registered: false }], 'searching'],
    ['absent when unplugged', [...READY, UNPLUGGED], 'absent'],
    ['starting after a boot line', [...READY, { kind: 'unsettled', reason: 'RDY' }], 'starting'],
    ['sim-locked', [START, OPENED, { kind: 'start-failed', why: 'sim-locked', reason: 'PIN' }], 'sim-locked'],
    ['no-sim', [START, OPENED, { kind: 'start-failed', why: 'no-sim', reason: 'none' }], 'no-sim'],
    [
      'failed for another module',
      [START, OPENED, { kind: 'start-failed', why: 'unusable', reason: 'other' }],
      'failed',
    ],
    ['absent when stopped', [...READY, { kind: 'stop' }], 'absent'],
  ])('%s', (_name, events, state) => {
    expect(stateAfter(events).state).toBe(state)
  })

  test('has a reason in words unless it is ready', () => {
    for (const events of [[], [START], [START, OPENED], [START, OPENED, STARTED], [...READY, UNPLUGGED]]) {
      expect(stateAfter(events).reason).toMatch(/\w/)
    }
    expect(stateAfter(READY).reason).toBeUndefined()
  })
})

test('an absent port is tried again with a back-off that doubles up to its bound', () => {
  let life = live([START]).life
  const delays: number[] = []
  for (let n = 0; n < 8; n += 1) {
    const failed = transition(life, { kind: 'open-failed', reason: 'none' }, 0, DEFAULT_TIMINGS)
    for (const effect of failed.effects) if (effect.do === 'wait') delays.push(effect.delayMs)
    life = transition(failed.life, ELAPSED, 0, DEFAULT_TIMINGS).life
  }
  expect(delays).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000])
})

test('a return after an unplug begins with a short back-off again', () => {
  const { life } = live([START, { kind: 'open-failed', reason: 'none' }, ELAPSED, OPENED, STARTED, UNPLUGGED])
  expect(life).toMatchObject({ phase: 'waiting', openFailures: 0 })
})

test('three commands in a row without an answer open the port anew, and once more restart the module', () => {
  const reopened = live([...READY, TIMED_OUT, TIMED_OUT, TIMED_OUT])
  expect(reopened.effects).toEqual(['close', 'wait'])
  const again = live([ELAPSED, OPENED, STARTED, TIMED_OUT, TIMED_OUT, TIMED_OUT], reopened.life)
  expect(again.effects).toEqual(['cancel-wait', 'restart-module'])
  expect(live([{ kind: 'restarted' }], again.life).effects).toEqual(['close', 'wait'])
})

test('an answer in between sets the count back', () => {
  const { life } = live([...READY, TIMED_OUT, TIMED_OUT, { kind: 'answered' }, TIMED_OUT, TIMED_OUT])
  expect(life.phase).toBe('running')
})

test('a healthy round takes the ladder back to its first rung', () => {
  const first = live([...READY, TIMED_OUT, TIMED_OUT, TIMED_OUT]).life
  const { effects } = live([ELAPSED, OPENED, STARTED, { kind: 'healthy' }, TIMED_OUT, TIMED_OUT, TIMED_OUT], first)
  expect(effects).toEqual(['close', 'wait'])
})

test('a modem that lost step for good is reopened, then restarted once it is open again', () => {
  const second = live([ELAPSED, OPENED, STARTED, SILENT], live([...READY, SILENT]).life)
  expect(second.effects).toEqual(['close', 'wait'])
  expect(live([ELAPSED, OPENED], second.life).effects).toEqual(['cancel-wait', 'restart-module'])
})

test('start sequences that fail restart the module, but only so often a day; then a person is asked', () => {
  let life = live([START]).life
  const restarts: number[] = []
  for (let n = 0; n < 40; n += 1) {
    life = transition(life, OPENED, n * 1_000, DEFAULT_TIMINGS).life
    const failed = transition(life, NO_ANSWER, n * 1_000, DEFAULT_TIMINGS)
    life = failed.life
    if (failed.effects.some((effect) => effect.do === 'restart-module')) {
      restarts.push(n)
      life = transition(life, { kind: 'restarted' }, n * 1_000, DEFAULT_TIMINGS).life
    }
    if (life.heldAs === 'failed') break
    life = transition(life, ELAPSED, n * 1_000, DEFAULT_TIMINGS).life
  }
  expect(restarts).toEqual([2, 5, 8, 11])
  expect(describeLife(life)).toMatchObject({ state: 'failed', reason: expect.stringContaining('plug it in again') })
  const nextDay = live(
    [ELAPSED, OPENED, NO_ANSWER, ELAPSED, OPENED, NO_ANSWER, ELAPSED, OPENED, NO_ANSWER],
    life,
    DAY_MS + 60_000,
  )
  expect(nextDay.effects).toContain('restart-module')
})

test('an unplug during the start sequence is no failed start', () => {
  let life = live([START]).life
  for (let n = 0; n < 20; n += 1) life = live([OPENED, UNPLUGGED, ELAPSED], life).life
  expect(life).toMatchObject({ startFailures: 0, hardResetsAtMs: [], openFailures: 20 })
})

test('events that mean nothing in a phase change nothing', () => {
  const strange: readonly LifeEvent[] = [OPENED, STARTED, NO_ANSWER, ELAPSED, UNPLUGGED, { kind: 'restarted' }]
  expect(live(strange).life).toEqual(NEW_LIFE)
  const ready = live(READY).life
  expect(live([OPENED, STARTED, NO_ANSWER, ELAPSED, START], ready).life).toEqual(ready)
})

test('stopping closes the port and calls every wait off, in any phase', () => {
  for (const events of [[START], [START, OPENED], READY, [...READY, UNPLUGGED]]) {
    expect(live([...events, { kind: 'stop' }]).effects).toEqual(['cancel-wait', 'close'])
  }
})
