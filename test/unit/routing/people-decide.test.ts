/** What waits for a person, with its reason, and what they decide. */
import { describe, expect, it } from 'vitest'
import { refusal } from './fake-transports.ts'
import { useWorld, world } from './use-world.ts'
import { ANA, ANA_ACI, BEN } from './world.ts'

useWorld()

const MINUTE = 60_000
const DAY = 86_400_000

describe('identity changed', () => {
  it('while sending: held, no text; consent sends it encrypted', async () => {
    let trusted = false
    world.signal.before = () => {
      if (!trusted) throw refusal('identity-changed')
    }
    const held = await world.send(ANA, 'hello')
    expect(held).toMatchObject({ state: 'held', code: 'identity-changed' })
    await world.pass(DAY / 2)
    expect(world.sms.sends).toEqual([])
    trusted = true
    await world.router.approve(held.id)
    await world.settle()
    expect(await world.message(held.id)).toMatchObject({ state: 'sent', transport: 'signal' })
    expect(world.signal.approved).toHaveLength(1)
    expect(await world.contact(ANA)).toMatchObject({ identity_changed_at_ms: null })
  })

  it('learnt by the way: what is sent next is held, and consent for the contact releases all of it', async () => {
    await world.send(ANA, 'before')
    await world.router.sink.capability({
      transport: 'signal',
      kind: 'identity-changed',
      recipient: { e164: undefined, aci: ANA_ACI, pni: undefined },
      atMs: world.nowMs,
    })
    const one = await world.send(ANA, 'one')
    const two = await world.send(ANA, 'two')
    expect([one.code, two.code]).toEqual(['identity-changed', 'identity-changed'])
    await world.router.approveIdentity((await world.contact(ANA)).id)
    await world.settle()
    expect(await world.message(one.id)).toMatchObject({ state: 'sent', transport: 'signal' })
    expect(await world.message(two.id)).toMatchObject({ state: 'sent', transport: 'signal' })
  })

  it('a message waiting for its receipt is not followed by a text once the identity has changed', async () => {
    const sent = await world.send(ANA, 'hello')
    await world.router.sink.capability({
      transport: 'signal',
      kind: 'identity-changed',
      recipient: { e164: ANA, aci: ANA_ACI, pni: undefined },
      atMs: world.nowMs,
    })
    await world.pass(20 * MINUTE)
    expect(world.sms.sends).toEqual([])
    expect((await world.message(sent.id)).transport).toBe('signal')
  })
})

describe('a person decides', () => {
  it('cancel: what has not left is taken back; what has left is not', async () => {
    world.sms.setAvailable(false)
    const waiting = await world.send(BEN, 'hello')
    expect(await world.router.cancel(waiting.id)).toMatchObject({ state: 'canceled' })
    world.sms.setAvailable(true)
    await world.pass(MINUTE)
    expect(world.sms.sends).toEqual([])
    const sent = await world.send(BEN, 'hello')
    await expect(world.router.cancel(sent.id)).rejects.toMatchObject({ code: 'wrong-state' })
    await expect(world.router.cancel('msg_0')).rejects.toMatchObject({ code: 'unknown-message' })
  })

  it('retry: a failed message is planned anew, old refusals forgotten', async () => {
    const failed = await world.send(BEN, 'hello', { policy: 'signal_only' })
    expect(failed.state).toBe('failed')
    world.signal.registered.set(BEN, 'b0000000-0000-4000-8000-000000000102')
    world.nowMs += 3_600_000
    await world.router.retry(failed.id)
    await world.settle()
    expect(await world.message(failed.id)).toMatchObject({ state: 'sent', transport: 'signal' })
  })

  it('a policy that no longer asks releases what was held', async () => {
    const sent = await world.send(ANA, 'hello', { fallbackAfterMs: MINUTE })
    const { id } = await world.contact(ANA)
    await world.router.updateContact(id, { policy: 'ask' })
    await world.pass(MINUTE + 1)
    expect(await world.message(sent.id)).toMatchObject({ state: 'held' })
    await world.router.updateContact(id, { policy: 'auto' })
    await world.settle()
    expect(await world.message(sent.id)).toMatchObject({ state: 'sent', transport: 'sms' })
  })

  it('a contact is changed only by who has seen it as it is', async () => {
    await world.send(ANA, 'hello')
    const { id, version } = await world.contact(ANA)
    await world.router.updateContact(id, { name: 'Ana' }, version)
    await expect(world.router.updateContact(id, { name: 'Eve' }, version)).rejects.toMatchObject({
      code: 'version-mismatch',
    })
  })

  it('a scheduled message leaves at its time, under that time, by the facts of then', async () => {
    const atMs = world.nowMs + 3 * 3_600_000
    const planned = await world.send(ANA, 'later', { scheduledAtMs: atMs })
    expect(planned).toMatchObject({ state: 'scheduled' })
    await world.pass(3 * 3_600_000 - 1000)
    expect(world.signal.sends).toEqual([])
    await world.pass(2000)
    const sent = await world.message(planned.id)
    expect(sent).toMatchObject({ state: 'sent', transport: 'signal' })
    expect(sent.sent_timestamp_ms).toBeGreaterThanOrEqual(atMs)
  })
})

describe('every state has a reason', () => {
  it('in words, for every held, failed, expired and uncertain message', async () => {
    world.sms.at = (step) => (step === 'taken' ? 'lost' : undefined)
    await world.send(BEN, 'uncertain')
    await world.send(BEN, 'failed', { policy: 'signal_only' })
    await world.send(ANA, 'held', { policy: 'ask', fallbackAfterMs: 1000 })
    await world.pass(2000)
    const states = await world.all()
    expect(states.map(({ state }) => state).sort()).toEqual(['failed', 'held', 'uncertain'])
    for (const { code, reason } of states) {
      expect(code).toMatch(/^[a-z0-9-]+$/)
      expect(reason?.length).toBeGreaterThan(10)
    }
  })
})
