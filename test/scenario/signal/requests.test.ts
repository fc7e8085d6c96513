/** Strangers and blocked people: what goes out to them, what of theirs is taken, and what our own devices tell each other. */
import { expect, test } from 'vitest'
import { Proto } from '../../../src/sandbox/mock.ts'
import type { PeerDecision } from '../../../src/signal/contract.ts'
import { attachmentPointerCodec } from '../../../src/signal/proto/messages.ts'
import { byAci, type Gateway, gatewayNumber, linkWith, timestamp, until, World } from './kit.ts'

async function decide({ account, db }: Gateway, aci: string, decision: PeerDecision): Promise<void> {
  const afterCommit = await db.transaction().execute((tx) => account.decide(byAci(aci), decision, tx))
  afterCommit()
}

const octets = (aci: string) => new Uint8Array(Buffer.from(aci.replaceAll('-', ''), 'hex'))

async function linked(sinkKnows: boolean) {
  const world = await World.open()
  const olga = await world.person('Olga', '+15550000301')
  const ana = await world.person('Ana', '+15550000201')
  const gateway = await world.gateway({ patient: true })
  gateway.sink.knowsAll = sinkKnows
  await linkWith(gateway, olga, [ana])
  await until(() => gateway.sink.facts.some(({ kind }) => kind === 'named'))
  return { world, olga, ana, gateway, sink: gateway.sink }
}

test('a stranger’s message is a request: no receipt goes out before they are let in, and then it does', async () => {
  const world = await World.open()
  const gateway = await world.registeredGateway()
  gateway.sink.knowsAll = false
  const ana = await world.person('Ana', '+15550000201')
  const { timestampMs, acknowledged } = await ana.sendText(gatewayNumber, 'hello, do you know me?')
  await acknowledged
  await until(() => gateway.sink.texts.length === 1)
  expect(gateway.sink.texts[0]).toMatchObject({ request: true })
  const read = await gateway.db
    .transaction()
    .execute((tx) => gateway.account.markRead(byAci(ana.aci), [timestampMs], tx))
  read()
  await gateway.account.typing(byAci(ana.aci), true)
  expect(await gateway.db.selectFrom('signal_receipts_due').selectAll().execute()).toEqual([])
  const posts = () => world.server.host.requests.filter(({ path }) => path.includes(ana.aci)).length
  expect(posts()).toBe(0)
  await decide(gateway, ana.aci, { kind: 'accepted', messages: [{ timestampMs, read: true }] })
  await until(() => ana.receipts.length === 2)
  expect(ana.receipts.map(({ kind }) => kind).sort()).toEqual(['delivered', 'read'])
  await ana.sendText(gatewayNumber, 'thanks')
  await until(() => gateway.sink.texts.length === 2 && ana.receipts.length === 3)
  expect(gateway.sink.texts[1]).toMatchObject({ request: false })
})

test('whom we write to is let in by that', async () => {
  const world = await World.open()
  const gateway = await world.registeredGateway()
  gateway.sink.knowsAll = false
  const ana = await world.person('Ana', '+15550000201')
  await gateway.account.sendText({ to: byAci(ana.aci), text: 'hello', timestampMs: timestamp() })
  await ana.sendText(gatewayNumber, 'hello yourself')
  await until(() => gateway.sink.texts.length === 1)
  expect(gateway.sink.texts[0]).toMatchObject({ request: false })
})

test('what blocked people send is acknowledged and dropped, receipts and typing too, until they are unblocked', async () => {
  const world = await World.open()
  const gateway = await world.registeredGateway()
  const ana = await world.person('Ana', '+15550000201')
  const ben = await world.person('Ben', '+15550000202')
  await decide(gateway, ana.aci, { kind: 'blocked', deleted: false })
  await (await ana.sendText(gatewayNumber, 'let me in')).acknowledged
  await ana.sendReceipt(gatewayNumber, 'read', [5_000])
  await ana.sendTyping(gatewayNumber, true)
  await ben.sendText(gatewayNumber, 'after that')
  await until(() => gateway.sink.texts.length === 1)
  expect(gateway.sink.texts[0]).toMatchObject({ from: { aci: ben.aci } })
  expect(gateway.sink).toMatchObject({ receipts: [], typings: [], undecryptables: [] })
  await until(() => ben.receipts.length === 1)
  expect(ana.receipts).toEqual([])
  await decide(gateway, ana.aci, { kind: 'unblocked' })
  await ana.sendText(gatewayNumber, 'and now?')
  await until(() => gateway.sink.texts.length === 2)
  expect(gateway.sink.texts[1]).toMatchObject({ text: 'and now?' })
})

