/** What all of routing is built on, handed around as one value; made by the engine. */
import type { IdSource } from '../domain/ids.ts'
import type { Lane, Transport } from '../domain/transport.ts'
import type { Log } from '../log.ts'
import type { Database } from '../store/database.ts'
import type { EventLog } from '../store/events.ts'
import type { Agenda } from './agenda.ts'
import type { LaneUses } from './lane-use.ts'
import type { LiveSettings } from './live-settings.ts'
import type { MediaDesk } from './media.ts'
import type { Pauses } from './pauses.ts'

/** What a row is written with, inside a transaction of whoever writes it. */
export interface RowContext {
  ids: IdSource
  events: EventLog
  /** ms since epoch. */
  clock: () => number
}

export interface RoutingContext extends RowContext {
  db: Database
  /** 0 ≤ x < 1, for spreading repetitions. */
  random: () => number
  log: Log
  settings: LiveSettings
  transports: readonly Transport[]
  /** All lanes of all transports, as the settings let them be used. */
  lanes: () => readonly Lane[]
  /** What people have told the queue to leave where it is. */
  pauses: Pauses
  agenda: Agenda
  media: MediaDesk
  /** What the lanes have sent. */
  uses: LaneUses
}
