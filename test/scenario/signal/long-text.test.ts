/** Texts of any length, both ways, between two accounts of ours and from a phone. */
import { expect, test } from 'vitest'
import { byNumber, type Gateway, gatewayNumber, timestamp, until, World } from './kit.ts'

const otherNumber = '+15550000102'
const long = `${'Grüße aus dem Süden – '.repeat(400)}Ende`

const completed = ({ sink }: Gateway) => sink.changes.filter(({ change }) => change.kind === 'completed')
const uploads = (world: World) => world.server.host.requests.filter(({ path }) => path.startsWith('/v1/messages/'))

test('what a body cannot hold goes as an attachment, and the other side has all of it', async () => {
  const world = await World.open()
  const sender = await world.registeredGateway()
  const receiver = await world.registeredGateway('other', otherNumber)
  const timestampMs = timestamp()
  await sender.account.sendText({ to: byNumber(otherNumber), text: long, timestampMs })
  await until(() => completed(receiver).length === 1)
  const [beginning] = receiver.sink.texts
  const shown = beginning?.text.split('\n')[0] ?? ''
  expect(Buffer.byteLength(shown)).toBeLessThanOrEqual(2_048)
  expect(Buffer.byteLength(shown)).toBeGreaterThan(2_040)
  expect(long.startsWith(shown)).toBe(true)
  expect(completed(receiver)).toMatchObject([
    { by: { aci: sender.account.status().aci }, target: { ours: false, timestampMs }, change: { text: long } },
  ])
  expect(uploads(world).every(({ status }) => status === 200)).toBe(true)
})

test('a text of exactly 2,048 octets goes in one piece, one more octet does not', async () => {
  const world = await World.open()
  const gateway = await world.registeredGateway()
  const ana = await world.person('Ana', '+15550000201')
  await gateway.account.sendText({ to: byNumber(ana.e164), text: 'x'.repeat(2_048), timestampMs: timestamp() })
  await gateway.account.sendText({ to: byNumber(ana.e164), text: 'y'.repeat(2_049), timestampMs: timestamp() })
  await until(() => ana.texts.length === 2)
  expect(ana.texts.map(({ text, attachments }) => [text.length, attachments])).toEqual([
    [2_048, []],
    [2_048, ['text/x-signal-plain']],
  ])
})

test('the beginning of a long text is there at once, and the whole when it was fetched', async () => {
  const world = await World.open()
  const gateway = await world.registeredGateway()
  const ana = await world.person('Ana', '+15550000201')
  const timestampMs = await ana.sendLongText(gatewayNumber, long)
  await until(() => completed(gateway).length === 1)
  expect(gateway.sink.texts[0]?.text).toMatch(/^Grüße[\s\S]*being fetched/)
  expect(completed(gateway)).toMatchObject([{ target: { timestampMs }, change: { kind: 'completed', text: long } }])
})

test('what the content server no longer has is said in the text, once', async () => {
  const world = await World.open()
  const gateway = await world.registeredGateway()
  const ana = await world.person('Ana', '+15550000201')
  const missing = await world.server.host.storeText(long)
  await ana.sendMessage(gatewayNumber, {
    body: 'the beginning',
    attachments: [{ ...missing, attachmentIdentifier: { cdnKey: 'nowhere' } }],
  })
  await until(() => completed(gateway).length === 1)
  expect(completed(gateway)[0]?.change).toMatchObject({
    text: expect.stringMatching(/^the beginning\n.*cannot be had/),
  })
  expect(await gateway.db.selectFrom('signal_texts_due').selectAll().execute()).toEqual([])
})

test('octets that were changed at the content server are not believed', async () => {
  const world = await World.open()
  const gateway = await world.registeredGateway()
  const ana = await world.person('Ana', '+15550000201')
  const sealed = await world.server.host.storeText(long)
  await ana.sendMessage(gatewayNumber, { body: 'b', attachments: [{ ...sealed, digest: new Uint8Array(32) }] })
  await until(() => completed(gateway).length === 1)
  expect(completed(gateway)[0]?.change).toMatchObject({ text: expect.stringMatching(/digest/) })
})

test('what was still to be fetched is fetched after a restart', async () => {
  const world = await World.open()
  const gateway = await world.registeredGateway()
  const ana = await world.person('Ana', '+15550000201')
  // Whoever keeps the text cannot do so now: it stays due.
  gateway.sink.before = (what) => {
    if (what === 'amend') throw new Error('no room')
  }
  await ana.sendLongText(gatewayNumber, long)
  await until(() => gateway.sink.texts.length === 1)
  await gateway.close()
  const again = await world.gateway()
  await until(() => completed(again).length === 1)
  expect(completed(again)[0]?.change).toMatchObject({ text: long })
})
