/** What the owner removes for themselves alone is gone here, told to their own devices, and does not come back. */
import { expect, it } from 'vitest'
import { useWorld, world } from './use-world.ts'
import { ANA, ANA_ACI, BEN } from './world.ts'

useWorld()

const conversation = async () => world.db.selectFrom('conversations').selectAll().executeTakeFirstOrThrow()
const who = { aci: ANA_ACI, e164: undefined, pni: undefined }
const rows = () => world.db.selectFrom('messages').selectAll().orderBy('created_at_ms').orderBy('id').execute()

it('a message goes with its text, its place in the list and its copies; our other devices are told', async () => {
  await world.note(ANA_ACI, 'first', ANA, { sentAtMs: 1_000 })
  world.nowMs += 1_000
  await world.note(ANA_ACI, 'second', ANA, { sentAtMs: 2_000, dedupeKey: 'two' })
  const second = (await world.all()).find(({ text }) => text === 'second')
  await world.router.removeMessage(second?.id ?? '')
  expect((await world.all()).map(({ text }) => text)).toEqual(['first'])
  expect((await rows()).map(({ text }) => text)).toEqual(['first', ''])
  expect(world.signal.forgotten).toEqual([2_000])
  expect(world.signal.removals).toEqual([{ what: 'messages', messages: [{ ours: false, timestampMs: 2_000 }] }])
  const first = (await world.all())[0]
  expect(await conversation()).toMatchObject({ last_message_id: first?.id, unread: 1 })
  // Delivered again, it stays away; and no edit brings it back.
  await world.note(ANA_ACI, 'second', ANA, { sentAtMs: 2_000, dedupeKey: 'two' })
  const edit = {
    by: who,
    target: { ours: false, timestampMs: 2_000 },
    timestampMs: 3_000,
    transport: 'signal',
  } as const
  await world.router.sink.amend({ ...edit, change: { kind: 'edited', text: 'second, edited' } })
  expect((await rows()).map(({ text }) => text)).toEqual(['first', ''])
  await expect(world.router.removeMessage(second?.id ?? '')).rejects.toMatchObject({ code: 'unknown-message' })
})

it('a text goes here and is no news to other devices; what has not left is not removed, nor sent again afterwards', async () => {
  world.sms.setAvailable(false)
  const waiting = await world.send(BEN, 'waits')
  await expect(world.router.removeMessage(waiting.id)).rejects.toMatchObject({ code: 'wrong-state' })
  await expect(world.router.removeConversation(waiting.conversation_id)).rejects.toMatchObject({ code: 'wrong-state' })
  await world.router.cancel(waiting.id)
  await world.router.removeMessage(waiting.id)
  expect(world.signal.removals).toEqual([])
  await expect(world.router.retry(waiting.id)).rejects.toMatchObject({ code: 'unknown-message' })
  const key = { scope: 'api', key: 'k', fingerprint: 'f' }
  world.sms.setAvailable(true)
  const sent = await world.send(BEN, 'once', { idempotency: key })
  await world.router.removeMessage(sent.id)
  expect(await world.router.submit({ to: BEN, text: 'once', idempotency: key })).toMatchObject({ replayed: true })
  await world.settle()
  expect(world.sms.network.filter(({ messageId }) => messageId === sent.id)).toHaveLength(1)
})

it('a conversation goes whole, is described by its newest messages, and begins anew with the next', async () => {
  for (let n = 1; n <= 7; n += 1) {
    world.nowMs += 1_000
    await world.note(ANA_ACI, `message ${n}`, ANA, { sentAtMs: n, ...(n === 7 ? { timerS: 60 } : {}) })
  }
  const { id } = await conversation()
  await world.router.removeConversation(id)
  const named = (...times: number[]) => times.map((timestampMs) => ({ ours: false, timestampMs }))
  expect(world.signal.removals).toEqual([
    { what: 'conversation', messages: named(7, 6, 5, 4, 3), lasting: named(6, 5, 4, 3, 2) },
  ])
  expect(await world.all()).toEqual([])
  await expect(world.router.removeConversation(id)).rejects.toMatchObject({ code: 'unknown-conversation' })
  world.nowMs += 1_000
  await world.note(ANA_ACI, 'back again', ANA, { sentAtMs: 8 })
  expect(await conversation()).toMatchObject({ id, removed_at_ms: null, unread: 1 })
  expect((await world.all()).map(({ text }) => text)).toEqual(['back again'])
})

