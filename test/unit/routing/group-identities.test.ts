/** Who lets a message go on that a group's members hold up by new safety numbers has consented to those, and that is on record. */
import { beforeEach, expect, it } from 'vitest'
import { findContact } from '../../../src/store/contacts.ts'
import { ensureGroupConversation, putGroup } from '../../../src/store/groups.ts'
import { identityHistory } from '../../../src/store/identity-history.ts'
import { gardenGroup } from '../http/rig.ts'
import { refusal } from './fake-transports.ts'
import { useWorld, world } from './use-world.ts'
import { ANA, ANA_ACI } from './world.ts'

const BEN_ACI = 'b0000000-0000-4000-8000-000000000102'
const CHLOE_ACI = 'c0000000-0000-4000-8000-000000000103'

useWorld()
let conversationId: string
beforeEach(async () => {
  const members = [ANA_ACI, BEN_ACI, CHLOE_ACI].map((aci) => ({ aci, admin: false }))
  await world.db.transaction().execute(async (tx) => {
    const { group } = await putGroup(tx, (kind) => `${kind}_1`, { ...gardenGroup, members }, 1)
    conversationId = (await ensureGroupConversation(tx, (kind) => `${kind}_1`, group.id, 1)).id
  })
})

const tell = (aci: string, kind: 'identity-changed' | 'registered') =>
  world.router.sink.capability({
    transport: 'signal',
    kind,
    recipient: { e164: undefined, aci, pni: undefined },
    atMs: world.nowMs,
  })

const personOf = async (aci: string) => {
  const contact = await findContact(world.db, { aci })
  if (contact === undefined) throw new Error('nobody')
  return contact
}

const told = async (aci: string) =>
  (await identityHistory(world.db, await personOf(aci))).map(({ event, at_ms: at, by_id: by }) => [event, at, by])

it('each member whose number has changed has a line with who consented and when; the others have none', async () => {
  await world.note(ANA_ACI, 'hello', ANA)
  await tell(CHLOE_ACI, 'registered')
  world.signal.before = () => {
    throw refusal('identity-changed')
  }
  const held = await world.router.submit({ conversationId, text: 'to all' })
  const alone = await world.router.submit({ to: ANA, text: 'to Ana' })
  await world.settle()
  await tell(ANA_ACI, 'identity-changed')
  await tell(BEN_ACI, 'identity-changed')
  await world.router.updateContact((await personOf(ANA_ACI)).id, { verified: true }, undefined, 'usr_1')
  expect(await world.message(held.message.id)).toMatchObject({ state: 'held', code: 'identity-changed' })

  world.signal.before = () => {}
  world.signal.send = async () => ({ kind: 'accepted', detail: 'taken', encrypted: true, expectsReceipt: false })
  world.nowMs += 60_000
  await world.router.approve(held.message.id, 'local')
  await world.settle()

  expect((await world.message(held.message.id)).state).toBe('sent')
  expect((await told(ANA_ACI))[0]).toEqual(['approved', world.nowMs, 'local'])
  expect(await told(BEN_ACI)).toEqual([['approved', world.nowMs, 'local']])
  expect(await told(CHLOE_ACI)).toEqual([])
  expect(await personOf(ANA_ACI)).toMatchObject({ identity_changed_at_ms: null, verified: 0 })
  // What was held for the same number goes with it.
  expect((await world.message(alone.message.id)).state).toBe('sent')

  await tell(BEN_ACI, 'identity-changed')
  await expect(world.router.approve(held.message.id, 'local')).rejects.toMatchObject({ code: 'wrong-state' })
  expect(await told(BEN_ACI)).toHaveLength(1)
})
