/**
 * Picture messages put together: what is announced over the lines of the modems, and the transport that sends. The lines
 * are `mms-lines.ts`, the ways to the carriers `mms-ways.ts`.
 */
import type { Config } from '../config.ts'
import type { IdSource } from '../domain/ids.ts'
import type { MmsFitting } from '../domain/mms-fitting.ts'
import type { TransportSink } from '../domain/sink.ts'
import type { Log } from '../log.ts'
import type { Database } from '../store/database.ts'
import { MmsCarriers } from '../store/mms-carriers.ts'
import { MmsNotifications } from '../store/mms-notifications.ts'
import { MmsReadReports } from '../store/mms-read-reports.ts'
import { MmsTransport } from '../transports/mms.ts'
import { MmsDesk } from '../transports/mms-desk.ts'
import type { MmsLines } from '../transports/mms-lines.ts'
import { MmsPushes } from '../transports/mms-pushes.ts'
import { MmsReading } from '../transports/mms-reading.ts'

export interface Mms {
  pushes: MmsPushes
  desk: MmsDesk
  reading: MmsReading
  transport: MmsTransport
}

export interface MmsOptions {
  config: Pick<Config, 'mms' | 'region'>
  db: Database
  sink: TransportSink
  ids: IdSource
  clock: () => number
  log: Log
  fitting: MmsFitting
}

/** Everything but the lines, which come when the modems exist (`ModemLines.open`). */
export function createMms(options: MmsOptions, lines: MmsLines): Mms {
  const { config, db, sink, ids, clock, log, fitting } = options
  const {
    mode,
    bytesMax,
    strangersBytesMax,
    sendBytesMax,
    deliveryReports,
    readReports,
    allowReports,
    sendReadReports,
  } = config.mms
  const shelf = new MmsNotifications(db, ids, clock)
  const carriers = new MmsCarriers(db)
  const common = { shelf, sink, lines, bytesMax, region: config.region, clock }
  const reading = new MmsReading({ shelf: new MmsReadReports(db), lines, allowed: sendReadReports, clock, log })
  const desk = new MmsDesk({ ...common, carriers, reading, reportsAllowed: allowReports, log })
  return {
    pushes: new MmsPushes({ ...common, mode, strangersBytesMax, wake: () => desk.poke() }),
    desk,
    reading,
    transport: new MmsTransport({
      lines,
      notifications: shelf,
      carriers,
      fitting,
      reading,
      sink,
      settings: { bytesMax: sendBytesMax, deliveryReports, readReports },
      clock,
    }),
  }
}
