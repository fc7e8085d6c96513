import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { House } from '../../../src/sandbox/house.ts'

let house: House

beforeAll(async () => {
  house = await House.open()
})
afterAll(() => house?.close())

describe('falling back and coming back', () => {
  it('offline: a text follows with its note; the late receipt repairs the state; her reply moves the conversation back', async () => {
    const ana = house.world.person('ana')
    await house.reaches(await house.send(ana.number, 'are you there'), 'delivered')
    ana.signal?.goOffline()
    const id = await house.send(ana.number, 'the door code is new', { fallback_after: 'PT6S' })
    await house.eventually('a text went out', () => ana.phone.inbox.length === 1)
    const fallen = await house.reaches(id, 'delivered')
    expect(fallen).toMatchObject({ transport: 'sms', encrypted: false, fallback: { from: 'signal' } })
    expect(fallen.fallback?.reason).toMatch(/receipt/i)
    const attempts = await house.attempts(id)
    expect(attempts.map(({ transport }) => transport)).toEqual(['signal', 'sms'])

    await ana.signal?.goOnline()
    await house.eventually(
      'her phone has it once',
      () => (ana.signal?.texts.filter(({ text }) => text === 'the door code is new').length ?? 0) === 1,
    )
    await ana.signal?.sendText(house.world.gatewayNumber, 'got it')
    await house.eventually('her reply is here', async () =>
      (await house.messages('&direction=in')).some(({ text }) => text === 'got it'),
    )
    const next = await house.reaches(await house.send(ana.number, 'good'), 'delivered')
    expect(next).toMatchObject({ transport: 'signal', encrypted: true })
    expect(ana.phone.inbox).toHaveLength(1)
  })

  it('a receipt that comes before the deadline means that no text ever follows', async () => {
    const ana = house.world.person('ana')
    const before = house.world.network.ledger.entries({ to: ana.number }).length
    const id = await house.send(ana.number, 'quick one', { fallback_after: 'PT15S' })
    await house.reaches(id, 'delivered')
    await new Promise((resolve) => setTimeout(resolve, 17_000))
    expect(house.world.network.ledger.entries({ to: ana.number })).toHaveLength(before)
    expect((await house.message(id)).transport).toBe('signal')
  })

  it('a contact who writes a text while our Signal message is unread is answered by text, until Signal shows life', async () => {
    const ana = house.world.person('ana')
    ana.signal?.goOffline()
    const id = await house.send(ana.number, 'unread over there', { fallback_after: 'PT1H' })
    await house.reaches(id, 'sent')
    ana.phone.send(house.world.gatewayNumber, 'my data is off')
    await house.eventually('her standing is stale', async () => {
      const contact = (await house.contact(ana.number)) as unknown as { signal: { standing: string } }
      return contact.signal.standing === 'stale'
    })
    const reply = await house.reaches(await house.send(ana.number, 'then by text'), 'delivered')
    expect(reply.transport).toBe('sms')
    await ana.signal?.goOnline()
    await ana.signal?.sendText(house.world.gatewayNumber, 'back on data')
    await house.eventually('her standing is registered', async () => {
      const contact = (await house.contact(ana.number)) as unknown as { signal: { standing: string } }
      return contact.signal.standing === 'registered'
    })
    const after = await house.reaches(await house.send(ana.number, 'welcome back'), 'delivered')
    expect(after.transport).toBe('signal')
  })
})
