/**
 * What tests of a whole modem share: small timings, a sink that writes down what it is given, and waiting for a state.
 */
import type { IncomingCall, IncomingPdu, ModemSink, ModemState } from '../../../modem/contract.ts'
import { Modem } from '../../../modem/modem.ts'
import type { ModemOptions } from '../../../modem/options.ts'
import { type Log, systemClock } from '../../../modem/serial/surroundings.ts'
import type { ModemTimings } from '../../../modem/timings.ts'

const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} }

/** Bounds that end in test time and are still far from what a busy machine takes for an honest answer. */
const TEST_TIMINGS: Partial<ModemTimings> = {
  reopenFirstMs: 20,
  reopenMaxMs: 100,
  commandTimeoutMs: 1_500,
  slowCommandTimeoutMs: 1_500,
  listTimeoutMs: 1_500,
  promptTimeoutMs: 600,
  submitTimeoutMs: 600,
  simReadyMs: 400,
  smsReadyMs: 2_000,
  notReadyRetryMs: 20,
  recheckMs: 150,
  sinkRetryFirstMs: 30,
  sinkRetryMaxMs: 100,
  afterHardResetMs: 50,
  rebootMs: 100,
  radioOffMs: 20,
  usbOffMs: 20,
  settleAfterErrorMs: 20,
  staleOkMs: 100,
  staleOkAfterBodyMs: 200,
  urcBodyTimeoutMs: 300,
  ussdAnswerMs: 400,
  ussdReplyMs: 400,
  ringGapMs: 250,
  callerWaitMs: 80,
  resyncQuietMs: 40,
  resyncQuietMaxMs: 300,
  resyncProbeTimeoutMs: 400,
  handshakeQuietMs: 20,
  handshakeTimeoutMs: 200,
  escapeGuardMs: 20,
}

export class RecordingSink implements ModemSink {
  readonly events: string[] = []
  readonly pdus: IncomingPdu[] = []
  readonly calls: IncomingCall[] = []
  /** What `call` does before it resolves; may reject. */
  onCall: (call: IncomingCall) => void = () => {}
  /** What `incoming` does before it resolves; may reject. */
  onIncoming: (pdu: IncomingPdu) => Promise<void> | void = () => {}

  async incoming(pdu: IncomingPdu): Promise<void> {
    this.events.push(`incoming ${where(pdu)}`)
    await this.onIncoming(pdu)
    this.pdus.push(pdu)
    this.events.push(`safe ${where(pdu)}`)
  }

  async call(call: IncomingCall): Promise<void> {
    this.onCall(call)
    this.calls.push(call)
  }

  async released(pdu: IncomingPdu): Promise<void> {
    this.events.push(`released ${where(pdu)}`)
  }

  async inventory(_modemId: string, memory: string, occupied: readonly number[]): Promise<void> {
    this.events.push(`inventory ${memory} [${occupied.join(',')}]`)
  }
}

function where(pdu: IncomingPdu): string {
  return pdu.slot === undefined ? `${pdu.source} ${pdu.kind}` : `${pdu.slot.memory}:${pdu.slot.index}`
}

export function makeModem(port: string, sink: ModemSink, options: Partial<ModemOptions> = {}): Modem {
  const { timings, ...rest } = options
  return new Modem({
    port,
    sink,
    clock: systemClock,
    log: silentLog,
    ...rest,
    timings: { ...TEST_TIMINGS, ...timings },
  })
}

/** Resolves once the modem is in `state`. */
export function untilState(modem: Modem, state: ModemState): Promise<void> {
  return new Promise((resolve) => {
    if (modem.status().state === state) {
      resolve()
      return
    }
    const unlisten = modem.onStatus((status) => {
      if (status.state !== state) return
      unlisten()
      resolve()
    })
  })
}

/** Resolves once `condition` holds; looks often. The test's own limit ends a vain wait. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2))
}

/** A DELIVER as a modem gives it, of 25 octets behind the SCA. */
export const DELIVER = '07911326040000F0040B911346610089F60000208062917314080CC8F71D14969741F977FD07'
/** A STATUS-REPORT. */
export const REPORT = '079144775810065006090B913316325476F8528090011121805280900111618000'
/** A SUBMIT without SCA. */
export const SUBMIT = Uint8Array.from(Buffer.from('0001000B915155010000F000000AE8329BFD4697D9EC37', 'hex'))
