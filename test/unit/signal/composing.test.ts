/** What every message of ours has, whatever it holds. */
import { ProfileKey } from '@signalapp/libsignal-client/dist/zkgroup/index.js'
import { expect, test } from 'vitest'
import type { OutgoingMedia } from '../../../src/domain/media.ts'
import type { Uploads } from '../../../src/signal/attachments-out.ts'
import { Composer } from '../../../src/signal/composing.ts'
import type { Credentials } from '../../../src/signal/credentials.ts'
import type { LongTexts } from '../../../src/signal/long-texts.ts'
import type { Content } from '../../../src/signal/proto/messages.ts'

const profileKey = new ProfileKey(new Uint8Array(32).fill(1))
const composer = new Composer({
  credentials: { profileKey } as Credentials,
  texts: { pack: async (body: string) => ({ body }) } as unknown as LongTexts,
  uploads: { pointerTo: async () => ({ contentType: 'image/png' }) } as unknown as Uploads,
})
const file = (viewOnce: boolean) => ({ viewOnce }) as OutgoingMedia

test.each<[string, Content, readonly OutgoingMedia[], number]>([
  ['a text', { dataMessage: { body: 'hi' } }, [], 0],
  ['a text with a file', { dataMessage: { body: 'hi' } }, [file(false)], 5],
  ['what is to be looked at once', { dataMessage: {} }, [file(true)], 5],
  [
    'a text that names somebody, with a file',
    { dataMessage: { body: '\ufffc', requiredProtocolVersion: 6 } },
    [file(false)],
    6,
  ],
  ['a reaction', { dataMessage: { requiredProtocolVersion: 4 } }, [], 4],
  ['an edit', { editMessage: { targetSentTimestamp: 1, dataMessage: { body: 'ho' } } }, [], 0],
])('%s says the first version of the protocol that knows it', async (_what, content, media, version) => {
  const whole = await composer.complete(content, 5_000, media, new AbortController().signal)
  const message = whole.dataMessage ?? whole.editMessage?.dataMessage
  expect(message).toMatchObject({ requiredProtocolVersion: version, timestamp: 5_000 })
  expect(message?.profileKey).toEqual(profileKey.serialize())
  expect(message?.isViewOnce).toBe(media.some(({ viewOnce }) => viewOnce) ? true : undefined)
})

const answer = { dataMessage: { body: 'yes', quote: { id: 1, attachments: [{ contentType: 'image/jpeg' }] } } }

test('the picture of what it quotes stands in the quote, and makes it no message with files', async () => {
  const whole = await composer.complete(answer, 5_000, [], new AbortController().signal, file(false))
  expect(whole.dataMessage).toMatchObject({
    requiredProtocolVersion: 0,
    quote: { id: 1, attachments: [{ contentType: 'image/jpeg', thumbnail: { contentType: 'image/png' } }] },
  })
  expect(whole.dataMessage?.attachments).toBeUndefined()
})

test('a picture of a quote that cannot be uploaded holds up no message', async () => {
  const away = new Composer({
    credentials: { profileKey } as Credentials,
    texts: { pack: async (body: string) => ({ body }) } as unknown as LongTexts,
    uploads: { pointerTo: () => Promise.reject(new Error('away')) } as unknown as Uploads,
  })
  const whole = await away.complete(answer, 5_000, [], new AbortController().signal, file(false))
  expect(whole.dataMessage?.quote).toEqual(answer.dataMessage.quote)
})
