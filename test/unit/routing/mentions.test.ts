/** Whom a text of ours names: checked before anything is kept, by name for people, by account for Signal. */
import { beforeEach, expect, test } from 'vitest'
import { findContact } from '../../../src/store/contacts.ts'
import { ensureGroupConversation, putGroup } from '../../../src/store/groups.ts'
import { gardenGroup } from '../http/rig.ts'
import { useWorld, world } from './use-world.ts'
import { ANA, ANA_ACI, BEN } from './world.ts'

const SELF_ACI = 'c0000000-0000-4000-8000-000000000001'
const BEN_ACI = 'b0000000-0000-4000-8000-000000000102'

useWorld()
beforeEach(async () => {
  world.signal.lane = world.signal.lane.map((lane) => ({ ...lane, ownAci: SELF_ACI }))
  await world.router.sink.message({
    transport: 'signal',
    lane: 'signal',
    from: { address: ANA, aci: ANA_ACI, pni: undefined, name: 'Ana' },
    text: 'hello',
    sentAtMs: 1_000,
    receivedAtMs: world.nowMs,
    encrypted: true,
    dedupeKey: 'signal:1',
  })
})

const at = (start: number, length: number, aci = ANA_ACI) => ({ start, length, who: { aci } })
const named = (start: number, length: number, aci = ANA_ACI, ours = false) => ({
  kind: 'mention',
  start,
  length,
  aci,
  ours,
})

async function garden(members = [SELF_ACI, ANA_ACI]) {
  const details = { ...gardenGroup, members: members.map((aci) => ({ aci, admin: false })) }
  return await world.db.transaction().execute(async (tx) => {
    const { group } = await putGroup(tx, (kind) => `${kind}_1`, details, 1)
    await ensureGroupConversation(tx, (kind) => `${kind}_1`, group.id, 1)
    return group.id
  })
}

test('a placeholder, or words after an @, give way to the name that the person has here', async () => {
  const contact = await findContact(world.db, { aci: ANA_ACI })
  const { message } = await world.router.submit({
    to: ANA,
    text: 'dear \ufffc, dear @annie!',
    ranges: [{ kind: 'style', style: 'bold', start: 0, length: 4 }],
    mentions: [{ start: 13, length: 6, who: { contactId: contact?.id ?? '' } }, at(5, 1)],
  })
  expect(message.text).toBe('dear @Ana, dear @Ana!')
  expect(JSON.parse(message.ranges_json ?? '')).toEqual([
    { kind: 'style', style: 'bold', start: 0, length: 4 },
    named(5, 4),
    named(16, 4),
  ])
  await world.settle()
  expect(world.signal.sends[0]).toMatchObject({ text: message.text, ranges: JSON.parse(message.ranges_json ?? '') })
})

test('in a text message the name stands', async () => {
  await world.router.submit({ to: ANA, text: 'dear \ufffc', mentions: [at(5, 1)], policy: 'sms_only' })
  await world.settle()
  expect(world.sms.sends.map(({ text }) => text)).toEqual(['dear @Ana'])
})

test.each([
  ['one beyond the end', 'hi @Ana', [at(3, 5)], 'mention-outside'],
  ['one before the beginning', 'hi @Ana', [at(-1, 5)], 'mention-outside'],
  ['one of nothing', 'hi @Ana', [at(3, 0)], 'mention-outside'],
  ['two in one place', 'hi @Ana', [at(3, 4), at(3, 2)], 'mention-overlaps'],
  ['one that begins in another', '@An@Ana', [at(3, 4), at(0, 5)], 'mention-overlaps'],
  ['words without a mark', 'hi Ana', [at(3, 3)], 'mention-unmarked'],
  ['half of a character', '@a😀', [at(0, 3)], 'mention-unmarked'],
  ['somebody else', 'hi @Ben', [at(3, 4, BEN_ACI)], 'mention-not-member'],
])('%s is refused, and nothing is kept', async (_what, text, mentions, code) => {
  await expect(world.router.submit({ to: ANA, text, mentions })).rejects.toMatchObject({ code })
  expect((await world.all()).filter(({ direction }) => direction === 'out')).toEqual([])
})

test('who has no Signal account is not named, and a text that the names make too long is refused', async () => {
  const { message } = await world.router.submit({ to: BEN, text: 'hello' })
  const ben = await findContact(world.db, { e164: BEN })
  const who = { contactId: ben?.id ?? '' }
  await expect(
    world.router.submit({
      conversationId: message.conversation_id,
      text: '@Ben',
      mentions: [{ start: 0, length: 4, who }],
    }),
  ).rejects.toMatchObject({ code: 'mention-not-member' })
  const many = Array.from({ length: 100 }, (_, index) => at(index, 1))
  const text = `${'\ufffc'.repeat(100)}${'x'.repeat(19_900)}`
  await expect(world.router.submit({ to: ANA, text, mentions: many })).rejects.toMatchObject({
    code: 'invalid-request',
  })
})

test('in a group its members can be named, ourselves among them, and nobody else', async () => {
  const to = await garden()
  const { message } = await world.router.submit({
    to,
    text: '\ufffc and \ufffc',
    mentions: [at(0, 1), at(6, 1, SELF_ACI)],
  })
  expect(message.text).toBe('@Ana and @you')
  expect(JSON.parse(message.ranges_json ?? '')).toEqual([named(0, 4), named(9, 4, SELF_ACI, true)])
  await expect(world.router.submit({ to, text: '@Ben', mentions: [at(0, 4, BEN_ACI)] })).rejects.toMatchObject({
    code: 'mention-not-member',
  })
})

test('an edit names people as a message does, and what an answer quotes keeps whom it names', async () => {
  const { message } = await world.router.submit({ to: ANA, text: 'first' })
  await world.settle()
  const edited = await world.router.change(message.id, { kind: 'edited', text: 'to \ufffc', mentions: [at(3, 1)] })
  expect([edited.text, JSON.parse(edited.ranges_json ?? '')]).toEqual(['to @Ana', [named(3, 4)]])
  expect(world.signal.changes.at(-1)?.change).toMatchObject({ kind: 'edited', text: 'to @Ana', ranges: [named(3, 4)] })
  await expect(
    world.router.change(message.id, { kind: 'edited', text: 'to Ben', mentions: [at(3, 3)] }),
  ).rejects.toMatchObject({ code: 'mention-unmarked' })
  const answer = await world.router.submit({ to: ANA, text: 'yes', quoteId: message.id })
  expect(JSON.parse(answer.message.quote_json ?? '')).toMatchObject({ text: 'to @Ana', ranges: [named(3, 4)] })
})

test('what somebody else quotes has names in the place of placeholders', async () => {
  await world.router.sink.message({
    transport: 'signal',
    lane: 'signal',
    from: { address: ANA, aci: ANA_ACI, pni: undefined, name: 'Ana' },
    text: 'see above',
    sentAtMs: 2_000,
    receivedAtMs: world.nowMs,
    encrypted: true,
    dedupeKey: 'signal:2',
    quote: {
      ours: true,
      timestampMs: 1,
      text: 'to \ufffc',
      ranges: [{ kind: 'mention', start: 3, length: 1, aci: ANA_ACI, ours: false }],
    },
  })
  const answer = (await world.all()).find(({ text }) => text === 'see above')
  expect(JSON.parse(answer?.quote_json ?? '')).toMatchObject({ text: 'to @Ana', ranges: [named(3, 4)] })
})
