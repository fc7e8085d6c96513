/**
 * What a person should hear of a modem, as events of type `modem.state`: its state whenever that has changed, and what
 * is the matter with it, as codes. No numbers, no words of the modem. Events are written one after the other; of changes
 * that come faster than that only the last is.
 */
import type { ModemState, ModemStatus, SmsModem } from '../../modem/contract.ts'
import type { Log } from '../log.ts'
import type { EventLog } from '../store/events.ts'

export type ModemAlert = 'lost' | 'needs-pin' | 'no-sim' | 'storage-near-full' | 'recovery-exhausted' | 'sim-changed'

/** On the way from one state to the next; nothing to be told. */
const PASSING: ReadonlySet<ModemState> = new Set(['starting', 'resyncing'])
const STORAGE_SHARE = 0.9
/** From the last step of the ladder to the state that comes of it. */
const SAME_MOMENT_MS = 1_000

interface Watched {
  told: string
  state: ModemState | undefined
  wasThere: boolean
  iccid: string | undefined
  simChangedAtMs: number | undefined
  /** What is to be written next, while something is being written. */
  next: { state: ModemState; alerts: readonly ModemAlert[] } | undefined
  writing: Promise<void> | undefined
}

export class ModemWatch {
  readonly #events: Pick<EventLog, 'record'>
  readonly #log: Log
  readonly #nowMs: () => number
  readonly #watched = new Map<SmsModem, Watched>()

  constructor(events: Pick<EventLog, 'record'>, log: Log, nowMs: () => number) {
    this.#events = events
    this.#log = log
    this.#nowMs = nowMs
  }

  /** Watches until `stop` of what it returns, which resolves once all is written. */
  watch(modems: readonly SmsModem[]): { stop(): Promise<void> } {
    const unlisten = modems.map((modem) => {
      this.#watched.set(modem, {
        told: '',
        state: undefined,
        wasThere: false,
        iccid: undefined,
        simChangedAtMs: undefined,
        next: undefined,
        writing: undefined,
      })
      return modem.onStatus((status) => this.#changed(modem, status))
    })
    return {
      stop: async () => {
        for (const each of unlisten) each()
        await Promise.all([...this.#watched.values()].map(({ writing }) => writing))
      },
    }
  }

  /** When another SIM than before was seen in this modem, since the start of the process. */
  simChangedAtMs(modemId: string): number | undefined {
    return [...this.#watched].find(([modem]) => modem.id === modemId)?.[1].simChangedAtMs
  }

  #changed(modem: SmsModem, status: ModemStatus): void {
    const watched = this.#watched.get(modem)
    if (watched === undefined) return
    if (status.iccid !== undefined) {
      if (watched.iccid !== undefined && watched.iccid !== status.iccid) watched.simChangedAtMs = this.#nowMs()
      watched.iccid = status.iccid
    }
    if (!PASSING.has(status.state)) watched.state = status.state
    const { state } = watched
    if (state === undefined) return
    watched.wasThere ||= state !== 'absent'
    const alerts = alertsOf(status, state, watched)
    const told = JSON.stringify([state, alerts, watched.simChangedAtMs])
    if (told === watched.told) return
    watched.told = told
    watched.next = { state, alerts }
    watched.writing ??= this.#write(modem, watched)
  }

  async #write(modem: SmsModem, watched: Watched): Promise<void> {
    while (watched.next !== undefined) {
      const { state, alerts } = watched.next
      watched.next = undefined
      try {
        await this.#events.record({ type: 'modem.state', data: { modem_id: modem.id, state, alerts } })
      } catch (error) {
        this.#log.warn({ err: error, modemId: modem.id }, 'the state of a modem could not be noted')
      }
    }
    watched.writing = undefined
  }
}

/** Whether it is in its state because everything was tried. What was given up on an earlier day says nothing of today. */
export function isExhausted({ state, recovery: { last }, sinceMs }: ModemStatus): boolean {
  if (state === 'ready' || last?.step !== 'give-up') return false
  return last.atMs >= sinceMs - SAME_MOMENT_MS
}

function alertsOf(status: ModemStatus, state: ModemState, { wasThere, simChangedAtMs }: Watched): ModemAlert[] {
  const alerts: ModemAlert[] = []
  if (state === 'absent' && wasThere) alerts.push('lost')
  if (state === 'sim-locked') alerts.push('needs-pin')
  if (state === 'no-sim') alerts.push('no-sim')
  if (isExhausted(status)) alerts.push('recovery-exhausted')
  if (status.storage.some(({ used, total }) => total > 0 && used / total >= STORAGE_SHARE)) {
    alerts.push('storage-near-full')
  }
  if (simChangedAtMs !== undefined) alerts.push('sim-changed')
  return alerts
}
