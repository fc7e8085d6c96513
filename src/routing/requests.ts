/** What people and programs ask of the router, and what they get. The HTTP edge maps to and from these. */
import type { ContactPolicy } from '../domain/contact.ts'
import type { Priority } from '../domain/priority.ts'
import type { TextRange } from '../domain/ranges.ts'
import type { MessageRow } from '../store/tables/mailbox.ts'

/**
 * Somebody whom a text of ours names. What stands there, in UTF-16 units (U+FFFC, or words after an `@`), gives way to `@` and
 * the name that they have here.
 */
export interface Mention {
  start: number
  length: number
  who: { aci: string } | { contactId: string }
}

export interface SubmitRequest {
  /** An address (E.164, national format, short code, `signal:<aci>`) or a conversation, exactly one of the two. */
  to?: string
  /** The Signal username by which `to` was found. */
  username?: string
  conversationId?: string
  /** May be empty where something is attached. */
  text: string
  /** Its own place in a picture message; everywhere else the first line, in bold where that is known. */
  subject?: string
  /** Styles of its parts, for Signal. */
  ranges?: readonly TextRange[]
  /** Whom it names. */
  mentions?: readonly Mention[]
  /** The message that it answers to, of the same conversation. */
  quoteId?: string
  /** Ids of files that were handed in (`MediaDesk.add`), in their order. */
  media?: readonly string[]
  /** What is attached is to be looked at once: one file, without words. Over Signal only. */
  viewOnce?: boolean
  /** To be shown at once and kept by nobody (class 0): always a text, without files. */
  flash?: boolean
  /** For this message only; else the contact's. */
  policy?: ContactPolicy
  /** Before or behind what waits for the same lane; normal when left out. */
  priority?: Priority
  /** Id of the modem that its text goes through; no other one carries it. */
  modem?: string
  /** ms without proof of delivery over Signal before a text goes out; else the setting (15 min). */
  fallbackAfterMs?: number
  /** ms after which nobody wants it any more; else the setting (1 day). */
  validityMs?: number
  /** Not before this time (ms since epoch). */
  scheduledAtMs?: number
  metadata?: Record<string, unknown>
  /** Same scope and key: the same message. `fingerprint` tells whether it was the same request. */
  idempotency?: { scope: string; key: string; fingerprint: string }
}

export interface Submission {
  message: MessageRow
  /** True when this key had been used before; `message` is then the one of that time, as it is now. */
  replayed: boolean
}

/** With what is to be called after the commit. */
export type Stored = Submission & { afterCommit?: () => void }
