/** Read receipts and typing, both ways: what is told, to whom, and that it can be switched off. */
import { expect, test } from 'vitest'
import { byAci, type Gateway, gatewayNumber, linkWith, timestamp, until, World } from './kit.ts'

async function markRead({ account, db }: Gateway, aci: string, timestampsMs: readonly number[]): Promise<void> {
  const afterCommit = await db.transaction().execute((tx) => account.markRead(byAci(aci), timestampsMs, tx))
  afterCommit()
}

const due = ({ db }: Gateway) => db.selectFrom('signal_receipts_due').selectAll().execute()

test('who wrote is told that it was read, in one receipt for many messages', async () => {
  const world = await World.open()
  const gateway = await world.registeredGateway()
  const ana = await world.person('Ana', '+15550000201')
  const sent = [
    (await ana.sendText(gatewayNumber, 'one')).timestampMs,
    (await ana.sendText(gatewayNumber, 'two')).timestampMs,
  ]
  await until(() => gateway.sink.texts.length === 2)
  await markRead(gateway, ana.aci, sent)
  await until(() => ana.receipts.some(({ kind }) => kind === 'read'))
  expect(ana.receipts.filter(({ kind }) => kind === 'read').map(({ timestampsMs }) => timestampsMs)).toEqual([sent])
})

test('with read receipts switched off nobody is told', async () => {
  const world = await World.open()
  await (await world.registeredGateway()).close()
  const gateway = await world.gateway({ readReceipts: false })
  const ana = await world.person('Ana', '+15550000201')
  const { timestampMs } = await ana.sendText(gatewayNumber, 'one')
  await until(() => gateway.sink.texts.length === 1)
  await until(() => ana.receipts.length === 1)
  // That of the delivery is off the list when the server's answer has come, a little after she has it.
  await until(async () => (await due(gateway)).length === 0)
  await markRead(gateway, ana.aci, [timestampMs])
  expect(await due(gateway)).toEqual([])
})

test('a linked device tells the phone what was read, and the author only with the phone’s consent', async () => {
  const world = await World.open()
  const olga = await world.person('Olga', '+15550000301')
  const ana = await world.person('Ana', '+15550000201')
  const gateway = await world.gateway({ patient: true })
  await linkWith(gateway, olga)
  const { timestampMs } = await ana.sendText(olga.e164, 'one')
  await until(() => gateway.sink.texts.length === 1)
  await markRead(gateway, ana.aci, [timestampMs])
  await until(() => olga.readElsewhere.length === 1)
  expect(olga.readElsewhere).toEqual([{ authorAci: ana.aci, timestampMs }])
  await until(() => ana.receipts.some(({ kind, fromAci }) => kind === 'read' && fromAci === olga.aci))
  // That it has gone is noted after the author has it, and what the phone answers to the first question would allow it again.
  await until(async () => (await due(gateway)).length === 0)
  const phoneSaid = () => gateway.db.selectFrom('signal_account').select('typing_indicators').executeTakeFirstOrThrow()
  await until(async () => (await phoneSaid()).typing_indicators === 0)
  await gateway.db.updateTable('signal_account').set({ read_receipts: 0 }).execute()
  const { account, db } = gateway
  await db.transaction().execute((tx) => account.markRead(byAci(ana.aci), [timestamp()], tx))
  expect((await due(gateway)).map(({ kind }) => kind)).toEqual(['read-here'])
})

test('receipts that could not be sent are sent after a restart', async () => {
  const world = await World.open()
  const gateway = await world.registeredGateway()
  const ana = await world.person('Ana', '+15550000201')
  const { timestampMs } = await ana.sendText(gatewayNumber, 'one')
  await until(() => gateway.sink.texts.length === 1)
  const { account, db } = gateway
  await db.transaction().execute((tx) => account.markRead(byAci(ana.aci), [timestampMs], tx))
  await gateway.close()
  await world.gateway()
  await until(() => ana.receipts.some(({ kind }) => kind === 'read'))
})

test('typing is a fact of the moment, and this account never says that it types', async () => {
  const world = await World.open()
  const gateway = await world.registeredGateway()
  const ana = await world.person('Ana', '+15550000201')
  await ana.sendTyping(gatewayNumber, true)
  await ana.sendTyping(gatewayNumber, false)
  await until(() => gateway.sink.typings.length === 2)
  expect(gateway.sink.typings).toMatchObject([
    { from: { aci: ana.aci }, started: true },
    { from: { aci: ana.aci }, started: false },
  ])
  expect(gateway.sink.texts).toEqual([])
  expect(await due(gateway)).toEqual([])
})

test('that a voice message was heard, or a picture looked at once, is told to its author and to the phone; and from there it is taken', async () => {
  const world = await World.open()
  const olga = await world.person('Olga', '+15550000301')
  const ana = await world.person('Ana', '+15550000201')
  const gateway = await world.gateway({ patient: true })
  await linkWith(gateway, olga, [ana])
  const { timestampMs: heard } = await ana.sendText(olga.e164, 'one')
  const { timestampMs: seen } = await ana.sendText(olga.e164, 'two')
  await until(() => gateway.sink.texts.length === 2)
  const { account, db } = gateway
  await db.updateTable('signal_account').set({ read_receipts: 1 }).execute()
  for (const [timestampMs, once] of [
    [heard, false],
    [seen, true],
  ] as const) {
    const afterCommit = await db
      .transaction()
      .execute((tx) => account.markViewed(byAci(ana.aci), timestampMs, once, tx))
    afterCommit()
  }
  await until(() => olga.viewedElsewhere.length === 1)
  expect(olga.viewedElsewhere).toEqual([{ authorAci: ana.aci, timestampMs: heard }])
  const opened = () => olga.syncs.flatMap(({ viewOnceOpen }) => (viewOnceOpen == null ? [] : [viewOnceOpen]))
  await until(() => opened().length === 1)
  expect(opened().map(({ timestamp }) => Number(timestamp))).toEqual([seen])
  expect(Buffer.from(opened()[0]?.senderAciBinary ?? []).toString('hex')).toBe(ana.aci.replaceAll('-', ''))
  await until(() => ana.receipts.some(({ kind, timestampsMs }) => kind === 'viewed' && timestampsMs.includes(seen)))
  const [told] = opened()
  if (told === undefined) throw new Error('nothing was told')
  await olga.tellDevices({ viewOnceOpen: told })
  await until(() => gateway.sink.reads.length === 1)
  expect(gateway.sink.reads).toMatchObject([{ author: { aci: ana.aci }, timestampsMs: [seen], opened: true }])
})
