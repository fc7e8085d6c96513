import { expect, test } from 'vitest'
import { happeningIn, pad, unpad, words, wordsOf } from '../../../src/signal/content.ts'
import { changeOf } from '../../../src/signal/incoming.ts'
import type { DataMessage } from '../../../src/signal/proto/data-message.ts'
import { envelopeCodec } from '../../../src/signal/proto/envelope.ts'
import { contentCodec } from '../../../src/signal/proto/messages.ts'

test.each([
  [0, 160],
  [159, 160],
  [160, 320],
  [319, 320],
  [320, 480],
])('content of %i octets is padded to %i', (length, padded) => {
  expect(pad(new Uint8Array(length).fill(1))).toHaveLength(padded)
})

test('unpad undoes pad, whatever the content ends on', () => {
  for (const content of [
    [],
    [0],
    [0x80],
    [0x80, 0],
    [1, 2, 0, 0],
    Array.from({ length: 400 }, (_, index) => index % 256),
  ]) {
    expect([...(unpad(pad(Uint8Array.from(content))) ?? [])]).toEqual(content)
  }
})

test.each([[[]], [[0, 0]], [[1, 2, 3]], [[0x80, 1]]])('%j is not padded content', (bytes) => {
  expect(unpad(Uint8Array.from(bytes))).toBeUndefined()
})

test('an envelope survives encoding, and fields of a later version do not disturb it', () => {
  const envelope = { type: 6, clientTimestamp: 1_700_000_000_123, content: Uint8Array.of(1, 2), sourceDeviceId: 3 }
  const later = Uint8Array.of(0xba, 0x3e, 2, 9, 9)
  expect(envelopeCodec.decode(new Uint8Array([...envelopeCodec.encode(envelope), ...later]))).toMatchObject({
    type: 6,
    clientTimestamp: 1_700_000_000_123,
    sourceDeviceId: 3,
  })
})

test('receipt timestamps are read packed and unpacked', () => {
  const unpacked = contentCodec.encode({ receiptMessage: { type: 1, timestamp: [1, 300] } })
  const packed = Uint8Array.of(0x2a, 7, 8, 1, 0x12, 3, 1, 0xac, 2)
  for (const bytes of [unpacked, packed]) {
    expect(contentCodec.decode(bytes).receiptMessage).toEqual({ type: 1, timestamp: [1, 300] })
  }
})

test('every truncation of a content either decodes or throws', () => {
  const whole = contentCodec.encode({
    dataMessage: { body: 'x'.repeat(40), timestamp: 5, profileKey: new Uint8Array(32) },
  })
  let refused = 0
  for (let length = 0; length < whole.length; length += 1) {
    try {
      contentCodec.decode(whole.subarray(0, length))
    } catch {
      refused += 1
    }
  }
  expect(refused).toBeGreaterThan(70)
})

const shown: [string, DataMessage, string | undefined][] = [
  ['a text', { body: 'hello' }, 'hello'],
  ['an empty message', { flags: 2 }, undefined],
  ['a reaction', { reaction: {}, body: '' }, undefined],
  ['a deletion', { delete: {} }, undefined],
  ['a picture, which needs no words', { attachments: [{ contentType: 'image/jpeg' }] }, ''],
  [
    'a text with a named file',
    { body: 'see', attachments: [{ contentType: 'application/pdf', fileName: 'a.pdf' }] },
    'see',
  ],
  ['a sticker without its picture', { sticker: {}, attachments: [] }, '[sticker: this version cannot show it yet]'],
  ['a sticker, by its emoji', { sticker: { emoji: '🦔', data: { cdnKey: 'k' } } }, '🦔'],
  ['a text in a group', { body: 'all', groupV2: { revision: 1 } }, 'all'],
  ['a view-once picture', { isViewOnce: true, attachments: [{ contentType: 'image/png' }] }, ''],
  ['a view-once message whose picture was taken back', { isViewOnce: true }, undefined],
  [
    'a message of the future',
    { requiredProtocolVersion: 9 },
    '[message of a kind that this version does not know: an update is needed]',
  ],
]

test.each(shown)('%s is shown in words', (_name, message, text) => {
  expect(words(message)).toBe(text)
})

test('an edit is marked', () => {
  expect(wordsOf({ editMessage: { targetSentTimestamp: 1, dataMessage: { body: 'better' } } })).toBe('[edited] better')
  expect(wordsOf({})).toBeUndefined()
})

test('cards, polls and payments are told in words, with whatever of them is there', () => {
  const card = { name: { givenName: 'Ben', familyName: 'Lee' }, number: [{ value: '+15550000202' }] }
  expect(words({ contact: [card, {}] })).toBe('[contact card: Ben Lee, +15550000202]\n[contact card: without a name]')
  expect(words({ pollCreate: { question: 'Tea?', options: ['yes', 'no'] } })).toBe('[poll: Tea?]\n- yes\n- no')
  expect(words({ payment: { notification: { note: 'for lunch' } } })).toBe('[payment: for lunch]')
  expect(words({ payment: {} })).toBe('[payment]')
})

test('calls, polls and pins have no words, and say what they are; a call by its era', () => {
  const target = { targetAuthorAciBinary: new Uint8Array(16), targetSentTimestamp: 5 }
  const cases: [DataMessage, ReturnType<typeof happeningIn>][] = [
    [{ groupCallUpdate: { eraId: 'x'.repeat(101) } }, { what: 'call-started', once: 'x'.repeat(100) }],
    [{ pinMessage: target }, { what: 'pinned', once: undefined }],
    [{ unpinMessage: target }, { what: 'unpinned', once: undefined }],
    [{ pollVote: target }, { what: 'voted', once: undefined }],
    [{ pollTerminate: { targetSentTimestamp: 5 } }, { what: 'poll-ended', once: undefined }],
  ]
  for (const [message, told] of cases) {
    expect(happeningIn(message)).toEqual(told)
    expect(words({ ...message, requiredProtocolVersion: 99 })).toBeUndefined()
  }
  expect(happeningIn({ body: 'hello' })).toBeUndefined()
})

test('only an administrator takes back what another wrote, in a group alone', () => {
  const aci = '01010101-0101-0101-0101-010101010101'
  const adminDelete = { targetAuthorAciBinary: new Uint8Array(16).fill(1), targetSentTimestamp: 5 }
  const by = { author: 'ana', own: 'own', timestampMs: 9 }
  const change = (more: { groupId?: string; byAdmin?: boolean }) => changeOf({}, { adminDelete }, { ...by, ...more })
  expect(change({ groupId: 'g', byAdmin: true })).toMatchObject({
    target: { ours: false, timestampMs: 5, authorAci: aci },
    groupId: 'g',
    change: { kind: 'deleted' },
  })
  expect(change({ groupId: 'g' })).toBeUndefined()
  expect(change({ byAdmin: true })).toBeUndefined()
})
