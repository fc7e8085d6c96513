/** What the owner writes on the phone whose linked device this is. */
import { expect, test } from 'vitest'
import { byAci, linkWith, phoneAsked, until, World } from './kit.ts'

async function linked() {
  const world = await World.open()
  const olga = await world.person('Olga', '+15550000301')
  const ana = await world.person('Ana', '+15550000201')
  const gateway = await world.gateway({ patient: true })
  await linkWith(gateway, olga, [ana])
  return { world, olga, ana, gateway, sink: gateway.sink }
}

test('a message names whom it went to and what it answers to; the recipient’s receipt comes here as well', async () => {
  const { olga, ana, sink } = await linked()
  const first = await olga.writeOnPhone(ana.e164, { body: 'from the phone' })
  await until(() => sink.texts.length === 1 && sink.receipts.length > 0)
  expect(sink.texts[0]).toMatchObject({
    from: { aci: olga.aci },
    sentTo: { aci: ana.aci, e164: ana.e164 },
    timestampMs: first,
    text: 'from the phone',
    quote: undefined,
  })
  expect(sink.receipts[0]).toMatchObject({ kind: 'delivered', from: { aci: ana.aci }, timestampsMs: [first] })
})

test('edits, deletes and reactions of the phone name the message and the conversation', async () => {
  const { olga, ana, sink } = await linked()
  const first = await olga.writeOnPhone(ana.e164, { body: 'one' })
  await olga.writeOnPhone(ana.e164, { body: 'two' }, { edits: first })
  const targetAuthorAciBinary = new Uint8Array(Buffer.from(ana.aci.replaceAll('-', ''), 'hex'))
  const reaction = {
    emoji: '👍',
    remove: false,
    targetAuthorAci: null,
    targetAuthorAciBinary,
    targetSentTimestamp: 77n,
  }
  await olga.writeOnPhone(ana.e164, { reaction })
  await olga.writeOnPhone(ana.e164, { delete: { targetSentTimestamp: BigInt(first) } })
  await until(() => sink.changes.length === 3)
  const conversation = { by: { aci: olga.aci }, with: { aci: ana.aci } }
  expect(sink.changes).toMatchObject([
    { ...conversation, target: { ours: true, timestampMs: first }, change: { kind: 'edited', text: 'two' } },
    { ...conversation, target: { ours: false, timestampMs: 77 }, change: { kind: 'reaction', emoji: '👍' } },
    { ...conversation, target: { ours: true, timestampMs: first }, change: { kind: 'deleted' } },
  ])
  expect(sink.texts).toHaveLength(1)
})

test('a recipient whom the phone calls by number or by phone-number identity is the same person', async () => {
  const { olga, ana, sink } = await linked()
  await until(() => sink.facts.some(({ kind }) => kind === 'named'))
  await olga.writeOnPhone(ana.e164, { body: 'by number' }, { named: 'number' })
  await olga.writeOnPhone(ana.e164, { body: 'by PNI' }, { named: 'pni' })
  await until(() => sink.texts.length === 2)
  expect(sink.texts.map(({ sentTo }) => sentTo?.e164)).toEqual([ana.e164, ana.e164])
  expect(sink.texts[1]?.sentTo?.pni).toMatch(/^[0-9a-f-]{36}$/)
})

test('a note to oneself comes here, and one from here goes to the phone and to nobody else', async () => {
  const { world, olga, gateway, sink } = await linked()
  await olga.writeOnPhone(olga.e164, { body: 'remember the milk' })
  await until(() => sink.texts.length === 1)
  expect(sink.texts[0]).toMatchObject({ from: { aci: olga.aci }, sentTo: { aci: olga.aci }, text: 'remember the milk' })
  await gateway.account.sendText({ to: byAci(olga.aci), text: 'and the bread', timestampMs: Date.now() })
  await until(() => olga.transcripts.length === 1)
  expect(olga.transcripts).toEqual([{ toAci: olga.aci, text: 'and the bread' }])
  const posts = world.server.host.requests.filter(({ path }) => path.startsWith('/v1/messages/'))
  expect(posts.every(({ path }) => path.includes(olga.aci))).toBe(true)
})

