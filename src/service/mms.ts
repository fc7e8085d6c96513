/**
 * Picture messages put together: the modems that have a carrier's settings as lines, what is announced over them, and the
 * transport that sends. How an MMSC is reached is handed in (`MmsWays`).
 */
import type { SmsModem } from '../../modem/contract.ts'
import type { MmsExchange } from '../../modem/mms/exchange.ts'
import type { Config, MmsCarrierConfig } from '../config.ts'
import type { IdSource } from '../domain/ids.ts'
import type { Fitted, MmsFitting } from '../domain/mms-fitting.ts'
import type { TransportSink } from '../domain/transport.ts'
import type { MmsStatusView } from '../http/ports.ts'
import type { Log } from '../log.ts'
import type { Database } from '../store/database.ts'
import { MmsCarriers } from '../store/mms-carriers.ts'
import { MmsNotifications } from '../store/mms-notifications.ts'
import { MmsTransport } from '../transports/mms.ts'
import { MmsDesk } from '../transports/mms-desk.ts'
import type { MmsLine, MmsLines } from '../transports/mms-lines.ts'
import { MmsPushes } from '../transports/mms-pushes.ts'

/** How MMSCs are reached, and how files are made small enough for them. */
export interface MmsWays {
  /** For each modem once, at the start. */
  exchange(modem: SmsModem, carrier: MmsCarrierConfig): MmsExchange
  /** Left out: files go as they are, where they fit. */
  fitting?: MmsFitting
}

export interface Mms {
  pushes: MmsPushes
  desk: MmsDesk
  transport: MmsTransport
  lines: MmsLines
}

export interface MmsOptions {
  config: Pick<Config, 'modems' | 'mms' | 'region'>
  db: Database
  sink: TransportSink
  ids: IdSource
  clock: () => number
  log: Log
  ways: MmsWays | undefined
}

/** Everything but the lines, which come when the modems exist (`ModemLines.open`). */
export function createMms(options: MmsOptions, lines: MmsLines): Mms {
  const { config, db, sink, ids, clock, log, ways } = options
  const { mode, bytesMax, sendBytesMax, deliveryReports, readReports, allowReports } = config.mms
  const shelf = new MmsNotifications(db, ids, clock)
  const carriers = new MmsCarriers(db)
  const common = { shelf, sink, lines, bytesMax, region: config.region, clock }
  const desk = new MmsDesk({ ...common, carriers, reportsAllowed: allowReports, log })
  return {
    pushes: new MmsPushes({ ...common, mode, wake: () => desk.poke() }),
    desk,
    transport: new MmsTransport({
      lines,
      notifications: shelf,
      carriers,
      fitting: ways?.fitting ?? { fit: asTheyAre },
      sink,
      settings: { bytesMax: sendBytesMax, deliveryReports, readReports },
      clock,
    }),
    lines,
  }
}

/** The lines of modems that are made later: their sink wants what is made here. */
export class ModemLines implements MmsLines {
  #lines: readonly { modem: SmsModem; line: Omit<MmsLine, 'lane' | 'problem' | 'ownNumber' | 'roaming'> }[] = []
  readonly #listeners = new Set<() => void>()

  /** `modems` in the order of the configuration. */
  open(modems: readonly SmsModem[], configs: Config['modems'], ways: MmsWays | undefined): void {
    this.#lines = modems.flatMap((modem, index) => {
      const { mms, rules } = configs[index] ?? {}
      if (mms === undefined || ways === undefined) return []
      const { mmsc, bytesMax, recipientsMax, answerAtLocation: answersAtLocation } = mms
      const carrier = { id: `${mmsc} ${mms.apn}`, bytesMax, recipientsMax, answersAtLocation }
      return [{ modem, line: { exchange: ways.exchange(modem, mms), carrier, rules } }]
    })
    for (const { modem } of this.#lines) {
      modem.onStatus(() => {
        for (const listener of this.#listeners) listener()
      })
    }
  }

  all(): readonly MmsLine[] {
    return this.#lines.map(({ modem, line }) => {
      const { state, reason, number, registration } = modem.status()
      const problem = state === 'ready' ? undefined : (reason ?? `the modem is ${state}`)
      return { ...line, lane: modem.id, problem, ownNumber: number, roaming: registration === 'roaming' }
    })
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

/** What `GET /modems` and the doctor say of a modem's picture messages; undefined where it has none set up. */
export function mmsStatus(lines: MmsLines, lane: string): MmsStatusView | undefined {
  const line = lines.all().find((one) => one.lane === lane)
  if (line === undefined) return undefined
  return { available: line.problem === undefined, reason: line.problem, bytesMax: line.carrier.bytesMax }
}

/** Room of a PDU for what is neither file nor text: headers, presentation, names. */
const OVERHEAD_BYTES = 4_096

/** Files as they are, in their order, while they fit; for the others a word. */
async function asTheyAre({ text, files, bytesMax }: Parameters<MmsFitting['fit']>[0]): Promise<Fitted> {
  let left = bytesMax - OVERHEAD_BYTES - Buffer.byteLength(text)
  const fitted: Fitted = { parts: [], notes: [] }
  for (const [index, { contentType, fileName, bytes, read }] of files.entries()) {
    const name = fileName ?? `file ${index + 1}`
    if (bytes > left) {
      fitted.notes.push(`${name}, ${Math.max(1, Math.round(bytes / 1_000))} KB, was too large for a picture message`)
      continue
    }
    left -= bytes
    fitted.parts.push({ contentType, name, contentId: `part${index + 1}`, octets: await read() })
  }
  return fitted
}
