/**
 * Public surface first, bodies follow: submit, decide, attempt. See requests.ts for the shapes.
 */
import type { ContactPolicy } from '../domain/contact.ts'
import type { Mode } from '../domain/route.ts'
import type { ContactRow, MessageRow } from '../store/tables/mailbox.ts'
import type { Submission, SubmitRequest } from './requests.ts'

function todo(): never {
  throw new Error('not built yet')
}

export class Router {
  /** Settles what a crash left open, re-creates the jobs, begins to work. */
  start(): Promise<void> {
    return todo()
  }
  /** Takes no new jobs and waits for running attempts (bounded). */
  stop(): Promise<void> {
    return todo()
  }
  /**
   * Takes a message. Resolves when message and plan are committed.
   * Errors: CausewayError `invalid-number`, `emergency-number`, `unknown-conversation`, `invalid-request`,
   * `idempotency-mismatch`.
   */
  submit(_request: SubmitRequest): Promise<Submission> {
    return todo()
  }
  /**
   * Lets a held message go on: consents to the changed identity, or to the text message it asks for.
   * Errors: `unknown-message`, `wrong-state`.
   */
  approve(_messageId: string): Promise<MessageRow> {
    return todo()
  }
  /** Takes back what has not left; a held fallback is declined and the message stays sent. Errors as approve. */
  cancel(_messageId: string): Promise<MessageRow> {
    return todo()
  }
  /** Tries a failed, expired, canceled or uncertain message anew. Errors as approve. */
  retry(_messageId: string): Promise<MessageRow> {
    return todo()
  }
  /** Errors: `unknown-contact`, `version-mismatch` when `ifVersion` is given and is not the contact's. */
  updateContact(
    _contactId: string,
    _change: { policy?: ContactPolicy; name?: string | null; verified?: boolean },
    _ifVersion?: number,
  ): Promise<ContactRow> {
    return todo()
  }
  /** Consents to a changed safety number; releases the messages held for it. */
  approveIdentity(_contactId: string): Promise<ContactRow> {
    return todo()
  }
  /** Asks the directory now (rationed): the contact as known afterwards. */
  refreshCapabilities(_contactId: string): Promise<ContactRow> {
    return todo()
  }
  mode(): Promise<Mode> {
    return todo()
  }
  setMode(_mode: Mode): Promise<void> {
    return todo()
  }
}
