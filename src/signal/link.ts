/**
 * Becoming one more device of an account that lives on a phone: shows a code that the phone scans, renews it while
 * nobody has, takes what the phone hands over, and asks the server for a place.
 *
 *   provisioning socket → address → code to scan → envelope → PUT /v1/devices/link → account in the database
 *
 * Nothing of it survives a restart, since a code lives for a minute or two only. The server may have given a place that
 * we never heard of when its answer is lost: the phone then lists a device that can be removed there.
 */
import { type Net, PrivateKey } from '@signalapp/libsignal-client'
import { CausewayError } from '../domain/errors.ts'
import type { Log } from '../log.ts'
import type { Database } from '../store/database.ts'
import type { Clock, Random } from './clock.ts'
import type { LinkStep } from './contract.ts'
import { installAccount } from './credentials.ts'
import { accountColumns, linkingOf, makeSecrets, type Secrets } from './enroll-secrets.ts'
import { asCauseway, shortly } from './errors.ts'
import { keepRepeatedUseKeys } from './prekeys.ts'
import { linkUri, openProvisioning, type Provisioned } from './provisioning.ts'
import { type RestAnswer, request } from './rest.ts'

/** The server closes a provisioning socket after a time of its own; ours comes first, so that a shown code works. */
const codeLifeMs = 90_000
/** A quarter of an hour of codes; then somebody has to ask again. */
const codesMax = 10
const retryWaitMs = 3_000
const connectTimeoutMs = 70_000

export class Linking {
  readonly #db: Database
  readonly #net: Net.Net
  readonly #clock: Clock
  readonly #random: Random
  readonly #log: Log
  readonly #changed: () => void
  readonly #linked: () => Promise<void>
  #step: LinkStep | undefined
  #running: { abort: AbortController; done: Promise<void> } | undefined

  constructor(parts: {
    db: Database
    net: Net.Net
    clock: Clock
    random: Random
    log: Log
    /** The step is another one now. */
    changed: () => void
    /** The account is in the database. */
    linked: () => Promise<void>
  }) {
    this.#db = parts.db
    this.#net = parts.net
    this.#clock = parts.clock
    this.#random = parts.random
    this.#log = parts.log
    this.#changed = parts.changed
    this.#linked = parts.linked
  }

  /** Undefined when no linking is under way. */
  step(): LinkStep | undefined {
    return this.#step
  }

  /**
   * Resolves when there is a code to scan; asked again while one is shown, it stays as it is.
   * Throws CausewayError `signal-unreachable`, or what the server refused with.
   */
  async begin(deviceName: string): Promise<void> {
    if (this.#step?.step === 'scan' || this.#step?.step === 'linking') return
    await this.cancel()
    const abort = new AbortController()
    let shown: () => void = () => undefined
    const first = new Promise<void>((resolve) => {
      shown = resolve
    })
    const done = this.#run(deviceName, abort.signal, shown)
    this.#running = { abort, done: done.catch(() => undefined) }
    await Promise.race([first, done])
  }

  /** Ends it, whatever it waits for. A failure that was shown is forgotten. */
  async cancel(): Promise<void> {
    this.#running?.abort.abort()
    await this.#running?.done
    this.#running = undefined
    this.#set(undefined)
  }

  async #run(deviceName: string, signal: AbortSignal, shown: () => void): Promise<void> {
    try {
      const provisioned = await this.#provisioned(signal, shown)
      this.#set({ step: 'linking' })
      await this.#link(provisioned, deviceName, signal)
      // Told when the account is loaded: in between it would look as if there were none.
      this.#step = undefined
      await this.#linked()
    } catch (error) {
      if (signal.aborted) return
      const { code, message } = asCauseway(error)
      this.#log.warn({ code }, 'linking with a phone failed')
      this.#set({ step: 'failed', code, reason: message })
      throw asCauseway(error)
    }
  }

