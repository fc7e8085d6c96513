/** MMS by a module's own commands: the modem driver and AT channel against simulated modules that post to the simulated MMSC. */
import { describe, expect, it } from 'vitest'
import { createEmbeddedExchange, embeddedDialectOf } from '../../../modem/mms/embedded/exchange.ts'
import { embeddedMessageOf } from '../../../modem/mms/embedded/message.ts'
import { encodePdu, type NewPdu } from '../../../modem/mms/encode.ts'
import { decodePdu } from '../../../modem/mms/pdu.ts'
import type { Part } from '../../../modem/mms/types.ts'
import { CARRIER_ADDRESS } from '../../../modem/sim/sockets.ts'
import { every, readyModule } from './simulated-module.ts'
import { BEN, EVE, PICTURE, pduIn, sendRequest, US } from './world.ts'

async function bench(family: string, proxyHost = CARRIER_ADDRESS) {
  const built = await readyModule(family)
  const { modem, simulated } = built
  const proxy = { host: proxyHost, port: built.carrier.proxy?.port ?? 0 }
  let last = /^$/
  const exchange = createEmbeddedExchange({
    run: (command) => {
      if (last.test(command.text)) simulated.unplug()
      return modem.run(command)
    },
    manufacturer: modem.status().manufacturer,
    carrier: { ...built.carrier, proxy, auth: 'pap', user: 'web', password: 'web' },
  })
  /** It leaves as it is about to get such a command. */
  const unplugAt = (command: RegExp) => {
    last = command
  }
  return { ...built, exchange, unplugAt }
}

describe.each([['ec25'], ['sim800']])('by the MMS commands of %s', (family) => {
  it('sends text, subject and picture octet for octet, to several', async () => {
    const { exchange, mmsc, simulated } = await bench(family)
    const picture = { ...PICTURE, data: every(20_000) }
    const pdu = sendRequest({ to: [BEN, EVE], subject: 'Grüße', text: 'Hallo\n> +CMTI: "SM",1 ✓', files: [picture] })
    const answer = pduIn(await exchange.submit({ pdu }))
    expect(answer).toMatchObject({ type: 'm-send-conf', transactionId: 'S1', responseStatus: 0x80 })
    expect(answer).not.toHaveProperty('messageId')
    const [message] = mmsc.messages()
    expect(message?.request).toMatchObject({ subject: { text: 'Grüße' }, to: [{ address: BEN }, { address: EVE }] })
    const data = message?.request.parts.map((part) => Buffer.from(part.data)) ?? []
    expect(data.some((octets) => octets.equals(Buffer.from(picture.data)))).toBe(true)
    expect(data.some((octets) => octets.equals(Buffer.from('Hallo\n> +CMTI: "SM",1 ✓')))).toBe(true)
    expect(simulated.commandLines.some((line) => line.includes('"mms.sim"'))).toBe(true)
    expect(simulated.commandLines.at(-1)).toMatch(/QIDEACT|SAPBR=0/)
  })

  it('sends one message after the other, and texts go through in between', async () => {
    const { exchange, mmsc, network, sink } = await bench(family)
    const both = [1, 2].map((at) =>
      exchange.submit({ pdu: sendRequest({ to: [BEN], text: `number ${at}` }, `S${at}`) }),
    )
    network.person('+4915550042').send(US, 'hello')
    expect((await Promise.all(both)).map(({ kind }) => kind)).toEqual(['pdu', 'pdu'])
    expect(mmsc.messages()).toHaveLength(2)
    await expect.poll(() => sink.pdus.length).toBe(1)
  })

  it('does not know what became of it when the module says that sending failed', async () => {
    const { exchange, mmsc } = await bench(family)
    mmsc.fault({ kind: 'portal' })
    expect(await exchange.submit({ pdu: sendRequest({ to: [BEN], text: 'x' }) })).toMatchObject({
      kind: 'unreachable',
      step: 'http',
      bodySent: true,
    })
    const elsewhere = await bench(family, '192.0.2.1')
    expect(await elsewhere.exchange.submit({ pdu: sendRequest({ to: [BEN], text: 'x' }) })).toMatchObject({
      bodySent: true,
    })
  })

  it('says that nothing left when the module goes away before it was told to send', async () => {
    const { exchange, unplugAt, mmsc } = await bench(family)
    unplugAt(/QFUPL|CMMSDOWN/)
    const sending = exchange.submit({ pdu: sendRequest({ to: [BEN], text: 'x' }) })
    expect(await sending).toMatchObject({ kind: 'unreachable', step: 'bearer', bodySent: false })
    expect(mmsc.messages()).toEqual([])
  })

  it('refuses by name what its commands do not carry, and fetches nothing', async () => {
    const { exchange, mmsc, simulated } = await bench(family)
    const before = simulated.commandLines.length
    const many = Array.from({ length: 11 }, (_, at) => `+49155500${10 + at}`)
    for (const draft of [
      { to: many, text: 'x' },
      { to: [BEN], cc: [EVE], text: 'x' },
    ]) {
      const answer = pduIn(await exchange.submit({ pdu: sendRequest(draft) }))
      expect(answer).toMatchObject({
        responseStatus: 0xe0,
        responseText: { text: expect.stringContaining('own MMS commands') },
      })
    }
    const response = encodePdu({ type: 'm-notifyresp-ind', transactionId: 'T', version: '1.2', status: 0x81 })
    for (const answer of [
      await exchange.submit({ pdu: response }),
      await exchange.submit({ pdu: new Uint8Array([1, 2, 3]) }),
      await exchange.retrieve({ url: 'http://mmsc.sim/m/1', transactionId: 'T', bytesMax: 1_000 }),
    ]) {
      expect(answer).toMatchObject({ kind: 'unreachable', step: 'bearer', bodySent: false })
    }
    expect(simulated.commandLines.slice(before).filter((line) => /MMS/.test(line))).toEqual([])
    expect(mmsc.messages()).toEqual([])
  })
})

