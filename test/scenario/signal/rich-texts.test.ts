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

test('styles and mentions of a long text lie in the whole of it, when it has been fetched', async () => {
  const world = await World.open()
  const gateway = await world.registeredGateway()
  const ana = await world.person('Ana', '+15550000201')
  const aci = new Uint8Array(Buffer.from(ana.aci.replaceAll('-', ''), 'hex'))
  const long = `\ufffc begins ${'x'.repeat(3_000)} and ends`
  const attachment = await world.server.host.storeText(long)
  const bodyRanges = [
    { start: 0, length: 1, associatedValue: { mentionAciBinary: aci } },
    { start: long.length - 4, length: 4, associatedValue: { style: 1 } },
  ]
  await ana.sendMessage(gatewayNumber, { body: long.slice(0, 500), bodyRanges, attachments: [attachment] })
  await until(() => gateway.sink.changes.length === 1)
  expect(gateway.sink.changes[0]?.change).toEqual({
    kind: 'completed',
    text: long,
    ranges: [
      { kind: 'mention', start: 0, length: 1, aci: ana.aci, ours: false },
      { kind: 'style', start: long.length - 4, length: 4, style: 'bold' },
    ],
  })
})

test('an edit carries the styles of its text', async () => {
  const world = await World.open()
  const ours = await world.registeredGateway()
  const theirs = await world.registeredGateway('theirs', '+15550000102')
  const timestampMs = timestamp()
  await ours.account.sendText({ to: byNumber('+15550000102'), text: 'it ends', timestampMs })
  await until(() => theirs.sink.texts.length === 1)
  const ranges = [{ kind: 'style', style: 'bold', start: 8, length: 4 }] as const
  const action = { kind: 'edited', targetMs: timestampMs, text: 'it ends well', ranges, quote: undefined } as const
  const edit = { to: byNumber('+15550000102'), timestampMs: timestamp(), reference: 'change', action }
  const afterCommit = await ours.db.transaction().execute((tx) => ours.account.owe(edit, tx))
  afterCommit()
  await until(() => theirs.sink.changes.length === 1)
  expect(theirs.sink.changes[0]?.change).toEqual({ kind: 'edited', text: 'it ends well', ranges })
})