test('decisions made here reach the phone: the whole blocked list with what the phone had put on it, and the answer', async () => {
  const { olga, ana, gateway, sink } = await linked(false)
  const group = new Uint8Array(32).fill(9)
  const list = { acis: null, acisBinary: null, numbers: ['+15550000999'], groupIds: [group] }
  await olga.tellDevices({ blocked: list })
  await until(() => sink.facts.some((fact) => fact.kind === 'blocked' && fact.blocked))
  expect(sink.facts.filter(({ kind }) => kind === 'blocked')).toMatchObject([
    { peer: { e164: '+15550000999' }, blocked: true },
  ])
  await ana.sendText(olga.e164, 'hello')
  await until(() => sink.texts.length === 1)
  await decide(gateway, ana.aci, { kind: 'accepted', messages: [] })
  await decide(gateway, ana.aci, { kind: 'blocked', deleted: true })
  await until(() => olga.syncs.filter(({ messageRequestResponse }) => messageRequestResponse != null).length === 2)
  const answers = olga.syncs.flatMap(({ messageRequestResponse: answer }) => (answer == null ? [] : [answer]))
  expect(answers.map(({ type }) => type)).toEqual([1, 4])
  expect(Buffer.from(answers[0]?.threadAciBinary ?? [])).toEqual(Buffer.from(octets(ana.aci)))
  const told = olga.syncs.flatMap(({ blocked }) => (blocked == null ? [] : [blocked])).at(-1)
  expect(told?.numbers).toEqual([ana.e164, '+15550000999'])
  expect((told?.groupIds ?? []).map((id) => Buffer.from(id).toString('hex'))).toEqual([
    Buffer.from(group).toString('hex'),
  ])
  expect((told?.acisBinary ?? []).map((id) => Buffer.from(id).toString('hex'))).toEqual([ana.aci.replaceAll('-', '')])
})

test('decisions made on the phone are taken: accept, block with and without removal, and a list that lets go of somebody', async () => {
  const { olga, ana, sink } = await linked(false)
  await ana.sendText(olga.e164, 'one')
  await until(() => sink.texts.length === 1)
  const answer = (type: number) => ({
    messageRequestResponse: { threadAci: null, threadAciBinary: octets(ana.aci), groupId: null, type },
  })
  await olga.tellDevices(answer(1))
  await until(() => sink.facts.some(({ kind }) => kind === 'accepted'))
  await ana.sendText(olga.e164, 'two')
  await until(() => sink.texts.length === 2 && ana.receipts.length > 0)
  expect(sink.texts.map(({ request }) => request)).toEqual([true, false])
  await olga.tellDevices(answer(4))
  await until(() => sink.removals.length === 1)
  expect(sink.removals[0]).toMatchObject({ with: { aci: ana.aci }, what: 'conversation' })
  await (await ana.sendText(olga.e164, 'three')).acknowledged
  const lists = { acis: null, numbers: null, groupIds: null }
  await olga.tellDevices({ blocked: { ...lists, acisBinary: [] } })
  await until(() => sink.facts.some((fact) => fact.kind === 'blocked' && !fact.blocked))
  await ana.sendText(olga.e164, 'four')
  await until(() => sink.texts.length === 3)
  expect(sink.texts.map(({ text }) => text)).toEqual(['one', 'two', 'four'])
  // Whoever was blocked and is not any more is a stranger again.
  expect(sink.texts[2]).toMatchObject({ request: true })
})

