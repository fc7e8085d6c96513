/**
 * Registers a phone number as a primary: verification session, captcha, code by text or call, account.
 *
 *   starting → captcha? → code → registering → (account installed, row gone)     any → failed
 *       └─ recovery password of the account of before ─┘  ⇅
 *                                            pin, transfer: a person is asked
 *
 * Every step is on record before and after the network call that belongs to it, so that a restart carries on; nothing is
 * tried again by itself except the last request, whose keys are on record before it leaves. The service limits
 * registration attempts hard, so a failure waits for a person.
 */
import { ErrorCode, LibSignalErrorBase, type Net } from '@signalapp/libsignal-client'
import { SvrKey } from '@signalapp/libsignal-client/dist/AccountKeys.js'
import { CausewayError } from '../domain/errors.ts'
import type { Log } from '../log.ts'
import type { Database } from '../store/database.ts'
import { Answers } from './answers.ts'
import type { Clock, Random } from './clock.ts'
import type { ServiceParameters } from './constants.ts'
import type { EnrollmentCodes, RegistrationStep } from './contract.ts'
import { canRecover, earlierAccount, registerOnce } from './enroll-account.ts'
import { CodeWatch } from './enroll-codes.ts'
import { describeFailure, isRecoveryRefused, isSessionGone } from './enroll-failures.ts'
import { EnrollmentRecord, type EnrollmentRow, notBefore, stepOf, wrongStep } from './enroll-record.ts'
import { asCauseway, isCode, shortly } from './errors.ts'
import { octets } from './ids.ts'
import { AccountLock } from './lock.ts'
import { Ongoing, within } from './ongoing.ts'
import { type PinVault, WrongPin } from './pin-vault.ts'

const registerTriesMax = 5
const retryWaitMs = 3_000
/** The service may have been asked just now. */
const stopTimeoutMs = 5_000

export class Enrollment {
  readonly #db: Database
  readonly #net: Net.Net
  readonly #parameters: ServiceParameters
  readonly #clock: Clock
  readonly #random: Random
  readonly #log: Log
  readonly #changed: () => void
  readonly #registered: () => Promise<void>
  readonly #vault: PinVault
  readonly #lock = new AccountLock()
  readonly #stopping = new AbortController()
  readonly #ongoing = new Ongoing()
  readonly #answers = new Answers()
  readonly #record: EnrollmentRecord
  readonly #codes: CodeWatch
  #service: Net.RegistrationService | undefined

  constructor(parts: {
    db: Database
    net: Net.Net
    parameters: ServiceParameters
    clock: Clock
    random: Random
    log: Log
    codes: EnrollmentCodes
    vault: PinVault
    /** The step is another one now. */
    changed: () => void
    /** The account is in the database. */
    registered: () => Promise<void>
  }) {
    const { db, clock, log, codes } = parts
    this.#db = db
    this.#net = this.#answers.of(parts.net)
    this.#parameters = parts.parameters
    this.#clock = clock
    this.#random = parts.random
    this.#log = log
    this.#vault = parts.vault
    this.#changed = parts.changed
    this.#registered = parts.registered
    this.#record = new EnrollmentRecord(db, parts.changed)
    const tryCode = (code: string) => this.#lock.run(() => this.#tryCode(code))
    this.#codes = new CodeWatch({ codes, clock, log, try: tryCode })
  }

