/**
 * Takes this device off its account's devices at the server, over a connection of its own, until the server has done it:
 *
 *   connection ─► DELETE /v1/devices/{own} ─► gone (2xx, 404), or refused at connecting as signed out (403)
 *
 * An answer that was lost is no harm, since whom the server has removed it refuses to connect. What it still delivers meanwhile
 * stays with it; the phone has its own copy. `departure.ts` notes that it is under way, and forgets what belonged to the account.
 */
import type { Net } from '@signalapp/libsignal-client'
import type { Log } from '../log.ts'
import { Chat, type ChatState } from './chat.ts'
import type { Clock, Random } from './clock.ts'
import type { Credentials } from './credentials.ts'
import { asCauseway, shortly } from './errors.ts'
import { refusal, request } from './rest.ts'

/** When the server refuses without saying how long to wait; doubles… */
const refusedWaitMs = 5_000
/** …up to this. */
const refusedWaitMaxMs = 3600_000

export class DeviceRemoval {
  readonly #chat: Chat
  readonly #clock: Clock
  readonly #log: Log
  readonly #credentials: Credentials
  readonly #changed: () => void
  readonly #stopping = new AbortController()
  /** Resolves when the server has the device no more; never where that is not to be. */
  readonly gone: Promise<void>
  #gone: () => void = () => undefined
  #asking: Promise<void> | undefined
  #reason = 'this device is being removed from the account'

  constructor(parts: {
    net: Net.Net
    clock: Clock
    random: Random
    log: Log
    credentials: Credentials
    /** `reason` is another one now. */
    changed: () => void
  }) {
    this.#clock = parts.clock
    this.#log = parts.log
    this.#credentials = parts.credentials
    this.#changed = parts.changed
    this.gone = new Promise((resolve) => {
      this.#gone = resolve
    })
    this.#chat = new Chat({
      ...parts,
      events: {
        envelope: () => undefined,
        state: (state) => this.#onChat(state),
        noticed: () => undefined,
        drained: () => undefined,
      },
    })
  }

  /** What it waits for, in words. */
  get reason(): string {
    return this.#reason
  }

  start(): void {
    const { aci, deviceId, password } = this.#credentials
    this.#chat.start(`${aci}.${deviceId}`, password)
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#chat.stop()
    await this.#asking
  }

  #onChat(state: ChatState): void {
    if (state.state === 'signed-out') this.#gone()
    else if (state.state === 'connected') {
      this.#asking ??= this.#ask().finally(() => {
        this.#asking = undefined
      })
    } else if (state.state !== 'connecting') this.#tell(state.reason)
  }

  /** Until the server has done it, or the connection is lost: then the next one asks again. Never throws. */
  async #ask(): Promise<void> {
    const { signal } = this.#stopping
    const path = `/v1/devices/${this.#credentials.deviceId}`
    for (let refusals = 0; !signal.aborted; refusals += 1) {
      try {
        const answer = await request(this.#chat.authenticated(), 'DELETE', path)
        if ((answer.status >= 200 && answer.status <= 299) || answer.status === 404) {
          this.#log.info({}, 'this device was removed from the Signal account')
          this.#gone()
          return
        }
        throw refusal(path, answer)
      } catch (error) {
        const { code, retryAfterMs } = asCauseway(error)
        if (code === 'signal-unreachable' || signal.aborted) return
        this.#log.warn({ cause: shortly(error) }, 'Signal does not remove this device yet')
        this.#tell(shortly(error))
        const waitMs = retryAfterMs ?? Math.min(refusedWaitMaxMs, refusedWaitMs * 2 ** Math.min(refusals, 16))
        await this.#clock.wait(waitMs, signal).catch(() => undefined)
      }
    }
  }

  #tell(why: string): void {
    this.#reason = `this device is being removed from the account; waits: ${why}`
    this.#changed()
  }
}
