/**
 * Our client in a namespace: takes one errand a line (JSON) on standard input, says one answer a line. Also asks without
 * any bearer (`plain`), so that the test sees that its counters count.
 */
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import type { Bearer } from '../../../../modem/mms/bearer/bearer.ts'
import { interfaceBearer } from '../../../../modem/mms/bearer/interface.ts'
import { type PppBearerOptions, pppBearer } from '../../../../modem/mms/bearer/ppp.ts'
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
  /** Dials, in place of using the interface that is there; asks the resolvers that the other end tells. */
  readonly dial?: Pick<PppBearerOptions, 'device' | 'runDirectory' | 'pppd' | 'chat' | 'apn'>
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

function bearerOf({ dns, gateway, setUp, dial }: NamespaceErrand): Bearer {
  if (dial === undefined) return interfaceBearer({ interfaceName: 'mms0', dns: [dns], gateway, routing: { setUp } })
  return pppBearer({ ...dial, atPort: undefined, dns: [], routing: { setUp }, clock: systemClock, log })
}

async function run(errand: NamespaceErrand): Promise<object> {
  const { kind, url, bytes = 0 } = errand
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
    bearer: bearerOf(errand),
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