  /** What it waits for, or why it failed; undefined when no registration is under way. */
  step(): RegistrationStep | undefined {
    const { row } = this.#record
    return row === undefined ? undefined : stepOf(row, this.#parameters.captchaUrls.registration)
  }

  /** Carries on what a restart interrupted. */
  async resume(): Promise<void> {
    const row = await this.#record.load()
    if (row?.step === 'code') this.#awaitCode(row.requested_at_ms ?? this.#clock.now())
    if (row?.step === 'registering') void this.#inBackground(() => this.#register())
    if (row?.step === 'starting') {
      await this.#fail('signal-registration', 'The registration was interrupted at its start. Begin it again.')
    }
  }

  /** Ends all waiting, and waits for what is under way (or some seconds): it stays on record. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#codes.end()
    this.#answers.end()
    await within(stopTimeoutMs, Promise.all([this.#ongoing.end(), this.#lock.end()]))
  }

  /**
   * Begins, or asks for another code when one for this number was asked for already. Resolves when the next step is
   * known. Throws CausewayError `signal-registration-wait` when it is too early, `signal-registration` when refused.
   */
  async begin(request: { e164: string; captcha: string | undefined; transport: 'sms' | 'voice' }): Promise<void> {
    await this.#lock.run(async () => {
      const { e164, captcha, transport } = request
      const { row } = this.#record
      const again = row?.e164 === e164 ? row : undefined
      if (again !== undefined) this.#demandPatience(again, transport)
      this.#codes.end()
      const earlier = await earlierAccount(this.#db, e164)
      const hasSession = again !== undefined && again.session_id !== null
      await this.#record.put({
        e164,
        transport,
        session_id: again?.session_id ?? null,
        next_sms_at_ms: again?.next_sms_at_ms ?? null,
        next_call_at_ms: again?.next_call_at_ms ?? null,
        lock_token: again?.lock_token ?? earlier?.registration_lock ?? null,
        step: 'starting',
      })
      await this.#guard(async () => {
        if (!hasSession && canRecover(earlier) && (await this.#recover())) return
        const service = await this.#openSession()
        if (captcha !== undefined && !service.sessionState.allowedToRequestCode) {
          await service.submitCaptcha(withoutScheme(captcha))
        }
        await this.#goOn(service)
      })
    })
  }

  /** Forgets the registration, whatever it waits for. */
  async abandon(): Promise<void> {
    await this.#lock.run(async () => {
      this.#codes.end()
      this.#service = undefined
      await this.#record.drop()
    })
    this.#changed()
  }

  /** Hands over a captcha token. Throws CausewayError `signal-registration` when none is wanted or it was refused. */
  async submitCaptcha(token: string): Promise<void> {
    await this.#lock.run(async () => {
      if (this.#record.row?.step !== 'captcha')
        throw wrongStep('No captcha is wanted at this step of the registration.')
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

  /** Hands over a code that a person read or heard. Throws CausewayError `signal-code-wrong`, or `signal-registration`. */
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

  /** See `SignalAccount.submitPin`. */
  async submitPin(pin: string): Promise<void> {
    await this.#lock.run(async () => {
      const { row } = this.#record
      if (row?.step !== 'pin') throw wrongStep('No PIN is wanted at this step of the registration.')
      const { svr_username: username, svr_password: password } = row
      if (username === null || password === null) {
        throw wrongStep('A PIN does not help here: Signal keeps nothing for it. Wait until the lock ends.')
      }
      try {
        const masterKey = await this.#vault.open({ username, password }, pin, this.#stopping.signal)
        const lock = Buffer.from(new SvrKey(octets(masterKey)).deriveRegistrationLock()).toString('hex')
        await this.#record.change({ step: 'registering', lock_token: lock, pin_tries_left: null })
      } catch (error) {
        const { cause } = error instanceof CausewayError ? error : { cause: undefined }
        if (cause instanceof WrongPin) await this.#record.change({ pin_tries_left: cause.triesLeft ?? null })
        if (CausewayError.is(error, 'signal-pin-gone')) {
          await this.#record.change({ svr_username: null, svr_password: null })
        }
        throw error
      }
    })
    void this.#inBackground(() => this.#register())
  }

  /** See `SignalAccount.skipTransfer`. */
  async skipTransfer(): Promise<void> {
    await this.#lock.run(async () => {
      if (this.#record.row?.step !== 'transfer') throw wrongStep('Signal offers no device transfer at this step.')
      await this.#record.change({ step: 'registering', skip_transfer: 1 })
    })
    void this.#inBackground(() => this.#register())
  }

  #demandPatience(row: EnrollmentRow, transport: 'sms' | 'voice'): void {
    const now = this.#clock.now()
    const atMs = notBefore(row, transport)
    if (atMs === null || now >= atMs) return
    const what = row.step === 'code' ? (transport === 'sms' ? 'sends the next text' : 'makes the next call') : undefined
    throw new CausewayError({
      code: 'signal-registration-wait',
      message: `Signal ${what ?? 'takes the next request for this number'} in ${Math.ceil((atMs - now) / 1000)} s.`,
      retry: 'after-human',
      retryAfterMs: atMs - now,
    })
  }

  async #openSession(): Promise<Net.RegistrationService> {
    const { e164, session_id: sessionId, step } = this.#record.expect()
    if (this.#service !== undefined && this.#service.sessionId === sessionId) return this.#service
    if (sessionId !== null) {
      try {
        this.#service = this.#answers.of(await this.#net.resumeRegistrationSession({ sessionId, e164 }))
        return this.#service
      } catch (error) {
        if (!isSessionGone(error) || step !== 'starting') throw error
      }
    }
    this.#service = this.#answers.of(await this.#net.createRegistrationSession({ e164 }))
    await this.#record.change({ session_id: this.#service.sessionId })
    return this.#service
  }

  /** From a session as it stands to the next step. */
  async #goOn(service: Net.RegistrationService): Promise<void> {
    const state = service.sessionState
    if (state.verified) {
      await this.#record.change({ step: 'registering' })
      void this.#inBackground(() => this.#register())
      return
    }
    if (!state.allowedToRequestCode) {
      await this.#record.change({ step: 'captcha' })
      return
    }
    const { transport } = this.#record.expect()
    const requestedAtMs = this.#clock.now()
    await service.requestVerification({ transport, client: this.#parameters.verificationClient, languages: ['en'] })
    const { nextSmsSecs, nextCallSecs } = service.sessionState
    const after = (seconds: number | undefined) => (seconds === undefined ? null : requestedAtMs + seconds * 1000)
    await this.#record.change({
      step: 'code',
      requested_at_ms: requestedAtMs,
      next_sms_at_ms: after(nextSmsSecs),
      next_call_at_ms: after(nextCallSecs),
    })
    this.#awaitCode(requestedAtMs)
  }

  #awaitCode(sinceMs: number): void {
    void this.#inBackground(() => this.#codes.begin(sinceMs))
  }

  async #tryCode(code: string): Promise<boolean> {
    if (this.#record.row?.step !== 'code') throw wrongStep('No code is wanted at this step of the registration.')
    try {
      const service = await this.#openSession()
      if (!(await service.verifySession(code.replace(/\D/g, '')))) return false
    } catch (error) {
      if (asCauseway(error).code === 'signal-unreachable') throw asCauseway(error)
      await this.#guard(() => Promise.reject(error))
    }
    await this.#record.change({ step: 'registering' })
    this.#codes.end()
    void this.#inBackground(() => this.#register())
    return true
  }

  /** Asks for the account of before by its recovery password. False when the number has to be proved by a code. */
  async #recover(): Promise<boolean> {
    await this.#record.change({ step: 'registering', by_recovery: 1 })
    await this.#registerOnce()
    return this.#record.row?.by_recovery !== 0
  }

  async #register(): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        await this.#lock.run(async () => {
          await this.#registerOnce()
          if (this.#record.row?.step === 'starting')
            await this.#guard(async () => this.#goOn(await this.#openSession()))
        })
        return
      } catch (error) {
        if (this.#stopping.signal.aborted) return
        if (tries >= registerTriesMax || asCauseway(error).code !== 'signal-unreachable') {
          if (this.#record.row?.step === 'failed') return
          await this.#guard(() => Promise.reject(error)).catch(() => undefined)
          return
        }
        await this.#clock.wait(retryWaitMs * tries, this.#stopping.signal).catch(() => undefined)
      }
    }
  }

  async #registerOnce(): Promise<void> {
    if (this.#record.row?.step !== 'registering') return
    const parts = { db: this.#db, net: this.#net, clock: this.#clock, random: this.#random, log: this.#log }
    try {
      await registerOnce({ ...parts, record: this.#record }, () => this.#openSession())
    } catch (error) {
      if (!(await this.#asked(error))) throw error
      return
    }
    this.#service = undefined
    await this.#registered()
    this.#changed()
  }

  /** True when a refusal is a question, or a hint at another way, which is now the step. */
  async #asked(error: unknown): Promise<boolean> {
    const row = this.#record.expect()
    if (LibSignalErrorBase.is(error, ErrorCode.RegistrationLock)) {
      this.#log.warn({ remainingS: error.timeRemainingSeconds }, 'the number is protected by a Signal PIN')
      await this.#record.change({
        step: 'pin',
        locked_until_ms: this.#clock.now() + error.timeRemainingSeconds * 1000,
        svr_username: error.svr2Username,
        svr_password: error.svr2Password,
        lock_token: null,
      })
      return true
    }
    if (isCode(error, ErrorCode.RegistrationDeviceTransferPossibleNotSkipped)) {
      await this.#record.change({ step: 'transfer' })
      return true
    }
    if (row.by_recovery === 1 && isRecoveryRefused(error)) {
      this.#log.info({ cause: shortly(error) }, 'the recovery password is not taken: a code has to prove the number')
      await this.#record.change({ step: 'starting', by_recovery: 0 })
      return true
    }
    return false
  }

  /** Turns what goes wrong into the step `failed` with its reason, and throws it as a CausewayError. */
  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      // Nothing has failed: a restart carries on.
      if (this.#stopping.signal.aborted) throw asCauseway(error)
      const failure = describeFailure(error)
      const retryAtMs = failure.retryAfterMs === undefined ? undefined : this.#clock.now() + failure.retryAfterMs
      if (failure.sessionGone) await this.#record.change({ session_id: null })
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
    await this.#record.change({
      step: 'failed',
      failure_code: code,
      failure_reason: reason,
      retry_at_ms: retryAtMs === undefined ? null : Math.ceil(retryAtMs),
    })
  }

  async #inBackground(work: () => Promise<void>): Promise<void> {
    try {
      await this.#ongoing.unlessEnded(work)
    } catch (error) {
      if (this.#stopping.signal.aborted) return
      if (CausewayError.is(error)) this.#log.warn({ code: error.code }, error.message)
      else this.#log.error({ err: error }, 'the registration stopped')
    }
  }
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

/** The page ends on a link; the token is what comes after its scheme. */
export function withoutScheme(token: string): string {
  return token.trim().replace(/^signalcaptcha:\/\//i, '')
}
