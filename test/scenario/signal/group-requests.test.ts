/** Groups that somebody adds us to whom the owner has not let in: requests, until the owner has answered here or on the phone. */
import { expect, test } from 'vitest'
import type { PeerDecision } from '../../../src/signal/contract.ts'
import { SignalTransport } from '../../../src/transports/signal.ts'
import { aciOf, acquainted, grouped, groupTexts, last, plain, sendTo } from './group-kit.ts'
import { byAci, connected, type Gateway, until, World } from './kit.ts'

async function decide({ account, db }: Gateway, groupId: string, decision: PeerDecision): Promise<void> {
  const nobody = { aci: undefined, pni: undefined, e164: undefined }
  const afterCommit = await db.transaction().execute((tx) => account.decide({ ...nobody, groupId }, decision, tx))
  afterCommit()
}

/** A linked device of somebody whom a stranger adds to a group on their phone. */
async function addedByStranger() {
  const world = await World.open()
  const olga = await world.person('Olga', '+15550000301')
  const ana = await world.person('Ana', '+15550000201')
  const gateway = await world.gateway({ patient: true })
  gateway.sink.knowsAll = false
  olga.habits.deliveryReceipts = false
  await gateway.account.link({ deviceName: 'Cellar' })
  const { link } = gateway.account.status()
  await olga.link(link?.step === 'scan' ? link.uri : '', [])
  await connected(gateway)
  const id = await ana.createGroup('Garden', [olga])
  const answer = (type: number) => ({
    messageRequestResponse: {
      threadAci: null,
      threadAciBinary: null,
      groupId: new Uint8Array(Buffer.from(id, 'base64')),
      type,
    },
  })
  const answers = () =>
    olga.syncs.flatMap(({ messageRequestResponse: told }) =>
      told == null ? [] : [{ type: told.type, groupId: Buffer.from(told.groupId ?? []).toString('base64') }],
    )
  const receiptsFor = (timestampMs: number) =>
    ana.receipts.filter(({ timestampsMs }) => timestampsMs.includes(timestampMs)).map(({ kind }) => kind)
  return { world, olga, ana, gateway, sink: gateway.sink, id, answer, answers, receiptsFor }
}

test('a group that a stranger adds us to is a request: no receipt goes out before it is let in, which the phone is told', async () => {
  const { world, ana, gateway, sink, id, answers, receiptsFor } = await addedByStranger()
  const timestampMs = await ana.sendToGroup(id, 'do you know us?')
  await until(() => sink.texts.length === 1)
  expect(sink.texts[0]).toMatchObject({ groupId: id, request: true })
  expect(last(gateway)).toMatchObject({ group: { id, standing: 'member' }, request: true })
  const read = await gateway.db
    .transaction()
    .execute((tx) => gateway.account.markRead({ ...byAci(ana.aci), groupId: id }, [timestampMs], tx))
  read()
  const owed = await gateway.db.selectFrom('signal_receipts_due').select('kind').execute()
  expect(owed.filter(({ kind }) => kind !== 'read-here')).toEqual([])
  expect(world.server.host.requests.filter(({ path }) => path.includes(`/messages/${ana.aci}`))).toEqual([])

  const messages = [{ timestampMs, read: true, authorAci: ana.aci }]
  await decide(gateway, id, { kind: 'accepted', messages })
  await until(() => receiptsFor(timestampMs).length === 2 && answers().length === 1)
  expect(receiptsFor(timestampMs).sort()).toEqual(['delivered', 'read'])
  expect(answers()).toEqual([{ type: 1, groupId: id }])
  const later = await ana.sendToGroup(id, 'thanks')
  await until(() => sink.texts.length === 2 && receiptsFor(later).length === 1)
  expect(sink.texts[1]).toMatchObject({ request: false })
})

test('what the phone answers to a group’s request holds here: accepted it is open, removed nothing of it stays', async () => {
  const { ana, gateway, sink, id, answer, olga, answers, receiptsFor } = await addedByStranger()
  const first = await ana.sendToGroup(id, 'one')
  await until(() => sink.texts.length === 1)
  await olga.tellDevices(answer(2))
  await until(() => sink.removals.length === 1)
  expect(sink.removals[0]).toMatchObject({ with: { groupId: id }, what: 'conversation' })
  // As long as the phone has not left it, it asks.
  await ana.sendToGroup(id, 'two')
  await until(() => sink.texts.length === 2)
  expect(sink.texts[1]).toMatchObject({ request: true })
  await olga.tellDevices(answer(1))
  await until(() => last(gateway)?.request === false)
  const third = await ana.sendToGroup(id, 'three')
  await until(() => sink.texts.length === 3 && receiptsFor(third).length === 1)
  expect(sink.texts[2]).toMatchObject({ request: false })
  expect(receiptsFor(first)).toEqual([])
  await decide(gateway, id, { kind: 'declined' })
  await until(() => answers().length === 1)
  expect(answers()).toEqual([{ type: 2, groupId: id }])
})

test('who has added us decides, as the group’s log tells: left and added again by somebody we know, it is open', async () => {
  const world = await World.open()
  const [one, two, three] = (await acquainted(world, 3)) as [Gateway, Gateway, Gateway]
  two.sink.knowsAll = false
  await two.db.updateTable('signal_peers').set({ accepted: 0 }).where('aci', '=', aciOf(one)).execute()
  const groups = one.account.groups()
  const id = await groups.create({ ...plain, title: 'Garden', people: [byAci(aciOf(three))] })
  await until(() => last(three)?.group.standing === 'member')
  // Whom a member knows who merely writes there says nothing of who has added us.
  await groups.add(id, [byAci(aciOf(two))])
  await until(() => last(two)?.group.standing === 'member')
  expect(last(two)).toMatchObject({ request: true })
  expect(last(three)).toMatchObject({ request: false })
  await two.account.groups().leave(id)
  expect(last(two)).toMatchObject({ group: { standing: 'out' }, request: false })
  await until(() => last(three)?.group.members.length === 2)
  await three.account.groups().add(id, [byAci(aciOf(two))])
  await until(() => last(two)?.group.standing === 'member')
  expect(last(two)).toMatchObject({ request: false })
  await sendTo(one, id, 'welcome')
  await until(() => groupTexts(two).length === 1)
  expect(groupTexts(two)).toMatchObject([{ request: false }])
})

test('a group is not taken for left while the account is being loaded, only where there is none', async () => {
  const world = await World.open()
  const { id, gateways } = await grouped(world, 2)
  await gateways[1]?.close()
  const gateway = await world.gateway({ name: 'g1', unstarted: true })
  const transport = new SignalTransport(gateway.account)
  await expect(transport.leaveGroup(id)).rejects.toMatchObject({ code: 'signal-unreachable', retry: 'same-transport' })
  await gateway.account.start()
  await connected(gateway)
  await transport.leaveGroup(id)
  expect(last(gateway)).toMatchObject({ group: { id, standing: 'out' } })
  const none = await world.gateway({ name: 'none' })
  await new SignalTransport(none.account).leaveGroup(id)
})
