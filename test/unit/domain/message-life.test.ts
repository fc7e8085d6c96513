import { describe, expect, it } from 'vitest'
import {
  accepts,
  advance,
  MESSAGE_EVENTS,
  MESSAGE_STATES,
  type MessageEvent,
  type MessageState,
} from '../../../src/domain/message.ts'
import { STATE_FACES } from '../../../src/domain/states.ts'

/** state: event>next …; every pair that is not listed must leave the state as it is. */
const TABLE: Record<MessageState, string> = {
  scheduled: 'release>queued hold>held fail>failed expire>expired cancel>canceled',
  held: 'hold>held approve>queued decline>sent accepted>sent fall-back>queued delivered>delivered read>read fail>failed expire>expired cancel>canceled',
  queued:
    'begin>sending approve>queued back-off>queued decline>sent hold>held fall-back>queued delivered>delivered read>read fail>failed expire>expired cancel>canceled',
  sending:
    'back-off>queued accepted>sent unsure>uncertain fall-back>queued delivered>delivered read>read undelivered>failed hold>held fail>failed',
  uncertain: 'accepted>sent carry-on>queued delivered>delivered read>read undelivered>failed retry>queued',
  sent: 'delivered>delivered read>read undelivered>failed fall-back>queued hold>held fail>failed',
  delivered: 'read>read',
  read: '',
  failed: 'delivered>delivered read>read retry>queued',
  expired: 'accepted>sent delivered>delivered read>read retry>queued',
  canceled: 'delivered>delivered read>read retry>queued',
  received: '',
}

function expected(state: MessageState, event: MessageEvent): MessageState | undefined {
  const pair = TABLE[state].split(' ').find((entry) => entry.startsWith(`${event}>`))
  return pair?.split('>')[1] as MessageState | undefined
}

describe('the life of a message', () => {
  for (const state of MESSAGE_STATES) {
    it(`${state}: every event leads where the table says, or nowhere`, () => {
      for (const event of MESSAGE_EVENTS) {
        const next = expected(state, event)
        expect([event, advance(state, event)]).toEqual([event, next ?? state])
        expect([event, accepts(state, event)]).toEqual([event, next !== undefined])
      }
    })
  }

  it('what a peer confirmed is never taken back', () => {
    for (const event of MESSAGE_EVENTS) {
      expect(['delivered', 'read']).toContain(advance('delivered', event))
      expect(advance('read', event)).toBe('read')
    }
  })

  it('an end is left only by proof or by a person', () => {
    for (const state of ['failed', 'expired', 'canceled'] as const) {
      const leaving = MESSAGE_EVENTS.filter((event) => advance(state, event) !== state)
      for (const event of leaving) expect(['delivered', 'read', 'retry', 'accepted']).toContain(event)
    }
  })

  it('proof of delivery repairs every state that a message of ours can be in, except before it was planned', () => {
    for (const state of MESSAGE_STATES) {
      if (state === 'scheduled' || state === 'received' || state === 'read') continue
      expect([state, advance(state, 'delivered')]).toEqual([state, 'delivered'])
    }
  })

  it('nothing goes from uncertain to sending but by a report, policy or a person', () => {
    expect(MESSAGE_EVENTS.filter((event) => advance('uncertain', event) === 'queued')).toEqual(['carry-on', 'retry'])
    expect(MESSAGE_EVENTS.some((event) => advance('uncertain', event) === 'sending')).toBe(false)
  })

  it('every state has a face, and no two look the same', () => {
    const faces = MESSAGE_STATES.map((state) => STATE_FACES[state])
    expect(new Set(faces.map(({ glyph }) => glyph)).size).toBe(MESSAGE_STATES.length)
    expect(new Set(faces.map(({ word }) => word)).size).toBe(MESSAGE_STATES.length)
  })
})
