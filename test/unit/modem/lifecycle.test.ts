import { describe, expect, test } from 'vitest'
import { describeLife } from '../../../modem/life-words.ts'
import { type Effect, type Life, type LifeEvent, NEW_LIFE, transition } from '../../../modem/lifecycle.ts'
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

const UNANSWERED = [TIMED_OUT, TIMED_OUT, TIMED_OUT]
const POLLED: LifeEvent = { kind: 'polled', signal: true }
const NOT_PERMITTED: LifeEvent = { kind: 'replugged', problem: 'no right' }

test('the ladder: reopen, radio, restart, USB port, give up; each counted, with its reason', () => {
  const reopened = live([...READY, ...UNANSWERED])
  expect(reopened.effects).toEqual(['close', 'wait'])
  const cycled = live([ELAPSED, OPENED, REGISTERED, STARTED, ...UNANSWERED], reopened.life)
  expect(cycled.effects).toEqual(['cycle-radio'])
  const restarted = live([{ kind: 'radio-cycled' }, STARTED, ...UNANSWERED], cycled.life)
  expect(restarted.effects).toEqual(['cancel-wait', 'restart-module'])
  const back = live([{ kind: 'restarted' }, ELAPSED, OPENED, STARTED, ...UNANSWERED], restarted.life)
  expect(back.effects).toEqual(['cancel-wait', 'close', 'replug-usb'])
  const again = live([{ kind: 'replugged', problem: undefined }, ELAPSED, OPENED, STARTED, ...UNANSWERED], back.life)
  expect(again.effects).toEqual(['close', 'wait', 'watch-port'])
  expect(again.life.ladder.counts).toEqual({ resync: 0, reopen: 1, radio: 1, restart: 1, replug: 1, 'give-up': 1 })
  expect(again.life.ladder.last).toMatchObject({ step: 'give-up', reason: '3 commands in a row were not answered' })
  expect(describeLife(again.life)).toMatchObject({ state: 'failed', reason: expect.stringContaining('power supply') })
})

test('a modem that was given up is tried again after its rest, or as soon as its port goes, which is a person at work', () => {
  const silent = live([...READY, SILENT, ELAPSED, OPENED, SILENT, ELAPSED, OPENED, { kind: 'restarted' }])
  const usb = live([ELAPSED, OPENED, SILENT], silent.life)
  expect(usb.effects).toContain('replug-usb')
  const { life, effects } = live([NOT_PERMITTED], usb.life)
  expect(effects).toEqual(['close', 'wait', 'watch-port'])
  expect(describeLife(life).reason).toContain('no right')
  expect(life.ladder.counts.replug).toBe(0)
  expect(live([ELAPSED], life).effects).toEqual(['cancel-wait', 'open'])
  expect(live([{ kind: 'port-gone' }], life).effects).toEqual(['cancel-wait', 'open'])
})

test('too low a supply, told by modem or board, is said with the reason until the modem is well again', () => {
  const { life } = live([...READY, { kind: 'under-voltage', words: 'too low' }, ...UNANSWERED])
  expect(describeLife(life).reason).toMatch(/not answered; too low$/)
  const well = live([ELAPSED, OPENED, REGISTERED, STARTED, POLLED, UNPLUGGED], life).life
  expect(describeLife(well).reason).toBe('unplugged')
})

test('polling that fails three times in a row is trouble, too', () => {
  const failed: LifeEvent = { kind: 'poll-failed', reason: 'garbled' }
  expect(live([...READY, failed, failed, POLLED, failed, failed]).life.phase).toBe('running')
  expect(live([...READY, failed, failed, failed]).effects).toEqual(['close', 'wait'])
})

describe('a modem that answers but has no network', () => {
  const SEARCHING: readonly LifeEvent[] = [START, OPENED, STARTED]

  /** Polls every minute; gives the minutes at which something was done, and what. */
  function minutes(events: readonly LifeEvent[], poll: LifeEvent, count: number): [minute: number, done: string][] {
    let life = live(events).life
    const done: [number, string][] = []
    for (let minute = 0; minute < count; minute += 1) {
      const { life: next, effects } = transition(life, poll, minute * 60_000, DEFAULT_TIMINGS)
      life = next
      for (const effect of effects) done.push([minute, effect.do])
      if (life.phase === 'cycling') life = live([{ kind: 'radio-cycled' }, STARTED], life, minute * 60_000).life
      if (life.phase === 'restarting') {
        life = live([{ kind: 'restarted' }, ELAPSED, OPENED, STARTED], life, minute * 60_000).life
      }
    }
    return done
  }

  test('gets its radio cycled after ten minutes, is restarted ten later, then left to search for an hour', () => {
    expect(minutes(SEARCHING, POLLED, 110)).toEqual([
      [10, 'cycle-radio'],
      [21, 'cancel-wait'],
      [21, 'restart-module'],
      [92, 'cycle-radio'],
      [103, 'cancel-wait'],
      [103, 'restart-module'],
    ])
  })

  test('counts as deaf after fifteen minutes without a signal, if it has told one before', () => {
    const mute: LifeEvent = { kind: 'polled', signal: false }
    expect(minutes([...READY, POLLED], mute, 17)).toEqual([[15, 'cycle-radio']])
    expect(minutes(READY, mute, 60)).toEqual([])
  })

  test('is well again once it has one', () => {
    const { life } = live([...SEARCHING, POLLED, REGISTERED, POLLED])
    expect(life).toMatchObject({ unregisteredSinceMs: undefined, ladder: { position: 0 } })
  })
})

