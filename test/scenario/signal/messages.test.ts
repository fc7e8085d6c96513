/** Texts, receipts and who they are from, between a registered gateway and people on the mock server. */
import { expect, test } from 'vitest'
import { byAci, byNumber, gatewayNumber, timestamp, until, World } from './kit.ts'

const anaNumber = '+15550000201'

test('a text to a number reaches the recipient, and its delivery receipt comes back', async () => {
  const world = await World.open()
  const ana = await world.person('Ana', anaNumber)
  const { account, sink } = await world.registeredGateway()
  const timestampMs = timestamp()
  const sent = await account.sendText({ to: byNumber(anaNumber), text: 'hello', timestampMs })
  expect(sent).toMatchObject({ sealed: false, to: { aci: ana.aci, e164: anaNumber } })
  await until(() => sink.receipts.length === 1)
  expect(ana.texts).toMatchObject([{ text: 'hello', timestampMs, fromE164: gatewayNumber }])
  expect(sink.receipts).toMatchObject([
    { kind: 'delivered', from: { aci: ana.aci, e164: anaNumber }, timestampsMs: [timestampMs] },
  ])
})

test('a text to us is kept, and its author gets a delivery receipt', async () => {
  const world = await World.open()
  const ana = await world.person('Ana', anaNumber)
  const { sink } = await world.registeredGateway()
  const { timestampMs, acknowledged } = await ana.sendText(gatewayNumber, 'hi', { sealed: true })
  await acknowledged
  expect(sink.texts).toMatchObject([{ text: 'hi', timestampMs, sealed: true, senderDevice: 1, from: { aci: ana.aci } }])
  expect(sink.facts).toMatchObject([{ kind: 'registered', peer: { aci: ana.aci } }])
  await until(() => ana.receipts.length === 1)
  expect(ana.receipts).toMatchObject([{ kind: 'delivered', timestampsMs: [timestampMs] }])
})

test('a call is told with who called, once, and as what; a stranger’s as a request; no receipt goes out for it', async () => {
  const world = await World.open()
  const ana = await world.person('Ana', anaNumber)
  const { account, sink, db } = await world.registeredGateway()
  const first = await ana.call(gatewayNumber, false)
  await until(() => sink.calls.length === 1)
  sink.knowsAll = false
  const ben = await world.person('Ben', '+15550000202')
  await ben.call(gatewayNumber, true)
  await until(() => sink.calls.length === 2)
  expect(sink.calls).toMatchObject([
    { from: { aci: ana.aci }, timestampMs: first, video: false, request: false },
    { from: { aci: ben.aci }, video: true, request: true },
  ])
  expect(sink).toMatchObject({ texts: [], undecryptables: [] })
  expect(await db.selectFrom('signal_receipts_due').selectAll().execute()).toEqual([])
  expect([...ana.receipts, ...ben.receipts]).toEqual([])
  expect(account.envelopes()).toMatchObject({ received: 2 })
})

test('an unsealed text is kept as well', async () => {
  const world = await World.open()
  const ana = await world.person('Ana', anaNumber)
  const { sink } = await world.registeredGateway()
  await (await ana.sendText(gatewayNumber, 'plainly', { sealed: false })).acknowledged
  expect(sink.texts).toMatchObject([{ text: 'plainly', sealed: false, from: { aci: ana.aci } }])
})

test('once the profile key is known, texts go sealed', async () => {
  const world = await World.open()
  const ana = await world.person('Ana', anaNumber)
  const { account } = await world.registeredGateway()
  await (await ana.sendText(gatewayNumber, 'hi')).acknowledged
  const sent = await account.sendText({ to: byAci(ana.aci), text: 'sealed?', timestampMs: timestamp() })
  expect(sent.sealed).toBe(true)
  await until(() => ana.texts.length === 1)
  expect(ana.texts).toMatchObject([{ text: 'sealed?', sealed: true }])
})

test('when the access key is refused, the text goes unsealed', async () => {
  const world = await World.open()
  const ana = await world.person('Ana', anaNumber)
  const { account, db } = await world.registeredGateway()
  await (await ana.sendText(gatewayNumber, 'hi')).acknowledged
  await db
    .updateTable('signal_peers')
    .set({ profile_key: new Uint8Array(32) })
    .where('aci', '=', ana.aci)
    .execute()
  const sent = await account.sendText({ to: byAci(ana.aci), text: 'still there', timestampMs: timestamp() })
  expect(sent.sealed).toBe(false)
  await until(() => ana.texts.length === 1)
})

test('a sealed sender whose certificate names a number becomes known by that number', async () => {
  const world = await World.open()
  const ana = await world.person('Ana', anaNumber)
  const { sink } = await world.registeredGateway()
  await (await ana.sendText(gatewayNumber, 'hi', { sealed: true })).acknowledged
  expect(sink.texts[0]?.from).toMatchObject({ aci: ana.aci, e164: anaNumber })
})

