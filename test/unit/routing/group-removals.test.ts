/** What the owner has removed in a group on another device goes here as well, and nothing else of the group. */
import { beforeEach, expect, it } from 'vitest'
import { ensureGroupConversation, putGroup } from '../../../src/store/groups.ts'
import { gardenGroup } from '../http/rig.ts'
import { useWorld, world } from './use-world.ts'
import { ANA, ANA_ACI } from './world.ts'

const BEN_ACI = 'b0000000-0000-4000-8000-000000000102'

useWorld()
beforeEach(async () => {
  await world.db.transaction().execute(async (tx) => {
    const { group } = await putGroup(tx, (kind) => `${kind}_1`, gardenGroup, 1)
    return await ensureGroupConversation(tx, (kind) => `${kind}_1`, group.id, 1)
  })
})

const inGroup = { e164: undefined, aci: undefined, pni: undefined, groupId: gardenGroup.id }

function receive(sentAtMs: number, aci = ANA_ACI) {
  return world.router.sink.message({
    transport: 'signal',
    lane: 'signal',
    groupId: gardenGroup.id,
    from: { address: aci === ANA_ACI ? ANA : undefined, aci, pni: undefined, name: undefined },
    text: `at ${sentAtMs}`,
    sentAtMs,
    receivedAtMs: world.nowMs,
    encrypted: true,
    dedupeKey: `signal:${aci}:${sentAtMs}`,
  })
}

const shown = async () =>
  (
    await world.db
      .selectFrom('messages')
      .select(['author_aci', 'text'])
      .where('removed_at_ms', 'is', null)
      .orderBy('id')
      .execute()
  ).map(({ author_aci: aci, text }) => `${aci === ANA_ACI ? 'Ana' : 'Ben'} ${text}`)

it('a message goes by its author and time, and those of others at that time stay', async () => {
  await receive(1_000)
  await receive(1_000, BEN_ACI)
  const messages = [{ ours: false, timestampMs: 1_000, authorAci: BEN_ACI }]
  await world.router.sink.removed({ with: inGroup, atMs: world.nowMs, what: 'messages', messages })
  expect(await shown()).toEqual(['Ana at 1000'])
})

it('a message that comes after it was removed is not shown', async () => {
  const messages = [{ ours: false, timestampMs: 2_000, authorAci: BEN_ACI }]
  await world.router.sink.removed({ with: inGroup, atMs: world.nowMs, what: 'messages', messages })
  await receive(2_000, BEN_ACI)
  await receive(2_000)
  expect(await shown()).toEqual(['Ana at 2000'])
})

it('all up to a message goes, what is newer stays, and the group with it', async () => {
  await receive(1_000)
  world.nowMs += 1
  await receive(2_000, BEN_ACI)
  world.nowMs += 1
  await receive(3_000)
  const messages = [{ ours: false, timestampMs: 2_000, authorAci: BEN_ACI }]
  await world.router.sink.removed({ with: inGroup, atMs: world.nowMs, what: 'up-to', messages, whole: true })
  expect(await shown()).toEqual(['Ana at 3000'])
  const conversations = await world.db.selectFrom('conversations').select('removed_at_ms').execute()
  expect(conversations.map(({ removed_at_ms: at }) => at)).toEqual([null])
})

it('all that was said in it goes, and the group stays', async () => {
  await receive(1_000)
  await world.router.sink.removed({ with: inGroup, atMs: world.nowMs, what: 'conversation' })
  expect(await shown()).toEqual([])
  const conversations = await world.db.selectFrom('conversations').select('removed_at_ms').execute()
  expect(conversations.map(({ removed_at_ms: at }) => at)).toEqual([null])
})

it('a message that is removed here is told with its author and the group; the group stays as it is', async () => {
  await receive(1_000)
  await receive(1_000, BEN_ACI)
  const bens = await world.db.selectFrom('messages').select('id').where('author_aci', '=', BEN_ACI).execute()
  await world.router.removeMessage(bens[0]?.id ?? '')
  expect(await shown()).toEqual(['Ana at 1000'])
  const messages = [{ ours: false, timestampMs: 1_000, authorAci: BEN_ACI }]
  expect(world.signal.removals).toEqual([{ what: 'messages', messages }])
  expect(world.signal.removedIn).toEqual([gardenGroup.id])
  const conversation = await world.db.selectFrom('conversations').selectAll().executeTakeFirstOrThrow()
  expect(conversation).toMatchObject({ removed_at_ms: null, unread: 1 })
  await expect(world.router.removeConversation(conversation.id)).rejects.toMatchObject({ code: 'group-conversation' })
})
