/**
 * Signal's verification codes, read from the texts that the modems received: those already in the mailbox and those
 * still to come, so that a restart in between loses none.
 */
import type { EnrollmentCodes } from '../signal/contract.ts'
import type { Database } from '../store/database.ts'
import type { EventLog } from '../store/events.ts'

/** Texts looked at per change; a code is among the newest. */
const TEXTS_MAX = 20

/** Six digits, with or without a dash, in a text that names Signal. Undefined for any other text. */
function codeInText(text: string): string | undefined {
  if (!/signal/i.test(text)) return undefined
  const match = /(?<!\d)(\d{3})[-\u2010-\u2015 ]?(\d{3})(?!\d)/.exec(text)
  return match === null ? undefined : `${match[1]}${match[2]}`
}

export class SmsEnrollmentCodes implements EnrollmentCodes {
  readonly #db: Database
  readonly #events: EventLog
  /** Ids of texts whose code was handed out: a code that was refused is not offered again. */
  readonly #used = new Set<string>()

  constructor(db: Database, events: EventLog) {
    this.#db = db
    this.#events = events
  }

  async next(sinceMs: number, signal: AbortSignal): Promise<string> {
    for (;;) {
      signal.throwIfAborted()
      let changed = false
      const unsubscribe = this.#events.onAppended(() => {
        changed = true
      })
      let code: string | undefined
      try {
        code = await this.#newest(sinceMs)
      } finally {
        unsubscribe()
      }
      if (code !== undefined) return code
      if (!changed) await this.#change(signal)
    }
  }

  async #newest(sinceMs: number): Promise<string | undefined> {
    const rows = await this.#db
      .selectFrom('messages')
      .select(['id', 'text'])
      .where('direction', '=', 'in')
      .where('transport', '=', 'sms')
      .where('created_at_ms', '>=', sinceMs)
      .orderBy('created_at_ms', 'desc')
      .limit(TEXTS_MAX)
      .execute()
    for (const { id, text } of rows) {
      const code = codeInText(text)
      if (code === undefined || this.#used.has(id)) continue
      this.#used.add(id)
      return code
    }
    return undefined
  }

  /** Resolves at the next commit with events; rejects on abort. */
  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        unsubscribe()
        signal.removeEventListener('abort', onAbort)
        settle()
      }
      const onAbort = () => end(() => reject(signal.reason))
      const unsubscribe = this.#events.onAppended(() => end(resolve))
      signal.addEventListener('abort', onAbort, { once: true })
    })
  }
}
