import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { House } from '../../../src/sandbox/house.ts'

let house: House

beforeAll(async () => {
  house = await House.open()
})
afterAll(() => house?.close())

const corpus = JSON.parse(readFileSync(new URL('../../fixtures/sms-pdu.json', import.meta.url), 'utf8')) as {
  pdus: { id: string; hostile: boolean; direction: string; pdu: string }[]
}

async function worksBothWays(mark: string): Promise<void> {
  const ben = house.world.person('ben')
  await house.reaches(await house.send(ben.number, `out ${mark}`), 'delivered')
  ben.phone.send(house.world.gatewayNumber, `in ${mark}`)
  await house.eventually('it is here', async () =>
    (await house.messages('&direction=in')).some(({ text }) => text === `in ${mark}`),
  )
}

describe('hostile input', () => {
  it('a flood of hostile lines at the modem port leaves the gateway at work', async () => {
    const [modem] = house.world.modems
    for (const line of [
      'OK',
      'ERROR',
      '> ',
      '+CMGS: 7',
      '+CMTI: "SM",-1',
      '+CMTI: "XX",99999',
      '+CMT: ,999',
      '+CDS: 3',
      'RING',
    ]) {
      modem?.modem.say(`\r\n${line}\r\n`)
    }
    modem?.modem.say('\u0000\u00ff\u001b\u001a'.repeat(200))
    modem?.modem.flood(2_000_000, false)
    modem?.modem.flood(200_000, true)
    await worksBothWays('after the lines')
  })

  it('hostile PDUs in the store are quarantined with their octets and block no good one', async () => {
    const [modem] = house.world.modems
    const hostile = corpus.pdus.filter(({ hostile, direction }) => hostile && direction === 'mt')
    expect(hostile.length).toBeGreaterThan(10)
    for (const { pdu } of hostile) modem?.modem.plant('ME', pdu)
    for (const octets of ['', '00', 'ZZ', 'FF'.repeat(200)]) modem?.modem.plant('ME', octets)
    await worksBothWays('after the PDUs')
    await house.api.call('POST', `/api/v1/modems/${(await modems())[0]?.id}/reset`, {})
    await house.modemsReady()
    await house.eventually('the store is drained', () => modem?.modem.storage('ME').used === 0)
    const { data } = await house.api.call<{ data: unknown[] }>('GET', '/api/v1/quarantine')
    expect(data.length).toBeGreaterThan(0)
    await worksBothWays('after the drain')
  })

  it('hostile envelopes are counted, acknowledged, and stall nothing', async () => {
    const ana = house.world.person('ana')
    await house.reaches(await house.send(ana.number, 'before'), 'delivered')
    const { host } = house.world.server
    const gateway = await host.findByNumber(house.world.gatewayNumber)
    if (gateway === undefined) throw new Error('the gateway is on Signal')
    for (let round = 0; round < 60; round++) {
      await host.deliverRaw(
        gateway,
        Buffer.from(Uint8Array.from({ length: (round * 37) % 300 }, (_, i) => (i * 131 + round * 17) & 255)),
      )
    }
    await ana.signal?.sendText(house.world.gatewayNumber, 'after the envelopes')
    await house.eventually('her text is here', async () =>
      (await house.messages('&direction=in')).some(({ text }) => text === 'after the envelopes'),
    )
    await worksBothWays('at the end')
  })
})

async function modems(): Promise<{ id: string }[]> {
  const { data } = await house.api.call<{ data: { id: string }[] }>('GET', '/api/v1/modems')
  return data
}
