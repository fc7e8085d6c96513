/** The life of a picture message that was announced: tables of what follows what, and what holds whatever happens. */
import { describe, expect, it } from 'vitest'
import {
  announced,
  announcedAgain,
  answered,
  askedFor,
  fetched,
  type Incoming,
  lapsed,
  type Miss,
  missed,
  unanswered,
} from '../../../src/domain/mms-incoming.ts'
import { type PostOutcome, smallerThan, verdictOf } from '../../../src/domain/mms-outgoing.ts'

const DAY = 86_400_000
const MISSES: readonly Miss['kind'][] = ['later', 'odd', 'perhaps-gone', 'gone', 'refused', 'too-large']

function fresh(more: Partial<Parameters<typeof announced>[0]> = {}): Incoming {
  return announced({ nowMs: 0, expiresAtMs: DAY, bytes: 1, bytesMax: 10, mode: 'immediate', ...more }).now
}

describe('what is announced', () => {
  it.each([
    ['is fetched at once', {}, 'pushed', 0, null],
    ['waits for the owner in deferred mode', { mode: 'deferred' as const }, 'deferred', null, 'deferred'],
    ['stays where it is when it is too large', { bytes: 11 }, 'too-large', null, 'deferred'],
    ['is over when it has expired', { expiresAtMs: -1 }, 'expired', null, null],
  ])('%s', (_, more, state, dueAtMs, answer) => {
    expect(fresh(more)).toMatchObject({ state, dueAtMs, answer })
  })

  it('has an end, whatever the notification says', () => {
    expect(fresh({ expiresAtMs: undefined }).expiresAtMs).toBe(7 * DAY)
    expect(fresh({ expiresAtMs: Number.MAX_SAFE_INTEGER }).expiresAtMs).toBe(30 * DAY)
  })
})

describe('whatever happens', () => {
  /** A small seeded generator. */
  function* numbers(seed: number): Generator<number> {
    for (let state = seed; ; ) {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31
      yield state
    }
  }

  it('what is here stays, is told of at most once an end, and every wait has an end', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = numbers(seed)
      const draw = (bound: number) => Math.floor(((random.next().value as number) / 2 ** 31) * bound)
      let nowMs = 0
      let incoming = fresh({ mode: draw(2) === 0 ? 'immediate' : 'deferred' })
      for (let step = 0; step < 60; step++) {
        const before = incoming
        nowMs += draw(7_200_000)
        switch (draw(6)) {
          case 0:
            incoming = announcedAgain(incoming, nowMs)
            break
          case 1:
            incoming = askedFor(incoming, nowMs) ?? incoming
            break
          case 2:
            if (incoming.state === 'pushed') incoming = fetched(incoming, nowMs, draw(2) === 0).now
            break
          case 3:
            if (incoming.state === 'pushed')
              incoming = missed(incoming, { kind: MISSES[draw(6)] ?? 'later' }, nowMs).now
            break
          case 4:
            if (incoming.answerDueAtMs !== null) {
              incoming = draw(2) === 0 ? answered(incoming) : unanswered(incoming, nowMs)
            }
            break
          default:
            incoming = lapsed(incoming, nowMs)?.now ?? incoming
        }
        if (before.state === 'fetched') expect(incoming.state).toBe('fetched')
        // Only what is to be fetched is due, and only what there is an answer to is owed.
        expect(incoming.dueAtMs === null || incoming.state === 'pushed').toBe(true)
        expect(incoming.answerDueAtMs === null || incoming.answer !== null).toBe(true)
        if (incoming.dueAtMs !== null) expect(incoming.dueAtMs).toBeLessThan(Math.max(nowMs + 1, incoming.expiresAtMs))
      }
      expect(lapsed({ ...incoming, state: 'pushed' }, incoming.expiresAtMs)?.now).toMatchObject({
        state: 'expired',
        dueAtMs: null,
      })
    }
  })

  it('a network that always fails ends with the expiry', () => {
    let incoming = fresh()
    let tells = 0
    for (let nowMs = 0; incoming.state === 'pushed'; nowMs = incoming.dueAtMs ?? 0) {
      const step = missed(incoming, { kind: 'later' }, nowMs)
      incoming = step.now
      if (step.tell) tells += 1
      expect(incoming.tries).toBeLessThan(60)
    }
    expect(incoming.state).toBe('expired')
    expect(tells).toBe(2)
  })

  it('an answer that nobody takes is given up after the message has expired', () => {
    let incoming = fetched(fresh(), 0, false).now
    let times = 0
    for (; incoming.answerDueAtMs !== null && times < 100; times++) {
      incoming = unanswered(incoming, incoming.answerDueAtMs)
    }
    expect(times).toBeLessThan(100)
    expect(incoming).toMatchObject({ state: 'fetched', answer: 'retrieved' })
    expect(announcedAgain(incoming, DAY * 2).answerDueAtMs).toBe(DAY * 2)
  })
})

describe('what an MMSC says of ours', () => {
  const conf = (verdict: 'ok' | 'partial' | 'retry' | 'fail', status: number, text?: string): PostOutcome => ({
    kind: 'conf',
    verdict,
    status,
    text,
  })
  it.each<[PostOutcome, string]>([
    [conf('ok', 0x80), 'sent'],
    [conf('partial', 0xc4), 'partial'],
    [conf('retry', 0xc0), 'later'],
    [conf('fail', 0xe5), 'too-large'],
    [conf('fail', 0xe0, 'Message size exceeds limit'), 'too-large'],
    [conf('fail', 0xe1), 'failed'],
    [{ kind: 'http', status: 413 }, 'too-large'],
    [{ kind: 'http', status: 502 }, 'later'],
    [{ kind: 'http', status: 404 }, 'failed'],
    [{ kind: 'odd', reason: 'x' }, 'unknown'],
    [{ kind: 'unreachable', bodySent: true, reason: 'x' }, 'unknown'],
    [{ kind: 'unreachable', bodySent: false, reason: 'x' }, 'later'],
  ])('%j means %s', (outcome, kind) => {
    expect(verdictOf(outcome).kind).toBe(kind)
  })

  it('sizes only ever go down, to an end', () => {
    const seen: number[] = []
    for (let size: number | undefined = 5_000_000; size !== undefined; size = smallerThan(size)) seen.push(size)
    expect(seen).toEqual([...seen].sort((a, b) => b - a))
    expect(seen.at(-1)).toBe(102_400)
  })
})
