/** A group that the owner keeps out: nothing that is done to it is shown, and nothing is sent there, until it is let in. */
import { expect, it } from 'vitest'
import type { GroupFact } from '../../../src/domain/group.ts'
import { findConversation } from '../../../src/store/contacts.ts'
import { gardenGroup } from '../http/rig.ts'
import { useWorld, world } from './use-world.ts'
import { ANA_ACI } from './world.ts'

useWorld()

function tell(blocked: boolean, changes: GroupFact['changes'] = [], archived?: boolean) {
  const group = { ...gardenGroup, blocked }
  return world.router.sink.group({
    group,
    changes,
    ours: false,
    archived,
    request: false,
    self: [],
    atMs: world.nowMs,
  })
}

const renamed = (title: string): GroupFact['changes'] => [
  { by: ANA_ACI, revision: 2, items: [{ kind: 'renamed', title }] },
]
const lines = async () => (await world.db.selectFrom('messages').select('text').execute()).map(({ text }) => text)

it('shows no line of what is done to it meanwhile, and refuses what is written to it', async () => {
  await tell(false)
  const { id } = await world.db.selectFrom('groups').select('id').executeTakeFirstOrThrow()
  const before = await lines()
  await tell(true, renamed('Shed'))
  expect(await lines()).toEqual(before)
  await expect(world.router.submit({ to: id, text: 'hi' })).rejects.toMatchObject({ code: 'contact-blocked' })
  await tell(false, renamed('Roof'))
  const [line, ...more] = (await lines()).slice(before.length)
  expect([line, more]).toEqual([expect.stringContaining('Roof'), []])
  await world.router.submit({ to: id, text: 'hi' })
})

it('stays put away where it was put away, whatever is done to it, until another device says otherwise', async () => {
  await tell(false)
  const { id } = await world.db
    .selectFrom('conversations')
    .select('id')
    .where('group_id', 'is not', null)
    .executeTakeFirstOrThrow()
  const isArchived = async () => (await findConversation(world.db, { id }))?.archived === 1
  await world.db.updateTable('conversations').set({ archived: 1 }).execute()
  await tell(false, renamed('Shed'))
  expect(await isArchived()).toBe(true)
  await tell(false, [], false)
  expect(await isArchived()).toBe(false)
  await tell(false, [], true)
  expect(await isArchived()).toBe(true)
})
