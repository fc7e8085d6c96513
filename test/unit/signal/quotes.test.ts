/** What a message answers to, where that has no words. */
import { expect, test } from 'vitest'
import { quoteOf } from '../../../src/signal/incoming.ts'
import { contentCodec, type Quote } from '../../../src/signal/proto/messages.ts'

const own = '9d0652a3-dcc3-4d11-975f-74d61598733f'

/** As it is after the wire. */
function quoted(quote: Quote) {
  const { dataMessage = {} } = contentCodec.decode(contentCodec.encode({ dataMessage: { body: 'nice', quote } }))
  return quoteOf(dataMessage, own)?.text
}

test.each([
  [[{ contentType: 'image/jpeg' }], '[image]'],
  [[{ contentType: 'video/mp4', fileName: 'roof.mp4' }], '[video: roof.mp4]'],
  [[{ contentType: 'audio/aac' }, { contentType: 'image/png' }], '[audio]'],
  [[{ contentType: 'application/pdf', fileName: 'plan.pdf' }], '[file: plan.pdf]'],
  [[{}], '[file]'],
  [[], ''],
])('of %j alone it is %j', (attachments, text) => {
  expect(quoted({ id: 5_000, authorAci: own, attachments })).toBe(text)
})

test('words go before files', () => {
  expect(quoted({ id: 5_000, authorAci: own, text: 'look', attachments: [{ contentType: 'image/png' }] })).toBe('look')
})
