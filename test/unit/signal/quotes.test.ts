/** What a message answers to: words, and of a file what it is, with the small picture that came along. */
import { expect, test } from 'vitest'
import { quoteOf } from '../../../src/signal/incoming.ts'
import { quoteFor } from '../../../src/signal/outgoing.ts'
import type { Quote } from '../../../src/signal/proto/data-message.ts'
import { attachmentPointerCodec, contentCodec } from '../../../src/signal/proto/messages.ts'

const own = '9d0652a3-dcc3-4d11-975f-74d61598733f'

/** As it is after the wire. */
function quoted(quote: Quote) {
  const { dataMessage = {} } = contentCodec.decode(contentCodec.encode({ dataMessage: { body: 'nice', quote } }))
  return quoteOf(dataMessage, own)
}

test.each([
  [[{ contentType: 'image/jpeg' }], { contentType: 'image/jpeg' }],
  [[{ contentType: 'video/mp4', fileName: 'roof.mp4' }], { contentType: 'video/mp4', fileName: 'roof.mp4' }],
  [[{ contentType: 'audio/aac' }, { contentType: 'image/png' }], { contentType: 'audio/aac' }],
  [[{}], { contentType: 'application/octet-stream' }],
  [[{ contentType: '<b>' }], { contentType: 'application/octet-stream' }],
  [[{ contentType: 'text/x-signal-plain' }], undefined],
  [[], undefined],
])('of %j the file is %j', (attachments, file) => {
  expect(quoted({ id: 5_000, authorAci: own, attachments })).toEqual({ ours: true, timestampMs: 5_000, text: '', file })
})

test('words stand beside the file', () => {
  const quote = { id: 5_000, authorAci: own, text: 'look', attachments: [{ contentType: 'image/png' }] }
  expect(quoted(quote)).toMatchObject({ text: 'look', file: { contentType: 'image/png' } })
})

test('a name longer than any that is shown is cut', () => {
  const attachments = [{ contentType: 'image/png', fileName: 'x'.repeat(5_000) }]
  expect(quoted({ id: 5_000, authorAci: own, attachments })?.file?.fileName).toHaveLength(200)
})

test('the small picture is told of as any file is, and can be fetched by its pointer', () => {
  const thumbnail = { contentType: 'image/jpeg', size: 900, key: new Uint8Array(64), cdnNumber: 3, cdnKey: 'k' }
  const media = quoted({ id: 5_000, authorAci: own, attachments: [{ contentType: 'image/png', thumbnail }] })?.file
  expect(media?.thumbnail).toMatchObject({ contentType: 'image/jpeg', bytes: 900, voice: false })
  expect(attachmentPointerCodec.decode(media?.thumbnail?.pointer ?? new Uint8Array())).toMatchObject({ cdnKey: 'k' })
})

test('what we quote says its file as what comes back to us', () => {
  const quote = { ours: true, timestampMs: 5_000, text: '', file: { contentType: 'image/png', fileName: 'roof.png' } }
  expect(quoted(quoteFor(quote, own, undefined).quote ?? {})).toEqual(quote)
})