test('an answer in between sets the count back', () => {
  const { life } = live([...READY, TIMED_OUT, TIMED_OUT, { kind: 'answered' }, TIMED_OUT, TIMED_OUT])
  expect(life.phase).toBe('running')
})

test('a healthy round takes the ladder back to its first rung', () => {
  const first = live([...READY, TIMED_OUT, TIMED_OUT, TIMED_OUT]).life
  const { effects } = live([ELAPSED, OPENED, REGISTERED, STARTED, POLLED, TIMED_OUT, TIMED_OUT, TIMED_OUT], first)
  expect(effects).toEqual(['close', 'wait'])
})

test('a modem that lost step for good is reopened, then restarted once it is open again', () => {
  const second = live([ELAPSED, OPENED, STARTED, SILENT], live([...READY, SILENT]).life)
  expect(second.effects).toEqual(['close', 'wait'])
  expect(live([ELAPSED, OPENED], second.life).effects).toEqual(['cancel-wait', 'restart-module'])
})

test('start sequences that fail restart the module and switch its port, but only so often a day', () => {
  let life = live([START]).life
  const hard: number[] = []
  let nowMs = 0
  const feed = (event: LifeEvent) => {
    const next = transition(life, event, nowMs, DEFAULT_TIMINGS)
    life = next.life
    for (const effect of next.effects) {
      if (effect.do === 'wait') nowMs += effect.delayMs
      if (effect.do === 'restart-module' || effect.do === 'replug-usb') hard.push(nowMs)
      if (effect.do === 'restart-module') feed({ kind: 'restarted' })
      if (effect.do === 'replug-usb') feed({ kind: 'replugged', problem: undefined })
    }
  }
  while (nowMs < DAY_MS - 2 * 3_600_000) for (const event of [OPENED, NO_ANSWER, ELAPSED]) feed(event)
  expect(hard).toHaveLength(4)
  expect(life.ladder.counts['give-up']).toBeGreaterThan(18)
  while (nowMs < DAY_MS + 2 * 3_600_000) for (const event of [OPENED, NO_ANSWER, ELAPSED]) feed(event)
  expect(hard.length).toBeGreaterThan(4)
})

test('a module that was restarted may be silent for a while', () => {
  const restarted = live([...READY, { kind: 'reset-requested' }, { kind: 'restarted' }]).life
  const tries = Array.from({ length: 10 }, () => [ELAPSED, OPENED, NO_ANSWER]).flat()
  expect(live(tries, restarted, 10_000).life).toMatchObject({ startFailures: 0, ladder: { counts: { restart: 0 } } })
  expect(live([ELAPSED, OPENED, NO_ANSWER], restarted, 200_000).life.startFailures).toBe(1)
})

test('an unplug during the start sequence is no failed start', () => {
  let life = live([START]).life
  for (let n = 0; n < 20; n += 1) life = live([OPENED, UNPLUGGED, ELAPSED], life).life
  expect(life).toMatchObject({ startFailures: 0, ladder: { hardAtMs: [] }, openFailures: 20 })
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

describe('a port that is lent', () => {
  const LENT: LifeEvent = { kind: 'lent' }
  const BACK: LifeEvent = { kind: 'returned', loan: 1 }

  test('is closed, shown with its reason, and taken back when it is returned, or by itself after a bound', () => {
    const lent = live([...READY, LENT])
    expect(lent.effects).toEqual(['close', 'wait'])
    expect(describeLife(lent.life)).toMatchObject({ state: 'starting', reason: expect.stringContaining('lent') })
    for (const end of [BACK, ELAPSED]) {
      const back = live([...READY, LENT, end])
      expect([back.life.phase, back.effects]).toEqual(['opening', ['cancel-wait', 'open']])
      expect(describeLife(back.life).state).toBe('starting')
    }
  })

  test('is lent by a modem that runs only, and what is returned late is not what was lent since', () => {
    for (const before of [[], [START], [START, OPENED], [...READY, LENT]]) {
      const { life, effects } = live([...before, LENT])
      expect([life.phase, effects]).toEqual([live(before).life.phase, []])
    }
    const again = [...READY, LENT, ELAPSED, OPENED, REGISTERED, STARTED, LENT]
    expect(live([...again, BACK]).life.phase).toBe('lent')
    expect(live([...again, { kind: 'returned', loan: 2 }]).life.phase).toBe('opening')
  })

  test('leaves the ladder alone: nothing that happens meanwhile, and no silence right after, is a step of it', () => {
    const back = live([...READY, TIMED_OUT, TIMED_OUT, LENT, TIMED_OUT, SILENT, BACK, OPENED, NO_ANSWER])
    expect(back.life).toMatchObject({ phase: 'waiting', ladder: { position: 0, counts: NEW_LIFE.ladder.counts } })
  })
})
