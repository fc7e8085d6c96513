/** A group that the owner keeps out: nothing that is done to it is shown, and nothing is sent there, until it is let in. */
import { expect, it } from 'vitest'
import type { GroupFact } from '../../../src/domain/group.ts'
import { gardenGroup } from '../http/rig.ts'
import { useWorld, world } from './use-world.ts'
import { ANA_ACI } from './world.ts'

useWorld()

function tell(blocked: boolean, changes: GroupFact['changes'] = []) {
  const group = { ...gardenGroup, blocked }
  return world.router.sink.group({
    group,
    changes,
    ours: false,
    archived: false,
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
