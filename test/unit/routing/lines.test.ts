/** Lines that nobody wrote: what became known of a person, shown where it belongs and nowhere twice. */
import { beforeEach, expect, it } from 'vitest'
import type { CapabilityFact } from '../../../src/domain/sink.ts'
import { findContact } from '../../../src/store/contacts.ts'
import { listConversations } from '../../../src/store/mailbox.ts'
import { useWorld, world } from './use-world.ts'
import { ANA, ANA_ACI } from './world.ts'

useWorld()
beforeEach(async () => {
  await world.note(ANA_ACI, 'hello', ANA)
})

const recipient = { e164: ANA, aci: ANA_ACI, pni: undefined }
type Told = { kind: 'registered' | 'unregistered' | 'identity-changed' } | { kind: 'profile'; name: string }

async function tell(fact: Told, to = recipient): Promise<void> {
  world.nowMs += 1000
  const whole = { transport: 'signal', recipient: to, atMs: world.nowMs, ...fact } as CapabilityFact
  await world.router.sink.capability(whole)
}

async function lines(): Promise<string[]> {
  return (await world.all()).flatMap(({ notice, text }) => (notice === null ? [] : [`${notice}: ${text}`]))
}

it('a safety number that changed twice before anybody looked is told once', async () => {
  await tell({ kind: 'identity-changed' })
  await tell({ kind: 'identity-changed' })
  expect(await lines()).toEqual([
    'identity-changed: The safety number has changed: a new phone, or Signal installed anew.',
  ])
})

it('leaving and coming back are told in turn, each once', async () => {
  for (const kind of ['unregistered', 'unregistered', 'registered', 'registered', 'unregistered'] as const) {
    await tell({ kind })
  }
  expect(await lines()).toEqual([
    'left: Is no longer on Signal.',
    'returned: Is on Signal again.',
    'left: Is no longer on Signal.',
  ])
})

it('a first name is no news; another one is', async () => {
  await tell({ kind: 'profile', name: 'Ana' })
  await tell({ kind: 'profile', name: 'Ana' })
  expect(await lines()).toEqual([])
  expect((await findContact(world.db, { aci: ANA_ACI }))?.profile_name).toBe('Ana')
  await tell({ kind: 'profile', name: 'Ana A.' })
  expect(await lines()).toEqual(['renamed: Is called Ana A. now (before: Ana).'])
})

it('another number of the same account is told with both', async () => {
  await tell({ kind: 'registered' }, { ...recipient, e164: '+15550009999' })
  expect(await lines()).toEqual([`number-changed: Has another phone number now: +15550009999 (before: ${ANA}).`])
  expect((await findContact(world.db, { aci: ANA_ACI }))?.e164).toBe('+15550009999')
})

it('a line neither counts as unread nor takes the place of the last message', async () => {
  await tell({ kind: 'unregistered' })
  const [view] = (await listConversations(world.db, { limit: 10 })).data
  expect(view).toMatchObject({ conversation: { unread: 1 }, lastMessage: { text: 'hello' } })
})

it('of somebody without a conversation there is none to put a line into', async () => {
  const stranger = { e164: '+15550008888', aci: '11111111-1111-4111-8111-111111111111', pni: undefined }
  await tell({ kind: 'identity-changed' }, stranger)
  expect(await lines()).toEqual([])
})

it('a line is not what an edit or a reaction means', async () => {
  await tell({ kind: 'unregistered' })
  const line = (await world.all()).find(({ notice }) => notice !== null)
  const change = { kind: 'deleted' } as const
  const target = { ours: false, timestampMs: line?.sent_timestamp_ms ?? 0 }
  const amendment = { transport: 'signal' as const, by: recipient, target, timestampMs: world.nowMs, change }
  expect(await world.router.sink.amend(amendment)).toBe(false)
})
