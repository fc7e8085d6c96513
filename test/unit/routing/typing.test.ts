/** That the owner writes is told to whom they write: a person, or a Signal group. */
import { expect, test } from 'vitest'
import type { Recipient } from '../../../src/domain/transport.ts'
import { ensureGroupConversation, putGroup } from '../../../src/store/groups.ts'
import { gardenGroup } from '../http/rig.ts'
import { ANA, World } from './world.ts'

test('to a person and to a group; where there is no conversation, that is said', async () => {
  const world = await World.open()
  const told: (string | undefined)[] = []
  Object.assign(world.signal, { typing: async (to: Recipient) => told.push(to.groupId ?? to.e164) })
  const { message } = await world.router.submit({ to: ANA, text: 'hello' })
  const conversation = await world.db.transaction().execute(async (tx) => {
    const { group } = await putGroup(tx, (kind) => `${kind}_1`, gardenGroup, 1)
    return await ensureGroupConversation(tx, (kind) => `${kind}_1`, group.id, 1)
  })
  await world.router.typing(message.conversation_id, true)
  await world.router.typing(conversation.id, true)
  expect(told).toEqual([ANA, gardenGroup.id])
  await expect(world.router.typing('cnv_none', true)).rejects.toMatchObject({ code: 'unknown-conversation' })
  await world.close()
})
