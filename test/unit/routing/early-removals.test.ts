/** What an administrator of a group takes back before it came is empty when it comes: that message, in that group, and nothing else. */
import { beforeEach, expect, it } from 'vitest'
import { pruneEarlyChanges } from '../../../src/store/early-changes.ts'
import { ensureGroupConversation, putGroup } from '../../../src/store/groups.ts'
import { gardenGroup } from '../http/rig.ts'
import { ana, receive as receiveAlone } from './over-signal.ts'
import { useWorld, world } from './use-world.ts'
import { ANA, ANA_ACI } from './world.ts'

const DAY_MS = 24 * 3_600_000
const BEN_ACI = 'b0000000-0000-4000-8000-000000000102'
const own = { e164: undefined, aci: 'c0000000-0000-4000-8000-000000000001', pni: undefined }
const ben = { e164: undefined, aci: BEN_ACI, pni: undefined }
const choir = { ...gardenGroup, id: Buffer.alloc(32, 9).toString('base64'), title: 'Choir' }

useWorld()
beforeEach(async () => {
  await world.db.transaction().execute(async (tx) => {
    for (const [index, one] of [gardenGroup, choir].entries()) {
      const newId = (kind: string) => `${kind}_${index + 1}`
      const { group } = await putGroup(tx, newId, one, 1)
      await ensureGroupConversation(tx, newId, group.id, 1)
    }
  })
})

function receive(sentAtMs: number, aci = ANA_ACI, groupId = gardenGroup.id) {
  return world.router.sink.message({
    transport: 'signal',
    lane: 'signal',
    groupId,
    from: { address: aci === ANA_ACI ? ANA : undefined, aci, pni: undefined, name: undefined },
    text: `at ${sentAtMs}`,
    sentAtMs,
    receivedAtMs: world.nowMs,
    encrypted: true,
    dedupeKey: `signal:${aci}:${sentAtMs}`,
  })
}

type Amendment = Parameters<typeof world.router.sink.amend>[0]
const tookBack = (timestampMs: number, more: Partial<Amendment> = {}) =>
  world.router.sink.amend({
    transport: 'signal',
    by: ben,
    groupId: gardenGroup.id,
    target: { ours: false, timestampMs, authorAci: ANA_ACI },
    timestampMs: 9_000,
    change: { kind: 'deleted' },
    ...more,
  })

const texts = async () =>
  (await world.db.selectFrom('messages').select(['text', 'deleted_at_ms']).orderBy('id').execute()).map(
    ({ text, deleted_at_ms: atMs }) => (atMs === null ? text : 'taken back'),
  )
const kept = () => world.db.selectFrom('early_changes').selectAll().execute()

it('what an administrator took back before it came is empty when it comes, and only that', async () => {
  expect(await tookBack(1_000)).toBe(false)
  await receive(1_000)
  await receive(1_000, BEN_ACI)
  await receive(2_000)
  expect(await texts()).toEqual(['taken back', 'at 1000', 'at 2000'])
  expect(await kept()).toEqual([])
  const events = await world.db.selectFrom('events').select('type').where('type', '=', 'message.deleted').execute()
  expect(events).toHaveLength(1)
})

it('it holds in that group alone, and for nobody who speaks of another’s message outside of one', async () => {
  await tookBack(1_000)
  await tookBack(3_000, { groupId: undefined })
  await receive(1_000, ANA_ACI, choir.id)
  await receiveAlone(world, 3_000)
  expect(await texts()).toEqual(['at 1000', 'at 3000'])
})

it('of ours from another device, and by the owner there', async () => {
  await tookBack(1_500, { target: { ours: true, timestampMs: 1_500, authorAci: own.aci } })
  await tookBack(2_500, { by: own, with: { e164: undefined, aci: undefined, pni: undefined } })
  await world.router.sink.mirror({
    transport: 'signal',
    lane: 'signal',
    to: { e164: undefined, aci: undefined, pni: undefined, groupId: gardenGroup.id },
    toSelf: false,
    text: 'ours',
    sentAtMs: 1_500,
    startedAtMs: 1_500,
    dedupeKey: 'signal:own:1500',
    quote: undefined,
    timerS: undefined,
  })
  await receive(2_500)
  expect(await texts()).toEqual(['taken back', 'taken back'])
})

it('reactions and edits that came as early do not bring it back', async () => {
  const target = { ours: false, timestampMs: 1_000, authorAci: ANA_ACI }
  await tookBack(1_000)
  await tookBack(1_000, { change: { kind: 'reaction', emoji: '👍', removed: false } })
  const change = { kind: 'edited', text: 'better' } as const
  if (!(await tookBack(1_000, { by: ana, target, timestampMs: 5_000, change }))) await receive(5_000)
  await receive(1_000)
  const rows = await world.db.selectFrom('messages').selectAll().where('removed_at_ms', 'is', null).execute()
  expect(rows).toMatchObject([{ sent_timestamp_ms: 1_000, text: '', reactions_json: null, deleted_at_ms: world.nowMs }])
  expect(await world.db.selectFrom('message_versions').select('text').where('text', '!=', '').execute()).toEqual([])
})

it('a day later it is not waited for any more', async () => {
  await tookBack(1_000)
  expect(await kept()).toHaveLength(1)
  await pruneEarlyChanges(world.db, world.nowMs + 2 * DAY_MS)
  expect(await kept()).toEqual([])
})
