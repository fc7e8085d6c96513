/** Mentions, styles, previews, and what is shown in words. */
import { expect, test } from 'vitest'
import { byNumber, gatewayNumber, timestamp, until, World } from './kit.ts'

test('styles and mentions come with their places, a preview with its title, and only for a link in the text', async () => {
  const world = await World.open()
  const gateway = await world.registeredGateway()
  const ana = await world.person('Ana', '+15550000201')
  const aci = new Uint8Array(Buffer.from(ana.aci.replaceAll('-', ''), 'hex'))
  const none = { image: null, description: null, date: null }
  await ana.sendMessage(gatewayNumber, {
    body: 'see \ufffc https://example.org',
    bodyRanges: [
      { start: 4, length: 1, associatedValue: { mentionAciBinary: aci } },
      { start: 0, length: 3, associatedValue: { style: 1 } },
    ],
    preview: [
      { ...none, url: 'https://elsewhere.example', title: 'Not here' },
      { ...none, url: 'https://example.org', title: 'An example' },
    ],
  })
  await until(() => gateway.sink.texts.length === 1)
  expect(gateway.sink.texts[0]).toMatchObject({
    ranges: [
      { kind: 'mention', start: 4, length: 1, aci: ana.aci, ours: false },
      { kind: 'style', start: 0, length: 3, style: 'bold' },
    ],
    preview: { url: 'https://example.org', title: 'An example' },
  })
})

test('styles of ours reach the other side', async () => {
  const world = await World.open()
  const ours = await world.registeredGateway()
  const theirs = await world.registeredGateway('theirs', '+15550000102')
  const ranges = [{ kind: 'style', style: 'spoiler', start: 0, length: 4 }] as const
  await ours.account.sendText({ to: byNumber('+15550000102'), text: 'it ends well', timestampMs: timestamp(), ranges })
  await until(() => theirs.sink.texts.length === 1)
  expect(theirs.sink.texts[0]?.ranges).toEqual(ranges)
})
