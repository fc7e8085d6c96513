/**
 * A batch of texts through each fault that the simulated modem knows, as the outbox would send it: what is not sent is
 * tried again, what may have left is not. The network's own ledger has nothing twice, and lacks nothing but what was told
 * to be uncertain; the driver is ready again by itself, and a text from outside still comes in.
 */
import { afterEach, expect, test } from 'vitest'
import { ModemSubmitError } from '../../../modem/contract.ts'
import { decodePdu } from '../../../modem/pdu/tpdu.ts'
import { FAULT_PHASES, type Fault, type FaultKind } from '../../../modem/sim/faults.ts'
import { until, untilState } from '../../unit/modem/bench.ts'
import { BEN, Gateway, OURS } from './gateway.ts'

const TEXTS = Array.from({ length: 6 }, (_, n) => `text ${n}`)
/** The third text meets the fault: there is one before it, and several behind. */
const SKIP = 2
/** Unsent ones are tried again so often at most; a fault that never ends is not among these. */
const TRIES_MAX = 20
const NOISE = '00fffe3e200d0a7f80ff414243'
const STRAY = ['+CMTI: "SM",7', '+CREG: 1', 'RING', '^RSSI: 12', '> ']

/** At least one row of each kind: TypeScript asks for the missing ones. */
const FAULTS: { readonly [Kind in FaultKind]: readonly Extract<Fault, { kind: Kind }>[] } = {
  'no-answer': [
    { kind: 'no-answer', command: '+CMGS', skip: SKIP },
    { kind: 'no-answer', command: '+CMGR' },
    { kind: 'no-answer', command: '*', skip: 1, times: 3 },
  ],
  'lost-result': [
    { kind: 'lost-result', skip: SKIP },
    { kind: 'lost-result', command: '+CMGD' },
  ],
  error: [
    { kind: 'error', family: 'cms', code: 38, skip: SKIP },
    { kind: 'error', family: 'cms', code: 500, at: 'prompt', skip: SKIP },
    { kind: 'error', family: 'cme', code: 14, skip: SKIP },
    { kind: 'error', family: 'plain', skip: SKIP, times: 2 },
  ],
  'double-answer': [
    { kind: 'double-answer', line: 'OK', skip: SKIP },
    { kind: 'double-answer', line: '+CMS ERROR: 38', skip: SKIP },
    { kind: 'double-answer', line: '+CMGS: 200', skip: SKIP },
  ],
  garbage: [
    { kind: 'garbage', command: '+CMGS', where: 'before', hex: NOISE, skip: SKIP },
    { kind: 'garbage', command: '+CMGS', where: 'inside', hex: NOISE, skip: SKIP },
    { kind: 'garbage', command: '*', where: 'after', hex: NOISE, times: 10 },
  ],
  urc: [
    { kind: 'urc', where: 'prompt', lines: STRAY, skip: SKIP },
    { kind: 'urc', where: 'inside', command: '+CMGS', lines: STRAY, skip: SKIP },
    { kind: 'urc', where: 'before', command: '*', lines: STRAY, times: 10 },
    { kind: 'urc', where: 'after', command: '*', lines: STRAY, times: 10 },
  ],
  chunks: [
    { kind: 'chunks', bytes: 1 },
    { kind: 'chunks', bytes: 7 },
  ],
  'late-answer': [
    { kind: 'late-answer', command: '+CMGS', delayMs: 300, skip: SKIP },
    { kind: 'late-answer', command: '+CMGS', delayMs: 700, skip: SKIP },
  ],
  'no-prompt': [
    { kind: 'no-prompt', skip: SKIP },
    { kind: 'no-prompt', skip: SKIP, times: 2 },
    { kind: 'no-prompt', skip: SKIP, delayMs: 650 },
  ],
  unplug: FAULT_PHASES.flatMap((phase) => [
    { kind: 'unplug', phase, command: '+CMGS', forMs: 60, skip: SKIP },
    { kind: 'unplug', phase, command: '+CMGS', forMs: 60, power: 'kept', skip: SKIP },
  ]),
  reboot: FAULT_PHASES.flatMap((phase) => [
    { kind: 'reboot', phase, command: '+CMGS', skip: SKIP },
    { kind: 'reboot', phase, command: '+CMGS', silent: true, skip: SKIP },
  ]),
  'storage-full': [{ kind: 'storage-full', times: 2 }],
  hang: [
    { kind: 'hang', cure: 'reopen', command: '+CMGS', skip: SKIP },
    { kind: 'hang', cure: 'restart', command: '+CMGS', skip: SKIP },
  ],
  answer: [
    { kind: 'answer', command: '+CMGS', text: '\r\nOK\r\n', skip: SKIP },
    { kind: 'answer', command: '+CMGR', text: '\r\n+CMGR: x,,\r\nOK\r\n' },
    { kind: 'answer', command: '+CMGR', text: '\r\n+CMGR: 0,,25\r\n0791134\r\n\r\nOK\r\n' },
    { kind: 'answer', command: '+CMGL', text: '\r\nwhat?\r\n\r\nERROR\r\n' },
  ],
  'late-body': [{ kind: 'late-body', delayMs: 50, lines: ['RING'] }],
  connect: [
    { kind: 'connect', command: '+CMGS', skip: SKIP },
    { kind: 'connect', command: '+CMGR' },
    { kind: 'connect', command: '+CSQ' },
  ],
  report: [
    { kind: 'report', fate: 'lost', times: 2 },
    { kind: 'report', fate: 'slow', delayMs: 100, times: 2 },
    { kind: 'report', fate: 'duplicate', times: 2 },
  ],
}

