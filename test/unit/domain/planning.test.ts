import { describe, expect, it } from 'vitest'
import { fallbackAfter } from '../../../src/domain/contact.ts'
import { planRoute, type RouteFacts, type RoutePlan } from '../../../src/domain/route.ts'

type Change = Partial<Omit<RouteFacts, 'contact'>> & { contact?: Partial<RouteFacts['contact']> }

const UP = { kind: 'available' } as const
const ROAMING = { kind: 'available', roaming: true } as const
const DOWN = { kind: 'unavailable', reason: 'unplugged' } as const
const NONE = { kind: 'absent' } as const

/** A registered contact with a number, everything up, nothing tried yet. */
function facts({ contact, ...rest }: Change = {}): RouteFacts {
  return {
    mode: 'integrated',
    policy: 'auto',
    encryptedOnly: undefined,
    flash: false,
    hasMedia: false,
    signal: UP,
    sms: UP,
    mms: NONE,
    textApproved: false,
    refused: {},
    silent: undefined,
    fallbackAfterMs: 900_000,
    ...rest,
    contact: {
      textable: true,
      signalable: true,
      standing: 'registered',
      verified: false,
      identityChanged: false,
      ...contact,
    },
  }
}

/** `signal 900s > sms?` : legs in order, `?` asks, seconds to the fallback; or `held code`, `failed code`. */
function shorthand(plan: RoutePlan): string {
  if (plan.kind !== 'legs') return `${plan.kind} ${plan.code}`
  return plan.legs
    .map(({ transport, consent, fallbackAfterMs }) => {
      const time = fallbackAfterMs === undefined ? '' : ` ${fallbackAfterMs / 1000}s`
      return `${transport}${consent === 'ask' ? '?' : ''}${time}`
    })
    .join(' > ')
}

const GONE = { code: 'not-on-signal', reason: 'this person is not on Signal' }
const SILENT = { code: 'no-receipt', reason: 'no delivery receipt over Signal within 15 min' }
const UNREACHED = { code: 'signal-unreachable', reason: 'Signal could not be reached within 15 min' }
const CMS = { code: 'cms-38', reason: 'the network refuses this text' }