test('read receipts are told as read', async () => {
  const world = await World.open()
  const ana = await world.person('Ana', anaNumber)
  ana.habits.readReceipts = true
  const { account, sink } = await world.registeredGateway()
  await account.sendText({ to: byAci(ana.aci), text: 'hello', timestampMs: timestamp() })
  await until(() => sink.receipts.length === 2)
  expect(sink.receipts.map(({ kind }) => kind)).toEqual(['delivered', 'read'])
})

test('a text reaches every device of the recipient', async () => {
  const world = await World.open()
  const ana = await world.person('Ana', anaNumber)
  await ana.addDevice()
  const { account } = await world.registeredGateway()
  await account.sendText({ to: byAci(ana.aci), text: 'both', timestampMs: timestamp() })
  await until(() => ana.ledger().every(({ texts }) => texts.length === 1))
  expect(ana.ledger().map(({ deviceId, failures }) => [deviceId, failures])).toEqual([
    [1, []],
    [2, []],
  ])
})

test('a device that was added, removed or set up anew is found out and served', async () => {
  const world = await World.open()
  const ana = await world.person('Ana', anaNumber)
  const { account } = await world.registeredGateway()
  const send = (text: string) => account.sendText({ to: byAci(ana.aci), text, timestampMs: timestamp() })
  await send('to one')
  const deviceId = await ana.addDevice()
  await send('to two')
  await until(() => ana.ledger()[1]?.texts.length === 1)
  await ana.removeDevice(deviceId)
  await send('to one again')
  await until(() => ana.texts.length === 3)
  expect(ana.ledger()).toMatchObject([{ deviceId: 1, failures: [] }])
})

test('64 texts at once all decrypt', async () => {
  const world = await World.open()
  const ana = await world.person('Ana', anaNumber)
  const { account } = await world.registeredGateway()
  const texts = Array.from({ length: 64 }, (_, index) => `text ${index}`)
  await Promise.all(texts.map((text) => account.sendText({ to: byAci(ana.aci), text, timestampMs: timestamp() })))
  await until(() => ana.texts.length === 64)
  expect(new Set(ana.texts.map(({ text }) => text))).toEqual(new Set(texts))
  expect(ana.ledger()[0]?.failures).toEqual([])
})

test('sending again with the same timestamp gives the recipient one message', async () => {
  const world = await World.open()
  const ana = await world.person('Ana', anaNumber)
  const { account } = await world.registeredGateway()
  const message = { to: byAci(ana.aci), text: 'once', timestampMs: timestamp() }
  world.server.faults.loseSendAnswers(1)
  await expect(account.sendText(message)).rejects.toMatchObject({ code: 'signal-unreachable', retry: 'same-transport' })
  await until(() =>
    account.sendText(message).then(
      () => true,
      () => false,
    ),
  )
  await until(() => ana.texts[0]?.repeats === 1)
  expect(ana.texts).toHaveLength(1)
})

test('a text that comes twice is kept once', async () => {
  const world = await World.open()
  const ana = await world.person('Ana', anaNumber)
  const { sink } = await world.registeredGateway()
  const timestampMs = timestamp()
  await (await ana.sendText(gatewayNumber, 'once', { timestampMs })).acknowledged
  await (await ana.sendText(gatewayNumber, 'once', { timestampMs })).acknowledged
  await (await ana.sendText(gatewayNumber, 'twice')).acknowledged
  expect(sink.texts.map(({ text }) => text)).toEqual(['once', 'twice'])
})

test('two gateways hold a conversation, sealed after the first exchange', async () => {
  const world = await World.open()
  const one = await world.registeredGateway('one', '+15550000101')
  const two = await world.registeredGateway('two', '+15550000102')
  const first = await one.account.sendText({ to: byNumber('+15550000102'), text: 'ping', timestampMs: timestamp() })
  expect(first.sealed).toBe(false)
  await until(() => two.sink.texts.length === 1)
  const answer = await two.account.sendText({ to: byNumber('+15550000101'), text: 'pong', timestampMs: timestamp() })
  expect(answer.sealed).toBe(true)
  await until(() => one.sink.texts.length === 1 && one.sink.receipts.length >= 1 && two.sink.receipts.length >= 1)
  expect(one.sink.texts).toMatchObject([{ text: 'pong', sealed: true }])
})

test('both sides compute the same safety number of 60 digits', async () => {
  const world = await World.open()
  const one = await world.registeredGateway('one', '+15550000101')
  const two = await world.registeredGateway('two', '+15550000102')
  await one.account.sendText({ to: byNumber('+15550000102'), text: 'ping', timestampMs: timestamp() })
  await until(() => two.sink.texts.length === 1)
  const ofOne = await one.account.safetyNumber(byNumber('+15550000102'))
  expect(ofOne).toMatch(/^\d{60}$/)
  expect(await two.account.safetyNumber(byAci(one.account.status().aci ?? ''))).toBe(ofOne)
  expect(await one.account.safetyNumber(byNumber('+15550000999'))).toBeUndefined()
})
