/** When a bearer is up: shared, kept for a while, left alone after failures. */
import { describe, expect, it } from 'vitest'
import { type Bearer, BearerError, type BearerLease } from '../../../modem/mms/bearer/bearer.ts'
import { SharedBearer } from '../../../modem/mms/bearer/holder.ts'
import {
  COOLING_FIRST_MS,
  COOLING_MAX_MS,
  DOWN,
  FAILURES_MAX,
  type HoldEvent,
  type HoldState,
  hold,
  IDLE_MS,
  OPENING_MAX_MS,
} from '../../../modem/mms/bearer/holding.ts'
import { HandClock } from '../sim/handclock.ts'
import { silent } from './world.ts'

const nowMs = 1_000

function stateAfter(...events: HoldEvent[]): readonly [HoldState, readonly string[]] {
  let [state, effects]: readonly [HoldState, readonly string[]] = [DOWN, []]
  for (const event of events) [state, effects] = hold(state, event)
  return [state, effects]
}

const asked: HoldEvent = { kind: 'asked', nowMs }
const opened: HoldEvent = { kind: 'opened' }
const released: HoldEvent = { kind: 'released', nowMs }
const spoiled: HoldEvent = { kind: 'spoiled' }

describe('the decision', () => {
  it.each<readonly [string, readonly HoldEvent[], Partial<HoldState>, readonly string[]]>([
    ['opens for the first', [asked], { phase: 'opening', waiting: 1 }, ['open']],
    ['opens once for several', [asked, asked], { phase: 'opening', waiting: 2 }, []],
    ['admits all who wait', [asked, asked, opened], { phase: 'up', holders: 2, waiting: 0 }, ['admit']],
    ['admits who comes later at once', [asked, opened, asked], { phase: 'up', holders: 2 }, ['admit']],
    ['stays up for the others', [asked, asked, opened, released], { phase: 'up', holders: 1 }, []],
    ['idles after the last', [asked, opened, released], { phase: 'idle', holders: 0 }, ['start-idle']],
    ['is taken again from idleness', [asked, opened, released, asked], { phase: 'up' }, ['stop-idle', 'admit']],
    ['closes after idleness', [asked, opened, released, { kind: 'idle-over' }], { phase: 'closing' }, ['close']],
    [
      'opens again for who came while it closed',
      [asked, opened, released, { kind: 'idle-over' }, asked, { kind: 'closed' }],
      { phase: 'opening', waiting: 1 },
      ['open'],
    ],
    ['idles when nobody waits any more', [asked, { kind: 'withdrawn' }, opened], { phase: 'idle' }, ['start-idle']],
    [
      'tells all who wait of a failure',
      [asked, asked, { kind: 'failed', nowMs }],
      { phase: 'down', waiting: 0 },
      ['refuse'],
    ],
    ['gives a spoiled one to nobody', [asked, opened, spoiled, asked], { phase: 'up', holders: 1, waiting: 1 }, []],
    ['closes a spoiled one at once', [asked, opened, spoiled, released], { phase: 'closing', failures: 1 }, ['close']],
    ['ignores a late idle timer', [asked, opened, { kind: 'idle-over' }], { phase: 'up', holders: 1 }, []],
  ])('%s', (_, events, state, effects) => {
    const [found, done] = stateAfter(...events)
    expect(found).toMatchObject(state)
    expect(done).toEqual(effects)
  })

  it('pauses after three failures in a row, longer each time, at most half an hour', () => {
    let state = DOWN
    let clockMs = 0
    const pauses: number[] = []
    for (let round = 0; round < 10; round++) {
      const [asking, effects] = hold(state, { kind: 'asked', nowMs: clockMs })
      expect(effects).toEqual(['open'])
      ;[state] = hold(asking, { kind: 'failed', nowMs: clockMs })
      pauses.push(state.coolUntilMs > clockMs ? state.coolUntilMs - clockMs : 0)
      if (state.coolUntilMs > clockMs) {
        expect(hold(state, { kind: 'asked', nowMs: state.coolUntilMs - 1 })[1]).toEqual(['refuse'])
        clockMs = state.coolUntilMs
      }
    }
    const minutes = pauses.map((ms) => ms / 60_000)
    expect(minutes).toEqual([0, 0, 2, 4, 8, 16, 30, 30, 30, 30])
    expect([FAILURES_MAX, COOLING_FIRST_MS, COOLING_MAX_MS]).toEqual([3, 120_000, 1_800_000])
  })

  it('forgets failures once somebody gave it back sound', () => {
    const failing: HoldEvent[] = [asked, { kind: 'failed', nowMs }, asked, { kind: 'failed', nowMs }]
    expect(stateAfter(...failing, asked, opened, released)[0]).toMatchObject({ failures: 0, coolUntilMs: 0 })
  })
})

