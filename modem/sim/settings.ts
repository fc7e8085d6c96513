/** What the TE has set and every restart loses. */
import { type EmbeddedDraft, emptyDraft } from './embedded-mms.ts'
import type { ModemProfile } from './profile.ts'
import { SimSockets } from './sockets.ts'

export interface Settings {
  echo: boolean
  /** ATV. */
  verbose: boolean
  /** 0, 1 numbers, 2 words. */
  cmee: number
  /** 0 PDU mode, 1 text mode. */
  cmgf: number
  csms: number
  cnmi: { mode: number; mt: number; bm: number; ds: number; bfr: number }
  /** A +CMT or +CDS was not acknowledged, so routing was switched off until the TE sets +CNMI again (27.005 §3.4.4). */
  routingSuspended: boolean
  /** +CPMS: read and delete, write and send, receive. */
  memories: [string, string, string]
  cmms: number
  /** The link of the last message is up until then, ms since the epoch; +CMMS=0 lets it go. */
  linkHeldUntilMs: number
  cfun: number
  /** Whether and how +CREG, +CGREG and +CEREG are reported. */
  creg: Record<'+CREG' | '+CGREG' | '+CEREG', number>
  cscs: string
  /** On/off settings that change nothing here: +CLIP, +CRC, +CUSD … */
  flags: Record<string, string>
  copsFormat: number
  /** +CSCB: which broadcasts are let through; undefined is all. */
  broadcasts: { mode: number; ids: string } | undefined
  /** Its data connection and what is open on it. */
  sockets: SimSockets
  /** The picture message that its own commands put together. */
  mms: EmbeddedDraft
}

export function settingsAtStart(profile: ModemProfile): Settings {
  const memory = profile.memoryAtStart
  return {
    echo: profile.echoAtStart,
    verbose: true,
    cmee: 0,
    cmgf: 0,
    csms: 0,
    cnmi: { mode: 0, mt: 0, bm: 0, ds: 0, bfr: 0 },
    routingSuspended: false,
    memories: [memory, memory, memory],
    cmms: 0,
    linkHeldUntilMs: 0,
    cfun: 1,
    creg: { '+CREG': 0, '+CGREG': 0, '+CEREG': 0 },
    cscs: 'GSM',
    flags: {},
    copsFormat: 0,
    broadcasts: undefined,
    sockets: new SimSockets(),
    mms: emptyDraft(),
  }
}