  /** Shows one code after the other until a phone has taken one. */
  async #provisioned(signal: AbortSignal, shown: () => void): Promise<Provisioned> {
    let everShown = false
    for (let codes = 1; codes <= codesMax; codes += 1) {
      const key = PrivateKey.generate()
      try {
        const envelope = await this.#offer(key, signal, () => {
          everShown = true
          shown()
        })
        if (envelope !== undefined) return openProvisioning(envelope, key)
      } catch (error) {
        if (signal.aborted || !everShown || asCauseway(error).code !== 'signal-unreachable') throw error
        this.#log.info({ cause: shortly(error) }, 'the code to scan could not be renewed, will try again')
        await this.#clock.wait(retryWaitMs, signal)
      }
      signal.throwIfAborted()
    }
    throw new CausewayError({
      code: 'signal-link-expired',
      message: 'No phone has scanned the code in time. Begin again when the phone is at hand.',
      retry: 'after-human',
    })
  }

  /** One code, from its address to what the phone sent; undefined when its time is over. */
  async #offer(key: PrivateKey, signal: AbortSignal, shown: () => void): Promise<Uint8Array | undefined> {
    const over = new AbortController()
    let settle: (envelope: Uint8Array | undefined) => void = () => undefined
    const settled = new Promise<Uint8Array | undefined>((resolve) => {
      settle = resolve
    })
    const connection = await this.#net.connectProvisioning(
      {
        onReceivedAddress: (address, ack) => {
          const uri = linkUri(address, key.getPublicKey())
          this.#set({ step: 'scan', uri, expiresAtMs: this.#clock.now() + codeLifeMs })
          ack.send(200)
          shown()
        },
        onReceivedEnvelope: (envelope, ack) => {
          settle(envelope)
          ack.send(200)
        },
        onConnectionInterrupted: () => settle(undefined),
      },
      { abortSignal: AbortSignal.any([signal, AbortSignal.timeout(connectTimeoutMs)]) },
    )
    try {
      const expired = this.#clock.wait(codeLifeMs, AbortSignal.any([signal, over.signal])).then(
        () => undefined,
        () => undefined,
      )
      return await Promise.race([settled, expired])
    } finally {
      over.abort()
      await connection.disconnect().catch(() => undefined)
    }
  }

  async #link(provisioned: Provisioned, deviceName: string, signal: AbortSignal): Promise<void> {
    const now = this.#clock.now()
    const secrets = makeSecrets(this.#random, now, {
      entropy_pool: provisioned.entropyPool ?? '',
      profile_key: provisioned.profileKey,
      aci_identity: provisioned.aciIdentity.serialize(),
      pni_identity: provisioned.pniIdentity.serialize(),
    })
    const answer = await this.#ask(provisioned, secrets, deviceName, signal)
    const { uuid, pni, deviceId } = (answer.json ?? {}) as { uuid?: unknown; pni?: unknown; deviceId?: unknown }
    if (answer.status !== 200 || typeof deviceId !== 'number') throw refused(answer)
    await this.#db.transaction().execute(async (transaction) => {
      await installAccount(transaction, {
        ...accountColumns(secrets),
        entropy_pool: provisioned.entropyPool ?? '',
        e164: provisioned.e164,
        aci: typeof uuid === 'string' ? uuid.toLowerCase() : provisioned.aci,
        pni: typeof pni === 'string' ? pni.replace(/^PNI:/i, '').toLowerCase() : provisioned.pni,
        device_id: deviceId,
        created_at_ms: now,
        keys_rotated_at_ms: now,
        profile_set_at_ms: null,
        profile_digest: null,
        storage_due_at_ms: 0,
        signed_out_at_ms: null,
        sync_requested_at_ms: null,
        read_receipts: provisioned.readReceipts ? 1 : 0,
        registration_lock: null,
      })
      await keepRepeatedUseKeys(transaction, 'aci', secrets.aci, now)
      await keepRepeatedUseKeys(transaction, 'pni', secrets.pni, now)
      await transaction.deleteFrom('signal_enrollment').execute()
    })
    this.#log.info({ aci: provisioned.aci, deviceId }, 'linked with a phone’s Signal account')
  }

  async #ask(provisioned: Provisioned, secrets: Secrets, deviceName: string, signal: AbortSignal): Promise<RestAnswer> {
    const connection = await this.#net.connectUnauthenticatedChat(
      { onConnectionInterrupted: () => undefined },
      { abortSignal: AbortSignal.any([signal, AbortSignal.timeout(connectTimeoutMs)]) },
    )
    try {
      const credentials = Buffer.from(`${provisioned.aci}:${secrets.password}`).toString('base64')
      const body = linkingOf(secrets, { code: provisioned.code, deviceName })
      return await request(connection, 'PUT', '/v1/devices/link', body, [['authorization', `Basic ${credentials}`]])
    } finally {
      await connection.disconnect().catch(() => undefined)
    }
  }

  #set(step: LinkStep | undefined): void {
    this.#step = step
    this.#changed()
  }
}

const refusals: Readonly<Record<number, string>> = {
  403: 'Signal does not take the phone’s code any more. Link again.',
  409: 'The account needs something that this version cannot do. Update Causeway, then link again.',
  411: 'The account has as many linked devices as it may have. Remove one on the phone, then link again.',
  429: 'Signal limits how often devices are linked. Wait a few minutes, then link again.',
}

function refused({ status, retryAfterMs }: RestAnswer): CausewayError {
  return new CausewayError({
    code: 'signal-link-refused',
    message: refusals[status] ?? `Signal refused to link this device (${status}). Link again.`,
    retry: 'after-human',
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}