const RULES: [rule: string, change: Change, plan: string][] = [
  ['encrypted first, a text after fallback_after', {}, 'signal 900s > sms'],
  [
    'unknown people are tried on Signal, the directory asked first',
    { contact: { standing: 'unknown' } },
    'signal 900s > sms',
  ],
  ['a flash message is a text, whoever is on Signal', { flash: true }, 'sms'],
  ['… which is what was asked for, so nobody is asked', { flash: true, policy: 'ask' }, 'sms'],
  ['… but never slips past a verified safety number', { flash: true, contact: { verified: true } }, 'sms?'],
  ['… nor goes where texts are not wanted', { flash: true, policy: 'signal_only' }, 'failed no-transport'],
  ['… nor in data-only mode', { flash: true, mode: 'data_only' }, 'failed no-transport'],
  ['… nor where messages disappear', { flash: true, encryptedOnly: 'it disappears' }, 'failed no-transport'],
  ['files go over Signal alone: no text follows without them', { hasMedia: true }, 'signal'],
  [
    '… and fail for whoever is not there',
    { hasMedia: true, contact: { standing: 'not-registered' } },
    'failed media-needs-mms',
  ],
  ['… and when texts were ordered', { hasMedia: true, policy: 'sms_only' }, 'failed media-needs-mms'],
  [
    '… and fail, never a text, once Signal counts as silent',
    { hasMedia: true, silent: SILENT },
    'failed media-needs-mms',
  ],
  [
    'a long text, or one with a subject, to whoever is not on Signal goes as a picture message where MMS is there',
    { ratherMms: 'it has a subject', mms: UP, contact: { standing: 'not-registered' } },
    'mms',
  ],
  ['… by which it falls back, too', { ratherMms: 'it has a subject', mms: UP }, 'signal 900s > mms'],
  [
    '… is asked about as a text is',
    { ratherMms: 'it has a subject', mms: UP, signal: NONE, policy: 'ask', contact: { standing: 'unknown' } },
    'mms?',
  ],
  [
    '… and is a text where MMS is not',
    { ratherMms: 'it has a subject', contact: { standing: 'not-registered' } },
    'sms',
  ],
  ['… or is away', { ratherMms: 'it has a subject', mms: DOWN, contact: { standing: 'not-registered' } }, 'sms'],
  [
    '… or has refused it',
    { ratherMms: 'it has a subject', mms: UP, refused: { mms: CMS }, contact: { standing: 'not-registered' } },
    'sms',
  ],
  [
    '… or each of a group gets a text',
    { ratherMms: 'it has a subject', mms: UP, contact: { numbers: 'apart', standing: 'not-registered' } },
    'sms',
  ],
  ['with MMS files fall back as a picture message', { hasMedia: true, mms: UP }, 'signal 900s > mms'],
  ['… go by it to whoever is not there', { hasMedia: true, mms: UP, contact: { standing: 'not-registered' } }, 'mms'],
  ['… and when texts were ordered', { hasMedia: true, mms: UP, policy: 'sms_only' }, 'mms'],
  ['… never to be looked at once', { hasMedia: true, mms: UP, encryptedOnly: 'it is to be looked at once' }, 'signal'],
  ['… verified people are asked about', { hasMedia: true, mms: UP, contact: { verified: true } }, 'signal 900s > mms?'],
  ['… so is its roaming price', { hasMedia: true, mms: ROAMING, policy: 'sms_only' }, 'mms?'],
  ['… not that of the texts', { hasMedia: true, mms: UP, sms: ROAMING, policy: 'sms_only' }, 'mms'],
  [
    '… what the carrier has refused is not tried again',
    { hasMedia: true, mms: UP, policy: 'sms_only', refused: { mms: CMS } },
    'failed cms-38',
  ],
  [
    '… what the network has refused as a text says nothing about it',
    { hasMedia: true, mms: UP, policy: 'sms_only', refused: { sms: CMS } },
    'mms',
  ],
  ['words alone stay a text', { mms: UP, policy: 'sms_only' }, 'sms'],
  [
    'a group of numbers gets one picture message',
    { mms: UP, contact: { numbers: 'together', signalable: false } },
    'mms',
  ],
  ['… or a text for each', { mms: UP, contact: { numbers: 'apart', signalable: false } }, 'sms'],
  ['… which carries no files', { mms: UP, hasMedia: true, contact: { numbers: 'apart' } }, 'failed media-needs-mms'],
  ['… and fails without MMS', { contact: { numbers: 'together' } }, 'failed group-needs-mms'],
  ['ask: the fallback asks', { policy: 'ask' }, 'signal 900s > sms?'],
  ['roaming: the fallback asks', { sms: ROAMING }, 'signal 900s > sms?'],
  ['roaming, not on Signal: asks', { sms: ROAMING, contact: { standing: 'not-registered' } }, 'sms?'],
  ['roaming, a contact by text only: asks, it is about money', { sms: ROAMING, policy: 'sms_only' }, 'sms?'],
  ['roaming, a person agreed', { sms: ROAMING, silent: SILENT, textApproved: true }, 'sms'],
  ['a fallback time of the message itself', { fallbackAfterMs: 60_000 }, 'signal 60s > sms'],

  ['hard evidence: not registered, a text at once', { contact: { standing: 'not-registered' } }, 'sms'],
  ['hard evidence leaves nothing to ask about', { policy: 'ask', contact: { standing: 'not-registered' } }, 'sms'],
  ['hard evidence while sending: a text at once', { refused: { signal: GONE } }, 'sms'],
  ['hard evidence while sending, ask: the same', { policy: 'ask', refused: { signal: GONE } }, 'sms'],
  ['stale: a text at once', { contact: { standing: 'stale' } }, 'sms'],

  ['soft evidence, auto: a text', { silent: SILENT }, 'sms'],
  ['soft evidence, ask: asks', { policy: 'ask', silent: SILENT }, 'sms?'],
  ['Signal unreachable for its time, auto: a text', { signal: DOWN, silent: UNREACHED }, 'sms'],
  ['Signal unreachable for its time, ask: asks', { policy: 'ask', signal: DOWN, silent: UNREACHED }, 'sms?'],
  ['Signal unreachable: waits its time first', { signal: DOWN }, 'signal 900s > sms'],
  ['modem unreachable: Signal, the text may follow', { sms: DOWN }, 'signal 900s > sms'],
  ['modem unreachable and stale: Signal after all', { sms: DOWN, contact: { standing: 'stale' } }, 'signal 900s > sms'],
  [
    'modem and Signal unreachable, stale: waits for the modem',
    { sms: DOWN, signal: DOWN, contact: { standing: 'stale' } },
    'sms',
  ],
  [
    'modem unreachable, not on Signal: waits for the modem',
    { sms: DOWN, contact: { standing: 'not-registered' } },
    'sms',
  ],

  ['verified: never by itself', { contact: { verified: true } }, 'signal 900s > sms?'],
  ['verified and silent: asks', { contact: { verified: true }, silent: SILENT }, 'sms?'],
  [
    'verified and stale: Signal is tried, then asks',
    { contact: { verified: true, standing: 'stale' } },
    'signal 900s > sms?',
  ],
  ['verified and not registered: asks', { contact: { verified: true, standing: 'not-registered' } }, 'sms?'],
  ['verified and refused: asks', { contact: { verified: true }, refused: { signal: GONE } }, 'sms?'],
  ['verified, no account here any more: asks', { contact: { verified: true }, signal: NONE }, 'sms?'],
  [
    'verified, not known there, no account here: asks',
    { contact: { verified: true, standing: 'unknown' }, signal: NONE },
    'sms?',
  ],
  ['verified in sms-only mode: asks', { mode: 'sms_only', contact: { verified: true } }, 'sms?'],
  ['a person agreed: the text goes', { contact: { verified: true }, silent: SILENT, textApproved: true }, 'sms'],
  ['a person agreed under ask', { policy: 'ask', silent: SILENT, textApproved: true }, 'sms'],
  ['sms_only on a verified contact is an order', { policy: 'sms_only', contact: { verified: true } }, 'sms'],

  ['signal_only: no text, however long', { policy: 'signal_only' }, 'signal'],
  [
    'signal_only, silent: nothing more can be tried',
    { policy: 'signal_only', refused: { signal: GONE } },
    'failed not-on-signal',
  ],
  [
    'signal_only to someone not there',
    { policy: 'signal_only', contact: { standing: 'not-registered' } },
    'failed not-on-signal',
  ],
  ['signal_only, stale: Signal is tried', { policy: 'signal_only', contact: { standing: 'stale' } }, 'signal'],
  ['signal_only, unreachable: waits', { policy: 'signal_only', signal: DOWN }, 'signal'],
  [
    'signal_only without an account',
    { policy: 'signal_only', signal: NONE, contact: { standing: 'unknown' } },
    'failed no-transport',
  ],
  ['consent does not overrule signal_only', { policy: 'signal_only', textApproved: true }, 'signal'],

  ['data-only mode: no text', { mode: 'data_only' }, 'signal'],
  [
    'data-only mode, not on Signal',
    { mode: 'data_only', contact: { standing: 'not-registered' } },
    'failed not-on-signal',
  ],
  ['data-only mode, refused', { mode: 'data_only', refused: { signal: GONE } }, 'failed not-on-signal'],
  ['data-only mode, a contact of texts', { mode: 'data_only', policy: 'sms_only' }, 'failed no-transport'],
  ['data-only mode, a short code', { mode: 'data_only', contact: { signalable: false } }, 'failed not-on-signal'],
  [
    'consent does not overrule data-only mode',
    { mode: 'data_only', silent: SILENT, textApproved: true },
    'failed no-transport',
  ],

  ['a message that may never be plaintext', { encryptedOnly: 'it disappears after a day' }, 'signal'],
  [
    '…and whose recipient is not there',
    { encryptedOnly: 'it disappears', contact: { standing: 'not-registered' } },
    'failed not-on-signal',
  ],
  ['…in sms-only mode', { encryptedOnly: 'it disappears', mode: 'sms_only' }, 'failed no-transport'],

  ['sms_only contact', { policy: 'sms_only' }, 'sms'],
  ['sms_only contact, identity changed: no matter', { policy: 'sms_only', contact: { identityChanged: true } }, 'sms'],
  ['sms-only mode', { mode: 'sms_only' }, 'sms'],
  ['sms-only mode, signal_only contact', { mode: 'sms_only', policy: 'signal_only' }, 'failed no-transport'],

  ['identity changed: held', { contact: { identityChanged: true } }, 'held identity-changed'],
  [
    'identity changed and silent: held, no text around it',
    { contact: { identityChanged: true }, silent: SILENT },
    'held identity-changed',
  ],
  [
    'identity changed and left: held',
    { contact: { identityChanged: true, standing: 'not-registered' } },
    'held identity-changed',
  ],
  [
    'identity changed, data-only: held',
    { mode: 'data_only', contact: { identityChanged: true } },
    'held identity-changed',
  ],

  ['a short code gets a text', { contact: { signalable: false, standing: 'unknown' } }, 'sms'],
  ['an account without a number', { contact: { textable: false } }, 'signal'],
  [
    'an account without a number that left',
    { contact: { textable: false }, refused: { signal: GONE } },
    'failed not-on-signal',
  ],
  [
    'an alphanumeric sender cannot be answered',
    { contact: { textable: false, signalable: false } },
    'failed not-on-signal',
  ],
  ['no account here: texts', { signal: NONE, contact: { standing: 'unknown' } }, 'sms'],
  ['no account here any more, known there: a text at once', { signal: NONE }, 'sms'],
  ['no account here any more, known there, ask: asks', { policy: 'ask', signal: NONE }, 'sms?'],
  ['no account here any more, signal_only: waits for one', { policy: 'signal_only', signal: NONE }, 'signal'],
  [
    'no account here any more, encrypted only: waits for one',
    { encryptedOnly: 'it disappears', signal: NONE },
    'signal',
  ],
  ['no account here, stale: texts', { signal: NONE, contact: { standing: 'stale' } }, 'sms'],
  ['no account here, ask: asks', { policy: 'ask', signal: NONE, contact: { standing: 'unknown' } }, 'sms?'],
  ['no modem here: Signal alone', { sms: NONE }, 'signal'],
  ['no modem here, not on Signal', { sms: NONE, contact: { standing: 'not-registered' } }, 'failed not-on-signal'],
  ['nothing here', { sms: NONE, signal: NONE, contact: { standing: 'unknown' } }, 'failed no-transport'],
  ['the network refuses the text: Signal', { refused: { sms: CMS } }, 'signal'],
  [
    'the network refuses the text, not on Signal',
    { refused: { sms: CMS }, contact: { standing: 'not-registered' } },
    'failed cms-38',
  ],
  ['both have refused', { refused: { sms: CMS, signal: GONE } }, 'failed cms-38'],
]

