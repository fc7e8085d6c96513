/**
 * Registers a phone number as a primary: verification session, captcha, code by text or call, account.
 *
 *   starting → captcha? → code → registering → (account installed, row gone)     any → failed
 *
 * Every step is on record before and after the network call that belongs to it, so that a restart carries on; nothing is
 * tried again by itself except the last request, whose keys are on record before it leaves. The service limits
 * registration attempts hard, so a failure waits for a person.
 */
import type { Net } from '@signalapp/libsignal-client'
import type { Selectable, Updateable } from 'kysely'
import { CausewayError } from '../domain/errors.ts'
import type { Log } from '../log.ts'
import type { Database } from '../store/database.ts'
import type { SignalTables } from '../store/tables/signal.ts'
import type { Clock, Random } from './clock.ts'
import type { ServiceParameters } from './constants.ts'
import type { EnrollmentCodes, RegistrationStep } from './contract.ts'
import { installAccount, loadAccountRow } from './credentials.ts'
import { describeFailure, isSessionGone } from './enroll-failures.ts'
import {
  accountColumns,
  makeSecrets,
  readSecrets,
  registrationOf,
  type Secrets,
  writeSecrets,
} from './enroll-secrets.ts'
import { asCauseway, shortly } from './errors.ts'
import { AccountLock } from './lock.ts'
import { keepRepeatedUseKeys } from './prekeys.ts'

type Row = Selectable<SignalTables['signal_enrollment']>
type Change = Partial<Omit<Updateable<SignalTables['signal_enrollment']>, 'id'>>

const codeTriesMax = 10
const registerTriesMax = 5
const retryWaitMs = 3_000

export class Enrollment {
  readonly #db: Database
  readonly #net: Net.Net
  readonly #parameters: ServiceParameters
  readonly #clock: Clock
  readonly #random: Random
  readonly #log: Log
  readonly #codes: EnrollmentCodes
  readonly #changed: () => void
  readonly #registered: () => Promise<void>
  readonly #lock = new AccountLock()
  readonly #stopping = new AbortController()
  #service: Net.RegistrationService | undefined
  #waiting: AbortController | undefined
  #row: Row | undefined

  constructor(parts: {
    db: Database
    net: Net.Net
    parameters: ServiceParameters
    clock: Clock
    random: Random
    log: Log
    codes: EnrollmentCodes
    /** The step is another one now. */
    changed: () => void
    /** The account is in the database. */
    registered: () => Promise<void>
  }) {
    this.#db = parts.db
    this.#net = parts.net
    this.#parameters = parts.parameters
    this.#clock = parts.clock
    this.#random = parts.random
    this.#log = parts.log
    this.#codes = parts.codes
    this.#changed = parts.changed
    this.#registered = parts.registered
  }