test('a long text of the phone is fetched and completed in the conversation it went to', async () => {
  const { world, olga, ana, sink } = await linked()
  const whole = 'word '.repeat(800)
  const attachment = await world.server.host.storeText(whole)
  await olga.writeOnPhone(ana.e164, { body: whole.slice(0, 500), attachments: [attachment] })
  await until(() => sink.changes.length === 1)
  expect(sink.changes[0]).toMatchObject({
    with: { aci: ana.aci },
    target: { ours: true },
    change: { kind: 'completed', text: whole },
  })
})

test('what is read on the phone is told with its author', async () => {
  const { olga, ana, sink } = await linked()
  await olga.readOnPhone(ana.aci, [5_000, 6_000])
  await until(() => sink.reads.length === 1)
  expect(sink.reads[0]).toMatchObject({ author: { aci: ana.aci }, timestampsMs: [5_000, 6_000] })
})

test('what was read on the phone while we were off was read then, not when we come to know it', async () => {
  const { world, olga, ana, gateway } = await linked()
  await phoneAsked(gateway)
  await gateway.close()
  const { host } = world.server
  const [device] = (await host.getAllDevicesByServiceId(olga.aci)).filter(({ deviceId }) => deviceId !== 1)
  if (device === undefined) throw new Error('not linked')
  const telling = olga.readOnPhone(ana.aci, [5_000])
  await until(() => host.waiting(device) > 0)
  const readAtMs = Date.now()
  const again = await world.gateway({ clockAheadMs: 2 * 3600_000 })
  await until(() => again.sink.reads.length === 1)
  await telling
  expect(again.sink.reads[0]?.atMs).toBeLessThanOrEqual(readAtMs)
})

test('what the phone writes to a group is ours in the group, with what it does to messages there', async () => {
  const { olga, ana, gateway, sink } = await linked()
  const id = await ana.createGroup('Garden', [olga])
  const theirs = await ana.sendToGroup(id, 'who waters?')
  await until(() => sink.texts.some(({ groupId }) => groupId === id))
  const known = await gateway.db.selectFrom('signal_groups').selectAll().executeTakeFirstOrThrow()
  const groupV2 = { masterKey: new Uint8Array(known.master_key), revision: known.revision, groupChange: null }
  const first = await olga.writeOnPhone(ana.e164, { body: 'I do', groupV2 })
  await olga.writeOnPhone(ana.e164, { body: 'we do', groupV2 }, { edits: first })
  const targetAuthorAciBinary = new Uint8Array(Buffer.from(ana.aci.replaceAll('-', ''), 'hex'))
  const target = { targetAuthorAci: null, targetAuthorAciBinary, targetSentTimestamp: BigInt(theirs) }
  await olga.writeOnPhone(ana.e164, { reaction: { emoji: '👍', remove: false, ...target }, groupV2 })
  await until(() => sink.changes.length === 2)
  expect(sink.texts.at(-1)).toMatchObject({ from: { aci: olga.aci }, groupId: id, timestampMs: first, text: 'I do' })
  expect(sink.texts.at(-1)?.sentTo).toEqual({ aci: undefined, pni: undefined, e164: undefined })
  expect(sink.changes).toMatchObject([
    { groupId: id, target: { ours: true, timestampMs: first }, change: { kind: 'edited', text: 'we do' } },
    { groupId: id, target: { ours: false, timestampMs: theirs, authorAci: ana.aci }, change: { emoji: '👍' } },
  ])
})

test('a file that the phone sent comes with what is needed to fetch it', async () => {
  const { world, olga, ana, gateway, sink } = await linked()
  const content = Buffer.from('a photograph of the roof')
  const file = { contentType: 'text/plain', fileName: 'roof.txt', voice: false }
  const pointer = await world.server.host.files.put(content, file)
  await olga.writeOnPhone(ana.e164, { body: 'look', attachments: [pointer] })
  await until(() => sink.texts.length === 1)
  const [message] = sink.texts
  expect(message).toMatchObject({ text: 'look', sentTo: { aci: ana.aci }, viewOnce: false })
  expect(message?.attachments).toMatchObject([
    { contentType: 'text/plain', fileName: 'roof.txt', bytes: content.length },
  ])
  expect(gateway.account.status().state).toBe('connected')
})
