/**
 * Where a registration stands, on record: one row, changed before and after each network call that belongs to it, so that
 * a restart finds what was under way. Says the row as the step that a person sees. Decides nothing.
 */
import type { Selectable, Updateable } from 'kysely'
import { CausewayError } from '../domain/errors.ts'
import type { Database, DatabaseTransaction } from '../store/database.ts'
import type { SignalTables } from '../store/tables/signal.ts'
import type { RegistrationStep } from './contract.ts'

export type EnrollmentRow = Selectable<SignalTables['signal_enrollment']>
type Change = Partial<Omit<Updateable<SignalTables['signal_enrollment']>, 'id'>>

const blank = {
  id: 1,
  session_id: null,
  requested_at_ms: null,
  next_sms_at_ms: null,
  next_call_at_ms: null,
  material: null,
  by_recovery: 0,
  skip_transfer: 0,
  locked_until_ms: null,
  svr_username: null,
  svr_password: null,
  pin_tries_left: null,
  lock_token: null,
  failure_code: null,
  failure_reason: null,
  retry_at_ms: null,
} as const

export class EnrollmentRecord {
  readonly #db: Database
  readonly #changed: () => void
  #row: EnrollmentRow | undefined

  constructor(db: Database, changed: () => void) {
    this.#db = db
    this.#changed = changed
  }

  /** Undefined while no registration is under way. */
  get row(): EnrollmentRow | undefined {
    return this.#row
  }

  /** Throws CausewayError `signal-registration` while none is under way. */
  expect(): EnrollmentRow {
    if (this.#row === undefined) throw wrongStep('No registration is under way.')
    return this.#row
  }

  async load(): Promise<EnrollmentRow | undefined> {
    this.#row = await this.#db.selectFrom('signal_enrollment').selectAll().executeTakeFirst()
    if (this.#row !== undefined) this.#changed()
    return this.#row
  }

  /** Puts a fresh registration in the place of what was there. */
  async put(begun: Pick<EnrollmentRow, 'e164' | 'transport' | 'step'> & Partial<EnrollmentRow>): Promise<void> {
    const row = { ...blank, ...begun }
    this.#row = row
    await this.#db.transaction().execute(async (transaction) => {
      await transaction.deleteFrom('signal_enrollment').execute()
      await transaction.insertInto('signal_enrollment').values(row).execute()
    })
    this.#changed()
  }

  async change(change: Change): Promise<void> {
    this.#row = { ...this.expect(), ...change } as EnrollmentRow
    await this.#db.updateTable('signal_enrollment').set(change).execute()
    this.#changed()
  }

  /** Ends it inside the transaction that installs the account; `closed` follows its commit. */
  async close(transaction: DatabaseTransaction): Promise<void> {
    await transaction.deleteFrom('signal_enrollment').execute()
  }

  closed(): void {
    this.#row = undefined
  }

  async drop(): Promise<void> {
    this.#row = undefined
    await this.#db.deleteFrom('signal_enrollment').execute()
  }
}

/** What it waits for, or why it failed. `captchaUrl` is the page where a person solves captchas. */
export function stepOf(row: EnrollmentRow, captchaUrl: string): RegistrationStep {
  const { e164 } = row
  switch (row.step) {
    case 'starting':
    case 'registering':
      return { step: 'registering', e164 }
    case 'captcha':
      return { step: 'captcha', e164, pageUrl: captchaUrl }
    case 'code':
      return {
        step: 'code',
        e164,
        transport: row.transport,
        requestedAtMs: row.requested_at_ms ?? 0,
        nextSmsAtMs: row.next_sms_at_ms ?? undefined,
        nextCallAtMs: row.next_call_at_ms ?? undefined,
      }
    case 'pin':
      return {
        step: 'pin',
        e164,
        lockedUntilMs: row.locked_until_ms ?? 0,
        isPinOfUse: row.svr_username !== null && row.svr_password !== null,
        triesLeft: row.pin_tries_left ?? undefined,
      }
    case 'transfer':
      return { step: 'transfer', e164 }
    case 'failed':
      return {
        step: 'failed',
        e164,
        code: row.failure_code ?? 'signal-registration',
        reason: row.failure_reason ?? 'the registration failed',
        retryAtMs: row.retry_at_ms ?? undefined,
      }
  }
}

/** When the service takes the next request for this number in this way; null: at once, as far as it has said. */
export function notBefore(row: EnrollmentRow, transport: 'sms' | 'voice'): number | null {
  const ofTransport = transport === 'sms' ? row.next_sms_at_ms : row.next_call_at_ms
  if (row.step === 'code') return ofTransport
  if (row.step !== 'failed') return null
  return Math.max(row.retry_at_ms ?? 0, ofTransport ?? 0)
}

export function wrongStep(message: string): CausewayError {
  return new CausewayError({ code: 'signal-registration', message, retry: 'after-human' })
}