describe('the rules of routing', () => {
  it.each(RULES)('%s', (_rule, change, plan) => {
    expect(shorthand(planRoute(facts(change)))).toBe(plan)
  })

  it('every leg, hold and failure has a code and words', () => {
    for (const [, change] of RULES) {
      const plan = planRoute(facts(change))
      const all = plan.kind === 'legs' ? plan.legs : [plan]
      expect(all.length).toBeGreaterThan(0)
      for (const { code, reason } of all) {
        expect(code).toMatch(/^[a-z0-9-]+$/)
        expect(reason.length).toBeGreaterThan(8)
      }
    }
  })

  it.each<[rule: string, change: Change, seconds: number]>([
    ['somebody never seen there, Signal away: not long', { signal: DOWN, contact: { standing: 'unknown' } }, 20],
    ['…never longer than the fallback', { signal: DOWN, contact: { standing: 'unknown' }, fallbackAfterMs: 5_000 }, 5],
    ['…unless the modem is away, too', { signal: DOWN, sms: DOWN, contact: { standing: 'unknown' } }, 900],
    ['…or a person wants to be asked', { signal: DOWN, policy: 'ask', contact: { standing: 'unknown' } }, 900],
    ['…or has verified them', { signal: DOWN, contact: { standing: 'unknown', verified: true } }, 900],
    ['somebody known there: the whole fallback time', { signal: DOWN }, 900],
    ['Signal is there: the whole fallback time', { contact: { standing: 'unknown' } }, 900],
  ])('how long Signal gets to take it: %s', (_rule, change, seconds) => {
    const plan = planRoute(facts(change))
    expect(plan.kind === 'legs' && plan.legs[0]?.patienceMs).toBe(seconds * 1000)
  })

  it('the note of a fallback says how long it was waited', () => {
    const plan = planRoute(facts())
    expect(plan.kind === 'legs' && plan.legs[1]?.reason).toBe('no delivery receipt over Signal within 15 min')
  })
})