const rows = Object.values(FAULTS)
  .flat()
  .map((fault: Fault): [name: string, fault: Fault] => {
    const { kind, ...rest } = fault
    return [`${kind} ${JSON.stringify(rest)}`, fault]
  })

let gateway: Gateway
afterEach(() => gateway.close())

/** Sends one text until the modem has said what became of it. */
async function deliver(text: string): Promise<'sent' | 'uncertain'> {
  const { modem } = gateway
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    await untilState(modem, 'ready')
    try {
      await modem.submit(gateway.tpdu(BEN, text), { moreToFollow: false })
      return 'sent'
    } catch (error) {
      if (!(error instanceof ModemSubmitError)) throw error
      if (error.stage === 'unknown') return 'uncertain'
    }
  }
  throw new Error(`${text} was not sent in ${TRIES_MAX} tries`)
}

const received = () =>
  gateway.sink.pdus.flatMap(({ pduHex }) => {
    const tpdu = decodePdu(pduHex, 'mt')
    return tpdu.type === 'deliver' ? [tpdu.text] : []
  })

test.each(rows)('%s: nothing twice, nothing missing but the uncertain, and all goes on', async (_name, fault) => {
  gateway = await Gateway.open({}, { timings: { pollEveryMs: 100 } })
  const { modem, sim, network, sink } = gateway
  const ben = network.person(BEN, 'Ben')
  modem.start()
  await untilState(modem, 'ready')
  sim.fault(fault)
  const uncertain: string[] = []
  for (const [at, text] of TEXTS.entries()) {
    if (at === SKIP) ben.send(OURS, 'from outside')
    if ((await deliver(text)) === 'uncertain') uncertain.push(text)
  }
  for (const text of TEXTS) {
    const accepted = gateway.accepted(text)
    if (uncertain.includes(text)) expect(accepted, text).toBeLessThanOrEqual(1)
    else expect(accepted, text).toBe(1)
  }
  expect(uncertain.length).toBeLessThanOrEqual(1)
  await until(() => received().includes('from outside'))
  await until(() => [...sim.storages.values()].every(({ used }) => used === 0))
  // Nothing was taken from the network in vain, and nothing that it delivered was lost.
  expect(network.ledger.entries({ to: OURS }).every(({ outcome }) => outcome === 'taken')).toBe(true)
  await untilState(modem, 'ready')
  expect(await deliver('afterwards')).toBe('sent')
  expect(sink.pdus.length).toBeGreaterThan(0)
})