  /** What it waits for, or why it failed; undefined when no registration is under way. */
  step(): RegistrationStep | undefined {
    const row = this.#row
    if (row === undefined) return undefined
    const { e164 } = row
    switch (row.step) {
      case 'starting':
      case 'registering':
        return { step: 'registering', e164 }
      case 'captcha':
        return { step: 'captcha', e164, pageUrl: this.#parameters.captchaUrls.registration }
      case 'code':
        return {
          step: 'code',
          e164,
          transport: row.transport,
          requestedAtMs: row.requested_at_ms ?? 0,
          nextRequestAtMs: row.next_request_at_ms ?? undefined,
        }
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

  /** Carries on what a restart interrupted. */
  async resume(): Promise<void> {
    this.#row = await this.#db.selectFrom('signal_enrollment').selectAll().executeTakeFirst()
    if (this.#row === undefined) return
    this.#changed()
    if (this.#row.step === 'code') this.#awaitCode(this.#row.requested_at_ms ?? this.#clock.now())
    if (this.#row.step === 'registering') void this.#inBackground(() => this.#register())
    if (this.#row.step === 'starting') {
      await this.#fail('signal-registration', 'The registration was interrupted at its start. Begin it again.')
    }
  }

  /** Ends all waiting. What is under way stays on record. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#waiting?.abort()
  }

  /**
   * Begins, or asks for another code when one for this number was asked for already. Resolves when the next step is
   * known. Throws CausewayError `signal-registration-wait` when it is too early, `signal-registration` when refused.
   */
  async begin(request: { e164: string; captcha: string | undefined; transport: 'sms' | 'voice' }): Promise<void> {
    await this.#lock.run(async () => {
      const now = this.#clock.now()
      const earlier = this.#row
      const again = earlier?.e164 === request.e164 ? earlier : undefined
      const notBeforeMs = again === undefined ? null : notBefore(again, request.transport)
      if (notBeforeMs !== null && now < notBeforeMs) {
        throw new CausewayError({
          code: 'signal-registration-wait',
          message: `Signal takes the next request for this number in ${Math.ceil((notBeforeMs - now) / 1000)} s.`,
          retry: 'after-human',
          retryAfterMs: notBeforeMs - now,
        })
      }
      this.#waiting?.abort()
      await this.#put({
        e164: request.e164,
        transport: request.transport,
        session_id: again?.session_id ?? null,
        step: 'starting',
      })
      await this.#guard(async () => {
        const service = await this.#openSession()
        if (request.captcha !== undefined && !service.sessionState.allowedToRequestCode) {
          await service.submitCaptcha(withoutScheme(request.captcha))
        }
        await this.#goOn(service)
      })
    })
  }