describe('no silent downgrade, over all combinations of facts', () => {
  const orNot = [false, true]
  const all: RouteFacts[] = []
  for (const mode of ['integrated', 'data_only', 'sms_only'] as const) {
    for (const policy of ['auto', 'ask', 'signal_only', 'sms_only'] as const) {
      for (const standing of ['unknown', 'registered', 'not-registered', 'stale'] as const) {
        for (const verified of orNot) {
          for (const identityChanged of orNot) {
            for (const signal of [UP, DOWN, NONE]) {
              for (const sms of [UP, DOWN, NONE]) {
                for (const refused of [{}, { signal: GONE }, { sms: CMS }, { signal: GONE, sms: CMS }]) {
                  for (const silent of [undefined, SILENT]) {
                    const contact = { standing, verified, identityChanged }
                    all.push(facts({ mode, policy, signal, sms, refused, silent, contact }))
                  }
                }
              }
            }
          }
        }
      }
    }
  }
  const texts = (plan: RoutePlan) =>
    plan.kind === 'legs' ? plan.legs.filter(({ transport }) => transport === 'sms') : []
  const signals = (plan: RoutePlan) =>
    plan.kind === 'legs' ? plan.legs.filter(({ transport }) => transport === 'signal') : []

  it('a text that would rather be a picture message is planned, and asked about, as the text would be', () => {
    const alike = all.filter(({ sms, refused }) => sms.kind === 'available' && refused.sms === undefined)
    expect(alike.length).toBeGreaterThan(500)
    for (const each of alike) {
      const picture = shorthand(planRoute({ ...each, mms: UP, ratherMms: 'it is long' }))
      expect(picture.replaceAll('mms', 'sms')).toBe(shorthand(planRoute(each)))
    }
  })

  it('data-only mode and signal_only never plan a text', () => {
    const barred = all.filter(({ mode, policy }) => mode === 'data_only' || policy === 'signal_only')
    for (const each of barred) expect(texts(planRoute(each))).toEqual([])
  })

  it('sms-only mode and sms_only never plan Signal', () => {
    const barred = all.filter(({ mode, policy }) => mode === 'sms_only' || policy === 'sms_only')
    for (const each of barred) expect(signals(planRoute(each))).toEqual([])
  })

  it('a verified contact gets a text without being asked only where the contact itself is sms_only', () => {
    for (const each of all.filter(({ contact, policy }) => contact.verified && policy !== 'sms_only')) {
      for (const leg of texts(planRoute(each))) expect(leg.consent).toBe('ask')
    }
  })

  it('nothing is planned twice on a transport that has refused it', () => {
    for (const each of all) {
      const plan = planRoute(each)
      if (each.refused.sms !== undefined) expect(texts(plan)).toEqual([])
      if (each.refused.signal !== undefined) expect(signals(plan)).toEqual([])
    }
  })

  it('a changed identity gets nothing at all, unless texts were ordered', () => {
    for (const each of all.filter(({ contact }) => contact.identityChanged)) {
      const ordered = each.mode === 'sms_only' || each.policy === 'sms_only'
      const plan = planRoute(each)
      expect(signals(plan)).toEqual([])
      if (!ordered) expect(plan.kind).toBe('held')
    }
  })
})

it.each([
  [1, 2, 1],
  [1, null, 1],
  [null, 2, 2],
  [null, null, 3],
])(
  'of the fallback times of message (%s), contact (%s) and box (3) the nearest holds',
  (message, contact, expected) => {
    expect(fallbackAfter(message, contact, 3)).toBe(expected)
  },
)