it('what another device removed goes here: single messages, all up to one, and never what is newer', async () => {
  for (let n = 1; n <= 5; n += 1) {
    world.nowMs += 1_000
    await world.note(ANA_ACI, `message ${n}`, ANA, { sentAtMs: n })
  }
  const fact = { with: who, atMs: world.nowMs }
  const theirs = (...times: number[]) => times.map((timestampMs) => ({ ours: false, timestampMs }))
  await world.router.sink.removed({ ...fact, what: 'messages', messages: theirs(2, 99) })
  const texts = async () => (await world.all()).map(({ text }) => text)
  expect(await texts()).toEqual(['message 1', 'message 3', 'message 4', 'message 5'])
  await world.router.sink.removed({ ...fact, what: 'up-to', messages: theirs(77), whole: true })
  expect(await texts()).toHaveLength(4)
  await world.router.sink.removed({ ...fact, what: 'up-to', messages: theirs(4, 3), whole: true })
  expect(await texts()).toEqual(['message 5'])
  expect((await conversation()).removed_at_ms).toBeNull()
  await world.router.sink.removed({ ...fact, what: 'up-to', messages: theirs(5), whole: true })
  expect(await conversation()).toMatchObject({ removed_at_ms: world.nowMs, unread: 0, last_message_id: null })
  expect(world.signal.removals).toEqual([])
})

const traces = async () => ({
  contacts: (await world.db.selectFrom('contacts').selectAll().execute()).length,
  conversations: (await world.db.selectFrom('conversations').selectAll().execute()).length,
  messages: (await rows()).length,
  attempts: (await world.db.selectFrom('attempts').selectAll().execute()).length,
  found: (await world.db.selectFrom('message_search_rows').selectAll().execute()).length,
  identities: (await world.db.selectFrom('identity_history').selectAll().execute()).length,
})

it('a person is deleted with everything of them, is told to other devices, and begins as somebody new', async () => {
  await world.note(ANA_ACI, 'from Ana', ANA, { sentAtMs: 1_000 })
  await world.send(ANA, 'to Ana')
  const { id } = await world.contact(ANA)
  await world.router.updateContact(id, { name: 'Ana', verified: true })
  const key = { scope: 'api', key: 'k', fingerprint: 'f' }
  await world.send(ANA, 'once', { idempotency: key })
  await world.router.people.forget(id)
  expect(await traces()).toEqual({
    ...{ contacts: 0, conversations: 0, messages: 0, attempts: 0, found: 0, identities: 0 },
  })
  expect(world.signal.removals).toMatchObject([{ what: 'conversation' }])
  expect(world.signal.forgottenPeople).toMatchObject([{ recipient: { aci: ANA_ACI, e164: ANA }, needed: false }])
  await expect(world.router.people.forget(id)).rejects.toMatchObject({ code: 'unknown-contact' })
  // Whoever repeats a request of before does not send it again.
  const repeated = world.router.submit({ to: ANA, text: 'once', idempotency: key })
  await expect(repeated).rejects.toMatchObject({ code: 'unknown-message' })
  await world.note(ANA_ACI, 'hello again', ANA, { sentAtMs: 9_000, dedupeKey: 'nine' })
  expect(await world.contact(ANA)).toMatchObject({ name: null, verified: 0 })
  expect((await world.all()).map(({ text }) => text)).toEqual(['hello again'])
})

it('a person is not deleted while something is to leave to them; a conversation removed before is no hindrance', async () => {
  world.sms.setAvailable(false)
  const waiting = await world.send(BEN, 'waits')
  const { id } = await world.contact(BEN)
  await expect(world.router.people.forget(id)).rejects.toMatchObject({ code: 'wrong-state' })
  await world.router.cancel(waiting.id)
  await world.router.removeConversation(waiting.conversation_id)
  await world.router.people.forget(id)
  expect(await traces()).toMatchObject({ contacts: 0, conversations: 0, messages: 0 })
})

it('of a blocked person who is deleted the block alone stays', async () => {
  await world.note(ANA_ACI, 'spam', ANA, { sentAtMs: 1_000 })
  const { id } = await world.contact(ANA)
  await world.router.updateContact(id, { name: 'Pest', verified: true, fallbackAfterMs: 60_000 })
  await world.router.block(id, { blocked: true })
  await world.router.people.forget(id)
  const left = await world.contact(ANA)
  expect(left).toMatchObject({ id, name: null, profile_name: null, e164: ANA, aci: ANA_ACI, policy: null })
  expect(left.fallback_after_ms).toBeNull()
  expect(left.blocked_at_ms).not.toBeNull()
  expect(await traces()).toMatchObject({ contacts: 1, conversations: 0, messages: 0, identities: 0 })
  expect(world.signal.forgottenPeople).toMatchObject([{ needed: true }])
})
