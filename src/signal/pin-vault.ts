/**
 * What a Signal PIN protects: the master key of an account, kept in Signal's secure value recovery (SVR2), which erases
 * it after too many wrong tries. Only libsignal speaks with it; nothing here is kept or logged.
 */
import { ErrorCode, LibSignalErrorBase, type Net } from '@signalapp/libsignal-client'
import { CausewayError } from '../domain/errors.ts'
import { told } from '../domain/told.ts'
import { asCauseway, isCode, shortly } from './errors.ts'
import { octets } from './ids.ts'

const timeoutMs = 60_000
/** Wrong PINs after which the vault erases what it keeps, as official clients set it. */
const triesMax = 10
/** The second half of keeping may be repeated, the first may not. */
const finishesMax = 3

export interface VaultCredentials {
  username: string
  password: string
}

/** Errors of all: CausewayError `signal-rate-limited`, `signal-unreachable`, `signal-pin-service`. */
export interface PinVault {
  /** The master key. Errors: also `signal-pin-wrong` (with `triesLeft` in `cause` as `WrongPin`), `signal-pin-gone`. */
  open(credentials: VaultCredentials, pin: string, signal: AbortSignal): Promise<Uint8Array>
  /** Puts the master key behind this PIN, in the place of what was there. */
  keep(credentials: VaultCredentials, pin: string, masterKey: Uint8Array, signal: AbortSignal): Promise<void>
  /** Nothing is kept any more. */
  erase(credentials: VaultCredentials, signal: AbortSignal): Promise<void>
}

/** A PIN that does not fit. After `triesLeft` more of them what it protects is erased. */
export class WrongPin extends Error {
  readonly triesLeft: number | undefined

  constructor(triesLeft: number | undefined) {
    super('the PIN does not fit')
    this.triesLeft = triesLeft
  }
}

export function openVault(net: Net.Net): PinVault {
  const asked = async <T>(
    credentials: VaultCredentials,
    signal: AbortSignal,
    act: (svr2: Net.Svr2, options: { abortSignal: AbortSignal }) => Promise<T>,
  ): Promise<T> => {
    const abortSignal = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
    try {
      return await act(net.svr2(credentials), { abortSignal })
    } catch (error) {
      throw describePinFailure(error)
    }
  }
  return {
    open: (credentials, pin, signal) =>
      asked(credentials, signal, async (svr2, options) => {
        const answer = await svr2.restore({ normalizedPin: normalizedPin(pin) }, options)
        return answer.masterKey
      }),
    keep: (credentials, pin, masterKey, signal) =>
      asked(credentials, signal, async (svr2, options) => {
        const normalized = { normalizedPin: normalizedPin(pin) }
        const session = await svr2.startBackup(normalized, octets(masterKey), triesMax, options)
        for (let tries = 1; ; tries += 1) {
          try {
            return await svr2.finishBackup(session, options)
          } catch (error) {
            if (tries === finishesMax || options.abortSignal.aborted) throw error
          }
        }
      }),
    erase: (credentials, signal) => asked(credentials, signal, (svr2, options) => svr2.delete(options)),
  }
}

/** What a refusal of the vault means. */
export function describePinFailure(error: unknown): CausewayError {
  if (LibSignalErrorBase.is(error, ErrorCode.SvrRestoreFailed)) {
    const { triesRemaining } = error
    return wrongPin(Number.isSafeInteger(triesRemaining) ? triesRemaining : undefined)
  }
  if (isCode(error, ErrorCode.SvrDataMismatch)) return wrongPin(undefined)
  if (isCode(error, ErrorCode.SvrDataMissing)) return pinGone(error)
  const mapped = asCauseway(error)
  if (mapped.code === 'signal-unreachable' || mapped.code === 'signal-rate-limited') return mapped
  const isOutdated = LibSignalErrorBase.is(error, ErrorCode.SvrAttestationError)
  return new CausewayError({
    code: 'signal-pin-service',
    message: isOutdated
      ? 'Signal’s PIN service is newer than this version knows. Update Causeway, or wait until the lock ends.'
      : `Signal’s PIN service did not answer as expected (${shortly(error)}). Try again later, or wait until the lock ends.`,
    retry: 'after-human',
    cause: error,
  })
}

export function pinGone(cause?: unknown): CausewayError {
  return new CausewayError({
    code: 'signal-pin-gone',
    message: 'Signal keeps nothing for a PIN of this number (any more). Wait until the lock ends, then register again.',
    retry: 'after-human',
    ...(cause === undefined ? {} : { cause }),
  })
}

export function wrongPin(triesLeft: number | undefined): CausewayError {
  const left = triesLeft === undefined ? '' : ` ${triesLeft} tries are left; then Signal erases what it protects.`
  return new CausewayError({
    ...(triesLeft === undefined ? { code: 'signal-pin-wrong' } : told('signal-pin-wrong', { left: triesLeft })),
    message: `This is not the PIN of the account.${left}`,
    retry: 'after-human',
    cause: new WrongPin(triesLeft),
  })
}

/** As all clients do it: no blanks around it, digits of any script as 0 to 9, NFKD, UTF-8. */
export function normalizedPin(pin: string): Uint8Array<ArrayBuffer> {
  const trimmed = pin.trim()
  const plain = /^\p{Nd}+$/u.test(trimmed) ? [...trimmed].map(digitValue).join('') : trimmed
  return new Uint8Array(Buffer.from(plain.normalize('NFKD'), 'utf8'))
}

/** Digits of one script stand in a row from its zero; some rows touch, but compatibility forms take those apart. */
function digitValue(digit: string): string {
  const plain = digit.normalize('NFKD')
  if (/^[0-9]$/.test(plain)) return plain
  const point = plain.codePointAt(0) ?? 0
  let value = 0
  while (value < 9 && /^\p{Nd}$/u.test(String.fromCodePoint(point - value - 1))) value += 1
  return String(value)
}
