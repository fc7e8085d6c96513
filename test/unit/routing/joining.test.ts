/** The owner says who is who: what a merge and a split keep, and what they never loosen. */
import { expect, it } from 'vitest'
import { type ContactPolicy, slowerFallback, stricterPolicy } from '../../../src/domain/contact.ts'
import { findContact, findConversation } from '../../../src/store/contacts.ts'
import { identityHistory } from '../../../src/store/identity-history.ts'
import type { ContactRow } from '../../../src/store/tables/mailbox.ts'
import { useWorld, world } from './use-world.ts'
import { ANA, ANA_ACI, BEN } from './world.ts'

useWorld()

const BEN_ACI = 'b0000000-0000-4000-8000-000000000102'
const byAci = async (aci = ANA_ACI) => (await findContact(world.db, { aci })) as ContactRow
const conversationOf = async ({ id }: ContactRow) => {
  const found = await findConversation(world.db, { contactId: id })
  if (found === undefined) throw new Error('no conversation')
  return found
}
const textsIn = async (contact: ContactRow) => {
  const { id } = await conversationOf(contact)
  const rows = await world.db
    .selectFrom('messages')
    .select(['text', 'notice'])
    .where('conversation_id', '=', id)
    .execute()
  return rows.filter(({ notice }) => notice === null).map(({ text }) => text)
}
const types = async () =>
  (await world.db.selectFrom('events').select('type').orderBy('id').execute()).map(({ type }) => type)

/** Ana by number and by account, apart, each with something said. */
async function apart() {
  await world.text(ANA, 'by text')
  await world.note(ANA_ACI, 'by Signal')
  return { number: await world.contact(ANA), account: await byAci() }
}

it('two contacts become one with one conversation: nothing of either is lost, and the old ids lead there', async () => {
  const { number, account } = await apart()
  await world.router.updateContact(number.id, { name: 'Ana', preferredLane: 'mdm_2' })
  const [left, right] = [await conversationOf(number), await conversationOf(account)]
  const one = await world.router.people.join(number.id, account.id)
  expect(one).toMatchObject({ id: number.id, e164: ANA, aci: ANA_ACI, name: 'Ana', preferred_lane: 'mdm_2' })
  expect((await textsIn(one)).sort()).toEqual(['by Signal', 'by text'])
  expect(await conversationOf(one)).toMatchObject({ id: left.id, unread: left.unread + right.unread })
  expect(await findContact(world.db, { id: account.id })).toBeUndefined()
  expect(await types()).toEqual(expect.arrayContaining(['conversation.merged', 'contact.merged']))
  const sent = await world.router.submit({ conversationId: right.id, text: 'to the old id' })
  expect(sent.message.conversation_id).toBe(left.id)
  await world.text(ANA, 'again by text')
  await world.note(ANA_ACI, 'again by Signal')
  expect(await textsIn(one)).toHaveLength(5)
})

it('in which order they are named does not matter for what is known of the account', async () => {
  const { number, account } = await apart()
  await world.router.updateContact(account.id, { verified: true })
  const one = await world.router.people.join(account.id, number.id)
  expect(one).toMatchObject({ id: account.id, e164: ANA, aci: ANA_ACI, verified: 1 })
})

it('what was compared holds for its account alone: a number that was marked without one makes it ask', async () => {
  const { number, account } = await apart()
  await world.router.updateContact(number.id, { verified: true })
  const one = await world.router.people.join(number.id, account.id)
  expect(one.verified).toBe(0)
  expect(one.identity_changed_at_ms).not.toBeNull()
})

it.each(['number', 'account'] as const)('what became of both safety numbers is kept, whoever is (%s)', async (kept) => {
  const people = await apart()
  await world.router.updateContact(people.number.id, { verified: true })
  await world.router.updateContact(people.number.id, { verified: false }, undefined, 'local')
  await world.router.updateContact(people.account.id, { verified: true })
  const other = kept === 'number' ? people.account : people.number
  const one = await world.router.people.join(people[kept].id, other.id)
  const told = (await identityHistory(world.db, one)).map(({ event, by_id: by }) => [event, by])
  expect(told.sort()).toEqual([
    ['unverified', 'local'],
    ['verified', null],
    ['verified', null],
  ])
  const split = await world.router.people.split(one.id, 'account')
  expect(await identityHistory(world.db, split.taken)).toMatchObject([{ event: 'verified', by_id: null }])
})

