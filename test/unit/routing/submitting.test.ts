/** What is taken to be sent, once for each key, who is looked up for it, and what the log of events says of it. */
import { describe, expect, it } from 'vitest'
import { useWorld, world } from './use-world.ts'
import { ANA_ACI, BEN } from './world.ts'

useWorld()

describe('submitting', () => {
  it('the same key is the same message, whatever became of it; another request under it is refused', async () => {
    const idempotency = { scope: 'tok_1', key: 'k', fingerprint: 'f' }
    const first = await world.router.submit({ to: BEN, text: 'hello', idempotency })
    await world.settle()
    const again = await world.router.submit({ to: BEN, text: 'hello', idempotency })
    expect(again).toMatchObject({ replayed: true, message: { id: first.message.id, state: 'sent' } })
    expect(world.sms.network).toHaveLength(1)
    await expect(
      world.router.submit({ to: BEN, text: 'other', idempotency: { ...idempotency, fingerprint: 'g' } }),
    ).rejects.toMatchObject({ code: 'idempotency-mismatch' })
    const other = await world.router.submit({ to: BEN, text: 'hello', idempotency: { ...idempotency, scope: 'tok_2' } })
    expect(other.replayed).toBe(false)
  })

  it('the same key at the same moment is one message', async () => {
    const idempotency = { scope: 'tok_1', key: 'k', fingerprint: 'f' }
    const all = await Promise.all(
      Array.from({ length: 10 }, () => world.router.submit({ to: BEN, text: 'hello', idempotency })),
    )
    await world.settle()
    expect(new Set(all.map(({ message }) => message.id)).size).toBe(1)
    expect(world.sms.network).toHaveLength(1)
  })

  it('a key is free again after a day', async () => {
    const idempotency = { scope: 'tok_1', key: 'k', fingerprint: 'f' }
    await world.router.submit({ to: BEN, text: 'hello', idempotency })
    world.nowMs += 86_400_001
    expect(
      await world.router.submit({ to: BEN, text: 'x', idempotency: { ...idempotency, fingerprint: 'g' } }),
    ).toMatchObject({
      replayed: false,
    })
  })

  it.each([
    [{ to: '112', text: 'help' }, 'emergency-number'],
    [{ to: 'MyBank', text: 'hi' }, 'invalid-number'],
    [{ to: BEN, text: '' }, 'invalid-request'],
    [{ text: 'hi' }, 'invalid-request'],
    [{ conversationId: 'cnv_none', text: 'hi' }, 'unknown-conversation'],
  ])('%j is refused, and nothing is stored', async (request, code) => {
    await expect(world.router.submit(request)).rejects.toMatchObject({ code })
    expect(await world.all()).toEqual([])
    expect(await world.events.since(0, 10)).toEqual([])
  })

  it('an account id is a recipient, too', async () => {
    expect(await world.send(`signal:${ANA_ACI}`, 'hello')).toMatchObject({ state: 'sent', transport: 'signal' })
  })
})

describe('look-ups are rationed', () => {
  it('many new people at once are one question, and known ones none', async () => {
    world.signal.setAvailable(true)
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => world.router.submit({ to: `+155500003${10 + index}`, text: 'hi' })),
    )
    await world.settle()
    expect(world.signal.lookUps).toHaveLength(1)
    expect(world.signal.lookUps[0]).toHaveLength(20)
    await world.send('+15550000310', 'again')
    expect(world.signal.lookUps).toHaveLength(1)
  })
})

describe('the event log', () => {
  it('has every transition once, in order, with ids and no text', async () => {
    const heard: number[] = []
    const off = world.events.onAppended(() => heard.push(1))
    const sent = await world.send(BEN, 'a secret')
    await world.reportAll()
    off()
    const events = (await world.events.since(0, 1000)).filter(({ message_id }) => message_id === sent.id)
    expect(events.map(({ type }) => type)).toEqual([
      'message.queued',
      'message.queued',
      'message.fallback',
      'message.sending',
      'message.sent',
      'message.delivered',
    ])
    expect(events.map(({ id }) => id)).toEqual([...events.map(({ id }) => id)].sort((a, b) => a - b))
    expect(JSON.stringify(events)).not.toContain('secret')
    expect(JSON.stringify(events)).not.toContain(BEN)
    expect(heard.length).toBeGreaterThan(3)
  })
})