test('a group that the phone keeps out is not heard here and gets no receipt, by its list or its answer, until it lets it in', async () => {
  const { olga, ana, gateway, sink } = await linked(true)
  olga.habits.deliveryReceipts = false
  const id = await ana.createGroup('Garden', [olga])
  const groupId = new Uint8Array(Buffer.from(id, 'base64'))
  const heard = await ana.sendToGroup(id, 'one')
  const acknowledged = () => ana.receipts.flatMap(({ timestampsMs }) => timestampsMs)
  await until(() => sink.texts.length === 1 && acknowledged().includes(heard))
  const lists = { acis: null, acisBinary: null, numbers: null }
  await olga.tellDevices({ blocked: { ...lists, groupIds: [groupId] } })
  const isBlocked = async () =>
    (await gateway.db.selectFrom('signal_groups').select('blocked').executeTakeFirstOrThrow()).blocked
  await until(async () => (await isBlocked()) === 1)
  const unheard = await ana.sendToGroup(id, 'two')
  await ana.sendText(olga.e164, 'between us')
  await until(() => sink.texts.length === 2)
  const answer = (type: number) => ({
    messageRequestResponse: { threadAci: null, threadAciBinary: null, groupId, type },
  })
  await olga.tellDevices(answer(1))
  await until(async () => (await isBlocked()) === 0)
  await ana.sendToGroup(id, 'three')
  await until(() => sink.texts.length === 3)
  await olga.tellDevices(answer(4))
  await until(() => sink.removals.length === 1)
  expect(sink.removals[0]).toMatchObject({ with: { groupId: id }, what: 'conversation' })
  await ana.sendToGroup(id, 'four')
  // Whoever is blocked here stays so beside it: the list that we tell has the group, too.
  await decide(gateway, ana.aci, { kind: 'blocked', deleted: false })
  await until(() => olga.syncs.some(({ blocked }) => blocked != null))
  const told = olga.syncs.flatMap(({ blocked }) => (blocked == null ? [] : [blocked])).at(-1)
  expect((told?.groupIds ?? []).map((one) => Buffer.from(one).toString('base64'))).toEqual([id])
  expect(sink.texts.map(({ text }) => text)).toEqual(['one', 'between us', 'three'])
  expect(acknowledged()).not.toContain(unheard)
})

test('a group that is kept out here is told to the phone, shows nothing and gets no receipts, whatever is still stored, until it is let in', async () => {
  const { olga, ana, gateway, sink } = await linked(true)
  olga.habits.deliveryReceipts = false
  const id = await ana.createGroup('Garden', [olga])
  const heard = await ana.sendToGroup(id, 'one')
  const receiptsFor = (timestampMs: number) =>
    ana.receipts.filter(({ timestampsMs }) => timestampsMs.includes(timestampMs))
  await until(() => sink.texts.length === 1 && receiptsFor(heard).length === 1)
  // It is taken off the list when the server has answered, which is later than she has it.
  await until(async () => (await gateway.db.selectFrom('signal_receipts_due').select('kind').execute()).length === 0)
  const owedBy = async (timestampMs: number) =>
    await gateway.db.transaction().execute(async (tx) => {
      await gateway.account.markRead({ ...byAci(ana.aci), groupId: id }, [timestampMs], tx)
      const rows = await tx.selectFrom('signal_receipts_due').select(['kind', 'timestamp_ms']).execute()
      return rows.filter((row) => row.timestamp_ms === timestampMs).map(({ kind }) => kind)
    })
  expect((await owedBy(heard)).sort()).toEqual(['read', 'read-here'])
  const groups = gateway.account.groups()
  await groups.block(id)
  await groups.block(id)
  expect(sink.groups.at(-1)).toMatchObject({ group: { id, blocked: true }, changes: [] })
  const answers = () => olga.syncs.flatMap(({ messageRequestResponse: answer }) => (answer == null ? [] : [answer]))
  const named = (ids: readonly Uint8Array[]) => ids.map((one) => Buffer.from(one).toString('base64'))
  const listed = () => {
    const told = olga.syncs.flatMap(({ blocked }) => (blocked == null ? [] : [blocked])).at(-1)
    return named(told?.groupIds ?? [])
  }
  await until(() => answers().length === 1 && listed().length === 1)
  expect(answers()[0]).toMatchObject({ type: 3, threadAciBinary: null })
  expect(named([answers()[0]?.groupId ?? new Uint8Array()])).toEqual([id])
  expect(listed()).toEqual([id])

  const unheard = await ana.sendToGroup(id, 'two')
  await ana.sendText(olga.e164, 'between us')
  await until(() => sink.texts.length === 2)
  expect(await owedBy(heard + 1)).toEqual(['read-here'])

  // What lies at the storage service was said before the phone heard of it.
  const row = await gateway.db.selectFrom('signal_groups').selectAll().executeTakeFirstOrThrow()
  const { CONTACT, GROUPV2 } = Proto.ManifestRecord.Identifier.Type
  const contact = { aciBinary: octets(ana.aci), systemGivenName: 'Stored' } as Proto.ContactRecord.Params
  const groupV2 = { masterKey: new Uint8Array(row.master_key), blocked: false } as Proto.GroupV2Record.Params
  await olga.changeStorage((state) =>
    state.addRecord({ type: GROUPV2, record: { groupV2 } }).addRecord({ type: CONTACT, record: { contact } }),
  )
  await until(() => sink.facts.some((fact) => fact.kind === 'named' && fact.name === 'Stored'))
  expect(await gateway.db.selectFrom('signal_groups').select('blocked').execute()).toEqual([{ blocked: 1 }])

  await groups.unblock(id)
  expect(sink.groups.at(-1)).toMatchObject({ group: { id, blocked: false } })
  await until(() => answers().length === 2 && listed().length === 0)
  expect(answers()[1]).toMatchObject({ type: 1 })
  const again = await ana.sendToGroup(id, 'three')
  await until(() => sink.texts.length === 3 && receiptsFor(again).length === 1)
  expect(sink.texts.map(({ text }) => text)).toEqual(['one', 'between us', 'three'])
  expect(receiptsFor(unheard)).toEqual([])
})

