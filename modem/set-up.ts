/**
 * Makes a link ready to receive: the start sequence, the broadcasts that are wanted, and a reception for the memories that
 * the modem has. What came direct meanwhile is handed to that reception first.
 */
import { type BringUpOptions, bringUp, UnusableModule } from './bringup.ts'
import { selectBroadcasts } from './broadcast.ts'
import type { ModemSink, ModemStatus } from './contract.ts'
import { Health } from './health.ts'
import type { LifeEvent } from './lifecycle.ts'
import type { Link } from './link.ts'
import { Reception } from './reception.ts'
import { inWords } from './refusal.ts'
import type { Clock, Log } from './serial/surroundings.ts'
import { SimBarrier } from './sim-unlock.ts'
import { StartSteps } from './start-steps.ts'
import { MessageStorage, type StorageHabits } from './storage.ts'
import type { ModemTimings } from './timings.ts'

export interface SetUpOptions extends BringUpOptions {
  modemId: () => string
  broadcastChannels: readonly number[]
  habits: StorageHabits
  sink: ModemSink
  clock: Clock
  log: Log
  timings: ModemTimings
  learn(facts: Partial<ModemStatus>): void
  /** A direct message got no +CNMA: it must be looked whether the modem still sends any. */
  routingInDoubt(): void
}

/** What works on a link that has been set up. */
export interface Working {
  health: Health
  reception: Reception
}

/**
 * Gives what works from now on, already in its place on the link; undefined when `signal` called it off. Rejects with
 * AtError, SimBarrier or UnusableModule.
 */
export async function setUp(link: Link, signal: AbortSignal, options: SetUpOptions): Promise<Working | undefined> {
  const { modemId, sink, clock, log, timings } = options
  const steps = new StartSteps(link.channel, clock, timings, signal)
  const { indication, memories, acknowledged } = await bringUp(steps, options)
  await selectBroadcasts(steps, options.broadcastChannels)
  if (signal.aborted) return undefined
  const health = new Health(link.channel, timings, indication)
  const reception = new Reception({
    modemId,
    storage: new MessageStorage(link.channel, memories, options.habits, timings),
    channel: link.channel,
    sink,
    clock,
    log,
    timings,
    acknowledged,
    learnStorage: (storage) => options.learn({ storage }),
    unacknowledged: () => {
      health.expectSuspendedRouting()
      options.routingInDoubt()
    },
  })
  link.health = health
  link.reception = reception
  for (const urc of link.early.splice(0)) reception.direct(urc)
  return { health, reception }
}

/** What a failed set-up means for the modem's life. */
export function startFailure(error: unknown): LifeEvent {
  if (error instanceof SimBarrier) return { kind: 'start-failed', why: error.why, reason: error.message }
  if (error instanceof UnusableModule) return { kind: 'start-failed', why: 'unusable', reason: error.message }
  return { kind: 'start-failed', why: 'no-answer', reason: inWords(error) }
}