it('a firmware without the commands, and a maker nobody knows, are said to be that', async () => {
  const pdu = sendRequest({ to: [BEN], text: 'x' })
  for (const [family, words] of [
    ['sim7600', 'no MMS commands'],
    ['le910', 'Telit'],
  ] as const) {
    const { exchange } = await bench(family)
    expect(await exchange.submit({ pdu })).toMatchObject({ step: 'bearer', reason: expect.stringContaining(words) })
  }
})

describe('what a module’s own commands carry', () => {
  const limits = embeddedDialectOf('SIMCOM_Ltd')?.limits
  if (limits === undefined) throw new Error('SIMCom is known')
  const part = (media: string, bytes: number): Part => ({
    media,
    params: new Map(),
    headers: [],
    data: new Uint8Array(bytes).fill(0x41),
  })
  const fitted = (parts: readonly Part[], changes: Partial<Extract<NewPdu, { type: 'm-send-req' }>> = {}) =>
    embeddedMessageOf(
      decodePdu(
        encodePdu({
          type: 'm-send-req',
          transactionId: 'T',
          version: '1.2',
          from: { insertAddress: true },
          to: [{ address: BEN, addressType: 'PLMN' }],
          contentType: { media: 'application/vnd.wap.multipart.mixed', params: new Map() },
          parts,
          ...changes,
        }),
      ),
      limits,
    )

  it.each([
    ['recipients', [part('text/plain', 1)], { to: [{ address: 'ann@example.org' }] }],
    ['hidden-copies', [part('text/plain', 1)], { bcc: [{ address: '60606' }] }],
    ['too-large', [part('text/plain', 15_361)], {}],
    ['too-large', [part('text/plain', 1)], { subject: { text: 'ü'.repeat(21), charset: 106 } }],
    ['too-large', [part('image/jpeg', 290_001)], {}],
    ['files', [part('image/jpeg', 1), part('image/jpeg', 1)], {}],
    ['media', [part('video/mp4', 1)], {}],
  ] as const)('is told by code: %s', (code, parts, changes) => {
    expect(fitted(parts, changes as Partial<Extract<NewPdu, { type: 'm-send-req' }>>)).toMatchObject({
      refusal: { code },
    })
  })

  it('is everything up to those bounds, without the SMIL', () => {
    const parts = [part('application/smil', 10), part('image/jpeg', 290_000), part('text/plain', 15_360)]
    expect(fitted(parts)).toMatchObject({ message: { to: [BEN], files: [{ name: 'file1.bin' }] } })
  })
})
