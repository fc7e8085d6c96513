/** MMS over a modem's own TCP socket: the real client, modem driver and AT channel against simulated modules. */
import { describe, expect, it } from 'vitest'
import { SharedBearer } from '../../../modem/mms/bearer/holder.ts'
import { modemSocketBearer } from '../../../modem/mms/bearer/modem-socket.ts'
import { createMmsExchange, EXCHANGE_TIMINGS } from '../../../modem/mms/client.ts'
import { systemClock } from '../../../modem/serial/surroundings.ts'
import { CARRIER_ADDRESS } from '../../../modem/sim/sockets.ts'
import { untilState } from '../modem/bench.ts'
import { every, readyModule } from './simulated-module.ts'
import { afterwards, BEN, PICTURE, pduIn, sendRequest, silent, US } from './world.ts'

const bytesMax = 300_000
const apn = { apn: 'mms.sim', auth: 'pap', user: 'web', password: 'web' } as const

async function bench(family: string, proxyHost = CARRIER_ADDRESS) {
  const built = await readyModule(family)
  const { modem } = built
  const bearer = new SharedBearer(
    modemSocketBearer({
      run: (command) => modem.run(command),
      manufacturer: modem.status().manufacturer,
      apn,
      clock: systemClock,
    }),
    { clock: systemClock, log: silent },
  )
  afterwards(() => bearer.stop())
  const carrier = { ...built.carrier, proxy: { host: proxyHost, port: built.carrier.proxy?.port ?? 0 } }
  const exchange = createMmsExchange({ carrier, bearer, clock: systemClock, log: silent })
  return { ...built, exchange, carrier, bearer }
}

describe.each([['ec25'], ['sim7600'], ['a7670']])('over a socket of %s', (family) => {
  it('sends and fetches messages octet for octet', async () => {
    const { exchange, mmsc, simulated } = await bench(family)
    const picture = { ...PICTURE, data: every(5_000) }
    const answer = await exchange.submit({ pdu: sendRequest({ to: [BEN, US], text: 'x', files: [picture] }) })
    expect(pduIn(answer)).toMatchObject({ type: 'm-send-conf', responseStatus: 0x80 })
    const [message] = mmsc.messages()
    expect(message?.request.parts.some(({ data }) => Buffer.from(data).equals(Buffer.from(picture.data)))).toBe(true)
    const key = message?.deliveries.find(({ to }) => to === US)?.key
    const fetched = pduIn(await exchange.retrieve({ url: `http://mmsc.sim/m/${key}`, transactionId: 'T', bytesMax }))
    expect(fetched.parts?.some(({ data }) => Buffer.from(data).equals(Buffer.from(picture.data)))).toBe(true)
    expect(simulated.commandLines.some((line) => line.includes('"mms.sim"'))).toBe(true)
  })

  it('says where it failed: nobody there, no such name, silence in the middle', async () => {
    const { exchange, mmsc, carrier, bearer } = await bench(family)
    const timings = {
      ...EXCHANGE_TIMINGS,
      firstByteMs: 600,
      silenceMs: 600,
      wholeMs: 5_000,
      connectMs: 1_000,
      resolveMs: 7_000,
    }
    const other = (proxy: { host: string; port: number }) =>
      createMmsExchange({ carrier: { ...carrier, proxy }, bearer, clock: systemClock, log: silent, timings })
    const pdu = sendRequest({ to: [BEN], text: 'x' })
    expect(await other({ host: CARRIER_ADDRESS, port: 1 }).submit({ pdu })).toMatchObject({
      step: 'proxy',
      bodySent: false,
    })
    expect(await other({ host: 'none.sim', port: 1 }).submit({ pdu })).toMatchObject({ step: 'dns', bodySent: false })
    mmsc.fault({ kind: 'stall', at: 'start' })
    expect(await other(carrier.proxy).submit({ pdu })).toMatchObject({ step: 'http', bodySent: true })
    expect(pduIn(await exchange.submit({ pdu: sendRequest({ to: [BEN], text: 'y' }, 'S2') })).type).toBe('m-send-conf')
  })

  it('finds the proxy by name, asked of the carrier', async () => {
    const { exchange } = await bench(family, 'proxy.mms.sim')
    expect(pduIn(await exchange.submit({ pdu: sendRequest({ to: [BEN], text: 'x' }) })).type).toBe('m-send-conf')
  })

  it('lets text messages through between any two of its commands', async () => {
    const { exchange, network, sink, simulated } = await bench(family)
    const texts = () => sink.pdus.length
    const posting = exchange.submit({ pdu: sendRequest({ to: [BEN], files: [{ ...PICTURE, data: every(60_000) }] }) })
    await expect
      .poll(() => simulated.commandLines.filter((line) => /QISEND|CIPSEND/.test(line)).length)
      .toBeGreaterThan(2)
    network.person('+4915550042').send(US, 'hello')
    await expect.poll(texts).toBe(1)
    expect(pduIn(await posting).type).toBe('m-send-conf')
  })

  it('fails when the modem goes away, and works again with it', async () => {
    const { exchange, simulated, mmsc, modem } = await bench(family)
    mmsc.fault({ kind: 'stall', at: 'start' })
    const posting = exchange.submit({ pdu: sendRequest({ to: [BEN], text: 'x' }) })
    await expect.poll(() => mmsc.ledger.requests({ type: 'm-send-req' }).length).toBe(1)
    simulated.unplug()
    expect(await posting).toMatchObject({ kind: 'unreachable', step: 'http', bodySent: true })
    await simulated.plug()
    await untilState(modem, 'ready')
    await expect
      .poll(async () => (await exchange.submit({ pdu: sendRequest({ to: [BEN], text: 'y' }, 'S2') })).kind)
      .toBe('pdu')
  })
})

it('a module whose commands nobody knows is no bearer', async () => {
  const { exchange } = await bench('le910')
  const answer = await exchange.submit({ pdu: sendRequest({ to: [BEN], text: 'x' }) })
  expect(answer).toMatchObject({ kind: 'unreachable', step: 'bearer', reason: expect.stringContaining('Telit') })
})
