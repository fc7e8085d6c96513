/** What the owner writes on another device of the account is shown as ours, moved by receipts, and sent by nobody. */
import { expect, it } from 'vitest'
import type { MirroredMessage, Receipt } from '../../../src/domain/sink.ts'
import { useWorld, world } from './use-world.ts'
import { ANA, ANA_ACI } from './world.ts'

useWorld()

const own = 'b0000000-0000-4000-8000-000000000001'
const pni = 'c0000000-0000-4000-8000-000000000001'
const ana = { e164: ANA, aci: ANA_ACI, pni: undefined }

function mirror(sentAtMs: number, more: Partial<MirroredMessage> = {}) {
  return world.router.sink.mirror({
    transport: 'signal',
    lane: 'signal',
    to: ana,
    toSelf: false,
    text: `at ${sentAtMs}`,
    sentAtMs,
    quote: undefined,
    timerS: undefined,
    startedAtMs: sentAtMs,
    dedupeKey: `signal:${own}:${sentAtMs}`,
    ...more,
  })
}

const receipt = (kind: 'delivered' | 'read', timestampMs: number): Receipt => ({
  transport: 'signal',
  kind,
  fromAci: ANA_ACI,
  timestampsMs: [timestampMs],
  atMs: world.nowMs,
})

it('is ours and sent, once, and goes nowhere', async () => {
  await mirror(5_000)
  await mirror(5_000)
  await world.settle()
  const [message, ...others] = await world.all()
  expect(others).toEqual([])
  expect(message).toMatchObject({ direction: 'out', state: 'sent', origin: 'other-device', text: 'at 5000', leg: null })
  expect(world.signal.sends).toEqual([])
  expect(world.sms.network).toEqual([])
})

it('never falls back, however long no receipt comes', async () => {
  await mirror(5_000)
  world.nowMs += 48 * 3_600_000
  await world.router.reconcile()
  await world.settle()
  expect(await world.all()).toMatchObject([{ state: 'sent', transport: 'signal' }])
  expect(world.sms.network).toEqual([])
})

it('is moved by receipts, also by those that came before it', async () => {
  await world.router.sink.receipt(receipt('read', 6_000))
  await world.router.sink.receipt(receipt('delivered', 6_000))
  await mirror(5_000)
  await world.router.sink.receipt(receipt('delivered', 5_000))
  await mirror(6_000)
  expect((await world.all()).map(({ sent_timestamp_ms: at, state }) => [at, state]).sort()).toEqual([
    [5_000, 'delivered'],
    [6_000, 'read'],
  ])
})

it('may bear the time of one of ours, and a clock in the future does not move ours', async () => {
  const { message } = await world.router.submit({ to: ANA, text: 'from here' })
  await mirror(message.sent_timestamp_ms)
  await mirror(world.nowMs + 10 * 365 * 86_400_000)
  const next = await world.router.submit({ to: ANA, text: 'from here again' })
  expect(next.message.sent_timestamp_ms).toBe(message.sent_timestamp_ms + 1)
})

it('to somebody known only by phone-number identity joins them once their number is known', async () => {
  await mirror(5_000, { to: { e164: undefined, aci: undefined, pni } })
  await world.router.sink.capability({
    transport: 'signal',
    kind: 'linked',
    recipient: { ...ana, pni },
    atMs: world.nowMs,
  })
  await mirror(6_000, { to: { ...ana, pni } })
  const messages = await world.all()
  expect(new Set(messages.map(({ conversation_id }) => conversation_id)).size).toBe(1)
  const contacts = await world.db.selectFrom('contacts').selectAll().execute()
  expect(contacts).toMatchObject([{ e164: ANA, aci: ANA_ACI, pni, sender: null }])
})

it('to oneself is a conversation of its own with that name', async () => {
  await mirror(5_000, { to: { e164: '+15550000999', aci: own, pni: undefined }, toSelf: true })
  const contacts = await world.db.selectFrom('contacts').selectAll().execute()
  expect(contacts).toMatchObject([{ aci: own, name: 'Note to self' }])
})

it('edits, deletes and reactions from there change what is here', async () => {
  await mirror(5_000)
  const amend = (change: Parameters<typeof world.router.sink.amend>[0]['change'], timestampMs: number) =>
    world.router.sink.amend({
      transport: 'signal',
      by: { aci: own, e164: undefined, pni: undefined },
      with: ana,
      target: { ours: true, timestampMs: 5_000 },
      timestampMs,
      change,
    })
  expect(await amend({ kind: 'edited', text: 'better' }, 6_000)).toBe(true)
  await amend({ kind: 'reaction', emoji: '👍', removed: false }, 7_000)
  const [edited] = await world.all()
  expect(edited).toMatchObject({ text: 'better' })
  expect(JSON.parse(edited?.reactions_json ?? '[]')).toMatchObject([{ aci: own, emoji: '👍', ours: true }])
  await amend({ kind: 'deleted' }, 8_000)
  expect(await world.all()).toMatchObject([{ text: '', reactions_json: null, deleted_at_ms: world.nowMs }])
})
