/** Two SIMs on one network, each behind a bare terminal over TCP: a text sent by one arrives at the other. */
import { afterEach, expect, test } from 'vitest'
import { addressOf } from '../../../modem/pdu/address.ts'
import { encodeSubmit, pduHex } from '../../../modem/pdu/encode.ts'
import { reassemble, type Segment, segmentOf, split } from '../../../modem/pdu/segments.ts'
import { decodePdu } from '../../../modem/pdu/tpdu.ts'
import { SimulatedModem } from '../../../modem/sim/modem.ts'
import { RadioNetwork } from '../../../modem/sim/network.ts'
import { Terminal } from '../../unit/sim/terminal.ts'

const ANA = '+4915550001'
const BEN = '+4915550002'

const clean: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const step of clean.splice(0).reverse()) await step()
})

async function twoModems() {
  const network = new RadioNetwork()
  const modems = [ANA, BEN].map((number) => new SimulatedModem(network, { number }))
  clean.push(() => network.stop())
  const terminals = await Promise.all(
    modems.map(async (modem) => {
      const terminal = await Terminal.overTcp(await modem.listen())
      clean.push(() => modem.stop())
      clean.push(() => terminal.close())
      for (const line of [
        'ATE0',
        'AT+CMEE=1',
        'AT+CSMS=1',
        'AT+CMGF=0',
        'AT+CPMS="SM","SM","SM"',
        'AT+CNMI=2,1,0,1,0',
      ]) {
        expect((await terminal.command(line)).at(-1)).toBe('OK')
      }
      return terminal
    }),
  )
  const [ana, ben] = terminals
  if (ana === undefined || ben === undefined) throw new Error('two terminals')
  return { network, ana, ben }
}

const LONG = `${'Grüße aus dem langen Tal, '.repeat(12)}😀 Ende`

test('a long text of one SIM arrives whole at the other, is reported part by part, and is booked once', async () => {
  const { network, ana, ben } = await twoModems()
  const parts = split(LONG, { reference: 7 })
  expect(parts.length).toBeGreaterThan(2)
  const references: number[] = []
  for (const part of parts) {
    const tpdu = encodeSubmit({ ...part, address: addressOf(BEN), statusReportRequest: true })
    const answer = await ana.submit(pduHex(tpdu))
    expect(answer).toEqual([expect.stringMatching(/^\+CMGS: \d+$/), 'OK'])
    references.push(Number(answer[0]?.slice(7)))
  }

  const segments: Segment[] = []
  for (const _ of parts) {
    const [notice = ''] = await ben.urc()
    const index = /^\+CMTI: "SM",(\d+)$/.exec(notice)?.[1]
    const [head, pdu = ''] = await ben.command(`AT+CMGR=${index}`)
    expect(head).toMatch(/^\+CMGR: 0,,\d+$/)
    const deliver = decodePdu(pdu, 'mt')
    if (deliver.type !== 'deliver') throw new Error('an SMS-DELIVER')
    expect(deliver.address.display).toBe(ANA)
    segments.push(segmentOf(deliver))
    expect(await ben.command(`AT+CMGD=${index}`)).toEqual(['OK'])
  }
  expect(reassemble(segments).text).toBe(LONG)

  for (const reference of references) {
    const [, pdu = ''] = await ana.urc()
    const report = decodePdu(pdu, 'mt')
    if (report.type !== 'status-report') throw new Error('an SMS-STATUS-REPORT')
    expect(report).toMatchObject({ messageReference: reference, outcome: 'delivered' })
    expect(report.address.display).toBe(BEN)
    expect(await ana.command('AT+CNMA=0')).toEqual(['OK'])
  }
  expect(network.ledger.count(BEN, LONG)).toEqual({ whole: 1, most: 1 })
  expect(network.ledger.entries({ to: BEN }).every(({ reportsTaken }) => reportsTaken === 1)).toBe(true)
})