it.each(['number', 'account'] as const)('a changed safety number stays changed, whoever is kept (%s)', async (kept) => {
  const people = await apart()
  const { number, account } = people
  const change = { identity_changed_at_ms: 5, verified: 1 }
  await world.db.updateTable('contacts').set(change).where('id', '=', account.id).execute()
  const other = kept === 'number' ? account : number
  expect(await world.router.people.join(people[kept].id, other.id)).toMatchObject(change)
})

it('of two rules the one that is slower to plaintext holds', () => {
  const table: [ContactPolicy | null, ContactPolicy | null, ContactPolicy, ContactPolicy | null][] = [
    ['auto', 'signal_only', 'auto', 'signal_only'],
    ['ask', 'auto', 'auto', 'ask'],
    ['sms_only', 'auto', 'auto', 'auto'],
    ['sms_only', null, 'ask', null],
    [null, 'auto', 'signal_only', null],
    [null, 'ask', 'auto', 'ask'],
    [null, null, 'auto', null],
  ]
  for (const [left, right, byDefault, expected] of table) {
    expect([left, right, stricterPolicy(left, right, byDefault)]).toEqual([left, right, expected])
    expect(stricterPolicy(right, left, byDefault) ?? byDefault).toBe(expected ?? byDefault)
  }
})

it('of two fallback times the longer holds, and after a split both keep it', async () => {
  const table: [number | null, number | null, number, number | null][] = [
    [5, 9, 7, 9],
    [5, null, 7, null],
    [null, 9, 7, 9],
    [null, null, 7, null],
  ]
  for (const [left, right, boxMs, expected] of table) {
    expect([left, right, slowerFallback(left, right, boxMs)]).toEqual([left, right, expected])
    expect(slowerFallback(right, left, boxMs)).toBe(expected)
  }
  const { number, account } = await apart()
  await world.router.updateContact(number.id, { fallbackAfterMs: 1_200_000 })
  await world.router.updateContact(account.id, { fallbackAfterMs: 3_600_000 })
  const one = await world.router.people.join(number.id, account.id)
  expect(one.fallback_after_ms).toBe(3_600_000)
  const split = await world.router.people.split(one.id, 'account')
  expect([split.contact.fallback_after_ms, split.taken.fallback_after_ms]).toEqual([3_600_000, 3_600_000])
})

it('what cannot be one person is refused with why, and nothing is changed', async () => {
  const { number, account } = await apart()
  await world.text(BEN, 'Ben')
  await world.text('MyBank', 'code')
  await world.note(BEN_ACI, 'other')
  const ben = await world.contact(BEN)
  const bank = (await findContact(world.db, { sender: 'MyBank' })) as ContactRow
  for (const [left, right, words] of [
    [number, ben, /phone number of their own/],
    [account, await byAci(BEN_ACI), /Signal account of their own/],
    [number, bank, /Short codes/],
    [number, number, /one contact already/],
  ] as const) {
    await expect(world.router.people.join(left.id, right.id)).rejects.toMatchObject({
      code: 'cannot-merge',
      message: expect.stringMatching(words),
    })
  }
  await expect(world.router.people.join(number.id, 'con_none')).rejects.toMatchObject({ code: 'unknown-contact' })
  await world.router.block(account.id, { blocked: true })
  await expect(world.router.people.join(number.id, account.id)).rejects.toThrow(/blocked/)
  expect(await textsIn(number)).toEqual(['by text'])
})

it('while something is to leave, or a request waits, nobody is joined or taken apart', async () => {
  const { number, account } = await apart()
  world.sms.setAvailable(false)
  const { message } = await world.router.submit({ to: ANA, text: 'waits', policy: 'sms_only' })
  await expect(world.router.people.join(account.id, number.id)).rejects.toThrow(/not left yet \(1\)/)
  await world.router.cancel(message.id)
  const one = await world.router.people.join(account.id, number.id)
  await world.router.submit({ to: ANA, text: 'waits', policy: 'sms_only' })
  await expect(world.router.people.split(one.id, 'number')).rejects.toMatchObject({ code: 'cannot-split' })
  await world.note(BEN_ACI, 'hello', undefined, { request: true })
  await world.text(BEN, 'hi')
  await expect(world.router.people.join((await world.contact(BEN)).id, (await byAci(BEN_ACI)).id)).rejects.toThrow(
    /request waits/,
  )
})