class FakeBearer implements Bearer {
  readonly kind = 'interface'
  opens = 0
  closes = 0
  answers: ((give: (lease: BearerLease) => void, fail: (error: Error) => void) => void) | undefined
  breaks = false

  open(): Promise<BearerLease> {
    this.opens++
    return new Promise((resolve, reject) => {
      if (this.answers === undefined) resolve(this.lease())
      else this.answers(resolve, reject)
    })
  }

  lease(): BearerLease {
    return {
      label: 'fake',
      ownNetworks: [],
      resolve: () => Promise.resolve([]),
      connect: () =>
        Promise.reject(new BearerError(this.breaks ? 'bearer' : 'connect', this.breaks ? 'it has gone' : 'no')),
      close: () => {
        this.closes++
        return Promise.resolve()
      },
    }
  }
}

describe('the shared bearer', () => {
  const make = () => {
    const clock = new HandClock()
    const bearer = new FakeBearer()
    return { clock, bearer, shared: new SharedBearer(bearer, { clock, log: silent }) }
  }
  const { signal } = new AbortController()

  it('opens once for many, and closes ten seconds after the last', async () => {
    const { clock, bearer, shared } = make()
    const leases = await Promise.all([shared.open(signal), shared.open(signal), shared.open(signal)])
    expect(bearer.opens).toBe(1)
    for (const lease of leases) await lease.close()
    // Closing twice is closing once.
    await leases[0]?.close()
    await clock.advance(IDLE_MS - 1)
    expect([bearer.closes, shared.isUp]).toEqual([0, true])
    await (await shared.open(signal)).close()
    await clock.advance(IDLE_MS - 1)
    expect(bearer.closes).toBe(0)
    await clock.advance(1)
    expect([bearer.opens, bearer.closes, shared.isUp]).toEqual([1, 1, false])
  })

  it('gives up opening after twenty seconds, and closes what opens then', async () => {
    const { clock, bearer, shared } = make()
    let give: (lease: BearerLease) => void = () => {}
    bearer.answers = (resolve) => {
      give = resolve
    }
    const waiting = expect(shared.open(signal)).rejects.toMatchObject({ step: 'bearer' })
    await clock.advance(OPENING_MAX_MS)
    await waiting
    give(bearer.lease())
    await expect.poll(() => bearer.closes).toBe(1)
    expect(shared.isUp).toBe(false)
  })

  it('says how long it is left alone', async () => {
    const { clock, bearer, shared } = make()
    bearer.answers = (_, fail) => fail(new BearerError('bearer', 'no signal'))
    for (let tries = 0; tries < FAILURES_MAX; tries++) await expect(shared.open(signal)).rejects.toThrow('no signal')
    await expect(shared.open(signal)).rejects.toThrow('left alone for 120 s')
    expect(bearer.opens).toBe(FAILURES_MAX)
    await clock.advance(COOLING_FIRST_MS)
    bearer.answers = undefined
    await expect(shared.open(signal)).resolves.toMatchObject({ label: 'fake' })
  })

  it('opens anew after it broke in the hands of somebody', async () => {
    const { bearer, shared } = make()
    const lease = await shared.open(signal)
    bearer.breaks = true
    await expect(lease.connect('10.0.0.1', 80, signal)).rejects.toThrow('it has gone')
    const next = shared.open(signal)
    await lease.close()
    await expect(next).resolves.toMatchObject({ label: 'fake' })
    expect([bearer.opens, bearer.closes]).toEqual([2, 1])
  })

  it('lets go of who does not want to wait any more', async () => {
    const { bearer, shared } = make()
    bearer.answers = () => {}
    const control = new AbortController()
    const waiting = shared.open(control.signal)
    control.abort()
    await expect(waiting).rejects.toMatchObject({ step: 'bearer' })
    await expect(shared.open(control.signal)).rejects.toMatchObject({ step: 'bearer' })
  })

  it('refuses everybody once it is stopped', async () => {
    const { bearer, shared } = make()
    await shared.open(signal)
    await shared.stop()
    expect(bearer.closes).toBe(1)
    await expect(shared.open(signal)).rejects.toThrow('stopped')
  })
})