test('what is removed here for the owner alone is told to the phone, and what the phone removed is taken', async () => {
  const { olga, ana, gateway, sink } = await linked(true)
  const own = gateway.account.status().aci ?? ''
  const removal = { ours: false, timestampMs: 1_700_000_000_001 }
  const mine = { ours: true, timestampMs: 1_700_000_000_002 }
  const tell = async (what: Parameters<typeof gateway.account.tellRemoved>[1]) => {
    const { account, db } = gateway
    const afterCommit = await db.transaction().execute((tx) => account.tellRemoved(byAci(ana.aci), what, tx))
    afterCommit()
  }
  await tell({ what: 'messages', messages: [removal, mine] })
  await tell({ what: 'conversation', messages: [mine], lasting: [removal] })
  await until(() => olga.syncs.filter(({ deleteForMe }) => deleteForMe != null).length === 2)
  const [single, whole] = olga.syncs.flatMap(({ deleteForMe }) => (deleteForMe == null ? [] : [deleteForMe]))
  const [messages] = single?.messageDeletes ?? []
  const named = (found: Proto.AddressableMessage[] | null = []) =>
    (found ?? []).map(({ author, sentTimestamp }) => [
      Buffer.from(author?.authorServiceIdBinary ?? []).toString('hex'),
      Number(sentTimestamp),
    ])
  const [hexOfAna, hexOfOwn] = [ana.aci, own].map((aci) => aci.replaceAll('-', ''))
  expect(Buffer.from(messages?.conversation?.identifier?.threadServiceIdBinary ?? []).toString('hex')).toBe(hexOfAna)
  expect(named(messages?.messages)).toEqual([
    [hexOfAna, removal.timestampMs],
    [hexOfOwn, mine.timestampMs],
  ])
  const [conversation] = whole?.conversationDeletes ?? []
  expect(conversation).toMatchObject({ isFullDelete: true })
  expect(named(conversation?.mostRecentMessages)).toEqual([[hexOfOwn, mine.timestampMs]])
  expect(named(conversation?.mostRecentNonExpiringMessages)).toEqual([[hexOfAna, removal.timestampMs]])

  // The other way round, in the very words that we have spoken.
  if (single === undefined || whole === undefined) throw new Error('nothing was told')
  await olga.tellDevices({ deleteForMe: single })
  await olga.tellDevices({ deleteForMe: whole })
  await until(() => sink.removals.length === 2)
  expect(sink.removals).toMatchObject([
    { with: { aci: ana.aci }, what: 'messages', messages: [removal, mine] },
    { with: { aci: ana.aci }, what: 'up-to', messages: [mine, removal], whole: true },
  ])
})

