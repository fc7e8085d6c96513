import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { House } from '../../../src/sandbox/house.ts'

let house: House

beforeAll(async () => {
  house = await House.open()
})
afterAll(() => house?.close())

describe('one conversation, two transports', () => {
  it('a message to somebody on Signal goes encrypted, and her device decrypts it and answers the receipt', async () => {
    const ana = house.world.person('ana')
    const id = await house.send(ana.number, 'Dinner at eight?')
    const message = await house.reaches(id, 'delivered', 'read')
    expect(message).toMatchObject({ transport: 'signal', encrypted: true })
    expect(ana.signal?.texts.map(({ text }) => text)).toEqual(['Dinner at eight?'])
    expect(ana.phone.inbox).toEqual([])
  })

  it('a message to somebody without Signal goes as a text, delivered by its status report', async () => {
    const ben = house.world.person('ben')
    const id = await house.send(ben.number, 'Bring the ladder')
    const message = await house.reaches(id, 'delivered')
    expect(message).toMatchObject({ transport: 'sms', encrypted: false })
    expect(ben.phone.inbox.map(({ text, from }) => ({ text, from }))).toEqual([
      { text: 'Bring the ladder', from: house.world.gatewayNumber },
    ])
  })

  it('a long text with characters outside the 7-bit alphabet arrives whole at the other phone', async () => {
    const ben = house.world.person('ben')
    const text = 'Größe: 14 € – прощай 👩‍🚀 '.repeat(12)
    const id = await house.send(ben.number, text)
    await house.reaches(id, 'delivered')
    expect(ben.phone.inbox.at(-1)?.text).toBe(text)
    expect(house.world.network.ledger.count(ben.number, text)).toEqual({ whole: 1, most: 1 })
  })

  it('texts and Signal messages of one person are one conversation, each marked with its transport', async () => {
    const ana = house.world.person('ana')
    await ana.signal?.sendText(house.world.gatewayNumber, 'from Signal')
    ana.phone.send(house.world.gatewayNumber, 'from the phone network')
    await house.eventually('both are here', async () => {
      const received = (await house.messages('&direction=in')).filter(({ text }) => text.startsWith('from '))
      return received.length === 2
    })
    const received = (await house.messages('&direction=in')).filter(({ text }) => text.startsWith('from '))
    expect(new Set(received.map(({ conversation_id }) => conversation_id)).size).toBe(1)
    expect(received.map(({ text, transport, encrypted }) => [text, transport, encrypted]).sort()).toEqual([
      ['from Signal', 'signal', true],
      ['from the phone network', 'sms', false],
    ])
    expect(received[0]?.conversation_id).toBe((await house.messages('&direction=out'))[0]?.conversation_id)
  })

  it('a call over Signal is in the same conversation, and says that nobody answered', async () => {
    const ana = house.world.person('ana')
    await ana.signal?.call(house.world.gatewayNumber, false)
    const calls = async () =>
      (await house.messages('&direction=in')).filter(({ text }) => text === 'Call over Signal, not answered here')
    await house.eventually('it is here', async () => (await calls()).length === 1)
    const [first] = await house.messages('&direction=out')
    expect(await calls()).toMatchObject([{ kind: 'call', conversation_id: first?.conversation_id }])
  })

  it('a long inbound text in three parts is one message, and the SIM is empty afterwards', async () => {
    const ben = house.world.person('ben')
    const text = 'x'.repeat(400)
    ben.phone.send(house.world.gatewayNumber, text)
    await house.eventually('it is here whole', async () =>
      (await house.messages('&direction=in')).some((message) => message.text === text),
    )
    const { data } = await house.api.call<{ data: { storage: { memory: string; used: number }[] }[] }>(
      'GET',
      '/api/v1/modems',
    )
    expect(data).toHaveLength(1)
    const [modem] = house.world.modems
    await house.eventually('the SIM is empty', () =>
      ['SM', 'ME'].every((name) => modem?.modem.storage(name).used === 0),
    )
  })

  it('the ledger says in words what was tried, over what, and how it ended', async () => {
    const [first] = await house.messages('&direction=out')
    const attempts = await house.attempts(first?.id ?? '')
    expect(attempts).toHaveLength(1)
    expect(attempts[0]).toMatchObject({ n: 1, transport: 'signal', result: 'accepted' })
    expect(attempts[0]?.detail).toMatch(/\w+ \w+/)
  })
})
