/**
 * Tells the administrators in words, through the ordinary router, what they would not see in time: a modem that is gone,
 * given up, or waits for its PIN, and messages that do not move on. It stands before the event log and sees each event
 * once. At most one message of a kind an hour to each, also over restarts (the idempotency key names the hour). Off unless
 * somebody is named.
 */
import type { Log } from '../log.ts'
import type { SubmitRequest } from '../routing/requests.ts'
import type { NewEvent } from '../store/events.ts'

type Kind = 'lost' | 'recovery-exhausted' | 'needs-pin' | 'queue-stalled'

/** One of a kind goes out in this time. */
const RATION_MS = 3_600_000
/** After this nobody wants to hear of it any more. */
const VALIDITY_MS = 6 * 3_600_000
/** Messages that wait for the router; of what comes beyond that only the log tells. */
const WAITING_MAX = 16

const WORDS: Readonly<Record<Kind, (modem: string) => string>> = {
  lost: (modem) => `Causeway: modem ${modem} is gone. Look at its cable and power.`,
  'recovery-exhausted': (modem) => `Causeway: modem ${modem} does not work and everything was tried. It needs a hand.`,
  'needs-pin': (modem) => `Causeway: modem ${modem} waits for the PIN of its SIM.`,
  'queue-stalled': () => 'Causeway: messages have waited to be sent for 10 minutes. See causeway doctor.',
}
const OF_MODEMS = ['lost', 'recovery-exhausted', 'needs-pin'] as const

export interface AdminTextsOptions {
  /** Numbers, `signal:<aci>`, or ids of conversations. */
  to: readonly string[]
  events: { record(event: NewEvent): Promise<void> }
  submit: (request: SubmitRequest) => Promise<unknown>
  /** A modem as people call it. */
  nameOf: (modemId: string) => string
  clock: () => number
  log: Log
}

export class AdminTexts {
  readonly #options: AdminTextsOptions
  /** When the last one of each kind went out. */
  readonly #toldAtMs = new Map<Kind, number>()
  /** What was the matter with each modem last. */
  readonly #known = new Map<string, ReadonlySet<unknown>>()
  #waiting = 0
  #sending: Promise<void> = Promise.resolve()

  constructor(options: AdminTextsOptions) {
    this.#options = options
  }

  /** Notes the event, and tells those who are to know. Throws as the log does. */
  async record(event: NewEvent): Promise<void> {
    await this.#options.events.record(event)
    if (this.#options.to.length === 0) return
    if (event.type === 'queue.stalled') this.#tell('queue-stalled', '')
    if (event.type === 'modem.state') this.#modem(event.data ?? {})
  }

  /** Resolves once the router has what was to be told. */
  async stop(): Promise<void> {
    await this.#sending
  }

  #modem({ modem_id: id, alerts }: Readonly<Record<string, unknown>>): void {
    if (typeof id !== 'string' || !Array.isArray(alerts)) return
    const before = this.#known.get(id)
    const now = new Set<unknown>(alerts)
    this.#known.set(id, now)
    for (const kind of OF_MODEMS) {
      if (now.has(kind) && before?.has(kind) !== true) this.#tell(kind, this.#options.nameOf(id))
    }
  }

  #tell(kind: Kind, modem: string): void {
    const { clock, to, log } = this.#options
    const now = clock()
    const lastMs = this.#toldAtMs.get(kind)
    if (lastMs !== undefined && now - lastMs < RATION_MS) return
    if (this.#waiting + to.length > WAITING_MAX) {
      log.warn({ kind }, 'the administrators are not told: too much waits to be told already')
      return
    }
    this.#toldAtMs.set(kind, now)
    this.#waiting += to.length
    for (const recipient of to) {
      this.#sending = this.#sending.then(() => this.#send(recipient, kind, WORDS[kind](modem), now))
    }
  }

  async #send(recipient: string, kind: Kind, text: string, nowMs: number): Promise<void> {
    const { submit, log } = this.#options
    const key = `${kind} ${recipient} ${Math.floor(nowMs / RATION_MS)}`
    try {
      await submit({
        ...(recipient.startsWith('cnv_') ? { conversationId: recipient } : { to: recipient }),
        text,
        validityMs: VALIDITY_MS,
        // The same hour is the same message, whatever modem the words are about.
        idempotency: { scope: 'alerts', key, fingerprint: kind },
      })
    } catch (error) {
      log.warn({ err: error, kind }, 'an administrator could not be told')
    } finally {
      this.#waiting -= 1
    }
  }
}
