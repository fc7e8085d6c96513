/** A message that could not be decrypted leaves a line where it is missing, until it comes after all. */
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { ensureGroupConversation, putGroup } from '../../../src/store/groups.ts'
import { gardenGroup } from '../http/rig.ts'
import { ana, receive } from './over-signal.ts'
import { useWorld, world } from './use-world.ts'
import { ANA_ACI } from './world.ts'

useWorld()

const line = 'A message could not be read here. Their device was asked to send it again.'
const missing = (timestampMs: number, groupId?: string) =>
  world.router.sink.unreadable({ from: { ...ana, aci: ANA_ACI }, groupId, timestampMs })
const shown = async () => {
  const rows = world.db.selectFrom('messages').select('text').where('removed_at_ms', 'is', null).orderBy('id')
  return (await rows.execute()).map(({ text }) => text)
}
const types = async () =>
  (await world.db.selectFrom('events').select('type').orderBy('id').execute()).map((row) => row.type)

it('it stands there once, counts as nothing unread, and goes when the message comes', async () => {
  await receive(world, 1_000, 'before')
  await missing(2_000)
  await missing(2_000)
  await missing(3_000)
  expect(await shown()).toEqual(['before', line, line])
  const conversation = () => world.db.selectFrom('conversations').selectAll().executeTakeFirstOrThrow()
  expect(await conversation()).toMatchObject({ unread: 1 })
  await receive(world, 2_000, 'after all')
  expect(await shown()).toEqual(['before', line, 'after all'])
  expect(await types()).toContain('message.removed')
})

it('an edit or a reaction that comes after all ends it as well', async () => {
  await receive(world, 1_000, 'before')
  await missing(2_000)
  const change = { kind: 'reaction', emoji: '👍', removed: false } as const
  const target = { ours: false, timestampMs: 1_000 }
  await world.router.sink.amend({ transport: 'signal', by: ana, target, timestampMs: 2_000, change })
  expect(await shown()).toEqual(['before'])
})

it('in a group it is in the group, and of its author alone', async () => {
  await world.db.transaction().execute(async (tx) => {
    const { group } = await putGroup(tx, (kind) => `${kind}_1`, gardenGroup, 1)
    await ensureGroupConversation(tx, (kind) => `${kind}_1`, group.id, 1)
  })
  const inGroup = (sentAtMs: number, aci: string) =>
    world.note(aci, 'in the group', undefined, { sentAtMs, groupId: gardenGroup.id, dedupeKey: `${aci}:${sentAtMs}` })
  await inGroup(1_000, ANA_ACI)
  await missing(2_000, gardenGroup.id)
  await inGroup(2_000, 'b0000000-0000-4000-8000-000000000102')
  expect(await shown()).toEqual(['in the group', line, 'in the group'])
  await inGroup(2_000, ANA_ACI)
  expect(await shown()).toEqual(['in the group', 'in the group', 'in the group'])
})

it('a stranger, a request and somebody who is blocked leave none; and no more than twenty stand there', async () => {
  await missing(1_000)
  expect(await shown()).toEqual([])
  await receive(world, 2_000, 'may I?', { request: true })
  await missing(3_000)
  expect(await shown()).toEqual(['may I?'])
  const conversation = await world.db.selectFrom('conversations').selectAll().executeTakeFirstOrThrow()
  await world.router.accept(conversation.id)
  for (let at = 4_000; at < 4_030; at += 1) await missing(at)
  expect(await shown()).toHaveLength(21)
  await world.router.block(conversation.contact_id ?? '', { blocked: true })
  await missing(5_000)
  expect(await shown()).toHaveLength(21)
})

it('one that is here already, as from another device of theirs, is not missing', async () => {
  await receive(world, 2_000, 'here')
  await missing(2_000)
  expect(await shown()).toEqual(['here'])
})

it('looks for the line by an index', async () => {
  const { rows } = await sql<{ detail: string }>`explain query plan
    select id from messages where conversation_id = 'x' and transport is null and sent_timestamp_ms = 1
      and direction = 'in' and twin_transport is null and notice = 'unreadable'`.execute(world.db)
  expect(rows.map(({ detail }) => detail).join()).toMatch(
    /messages_inbound \(conversation_id=\? AND transport=\? AND sent_timestamp_ms=\?\)/,
  )
})
