/**
 * Who is on Signal, asked as rarely as possible: the directory rations look-ups. Answers live with the contact (24 h when
 * found, 1 h growing to 24 h when not); questions that come close together are asked as one; never one per message.
 */
import type { Reach, Recipient, Transport } from '../domain/transport.ts'
import type { Log } from '../log.ts'
import { contactsByIds, findContact } from '../store/contacts.ts'
import type { Database } from '../store/database.ts'
import type { ContactRow } from '../store/tables/mailbox.ts'
import type { RowContext } from './context.ts'
import { resolvePerson } from './people.ts'
import { noteEvidence } from './standing.ts'

/** Questions within this time of the first are asked together. */
const GATHER_MS = 25
/** Numbers in one question. */
const BATCH_MAX = 100
/** The directory gets this long to answer. */
const ANSWER_TIMEOUT_MS = 20_000

/** Whether the directory should be asked about this contact before a message goes over Signal. */
export function wantsLookUp(contact: ContactRow, nowMs: number): boolean {
  return contact.e164 !== null && nowMs >= contact.signal_next_check_at_ms
}

export class Capabilities {
  readonly #db: Database
  readonly #people: RowContext
  readonly #transport: Transport | undefined
  readonly #log: Log
  readonly #stop = new AbortController()
  #gathering: { ids: Set<string>; done: Promise<void> } | undefined

  /** `transport` is the one with a directory; undefined where there is none. */
  constructor(db: Database, people: RowContext, transport: Transport | undefined, log: Log) {
    this.#db = db
    this.#people = people
    this.#transport = transport
    this.#log = log
  }

  /** Asks about this contact together with whoever else is asked about now. Resolves when the answer is stored. */
  ask(contactId: string): Promise<void> {
    if (this.#transport === undefined || this.#stop.signal.aborted) return Promise.resolve()
    if (this.#gathering === undefined || this.#gathering.ids.size >= BATCH_MAX) {
      const ids = new Set<string>()
      const done = new Promise((resolve) => setTimeout(resolve, GATHER_MS)).then(() => {
        if (this.#gathering?.ids === ids) this.#gathering = undefined
        return this.#lookUp([...ids])
      })
      this.#gathering = { ids, done }
    }
    this.#gathering.ids.add(contactId)
    return this.#gathering.done
  }

  /** Gives up questions that are under way. */
  stop(): void {
    this.#stop.abort()
  }

  async #lookUp(ids: readonly string[]): Promise<void> {
    const contacts = (await contactsByIds(this.#db, ids)).filter(({ e164 }) => e164 !== null)
    if (this.#transport === undefined || contacts.length === 0) return
    const recipients = contacts.map(recipientOf)
    const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)])
    const answers = await this.#transport.reach(recipients, signal).catch((error: unknown): Reach[] => {
      this.#log.error({ err: error }, 'the directory look-up broke')
      return recipients.map(() => ({ kind: 'unknown', reason: 'the look-up broke', retryAfterMs: undefined }))
    })
    await this.#db.transaction().execute(async (tx) => {
      for (const [index, { id, e164 }] of contacts.entries()) {
        const answer = answers[index]
        // A merge while we asked may have taken the contact away.
        const contact = await findContact(tx, { id })
        if (answer === undefined || contact === undefined || e164 === null) continue
        if (answer.kind === 'registered') {
          const joined = await resolvePerson(this.#people, tx, {
            address: { kind: 'e164', e164 },
            aci: answer.aci,
            pni: answer.pni,
            name: undefined,
          })
          await noteEvidence(this.#people, tx, joined, { kind: 'registered' })
          // The owner has taken the account of this number out: to this contact it counts for nothing.
          const apart = joined.id === id ? undefined : await findContact(tx, { id })
          if (apart !== undefined) await noteEvidence(this.#people, tx, apart, { kind: 'absent' })
        } else if (answer.kind === 'not-registered') {
          await noteEvidence(this.#people, tx, contact, { kind: 'absent' })
        } else {
          await noteEvidence(this.#people, tx, contact, { kind: 'unanswered', retryAfterMs: answer.retryAfterMs })
        }
      }
    })
    this.#people.events.poke()
  }
}

/** A contact as the transports see it; a short code stands in the number's place. */
export function recipientOf(contact: Pick<ContactRow, 'e164' | 'sender' | 'aci' | 'pni'>): Recipient {
  return {
    e164: contact.e164 ?? contact.sender ?? undefined,
    aci: contact.aci ?? undefined,
    pni: contact.pni ?? undefined,
  }
}
