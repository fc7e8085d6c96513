/** Requests of strangers, and people who are kept out. */
import { expect, it } from 'vitest'
import { useWorld, world } from './use-world.ts'
import { ANA, ANA_ACI, BEN } from './world.ts'

useWorld()

const request = { request: true }
const ids = { aci: ANA_ACI, e164: undefined, pni: undefined }
const conversation = async () => world.db.selectFrom('conversations').selectAll().executeTakeFirstOrThrow()
const types = async () =>
  (await world.db.selectFrom('events').select('type').orderBy('id').execute()).map(({ type }) => type)
const decisions = () => world.signal.decisions.map(({ decision }) => decision)

it('a stranger’s first message makes the conversation a request, once; accepting acknowledges what came', async () => {
  await world.note(ANA_ACI, 'one', undefined, { ...request, sentAtMs: 1_000 })
  await world.note(ANA_ACI, 'two', undefined, { ...request, sentAtMs: 2_000 })
  const { id, request_at_ms: since } = await conversation()
  expect(since).toBe(world.nowMs)
  expect((await types()).filter((type) => type === 'conversation.request')).toHaveLength(1)
  await world.router.accept(id)
  await world.router.accept(id)
  expect((await conversation()).request_at_ms).toBeNull()
  expect(decisions()).toHaveLength(1)
  expect(decisions()).toMatchObject([{ kind: 'accepted' }])
  const [first] = world.signal.decisions
  const told = first?.decision.kind === 'accepted' ? first.decision.messages : []
  expect(told.map(({ timestampMs }) => timestampMs).sort()).toEqual([1_000, 2_000])
  expect(world.signal.changes).toMatchObject([{ change: { kind: 'accepted' }, recipient: { aci: ANA_ACI } }])
})

it('files of a request wait for the owner, and come when it is accepted', async () => {
  const media = [
    {
      contentType: 'image/jpeg',
      fileName: undefined,
      bytes: 10,
      width: undefined,
      height: undefined,
      voice: false,
      gif: false,
      borderless: false,
      caption: undefined,
      blurhash: undefined,
      sticker: false,
      pointer: new Uint8Array(1),
    },
  ]
  await world.note(ANA_ACI, 'look', undefined, { ...request, media })
  const due = async () =>
    (await world.db.selectFrom('attachments').select(['due_at_ms', 'state', 'tries']).execute())[0]
  expect(await due()).toMatchObject({ due_at_ms: null, state: 'waiting', tries: 0 })
  await world.router.accept((await conversation()).id)
  await world.settle()
  await expect.poll(async () => (await due())?.tries).toBeGreaterThan(0)
})

it('writing to a stranger lets them in', async () => {
  await world.note(ANA_ACI, 'hello', ANA, request)
  await world.send(ANA, 'who are you?')
  expect((await conversation()).request_at_ms).toBeNull()
  expect(decisions()).toMatchObject([{ kind: 'accepted' }])
  // The message says by itself who we are.
  expect(world.signal.changes).toEqual([])
})

it('somebody is known whom the owner wrote to, named, or compared; a mere text from them is not enough', async () => {
  const knows = () => world.router.sink.knows({ ...ids, e164: ANA })
  expect(await knows()).toBe(false)
  await world.text(ANA, 'a text')
  expect(await knows()).toBe(false)
  const { id } = await world.contact(ANA)
  await world.router.updateContact(id, { name: 'Ana' })
  expect(await knows()).toBe(true)
  await world.router.updateContact(id, { name: null })
  expect(await knows()).toBe(false)
  await world.send(ANA, 'hello')
  expect(await knows()).toBe(true)
})

it('texts and calls of somebody blocked are kept without a sound; what we would write is refused', async () => {
  await world.text(BEN, 'before')
  const { id } = await world.contact(BEN)
  await world.router.markRead((await conversation()).id)
  await world.router.block(id, { blocked: true })
  expect(decisions()).toMatchObject([{ kind: 'blocked', deleted: false }])
  const seen = (await types()).length
  await world.text(BEN, 'psst')
  await world.router.sink.call({
    lane: 'mdm_1',
    fromAddress: BEN,
    withheld: false,
    hungUp: false,
    startedAtMs: world.nowMs,
    receivedAtMs: world.nowMs,
    dedupeKey: 'call',
  })
  expect((await types()).slice(seen)).toEqual([])
  expect(await conversation()).toMatchObject({ unread: 0 })
  expect((await world.all()).map(({ text }) => text)).toEqual(['before', 'psst', 'Missed call'])
  await expect(world.router.submit({ to: BEN, text: 'hi' })).rejects.toMatchObject({ code: 'contact-blocked' })
  await world.router.block(id, { blocked: false })
  await world.text(BEN, 'again')
  expect(await conversation()).toMatchObject({ unread: 1 })
  await world.send(BEN, 'hi')
})

it('a call over Signal is in the conversation of who called, once; a stranger’s makes it a request', async () => {
  const call = (aci: string, startedAtMs: number, signal: { video: boolean; request: boolean }) =>
    world.router.sink.call({
      lane: 'signal',
      fromAddress: undefined,
      withheld: false,
      hungUp: false,
      startedAtMs,
      receivedAtMs: world.nowMs,
      dedupeKey: `signal-call:${aci}:${startedAtMs}`,
      signal: { aci, pni: undefined, ...signal },
    })
  await call(ANA_ACI, 1_000, { video: false, request: true })
  await call(ANA_ACI, 1_000, { video: false, request: true })
  await call(ANA_ACI, 2_000, { video: true, request: true })
  expect((await world.all()).map(({ kind, text }) => [kind, text])).toEqual([
    ['call', 'Call over Signal, not answered here'],
    ['call', 'Video call over Signal, not answered here'],
  ])
  expect(await conversation()).toMatchObject({ unread: 2, request_at_ms: world.nowMs })
})

it('blocking a request ends it, and with `deleted` nothing of it stays', async () => {
  await world.note(ANA_ACI, 'buy now', undefined, request)
  const { id, contact_id: contactId } = await conversation()
  await world.router.block(contactId ?? '', { blocked: true, deleted: true })
  expect(decisions()).toEqual([{ kind: 'blocked', deleted: true }])
  expect(await conversation()).toMatchObject({ id, request_at_ms: null, removed_at_ms: world.nowMs, unread: 0 })
  expect(await world.all()).toEqual([])
})

it('what another device of the owner decides holds here and is not told back', async () => {
  await world.note(ANA_ACI, 'hello', undefined, request)
  const fact = { transport: 'signal', recipient: ids, atMs: world.nowMs } as const
  await world.router.sink.capability({ ...fact, kind: 'accepted' })
  expect((await conversation()).request_at_ms).toBeNull()
  await world.router.sink.capability({ ...fact, kind: 'blocked', blocked: true })
  const contact = () => world.db.selectFrom('contacts').selectAll().executeTakeFirstOrThrow()
  expect((await contact()).blocked_at_ms).toBe(world.nowMs)
  await world.router.sink.capability({ ...fact, kind: 'blocked', blocked: false })
  expect((await contact()).blocked_at_ms).toBeNull()
  expect(decisions()).toEqual([])
})
