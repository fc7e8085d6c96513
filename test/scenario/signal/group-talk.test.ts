/** What goes through groups beside texts, and what the service may answer: between Causeway accounts on the mock server. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createIds } from '../../../src/domain/ids.ts'
import type { OutgoingMedia } from '../../../src/domain/media.ts'
import { Blobs } from '../../../src/store/blobs.ts'
import { aciOf, grouped, groupTexts, last, requestsFor, sendTo } from './group-kit.ts'
import { byAci, type Gateway, timestamp, until, World } from './kit.ts'

function fileOf(fileName: string, content: Buffer): OutgoingMedia {
  const nothing = { width: undefined, height: undefined, caption: undefined, blurhash: undefined }
  return {
    ...nothing,
    id: `att_${'0'.repeat(26)}`,
    contentType: 'text/plain',
    fileName,
    bytes: content.length,
    voice: false,
    borderless: false,
    gif: false,
    viewOnce: false,
    async *read() {
      yield content
    },
  }
}

/** What the pointer of a received file leads to. */
async function fetched({ account }: Gateway, pointer: Uint8Array): Promise<Buffer> {
  const directory = mkdtempSync(join(tmpdir(), 'causeway-group-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const ids = createIds(Date.now, randomBytes)
  const options = { directory, databaseKey: new Uint8Array(32), totalBytesMax: 1 << 20, ids, randomOctets: randomBytes }
  const blobs = await Blobs.open(options)
  const target = { part: blobs.partial(ids('att')), create: () => blobs.create(), bytesMax: 1 << 20 }
  const blob = await account.fetchAttachment(pointer, target, new AbortController().signal)
  const parts: Uint8Array[] = []
  for await (const part of blobs.read(blob)) parts.push(part)
  return Buffer.concat(parts)
}

test('endorsements that the service no longer takes are renewed, and the message still goes in one request', async () => {
  const world = await World.open()
  const { id, gateways } = await grouped(world, 3)
  const [one, two, three] = gateways as [Gateway, Gateway, Gateway]
  await sendTo(one, id, 'first')
  await until(() => groupTexts(two).length === 1 && groupTexts(three).length === 1)
  const { groupRoutes } = world.server.host
  groupRoutes.refuseTogether(1)
  const renewed = await sendTo(one, id, 'renewed')
  expect(groupRoutes.refusalsTogether).toBe(0)
  expect(renewed.every(({ detail }) => detail.includes('in one request'))).toBe(true)
  // Refused again with fresh ones: then one by one, and nobody goes without.
  groupRoutes.refuseTogether(2)
  const apart = await sendTo(one, id, 'one by one')
  expect(groupRoutes.refusalsTogether).toBe(0)
  expect(apart.map(({ outcome, detail }) => [outcome, detail])).toEqual([
    ['sent', 'sealed, on its own'],
    ['sent', 'sealed, on its own'],
  ])
  const all = ['first', 'renewed', 'one by one']
  await until(() => [two, three].every((gateway) => groupTexts(gateway).length === 3))
  for (const gateway of [two, three]) expect(groupTexts(gateway).map(({ text }) => text)).toEqual(all)
})

test('what was done to a group meanwhile is read page by page, in its order and with its authors', async () => {
  const world = await World.open()
  const { id, gateways } = await grouped(world, 3)
  const [one, two, three] = gateways as [Gateway, Gateway, Gateway]
  world.server.host.groupRoutes.logsAtOnce = 2
  await three.close()
  const titles = ['A', 'B', 'C', 'D', 'E']
  for (const title of titles) await one.account.groups().configure(id, { title })
  await until(() => last(two)?.group.title === 'E')
  await two.account.groups().configure(id, { description: 'by two' })
  await until(() => last(one)?.group.description === 'by two')
  // What told of it has expired at the server; only the log knows.
  const { host } = world.server
  const device = await host.findByNumber('+15550000102')
  if (device === undefined) throw new Error('three is not on Signal')
  expect(host.waiting(device)).toBeGreaterThan(5)
  host.expireLetters(device)
  await sendTo(one, id, 'later')
  const again = await world.gateway({ name: 'g2' })
  await until(() => groupTexts(again).length === 1)
  await until(() => last(again)?.group.description === 'by two')
  expect(host.groupRoutes.logPages).toBeGreaterThanOrEqual(3)
  const told = again.sink.groups.flatMap(({ changes }) => changes)
  expect(told.map(({ by, items }) => [by, items[0]?.kind])).toEqual([
    ...titles.map(() => [aciOf(one), 'renamed']),
    [aciOf(two), 'described'],
  ])
})

test('a captcha that is asked for while writing to a group is shown, and its solution lets the message go on', async () => {
  const world = await World.open()
  const { id, gateways } = await grouped(world, 3)
  const [one, two, three] = gateways as [Gateway, Gateway, Gateway]
  const timestampMs = timestamp()
  const { groupRoutes } = world.server.host
  groupRoutes.refuseTogether(2)
  world.server.faults.demandCaptcha('group-token')
  const send = () => sendTo(one, id, 'after the captcha', timestampMs)
  await expect(send()).rejects.toMatchObject({ code: 'signal-challenge', retry: 'after-human' })
  expect(one.account.status()).toMatchObject({ state: 'challenged', challenge: { token: 'group-token' } })
  const before = requestsFor(world, '/v1/messages/').length
  await expect(send()).rejects.toMatchObject({ code: 'signal-challenge' })
  expect(requestsFor(world, '/v1/messages/')).toHaveLength(before)
  await one.account.submitCaptcha('signalcaptcha://solved')
  expect(one.account.status()).toMatchObject({ state: 'connected', challenge: undefined })
  await send()
  await until(() => groupTexts(two).length === 1 && groupTexts(three).length === 1)
})

test('in a group go files, styles, mentions and quotes with their small pictures, and receipts come back from each member', async () => {
  const world = await World.open()
  const { id, gateways } = await grouped(world, 3)
  const [one, two, three] = gateways as [Gateway, Gateway, Gateway]
  const timestampMs = timestamp()
  const ranges = [
    { start: 0, length: 1, kind: 'mention' as const, aci: aciOf(two), ours: false },
    { start: 2, length: 4, kind: 'style' as const, style: 'bold' as const },
  ]
  const content = Buffer.from('the plan of the beds')
  const attachments = [fileOf('plan.txt', content)]
  const small = Buffer.alloc(900, 7)
  const picture = { ...fileOf('', small), id: 'att_small', fileName: undefined, contentType: 'image/jpeg' }
  const thumbnail = { ...picture, width: 150, height: 100 }
  const file = { contentType: 'image/png', fileName: 'roof.png', thumbnail }
  const quote = { ours: false, timestampMs: timestampMs - 1, text: 'the roof', authorAci: aciOf(three), file }
  await one.account.groups().send({ groupId: id, text: '\ufffc look', timestampMs, ranges, attachments, quote })
  await until(() => groupTexts(two).length === 1 && groupTexts(three).length === 1)
  expect(groupTexts(two)[0]).toMatchObject({
    text: '\ufffc look',
    ranges: [
      { kind: 'mention', aci: aciOf(two), ours: true },
      { kind: 'style', style: 'bold' },
    ],
  })
  expect(groupTexts(three)[0]).toMatchObject({ ranges: [{ kind: 'mention', ours: false }, { kind: 'style' }] })
  for (const gateway of [two, three]) {
    const [media] = groupTexts(gateway)[0]?.attachments ?? []
    expect(media).toMatchObject({ fileName: 'plan.txt', bytes: content.length })
    expect(await fetched(gateway, media?.pointer ?? new Uint8Array())).toEqual(content)
    const { quote: answered } = groupTexts(gateway)[0] ?? {}
    expect(answered).toMatchObject({ ours: gateway === three, timestampMs: timestampMs - 1, text: 'the roof' })
    expect(answered?.file).toMatchObject({ contentType: 'image/png', fileName: 'roof.png' })
    expect(answered?.file?.thumbnail).toMatchObject({ contentType: 'image/jpeg', bytes: 900, width: 150, height: 100 })
    expect(await fetched(gateway, answered?.file?.thumbnail?.pointer ?? new Uint8Array())).toEqual(small)
  }
  await two.db
    .transaction()
    .execute((tx) => two.account.markRead(byAci(aciOf(one)), [timestampMs], tx))
    .then((after) => after())
  await until(() => one.sink.receipts.some(({ kind, from }) => kind === 'read' && from.aci === aciOf(two)))
  const delivered = one.sink.receipts.filter(
    ({ kind, timestampsMs }) => kind === 'delivered' && timestampsMs.includes(timestampMs),
  )
  expect(delivered.map(({ from }) => from.aci).sort()).toEqual([aciOf(two), aciOf(three)].sort())
})

test('a member whom the owner has never written to alone is told that it was read, but for one who is blocked', async () => {
  const world = await World.open()
  const { id, gateways } = await grouped(world, 3)
  const [one, two, three] = gateways as [Gateway, Gateway, Gateway]
  await two.db.updateTable('signal_peers').set({ accepted: 0 }).execute()
  const block = await two.db
    .transaction()
    .execute((tx) => two.account.decide(byAci(aciOf(three)), { kind: 'blocked', deleted: false }, tx))
  block()
  const timestampMs = timestamp()
  await sendTo(one, id, 'read this', timestampMs)
  await until(() => groupTexts(two).length === 1)
  const read = async (who: Gateway, ms: number) => {
    const author = { ...byAci(aciOf(who)), groupId: id }
    const after = await two.db.transaction().execute((tx) => two.account.markRead(author, [ms], tx))
    after()
  }
  await read(three, timestampMs)
  await read(one, timestampMs)
  await until(() => one.sink.receipts.some(({ kind, from }) => kind === 'read' && from.aci === aciOf(two)))
  expect(three.sink.receipts.filter(({ kind }) => kind === 'read')).toEqual([])
})

test('that we write in a group is told to its members at the moment, once, and not where it is switched off', async () => {
  const world = await World.open()
  const { id, gateways } = await grouped(world, 3)
  const [one, two, three] = gateways as [Gateway, Gateway, Gateway]
  const typing = (started: boolean) => one.account.typing({ ...byAci(''), aci: undefined, groupId: id }, started)
  await sendTo(one, id, 'first')
  await until(() => groupTexts(two).length === 1 && groupTexts(three).length === 1)
  const toThem = () => [two, three].flatMap((gateway) => requestsFor(world, `/v1/messages/${aciOf(gateway)}`)).length
  const before = toThem()
  // Who has not let the group in shows nothing of themselves, nor who keeps it out: what went would be counted below.
  for (const closed of [{ asks: 1 }, { asks: 0, blocked: 1 }] as const) {
    await one.db.updateTable('signal_groups').set(closed).execute()
    await typing(true)
    await typing(false)
  }
  await one.db.updateTable('signal_groups').set({ asks: 0, blocked: 0 }).execute()
  await typing(true)
  await typing(true)
  await typing(false)
  await until(() => [two, three].every(({ sink }) => sink.typings.length === 2))
  for (const { sink } of [two, three]) {
    expect(sink.typings).toMatchObject([
      { from: { aci: aciOf(one) }, groupId: id, started: true },
      { from: { aci: aciOf(one) }, groupId: id, started: false },
    ])
  }
  expect(toThem()).toBe(before)
  // A sign is never sent again.
  const signs = two.sink.typings.map(({ atMs }) => atMs)
  const log = one.db.selectFrom('signal_send_log').select('timestamp_ms').where('timestamp_ms', 'in', signs)
  expect(await log.execute()).toEqual([])
  await one.close()
  const quiet = await world.gateway({ name: 'g0', typing: false })
  await until(() => quiet.account.status().state === 'connected')
  await quiet.account.typing({ aci: undefined, pni: undefined, e164: undefined, groupId: id }, true)
  await sendTo(quiet, id, 'second')
  await until(() => groupTexts(two).length === 2)
  expect(two.sink.typings).toHaveLength(2)
})

test('that we write to somebody is told to them, once, and not where it is switched off', async () => {
  const world = await World.open()
  const { gateways } = await grouped(world, 2)
  const [one, two] = gateways as [Gateway, Gateway]
  await one.account.typing(byAci(aciOf(two)), false)
  await one.account.typing(byAci(aciOf(two)), true)
  await one.account.typing(byAci(aciOf(two)), true)
  await one.account.typing(byAci(aciOf(two)), false)
  await until(() => two.sink.typings.length === 2)
  expect(two.sink.typings.map(({ started, groupId }) => [started, groupId])).toEqual([
    [true, undefined],
    [false, undefined],
  ])
  await one.close()
  const quiet = await world.gateway({ name: 'g0', typing: false })
  await until(() => quiet.account.status().state === 'connected')
  await quiet.account.typing(byAci(aciOf(two)), true)
  // Who tells nobody is told nothing either.
  await two.account.typing(byAci(aciOf(one)), true)
  await two.account.sendText({ to: byAci(aciOf(one)), text: 'after it', timestampMs: timestamp() })
  await until(() => quiet.sink.texts.length === 1)
  await quiet.account.sendText({ to: byAci(aciOf(two)), text: 'after it', timestampMs: timestamp() })
  await until(() => two.sink.texts.some(({ text }) => text === 'after it'))
  expect(two.sink.typings).toHaveLength(2)
  expect(quiet.sink.typings).toEqual([])
})
