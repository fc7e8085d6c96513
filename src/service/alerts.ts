/**
 * What an administrator's program should hear of the gateway itself, as events: the Signal account's state and its
 * challenges, a modem whose signal has become weak, messages that do not move on. Each is told when it begins, and the
 * account whenever its state is another. No numbers and no tokens.
 */
import type { SmsModem } from '../../modem/contract.ts'
import type { Log } from '../log.ts'
import type { SignalAccount } from '../signal/contract.ts'
import type { EventLog, NewEvent } from '../store/events.ts'

/** Below this a modem's signal is weak; it has to be better by the difference before it counts as good again. */
const WEAK_DBM = -105
const GOOD_DBM = -100
/** Messages that are about to be sent for longer than this do not move on. */
const STALLED_AFTER_MS = 10 * 60_000
const LOOK_EVERY_MS = 60_000
/** Events that wait to be written; of more than that the oldest are given up. */
const WAITING_MAX = 64

interface AlertsOptions {
  events: Pick<EventLog, 'record'>
  account: Pick<SignalAccount, 'status' | 'onStatus'>
  modems: readonly Pick<SmsModem, 'id' | 'onStatus'>[]
  /** When the oldest message that is about to be sent was due; undefined: none is. */
  oldestWaitingMs: () => Promise<number | undefined>
  clock: () => number
  log: Log
}

export class Alerts {
  readonly #options: AlertsOptions
  readonly #weak = new Set<string>()
  #state: string | undefined
  #challenge: string | undefined
  #isStalled = false
  #waiting: NewEvent[] = []
  #writing: Promise<void> | undefined

  constructor(options: AlertsOptions) {
    this.#options = options
  }

  /** Watches until `stop` of what it returns, which resolves once all is written. */
  watch(): { stop(): Promise<void> } {
    const { account, modems } = this.#options
    const unlisten = [
      account.onStatus(() => this.#accountChanged()),
      ...modems.map((modem) => modem.onStatus(({ signalDbm }) => this.#signalChanged(modem.id, signalDbm))),
    ]
    this.#accountChanged()
    const timer = setInterval(() => void this.look(), LOOK_EVERY_MS)
    return {
      stop: async () => {
        clearInterval(timer)
        for (const each of unlisten) each()
        await this.#writing
      },
    }
  }

  /** Asks whether messages move on. */
  async look(): Promise<void> {
    const { oldestWaitingMs, clock, log } = this.#options
    try {
      const oldestMs = await oldestWaitingMs()
      const waitedMs = oldestMs === undefined ? 0 : clock() - oldestMs
      const isStalled = waitedMs > STALLED_AFTER_MS
      if (isStalled && !this.#isStalled) {
        this.#tell({ type: 'queue.stalled', data: { waited_s: Math.floor(waitedMs / 1_000) } })
      }
      this.#isStalled = isStalled
    } catch (error) {
      log.warn({ err: error }, 'whether messages move on could not be asked')
    }
  }

  #accountChanged(): void {
    const { state, challenge } = this.#options.account.status()
    if (state !== this.#state) {
      this.#state = state
      this.#tell({ type: 'signal.account', data: { state } })
    }
    if (challenge !== undefined && challenge.token !== this.#challenge) {
      this.#tell({ type: 'signal.challenge', data: { page_url: challenge.pageUrl } })
    }
    this.#challenge = challenge?.token
  }

  #signalChanged(modemId: string, dbm: number | undefined): void {
    if (dbm === undefined) return
    if (dbm >= GOOD_DBM) this.#weak.delete(modemId)
    if (dbm >= WEAK_DBM || this.#weak.has(modemId)) return
    this.#weak.add(modemId)
    this.#tell({ type: 'modem.signal_low', data: { modem_id: modemId, signal_dbm: dbm } })
  }

  #tell(event: NewEvent): void {
    this.#waiting = [...this.#waiting, event].slice(-WAITING_MAX)
    this.#writing ??= this.#write()
  }

  async #write(): Promise<void> {
    for (let event = this.#waiting.shift(); event !== undefined; event = this.#waiting.shift()) {
      try {
        await this.#options.events.record(event)
      } catch (error) {
        this.#options.log.warn({ err: error, type: event.type }, 'an event could not be noted')
      }
    }
    this.#writing = undefined
  }
}