it.each(['number', 'account'] as const)('taken apart by their %s, each has what was said over it', async (taken) => {
  const { number, account } = await apart()
  await world.router.updateContact(account.id, { verified: true, policy: 'signal_only' })
  const whole = await world.router.people.join(number.id, account.id)
  const parts = await world.router.people.split(whole.id, taken)
  expect(parts.contact.id).toBe(whole.id)
  const [byNumber, byAccount] = taken === 'number' ? [parts.taken, parts.contact] : [parts.contact, parts.taken]
  expect(byNumber).toMatchObject({
    e164: ANA,
    aci: null,
    verified: 0,
    policy: 'signal_only',
    signal_standing: 'unknown',
  })
  expect(byAccount).toMatchObject({ e164: null, aci: ANA_ACI, verified: 1, policy: 'signal_only' })
  expect(await textsIn(byNumber)).toEqual(['by text'])
  expect(await textsIn(byAccount)).toEqual(['by Signal'])
  expect(await conversationOf(byNumber)).toMatchObject({ unread: 1 })
  expect(await conversationOf(byAccount)).toMatchObject({ unread: 1 })
  await expect(world.router.people.split(byNumber.id, 'number')).rejects.toMatchObject({ code: 'cannot-split' })
})

it('who was taken apart stays apart, also when Signal says that number and account belong together; until joined again', async () => {
  const { number, account } = await apart()
  const whole = await world.router.people.join(number.id, account.id)
  const { contact, taken } = await world.router.people.split(whole.id, 'account')
  await world.note(ANA_ACI, 'vouched for', ANA)
  expect((await textsIn(taken)).sort()).toEqual(['by Signal', 'vouched for'])
  const asked = await world.router.refreshCapabilities(contact.id)
  expect(asked).toMatchObject({ id: contact.id, aci: null, signal_standing: 'not-registered' })
  const again = await world.router.people.join(contact.id, taken.id)
  expect((await textsIn(again)).sort()).toEqual(['by Signal', 'by text', 'vouched for'])
  await world.note(ANA_ACI, 'one again', ANA)
  expect(await textsIn(again)).toHaveLength(4)
})

it('ids that were joined twice lead to the last', async () => {
  const { number, account } = await apart()
  const first = await world.router.people.join(number.id, account.id)
  const { taken } = await world.router.people.split(first.id, 'number')
  await world.router.people.join(taken.id, first.id)
  const ids = await world.db.selectFrom('merged_ids').selectAll().execute()
  expect(ids.filter(({ id }) => id.startsWith('con_')).map(({ into_id }) => into_id)).toEqual([taken.id, taken.id])
})

it('texts to somebody leave through the modem that the owner prefers for them, where it can', async () => {
  await world.text(BEN, 'hi')
  const { id } = await world.contact(BEN)
  await world.router.updateContact(id, { preferredLane: 'mdm_2' })
  await world.send(BEN, 'one')
  world.sms.setAvailable(false, 'mdm_2')
  await world.send(BEN, 'two')
  expect(world.sms.network.map(({ lane }) => lane)).toEqual(['mdm_2', 'mdm_1'])
  await expect(world.router.updateContact(id, { preferredLane: 'none' })).rejects.toMatchObject({
    code: 'no-such-modem',
  })
})

it('an address book makes contacts; names that the owner gave stay unless they say otherwise', async () => {
  await world.text(BEN, 'hi')
  const { id } = await world.contact(BEN)
  await world.router.updateContact(id, { name: 'Benny' })
  const book = [
    { line: 1, name: 'Ana\nLima', addresses: [ANA, '112'] },
    { line: 5, name: 'Ben', addresses: [BEN] },
    { line: 9, name: 'Nobody', addresses: [] },
    { line: 12, name: 'Twice', addresses: [ANA] },
  ]
  const results = async (dryRun: boolean, names: 'keep' | 'replace') =>
    (await world.router.people.import(book, { dryRun, names })).map(({ result }) => result)
  const expected = ['new', 'refused', 'same', 'refused', 'refused']
  expect(await results(true, 'keep')).toEqual(expected)
  expect(await findContact(world.db, { e164: ANA })).toBeUndefined()
  expect(await results(false, 'keep')).toEqual(expected)
  expect((await world.contact(ANA)).name).toBe('Ana Lima')
  expect(await results(false, 'replace')).toEqual(['same', 'refused', 'changed', 'refused', 'refused'])
  expect((await world.contact(BEN)).name).toBe('Ben')
})
