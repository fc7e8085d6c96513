/** A group that a stranger has added us to is a request, which is answered as a person's. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { GroupDetails } from '../../../src/domain/group.ts'
import { gardenGroup } from '../http/rig.ts'
import { ANA, ANA_ACI, World } from './world.ts'

let world: World
beforeEach(async () => {
  world = await World.open()
})
afterEach(() => world.close())

function tell(request: boolean, more: Partial<GroupDetails> = {}) {
  const group: GroupDetails = { ...gardenGroup, ...more }
  const fact = { changes: [], ours: false, archived: false, request, self: [], atMs: world.nowMs }
  return world.router.sink.group({ group, ...fact })
}

const photo = {
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
}

function receive(sentAtMs: number, request: boolean) {
  return world.router.sink.message({
    transport: 'signal',
    lane: 'signal',
    groupId: gardenGroup.id,
    from: { address: ANA, aci: ANA_ACI, pni: undefined, name: undefined },
    text: `at ${sentAtMs}`,
    sentAtMs,
    receivedAtMs: world.nowMs,
    encrypted: true,
    media: [photo],
    request,
    dedupeKey: `signal:${ANA_ACI}:${sentAtMs}`,
  })
}

const conversation = async () =>
  world.db.selectFrom('conversations').selectAll().where('group_id', 'is not', null).executeTakeFirstOrThrow()
/** How often each file was asked for. */
const tries = async () => (await world.db.selectFrom('attachments').select('tries').execute()).map((row) => row.tries)
const told = () => world.signal.decisions.map(({ recipient, decision }) => [recipient.groupId, decision.kind])
const types = async () =>
  (await world.db.selectFrom('events').select('type').orderBy('id').execute()).map(({ type }) => type)

it('is shown as one once, its files wait, and accepting it acknowledges each message to its author', async () => {
  await tell(true)
  await receive(1_000, true)
  await tell(true)
  const { id, request_at_ms: since } = await conversation()
  expect(since).toBe(world.nowMs)
  await world.settle()
  expect(await tries()).toEqual([0])
  expect((await types()).filter((type) => type === 'conversation.request')).toHaveLength(1)
  await world.router.accept(id)
  await world.router.accept(id)
  expect((await conversation()).request_at_ms).toBeNull()
  expect(told()).toEqual([[gardenGroup.id, 'accepted']])
  expect(world.signal.decisions[0]?.decision).toMatchObject({ messages: [{ timestampMs: 1_000, authorAci: ANA_ACI }] })
  await expect.poll(tries).not.toEqual([0])
})

it('writing into it lets it in', async () => {
  await tell(true)
  await world.router.submit({ conversationId: (await conversation()).id, text: 'hello' })
  expect([(await conversation()).request_at_ms, told()]).toEqual([null, [[gardenGroup.id, 'accepted']]])
})

it('removing it leaves the group first, and nothing of it stays; where that fails it stays a request', async () => {
  await tell(true)
  await receive(1_000, true)
  const { id } = await conversation()
  world.signal.leaving = async () => {
    throw new Error('no connection')
  }
  await expect(world.router.removeConversation(id)).rejects.toThrow('no connection')
  expect(await conversation()).toMatchObject({ removed_at_ms: null, request_at_ms: world.nowMs })
  world.signal.leaving = (groupId) => (groupId === gardenGroup.id ? tell(false, { standing: 'out' }) : Promise.reject())
  await world.router.removeConversation(id)
  expect(await conversation()).toMatchObject({ removed_at_ms: world.nowMs, request_at_ms: null })
  expect([told(), await world.all()]).toEqual([[[gardenGroup.id, 'declined']], []])
  // It was declined, not accepted.
  expect(await types()).not.toContain('conversation.accepted')
  // What the phone says of it later opens nothing; a message of it would.
  await tell(true)
  expect((await conversation()).request_at_ms).toBeNull()
  await receive(2_000, true)
  expect(await conversation()).toMatchObject({ removed_at_ms: null, request_at_ms: world.nowMs })
})

it('a group that is no request is not removed so', async () => {
  await tell(false)
  const { id } = await conversation()
  await expect(world.router.removeConversation(id)).rejects.toMatchObject({ code: 'group-conversation' })
})

it('blocking ends it without letting it in; another device’s word lets it in', async () => {
  await tell(true)
  await receive(1_000, true)
  await tell(false, { blocked: true })
  expect((await conversation()).request_at_ms).toBeNull()
  await world.settle()
  expect(await tries()).toEqual([0])
  await tell(true)
  await tell(false)
  expect((await conversation()).request_at_ms).toBeNull()
  await expect.poll(tries).not.toEqual([0])
  expect(told()).toEqual([])
})
