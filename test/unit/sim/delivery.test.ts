/** What the simulated modem does with messages and reports: +CNMI, +CNMA, storage, and a terminal that is not there. */

import { expect, test } from 'vitest'
import { decodePdu } from '../../../modem/pdu/tpdu.ts'
import { DEFAULT_PROFILE } from '../../../modem/sim/profile.ts'
import { BEN, newModem, newNetwork, oneModem, SIM, submitHex, terminalOf } from './world.ts'

const STORE_AND_NOTIFY = ['AT+CSMS=1', 'AT+CNMI=2,1,0,1,0']

function textOf(pdu: string | undefined): string | null | undefined {
  const tpdu = decodePdu(pdu ?? '', 'mt')
  return tpdu.type === 'deliver' ? tpdu.text : undefined
}

/** Lets everything happen that needs no time: the network works in turns of the event loop. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

test('mt=1 stores and notifies; the slot is named and holds SCA, sender and text', async () => {
  const { network, terminal } = await oneModem({}, STORE_AND_NOTIFY)
  network.person(BEN).send(SIM, 'hello')
  expect(await terminal.urc()).toEqual(['+CMTI: "SM",1'])
  const [head, pdu = ''] = await terminal.command('AT+CMGR=1')
  expect(head).toMatch(/^\+CMGR: 0,,\d+$/)
  const deliver = decodePdu(pdu, 'mt')
  if (deliver.type !== 'deliver') throw new Error('an SMS-DELIVER')
  expect(deliver).toMatchObject({ text: 'hello', smsc: { display: network.smsc }, address: { display: BEN } })
})

test('an alphanumeric sender arrives by name', async () => {
  const { network, terminal } = await oneModem({}, STORE_AND_NOTIFY)
  network.sender('Signal').send(SIM, 'Your code is 123-456')
  await terminal.urc()
  const [, pdu = ''] = await terminal.command('AT+CMGR=1')
  expect(decodePdu(pdu, 'mt')).toMatchObject({ address: { text: 'Signal' }, text: 'Your code is 123-456' })
})

test('mt=0 stores in silence', async () => {
  const { network, terminal, modem } = await oneModem({}, ['AT+CNMI=2,0,0,0,0'])
  network.person(BEN).send(SIM, 'hello')
  await settled()
  expect(modem.storage('SM').used).toBe(1)
  await terminal.command('AT')
  expect(terminal.urcs).toEqual([])
})

test('mode 0 keeps indications until the terminal wants them', async () => {
  const { network, terminal } = await oneModem({}, ['AT+CNMI=0,1,0,0,0'])
  network.person(BEN).send(SIM, 'hello')
  await settled()
  await terminal.command('AT')
  expect(terminal.urcs).toEqual([])
  await terminal.command('AT+CNMI=2,1,0,0,0')
  expect(await terminal.urc()).toEqual(['+CMTI: "SM",1'])
})

test('received messages go to the memory chosen third; class 2 goes to the SIM', async () => {
  const { network, terminal } = await oneModem({}, [...STORE_AND_NOTIFY, 'AT+CPMS="SM","SM","ME"'])
  network.person(BEN).send(SIM, 'plain')
  expect(await terminal.urc()).toEqual(['+CMTI: "ME",1'])
  network.person(BEN).send(SIM, 'for the SIM', { messageClass: 2 })
  expect(await terminal.urc()).toEqual(['+CMTI: "SM",1'])
})

test('mt=2 with CSMS=0 hands the message on and that was it', async () => {
  const { network, terminal, modem } = await oneModem({}, ['AT+CNMI=2,2,0,0,0'])
  network.person(BEN).send(SIM, 'direct')
  const [head, pdu] = await terminal.urc()
  expect(head).toMatch(/^\+CMT: ,\d+$/)
  expect(textOf(pdu)).toBe('direct')
  await settled()
  expect(modem.storage('SM').used).toBe(0)
  expect(network.ledger.entries({ to: SIM })[0]?.outcome).toBe('taken')
})

test('mt=2 with CSMS=1: the next message waits for +CNMA', async () => {
  const { network, terminal } = await oneModem({}, ['AT+CSMS=1', 'AT+CNMI=2,2,0,0,0'])
  network.person(BEN).send(SIM, 'one')
  network.person(BEN).send(SIM, 'two')
  expect(textOf((await terminal.urc())[1])).toBe('one')
  await settled()
  expect(terminal.urcs).toEqual([])
  expect(network.ledger.entries({ to: SIM }).map(({ outcome }) => outcome)).toEqual(['pending', 'pending'])
  expect(await terminal.command('AT+CNMA=0')).toEqual(['OK'])
  expect(textOf((await terminal.urc())[1])).toBe('two')
  expect(network.ledger.entries({ to: SIM }).map(({ outcome }) => outcome)).toEqual(['taken', 'pending'])
})

test('without +CNMA in time routing is switched off, and on again the message comes once more', async () => {
  const { network, terminal } = await oneModem({ cnmaTimeoutMs: 20 }, ['AT+CSMS=1', 'AT+CNMI=2,2,0,1,0'])
  network.person(BEN).send(SIM, 'again')
  expect(textOf((await terminal.urc())[1])).toBe('again')
  while ((await terminal.command('AT+CNMI?'))[0] !== '+CNMI: 2,0,0,0,0');
  expect(network.ledger.entries({ to: SIM })[0]?.outcome).toBe('pending')
  await terminal.command('AT+CNMI=2,2,0,1,0')
  expect(textOf((await terminal.urc())[1])).toBe('again')
  expect(await terminal.command('AT+CNMA')).toEqual(['OK'])
  await settled()
  expect(network.ledger.entries({ to: SIM })[0]).toMatchObject({ outcome: 'taken', offers: 2 })
})

test('a negative +CNMA leaves the message with the network', async () => {
  const { network, terminal } = await oneModem({}, ['AT+CSMS=1', 'AT+CNMI=2,2,0,0,0'])
  network.person(BEN).send(SIM, 'no')
  await terminal.urc()
  expect(await terminal.command('AT+CNMA=2')).toEqual(['OK'])
  await settled()
  expect(network.ledger.entries({ to: SIM })[0]?.outcome).toBe('pending')
})

test('mt=2 with nobody attached stores the message', async () => {
  const { network, terminal, modem, port } = await oneModem({}, ['AT+CSMS=1', 'AT+CNMI=2,2,0,0,0'])
  terminal.close()
  while (modem.isAttached) await settled()
  network.person(BEN).send(SIM, 'nobody home')
  await settled()
  expect(network.ledger.entries({ to: SIM })[0]?.outcome).toBe('taken')
  const next = await terminalOf(modem, port)
  expect((await next.command('AT+CMGL=4'))[0]).toMatch(/^\+CMGL: 1,0/)
})

test('a report with CSMS=1 is offered again to the next terminal when the first one left without +CNMA', async () => {
  const { network, terminal, modem, port } = await oneModem({}, STORE_AND_NOTIFY)
  network.person(BEN)
  await terminal.submit(submitHex(BEN, 'report this'))
  const [head] = await terminal.urc()
  expect(head).toMatch(/^\+CDS: \d+$/)
  terminal.close()
  while (modem.isAttached) await settled()
  const next = await terminalOf(modem, port)
  for (const line of STORE_AND_NOTIFY) await next.command(line)
  expect((await next.urc())[0]).toBe(head)
  expect(network.ledger.entries()[0]?.reportsTaken).toBe(0)
  expect(await next.command('AT+CNMA=0')).toEqual(['OK'])
  await settled()
  expect(network.ledger.entries()[0]?.reportsTaken).toBe(1)
})

test('a report with CSMS=0 is taken once it was written out', async () => {
  const { network, terminal } = await oneModem({}, ['AT+CNMI=2,1,0,1,0'])
  network.person(BEN)
  await terminal.submit(submitHex(BEN, 'report this'))
  await terminal.urc()
  expect(network.ledger.entries()[0]?.reportsTaken).toBe(1)
})

test('ds=0 leaves reports with the network until somebody wants them', async () => {
  const { network, terminal } = await oneModem({}, ['AT+CNMI=2,1,0,0,0'])
  network.person(BEN)
  await terminal.submit(submitHex(BEN, 'later'))
  await settled()
  expect(network.ledger.entries()[0]?.reportsTaken).toBe(0)
  await terminal.command('AT+CNMI=2,1,0,1,0')
  expect((await terminal.urc())[0]).toMatch(/^\+CDS/)
})

test('ds=0 drops reports on a make that does so', async () => {
  const { network, terminal } = await oneModem({ profile: { unroutedReports: 'dropped' } }, ['AT+CNMI=2,1,0,0,0'])
  network.person(BEN)
  await terminal.submit(submitHex(BEN, 'gone'))
  await settled()
  await terminal.command('AT+CNMI=2,1,0,1,0')
  await settled()
  await terminal.command('AT')
  expect(terminal.urcs).toEqual([])
  expect(network.ledger.entries()[0]?.reportsTaken).toBe(1)
})

test('ds=2 stores reports in SR, or with messages where there is no SR', async () => {
  const rows = [
    { memories: { SM: 5, SR: 5 }, memory: 'SR' },
    { memories: { SM: 5 }, memory: 'SM' },
  ]
  for (const [at, { memories, memory }] of rows.entries()) {
    const network = newNetwork()
    network.person(BEN)
    const modem = newModem(network, { number: `${SIM}${at}`, profile: { memories } })
    const terminal = await terminalOf(modem)
    for (const line of ['ATE0', 'AT+CNMI=2,1,0,2,0']) await terminal.command(line)
    await terminal.submit(submitHex(BEN, 'report'))
    expect(await terminal.urc()).toEqual([`+CDSI: "${memory}",1`])
    await terminal.command(`AT+CPMS="${memory}"`)
    const [, pdu = ''] = await terminal.command('AT+CMGR=1')
    expect(decodePdu(pdu, 'mt').type).toBe('status-report')
  }
})

test('a full memory leaves messages with the network, says so once, and takes them when there is room', async () => {
  const { network, terminal, modem } = await oneModem({ profile: { memories: { SM: 2 } } }, STORE_AND_NOTIFY)
  const ben = network.person(BEN)
  const texts = ['one', 'two', 'three', 'four']
  for (const text of texts) ben.send(SIM, text)
  expect(await terminal.until(/\+CIEV: 8,1\r\n/)).toBe('\r\n+CIEV: 8,1\r\n')
  await settled()
  expect(modem.storage('SM').isFull).toBe(true)
  const got: (string | null | undefined)[] = []
  for (const _ of texts) {
    const index = /,(\d+)$/.exec((await terminal.urc())[0] ?? '')?.[1]
    got.push(textOf((await terminal.command(`AT+CMGR=${index}`))[1]))
    await terminal.command(`AT+CMGD=${index}`)
  }
  expect(got).toEqual(texts)
  expect(network.ledger.entries({ to: SIM }).every(({ outcome }) => outcome === 'taken')).toBe(true)
})

test('reports pass messages that wait for room', async () => {
  const { network, terminal, modem } = await oneModem({}, STORE_AND_NOTIFY)
  modem.fillStorage('SM')
  network.person(BEN).send(SIM, 'no room')
  await settled()
  await terminal.submit(submitHex(BEN, 'with report'))
  expect((await terminal.urc())[0]).toMatch(/^\+CDS/)
})

test('a modem without coverage neither sends nor receives, and gets everything when it is back', async () => {
  const { network, terminal, modem } = await oneModem({}, [...STORE_AND_NOTIFY, 'AT+CREG=1'])
  modem.setCoverage('denied')
  expect(await terminal.until(/\+CREG[^\r]*\r\n/)).toBe('\r\n+CREG: 3\r\n')
  expect(await terminal.submit(submitHex(BEN, 'no'))).toEqual(['+CMS ERROR: 331'])
  network.person(BEN).send(SIM, 'waiting')
  await settled()
  expect(modem.storage('SM').used).toBe(0)
  modem.setCoverage('roaming')
  expect(await terminal.until(/\+CREG[^\r]*\r\n/)).toBe('\r\n+CREG: 5\r\n')
  expect(await terminal.urc()).toEqual(['+CMTI: "SM",1'])
})

test('registration takes its time where the profile says so', async () => {
  const { terminal } = await oneModem(
    { timing: { factor: 0.01 }, profile: { pace: { ...DEFAULT_PROFILE.pace, registerMs: 3_000 } } },
    // Begun anew once somebody listens: that of the start may be over before.
    ['AT+CREG=1', 'AT+CFUN=0'],
  )
  terminal.write('AT+CFUN=1\r')
  const heard = await terminal.until(/\+CREG: 2\r\n[\s\S]*\+CREG: 1\r\n/)
  expect(heard.match(/\+CREG: \d/g)?.slice(-2)).toEqual(['+CREG: 2', '+CREG: 1'])
})
