/**
 * Everything that lives as long as one open port: its channel, and who submits, rings, asks and receives over it. All of it
 * is thrown away when the port ends.
 */
import type { AtChannel } from './at/channel.ts'
import type { Urc } from './at/urc.ts'
import { CallWatch } from './calls.ts'
import type { ModemSink } from './contract.ts'
import type { Health } from './health.ts'
import type { Reception } from './reception.ts'
import type { Clock, Log } from './serial/surroundings.ts'
import { Submission } from './submission.ts'
import type { ModemTimings } from './timings.ts'
import { type UssdHabits, UssdSession } from './ussd.ts'

export interface Link {
  readonly channel: AtChannel
  readonly submission: Submission
  readonly calls: CallWatch
  readonly ussd: UssdSession
  /** Calls off the start sequence and the polling that belong to the present set-up. */
  setUp: AbortController
  reception: Reception | undefined
  /** Direct messages that came before there was a reception: without +CNMA the modem would stop sending more. */
  readonly early: Urc[]
  health: Health | undefined
  /** Echoes heard. */
  echoes: number
}

export interface LinkOptions {
  modemId: () => string
  channel: AtChannel
  sink: ModemSink
  hangUpCalls: boolean
  ussdHabits: UssdHabits
  clock: Clock
  log: Log
  timings: ModemTimings
}

/** What is on a port that has just been opened. */
export function newLink({ modemId, channel, sink, hangUpCalls, ussdHabits, clock, log, timings }: LinkOptions): Link {
  return {
    channel,
    submission: new Submission(channel, timings),
    calls: new CallWatch({ modemId, channel, sink, hangUp: hangUpCalls, clock, log, timings }),
    ussd: new UssdSession({ channel, habits: ussdHabits, clock, log, timings }),
    setUp: new AbortController(),
    reception: undefined,
    early: [],
    health: undefined,
    echoes: 0,
  }
}

/** Ends all of it. Resolves when the port is free and the sink holds nothing of ours any longer. */
export async function closeLink(link: Link, reason: string): Promise<void> {
  link.setUp.abort()
  link.calls.stop()
  link.ussd.stop(reason)
  await Promise.all([link.reception?.stop(), link.channel.close(reason)])
}
