/** What somebody did in a conversation beside writing is a line there; what an administrator takes back is gone. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Happening } from '../../../src/domain/sink.ts'
import { ensureGroupConversation, putGroup } from '../../../src/store/groups.ts'
import { gardenGroup } from '../http/rig.ts'
import { ANA, ANA_ACI, World } from './world.ts'

const BEN_ACI = 'b0000000-0000-4000-8000-000000000102'
const person = (aci: string) => ({ aci, e164: undefined, pni: undefined })

let world: World
beforeEach(async () => {
  world = await World.open()
  await world.db.transaction().execute(async (tx) => {
    const { group } = await putGroup(tx, (kind) => `${kind}_1`, gardenGroup, 1)
    return await ensureGroupConversation(tx, (kind) => `${kind}_1`, group.id, 1)
  })
})
afterEach(() => world.close())

const happens = (what: Happening['what'], more: Partial<Happening> = {}) =>
  world.router.sink.happened({
    by: person(ANA_ACI),
    ours: false,
    groupId: gardenGroup.id,
    what,
    once: undefined,
    ...more,
  })

const receive = (aci: string, sentAtMs: number, groupId: string | undefined) =>
  world.router.sink.message({
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

const shown = async () => (await world.all()).map(({ text, code, notice }) => [text, code, notice])

it('each has its words and code, with who did it; a call that all tell of has one line', async () => {
  await receive(ANA_ACI, 1_000, undefined)
  await world.router.updateContact((await world.contact(ANA)).id, { name: 'Ana' })
  await happens('call-started', { once: 'era' })
  await happens('call-started', { once: 'era', by: person(BEN_ACI) })
  await happens('call-started', { once: 'another', ours: true })
  await happens('pinned', { groupId: undefined })
  expect((await shown()).slice(1)).toEqual([
    ['Ana started a group call', 'call-started', 'group'],
    ['You started a group call', 'call-started', 'group'],
    ['Ana pinned a message', 'pinned', 'group'],
  ])
})

it('no conversation begins with it', async () => {
  await happens('pinned', { groupId: undefined, by: person(BEN_ACI) })
  await happens('pinned', { groupId: 'unheard of' })
  expect(await world.all()).toEqual([])
})

const takesBack = (by: string, authorAci: string, timestampMs: number) =>
  world.router.sink.amend({
    transport: 'signal',
    by: person(by),
    target: { ours: false, timestampMs, authorAci },
    groupId: gardenGroup.id,
    timestampMs: timestampMs + 500,
    change: { kind: 'deleted' },
  })

it('what another takes back goes in that group, and holds for nothing that comes later or elsewhere', async () => {
  await receive(BEN_ACI, 1_000, gardenGroup.id)
  expect(await takesBack(ANA_ACI, BEN_ACI, 1_000)).toBe(true)
  expect(await takesBack(ANA_ACI, BEN_ACI, 2_000)).toBe(false)
  expect(await takesBack(ANA_ACI, ANA_ACI, 3_000)).toBe(false)
  await receive(BEN_ACI, 2_000, undefined)
  await receive(ANA_ACI, 3_000, gardenGroup.id)
  expect((await world.all()).map((row) => [row.sent_timestamp_ms, row.deleted_at_ms !== null])).toEqual([
    [1_000, true],
    [2_000, false],
    [3_000, true],
  ])
})