test('one file that is removed is told by its name and digest, and found by either; another one is not', async () => {
  const { olga, ana, gateway, sink } = await linked(true)
  const { account, db } = gateway
  const pointer = (clientUuid: number[], digest: number) =>
    Buffer.from(
      attachmentPointerCodec.encode({
        clientUuid: Uint8Array.from(clientUuid),
        digest: new Uint8Array(32).fill(digest),
      }),
    )
  const [first, second] = [pointer(Array(16).fill(1), 1), pointer([], 2)]
  const message = { ours: false, timestampMs: 1_700_000_000_001 }
  for (const file of [first, second]) {
    const removal = { what: 'file', message, file: { id: 'att_1', pointer: file } } as const
    const afterCommit = await db.transaction().execute((tx) => account.tellRemoved(byAci(ana.aci), removal, tx))
    afterCommit()
  }
  await until(() => olga.syncs.filter(({ deleteForMe }) => deleteForMe != null).length === 2)
  const told = olga.syncs.flatMap(({ deleteForMe }) => (deleteForMe == null ? [] : [deleteForMe]))
  const [named, unnamed] = told.flatMap(({ attachmentDeletes }) => attachmentDeletes)
  expect(Number(named?.targetMessage?.sentTimestamp)).toBe(message.timestampMs)
  expect(Buffer.from(named?.clientUuid ?? []).toString('hex')).toBe('01'.repeat(16))
  expect(Buffer.from(unnamed?.fallbackDigest ?? []).toString('hex')).toBe('02'.repeat(32))

  for (const deleteForMe of told) await olga.tellDevices({ deleteForMe })
  await until(() => sink.removals.length === 2)
  const files = [
    { id: 'att_other', pointer: pointer(Array(16).fill(7), 7) },
    { id: 'att_second', pointer: second },
    { id: 'att_first', pointer: first },
  ]
  for (const [index, id] of ['att_first', 'att_second'].entries()) {
    const removal = sink.removals[index]
    if (removal?.what !== 'file') throw new Error('that was no file')
    expect(removal).toMatchObject({ with: { aci: ana.aci }, message })
    expect(await removal.pick(files)).toBe(id)
    expect(await removal.pick(files.slice(0, 1))).toBeUndefined()
  }
})

test('a file that the phone removes before its message comes is named again when it comes', async () => {
  const { world, olga, ana, gateway, sink } = await linked(true)
  const { account, db } = gateway
  const put = () =>
    world.server.host.files.put(Buffer.from('a picture'), { contentType: 'image/png', fileName: null, voice: false })
  const [kept, gone] = [await put(), await put()]
  const timestampMs = timestamp()
  const digest = new Uint8Array(gone.digest ?? [])
  const file = { id: 'att_1', pointer: Buffer.from(attachmentPointerCodec.encode({ digest })) }
  const removal = { what: 'file', message: { ours: false, timestampMs }, file } as const
  const tell = await db.transaction().execute((tx) => account.tellRemoved(byAci(ana.aci), removal, tx))
  tell()
  const told = () => olga.syncs.flatMap(({ deleteForMe }) => (deleteForMe == null ? [] : [deleteForMe]))
  await until(() => told().length === 1)
  for (const deleteForMe of told()) await olga.tellDevices({ deleteForMe })
  await until(() => sink.removals.length === 1)

  await ana.sendMessage(olga.e164, { body: 'two pictures', attachments: [kept, gone] }, timestampMs)
  await until(() => sink.texts.length === 1 && sink.removals.length === 2)
  const [, again] = sink.removals
  if (again?.what !== 'file') throw new Error('it is not named again')
  expect(again).toMatchObject({ with: { aci: ana.aci }, message: { ours: false, timestampMs } })
  const files = (sink.texts[0]?.attachments ?? []).map(({ pointer }, index) => ({ id: `att_${index}`, pointer }))
  expect(files).toHaveLength(2)
  expect(await again.pick(files)).toBe('att_1')
  expect(await db.selectFrom('signal_removed_files').selectAll().execute()).toEqual([])
})
