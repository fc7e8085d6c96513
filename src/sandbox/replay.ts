/**
 * `causeway modem replay`: the real driver against a recorded conversation, offline, and in words what it made of it.
 * What the recording's terminal submitted is submitted again.
 */
import type { ModemSink } from '../../modem/contract.ts'
import { Modem } from '../../modem/modem.ts'
import { fromHex } from '../../modem/pdu/octets.ts'
import { decodePdu } from '../../modem/pdu/tpdu.ts'
import { systemClock } from '../../modem/serial/surroundings.ts'
import { isConversation, parseConversation, ReplayPeer } from '../../modem/sim/replay.ts'

/** Longest that the driver may take until it stands still. */
const LIMIT_MS = 30_000
/** After the last event: what still comes unasked is waited for. */
const STILL_MS = 1_000
const SETTLED = ['ready', 'searching', 'sim-locked', 'no-sim', 'failed']

export interface ReplayEvent {
  /** ms since the port was opened. */
  atMs: number
  event: 'state' | 'message' | 'submitted' | 'refused' | 'not-in-trace'
  detail: string
}

/** Runs until nothing happens any more. Tells each event; resolves with the state at the end. */
export async function replay(trace: string, tell: (event: ReplayEvent) => void): Promise<string> {
  const steps = parseConversation(trace)
  if (!isConversation(steps)) {
    tell({ atMs: 0, event: 'state', detail: 'absent: there is nothing in the file that a modem has said' })
    return 'absent'
  }
  const peer = new ReplayPeer(steps)
  const port = await peer.listen()
  const startMs = Date.now()
  let lastMs = startMs
  const say = (event: ReplayEvent['event'], detail: string) => {
    lastMs = Date.now()
    tell({ atMs: lastMs - startMs, event, detail })
  }
  const sink: ModemSink = {
    incoming: async (pdu) => say('message', `${pdu.kind} ${inWords(pdu.pduHex)}`),
    released: async () => {},
    inventory: async () => {},
    call: async () => say('message', 'call'),
  }
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  // A recording answers at once or never: waits as in the field would only be waits.
  const timings = { commandTimeoutMs: 2_000, slowCommandTimeoutMs: 2_000, listTimeoutMs: 2_000, submitTimeoutMs: 5_000 }
  const modem = new Modem({ port: `tcp://127.0.0.1:${port}`, sink, clock: systemClock, log, timings })
  let shown = ''
  const unlisten = modem.onStatus(({ state, reason }) => {
    const words = reason === undefined ? state : `${state}: ${reason}`
    if (words !== shown) say('state', words)
    shown = words
  })
  try {
    modem.start()
    const settled = () => SETTLED.includes(modem.status().state)
    await until(settled, startMs)
    for (const body of peer.bodies) await submit(modem, body, say)
    await until(() => settled() && Date.now() - lastMs >= STILL_MS, startMs)
    for (const line of new Set(peer.unknown)) say('not-in-trace', line)
    return modem.status().state
  } finally {
    unlisten()
    await modem.stop()
    await peer.stop()
  }
}

async function submit(modem: Modem, body: string, say: (event: ReplayEvent['event'], detail: string) => void) {
  const octets = fromHex(body)
  try {
    const { messageReference } = await modem.submit(octets.subarray(1 + (octets[0] ?? 0)), { moreToFollow: false })
    say('submitted', `reference ${messageReference}`)
  } catch (error) {
    say('refused', error instanceof Error ? error.message : String(error))
  }
}

function inWords(pduHex: string): string {
  try {
    const tpdu = decodePdu(pduHex, 'mt')
    if (tpdu.type === 'deliver') return `from ${tpdu.address.display}: ${tpdu.text ?? '(data)'}`
    return tpdu.type === 'status-report' ? `for reference ${tpdu.messageReference}: ${tpdu.outcome}` : tpdu.type
  } catch (error) {
    return `that cannot be read: ${error instanceof Error ? error.message : String(error)}`
  }
}

async function until(holds: () => boolean, startMs: number): Promise<void> {
  while (!holds() && Date.now() - startMs < LIMIT_MS) await new Promise((resolve) => setTimeout(resolve, 20))
}
