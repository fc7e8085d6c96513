/**
 * Our client in a namespace: takes one errand a line (JSON) on standard input, says one answer a line. Also asks without
 * any bearer (`plain`), so that the test sees that its counters count.
 */
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { interfaceBearer } from '../../../../modem/mms/bearer/interface.ts'
import type { CarrierRecord } from '../../../../modem/mms/carrier.ts'
import { createMmsExchange, EXCHANGE_TIMINGS } from '../../../../modem/mms/client.ts'
import { systemClock } from '../../../../modem/serial/surroundings.ts'

export interface NamespaceErrand {
  readonly kind: 'retrieve' | 'submit' | 'plain'
  readonly url: string
  /** Octets of the body that is posted. */
  readonly bytes?: number
  readonly dns: string
  readonly setUp: boolean
  readonly gateway: string
}

const log = { debug() {}, info() {}, warn() {}, error() {} }

const carrier: CarrierRecord = {
  id: 'namespace',
  name: 'Namespace',
  match: [],
  spn: [],
  apn: 'mms',
  auth: 'none',
  mmsc: 'http://mmsc.carrier/',
  proxy: null,
  maxMessageSize: 300_000,
  recipientLimit: 10,
  maxSubject: 40,
  appendTransactionId: false,
  answerAtContentLocation: false,
  uaProfHeader: 'x-wap-profile',
  uaProfUrl: '',
  userAgent: 'test',
  headers: {},
  groupMms: true,
  source: 'test',
}

async function run({ kind, url, bytes = 0, dns, setUp, gateway }: NamespaceErrand): Promise<object> {
  if (kind === 'plain') {
    return new Promise((resolve) => {
      const socket = connect({ host: url, port: 80 })
      const end = (outcome: string) => {
        socket.destroy()
        resolve({ kind: outcome })
      }
      socket.once('connect', () => end('connected'))
      socket.once('error', () => end('failed'))
      setTimeout(() => end('silence'), 1_500)
    })
  }
  const exchange = createMmsExchange({
    carrier,
    bearer: interfaceBearer({ interfaceName: 'mms0', dns: [dns], gateway, routing: { setUp } }),
    clock: systemClock,
    log,
    timings: { ...EXCHANGE_TIMINGS, firstByteMs: 2_500, connectMs: 2_500, wholeMs: 4_000 },
  })
  return kind === 'retrieve'
    ? exchange.retrieve({ url, transactionId: 'T', bytesMax: 10_000 })
    : exchange.submit({ pdu: new Uint8Array(bytes), url })
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify({ started: true })}\n`)
  const answer = await run(JSON.parse(line) as NamespaceErrand)
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
