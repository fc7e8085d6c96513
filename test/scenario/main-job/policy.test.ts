import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { House } from '../../../src/sandbox/house.ts'

let house: House

beforeAll(async () => {
  house = await House.open()
})
afterAll(() => house?.close())

const standing = async (number: string) =>
  ((await house.contact(number)) as unknown as { signal: { standing: string } }).signal.standing

describe('policy decides, visibly', () => {
  it('somebody who left Signal gets a text at once and is marked stale; after the return it is encrypted again', async () => {
    const chloe = house.world.person('chloe')
    const id = await house.send(chloe.number, 'still there?')
    const message = await house.reaches(id, 'delivered')
    expect(message).toMatchObject({ transport: 'sms', fallback: { from: 'signal' } })
    expect(['stale', 'not-registered']).toContain(await standing(chloe.number))

    await chloe.signal?.returnToSignal()
    await chloe.signal?.sendText(house.world.gatewayNumber, 'I am back')
    await house.eventually('she is on Signal again', async () => (await standing(chloe.number)) === 'registered')
    const again = await house.reaches(await house.send(chloe.number, 'welcome'), 'delivered')
    expect(again).toMatchObject({ transport: 'signal', encrypted: true })
  })

  it('a changed safety number holds the message and asks; approval sends it, encrypted', async () => {
    const dev = house.world.person('dev')
    await house.reaches(await house.send(dev.number, 'first'), 'delivered')
    await dev.signal?.reinstall()
    const id = await house.send(dev.number, 'the secret')
    const held = await house.reaches(id, 'held')
    expect(held.code).toBe('identity-changed')
    expect(dev.phone.inbox).toEqual([])
    const contact = await house.contact(dev.number)
    await house.api.call('POST', `/api/v1/contacts/${contact.id}/identity/approve`, {})
    const sent = await house.reaches(id, 'delivered')
    expect(sent).toMatchObject({ transport: 'signal', encrypted: true })
    expect(dev.signal?.texts.filter(({ text }) => text === 'the secret')).toHaveLength(1)
    expect(dev.phone.inbox).toEqual([])
  })

  it('signal_only to somebody without Signal fails with its reason, and no text leaves the modem', async () => {
    const ben = house.world.person('ben')
    const id = await house.send(ben.number, 'for your eyes only', { policy: 'signal_only' })
    const failed = await house.reaches(id, 'failed')
    expect(failed.code).toBe('not-on-signal')
    expect(house.world.network.ledger.entries({ to: ben.number })).toEqual([])
  })

  it('ask: the fallback waits for a person, and only their yes sends the text', async () => {
    const ana = house.world.person('ana')
    await house.reaches(await house.send(ana.number, 'hello'), 'delivered')
    ana.signal?.goOffline()
    const id = await house.send(ana.number, 'may this be a text?', { policy: 'ask', fallback_after: 'PT1S' })
    const held = await house.reaches(id, 'held')
    expect(held.reason).toMatch(/\w+ \w+/)
    expect(ana.phone.inbox).toEqual([])
    await house.api.call('POST', `/api/v1/messages/${id}/approve`, { send_as: 'sms' })
    expect((await house.reaches(id, 'delivered')).transport).toBe('sms')
    expect(ana.phone.inbox.map(({ text }) => text)).toEqual(['may this be a text?'])
    await ana.signal?.goOnline()
  })

  it('a verified contact is never downgraded by itself', async () => {
    const ana = house.world.person('ana')
    const contact = await house.contact(ana.number)
    await house.api.call('POST', `/api/v1/contacts/${contact.id}/identity/verify`, {})
    ana.signal?.goOffline()
    const texts = ana.phone.inbox.length
    const id = await house.send(ana.number, 'only encrypted', { fallback_after: 'PT1S' })
    await house.reaches(id, 'sent', 'held')
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    expect(ana.phone.inbox).toHaveLength(texts)
    await ana.signal?.goOnline()
    expect((await house.reaches(id, 'delivered')).transport).toBe('signal')
  })

  it('in data-only mode no AT+CMGS is ever written', async () => {
    const [modem] = house.world.modems
    const ben = house.world.person('ben')
    const accepted = house.world.network.ledger.entries({ from: modem?.number ?? '' }).length
    await house.api.call('PATCH', '/api/v1/settings', { mode: 'data_only' })
    try {
      const id = await house.send(ben.number, 'data only')
      expect((await house.reaches(id, 'failed')).code).toBe('not-on-signal')
      expect(house.world.network.ledger.entries({ from: modem?.number ?? '' })).toHaveLength(accepted)
    } finally {
      await house.api.call('PATCH', '/api/v1/settings', { mode: 'integrated' })
    }
  })

  it('a repeated request with the same idempotency key is one message', async () => {
    const ben = house.world.person('ben')
    const body = { to: ben.number, text: 'exactly once' }
    const ids = new Set<string>()
    for (let round = 0; round < 3; round++) {
      const reply = await house.api.ask('POST', '/api/v1/messages', body, { 'idempotency-key': 'abc' })
      expect(reply.status).toBe(202)
      ids.add((reply.body as { id: string }).id)
    }
    expect(ids.size).toBe(1)
    await house.reaches([...ids][0] ?? '', 'delivered')
    expect(house.world.network.ledger.count(ben.number, 'exactly once')).toEqual({ whole: 1, most: 1 })
  })
})