  /** Forgets the registration, whatever it waits for. */
  async abandon(): Promise<void> {
    await this.#lock.run(async () => {
      this.#waiting?.abort()
      this.#row = undefined
      this.#service = undefined
      await this.#db.deleteFrom('signal_enrollment').execute()
    })
    this.#changed()
  }

  /** Hands over a captcha token. Throws CausewayError `signal-registration` when none is wanted or it was refused. */
  async submitCaptcha(token: string): Promise<void> {
    await this.#lock.run(async () => {
      if (this.#row?.step !== 'captcha') throw wrongStep('No captcha is wanted at this step of the registration.')
      let service: Net.RegistrationService
      try {
        service = await this.#openSession()
        await service.submitCaptcha(withoutScheme(token))
      } catch (error) {
        if (isSessionGone(error)) {
          await this.#guard(() => Promise.reject(error))
          return
        }
        throw refused(error)
      }
      await this.#guard(() => this.#goOn(service))
    })
  }

  /** Hands over a code that a person read. Throws CausewayError `signal-code-wrong`, or `signal-registration`. */
  async submitCode(code: string): Promise<void> {
    const right = await this.#lock.run(() => this.#tryCode(code))
    if (!right) {
      throw new CausewayError({
        code: 'signal-code-wrong',
        message: 'Signal does not take this code. Look at the newest message and try again.',
        retry: 'after-human',
      })
    }
  }

  async #openSession(): Promise<Net.RegistrationService> {
    const row = this.#expectRow()
    const { e164, session_id: sessionId } = row
    if (this.#service !== undefined && this.#service.sessionId === sessionId) return this.#service
    if (sessionId !== null) {
      try {
        this.#service = await this.#net.resumeRegistrationSession({ sessionId, e164 })
        return this.#service
      } catch (error) {
        if (!isSessionGone(error) || row.step !== 'starting') throw error
      }
    }
    this.#service = await this.#net.createRegistrationSession({ e164 })
    await this.#change({ session_id: this.#service.sessionId })
    return this.#service
  }

  /** From a session as it stands to the next step. */
  async #goOn(service: Net.RegistrationService): Promise<void> {
    const state = service.sessionState
    if (state.verified) {
      await this.#change({ step: 'registering' })
      void this.#inBackground(() => this.#register())
      return
    }
    if (!state.allowedToRequestCode) {
      await this.#change({ step: 'captcha' })
      return
    }
    const { transport } = this.#expectRow()
    const requestedAtMs = this.#clock.now()
    await service.requestVerification({ transport, client: this.#parameters.verificationClient, languages: ['en'] })
    const { nextSmsSecs, nextCallSecs } = service.sessionState
    const waitSecs = transport === 'sms' ? nextSmsSecs : nextCallSecs
    await this.#change({
      step: 'code',
      requested_at_ms: requestedAtMs,
      next_request_at_ms: waitSecs === undefined ? null : requestedAtMs + waitSecs * 1000,
    })
    this.#awaitCode(requestedAtMs)
  }

  /** Waits for codes from the modem, one after the other, until one is right or the step is another one. */
  #awaitCode(sinceMs: number): void {
    this.#waiting?.abort()
    const waiting = new AbortController()
    this.#waiting = waiting
    void this.#inBackground(async () => {
      let after = sinceMs
      while (!waiting.signal.aborted) {
        const code = await this.#codes.next(after, waiting.signal).catch((error) => {
          if (!waiting.signal.aborted) this.#log.warn({ cause: shortly(error) }, 'no code will come from the modem')
          return undefined
        })
        if (code === undefined || waiting.signal.aborted) return
        after = this.#clock.now()
        if (await this.#tryCodePatiently(code, waiting.signal)) return
        this.#log.warn({}, 'Signal did not take the code that arrived; waiting for another one')
      }
    })
  }

  /** A code that came by itself is not lost to a network that is away for a moment. */
  async #tryCodePatiently(code: string, signal: AbortSignal): Promise<boolean> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#lock.run(() => this.#tryCode(code))
      } catch (error) {
        if (tries >= codeTriesMax || !CausewayError.is(error, 'signal-unreachable')) throw error
        await this.#clock.wait(retryWaitMs * tries, signal)
      }
    }
  }

  async #tryCode(code: string): Promise<boolean> {
    if (this.#row?.step !== 'code') throw wrongStep('No code is wanted at this step of the registration.')
    try {
      const service = await this.#openSession()
      if (!(await service.verifySession(code.replace(/\D/g, '')))) return false
    } catch (error) {
      if (asCauseway(error).code === 'signal-unreachable') throw asCauseway(error)
      await this.#guard(() => Promise.reject(error))
    }
    await this.#change({ step: 'registering' })
    this.#waiting?.abort()
    void this.#inBackground(() => this.#register())
    return true
  }

  async #register(): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        await this.#lock.run(() => this.#registerOnce())
        return
      } catch (error) {
        if (this.#stopping.signal.aborted) return
        if (tries >= registerTriesMax || asCauseway(error).code !== 'signal-unreachable') {
          await this.#guard(() => Promise.reject(error)).catch(() => undefined)
          return
        }
        await this.#clock.wait(retryWaitMs * tries, this.#stopping.signal).catch(() => undefined)
      }
    }
  }

  async #registerOnce(): Promise<void> {
    if (this.#row?.step !== 'registering') return
    const secrets = await this.#secrets()
    const service = await this.#openSession()
    const account = await service.registerAccount(registrationOf(secrets))
    const { pni } = account
    if (pni === null) throw wrongStep('Signal registered an account without a phone number.')
    const now = this.#clock.now()
    const { e164 } = this.#expectRow()
    await this.#db.transaction().execute(async (transaction) => {
      await installAccount(transaction, {
        ...accountColumns(secrets),
        e164,
        aci: account.aci.getRawUuid(),
        pni: pni.getRawUuid(),
        device_id: 1,
        created_at_ms: now,
        keys_rotated_at_ms: now,
        profile_set_at_ms: null,
        profile_digest: null,
        storage_due_at_ms: 0,
        signed_out_at_ms: null,
        sync_requested_at_ms: null,
        read_receipts: 1,
      })
      await keepRepeatedUseKeys(transaction, 'aci', secrets.aci, now)
      await keepRepeatedUseKeys(transaction, 'pni', secrets.pni, now)
      await transaction.deleteFrom('signal_enrollment').execute()
    })
    this.#row = undefined
    this.#service = undefined
    this.#log.info({ aci: account.aci.getRawUuid(), again: account.reregistration }, 'registered with Signal')
    await this.#registered()
    this.#changed()
  }

  /** The account's own secrets: on record before the server hears of them. */
  async #secrets(): Promise<Secrets> {
    const row = this.#expectRow()
    if (row.material !== null) return readSecrets(row.material)
    const earlier = await loadAccountRow(this.#db)
    const kept = earlier?.e164 === row.e164 ? earlier : undefined
    const secrets = makeSecrets(this.#random, this.#clock.now(), kept)
    await this.#change({ material: writeSecrets(secrets) })
    return secrets
  }

  /** Turns what goes wrong into the step `failed` with its reason, and throws it as a CausewayError. */
  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      const failure = describeFailure(error)
      const retryAtMs = failure.retryAfterMs === undefined ? undefined : this.#clock.now() + failure.retryAfterMs
      if (failure.sessionGone) await this.#change({ session_id: null })
      await this.#fail(failure.code, failure.reason, retryAtMs)
      throw new CausewayError({
        code: failure.code,
        message: failure.reason,
        retry: 'after-human',
        ...(failure.retryAfterMs === undefined ? {} : { retryAfterMs: failure.retryAfterMs }),
        cause: error,
      })
    }
  }

  async #fail(code: string, reason: string, retryAtMs?: number): Promise<void> {
    this.#log.warn({ code }, 'the registration with Signal failed')
    await this.#change({
      step: 'failed',
      failure_code: code,
      failure_reason: reason,
      retry_at_ms: retryAtMs === undefined ? null : Math.ceil(retryAtMs),
    })
  }

  async #put(row: Pick<Row, 'e164' | 'transport' | 'session_id' | 'step'>): Promise<void> {
    this.#row = {
      id: 1,
      requested_at_ms: null,
      next_request_at_ms: null,
      material: null,
      failure_code: null,
      failure_reason: null,
      retry_at_ms: null,
      ...row,
    }
    const whole = this.#row
    await this.#db.transaction().execute(async (transaction) => {
      await transaction.deleteFrom('signal_enrollment').execute()
      await transaction.insertInto('signal_enrollment').values(whole).execute()
    })
    this.#changed()
  }

  async #change(change: Change): Promise<void> {
    this.#row = { ...this.#expectRow(), ...change } as Row
    await this.#db.updateTable('signal_enrollment').set(change).execute()
    this.#changed()
  }

  #expectRow(): Row {
    if (this.#row === undefined) throw wrongStep('No registration is under way.')
    return this.#row
  }

  async #inBackground(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (CausewayError.is(error)) this.#log.warn({ code: error.code }, error.message)
      else this.#log.error({ err: error }, 'the registration stopped')
    }
  }
}

/** When the service takes the next request for this number. A registration lock may end at any time: it is no wait. */
function notBefore(row: Row, transport: 'sms' | 'voice'): number | null {
  if (row.step === 'code') return row.transport === transport ? row.next_request_at_ms : null
  return row.step === 'failed' && row.failure_code !== 'signal-registration-lock' ? row.retry_at_ms : null
}

function refused(error: unknown): CausewayError {
  const mapped = asCauseway(error)
  if (mapped.code === 'signal-unreachable' || mapped.code === 'signal-rate-limited') return mapped
  return new CausewayError({
    code: 'signal-captcha-refused',
    message: `Signal did not take the captcha. Solve a fresh one and hand it over within a minute. (${shortly(error)})`,
    retry: 'after-human',
    cause: error,
  })
}

function wrongStep(message: string): CausewayError {
  return new CausewayError({ code: 'signal-registration', message, retry: 'after-human' })
}

/** The page ends on a link; the token is what comes after its scheme. */
export function withoutScheme(token: string): string {
  return token.trim().replace(/^signalcaptcha:\/\//i, '')
}
