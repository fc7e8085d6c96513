/**
 * What proves to the storage service that we are the one whom a group has as a member, without telling it who that is:
 * a credential for each day (UTC), fetched for a week at a time and kept; a fresh presentation of it for each request.
 */
import { Aci, Pni } from '@signalapp/libsignal-client'
import {
  AuthCredentialWithPniResponse,
  ClientZkAuthOperations,
  type ServerPublicParams,
} from '@signalapp/libsignal-client/dist/zkgroup/index.js'
import type { Database } from '../../store/database.ts'
import type { Chat } from '../chat.ts'
import type { Clock } from '../clock.ts'
import type { Credentials } from '../credentials.ts'
import { signalError } from '../errors.ts'
import { octets } from '../ids.ts'
import { refusal, request } from '../rest.ts'
import type { GroupCipher } from './cipher.ts'

const dayS = 24 * 3600
/** The service gives at most a week, today included. */
const daysAtOnce = 7

interface CredentialsJson {
  credentials?: readonly { credential?: unknown; redemptionTime?: unknown }[]
}

export class GroupCredentials {
  readonly #db: Database
  readonly #chat: Chat
  readonly #clock: Clock
  readonly #credentials: Credentials
  readonly #operations: ClientZkAuthOperations
  #fetching: Promise<void> | undefined

  constructor(parts: {
    db: Database
    chat: Chat
    clock: Clock
    credentials: Credentials
    server: ServerPublicParams
  }) {
    this.#db = parts.db
    this.#chat = parts.chat
    this.#clock = parts.clock
    this.#credentials = parts.credentials
    this.#operations = new ClientZkAuthOperations(parts.server)
  }

  /** The `Authorization` of one request about this group. Throws CausewayError when the service cannot be asked. */
  async authorization(cipher: GroupCipher): Promise<string> {
    const today = Math.floor(this.#clock.now() / 1000 / dayS) * dayS
    const response = (await this.#kept(today)) ?? (await this.#fetched(today))
    const { aci, pni } = this.#credentials
    const credential = this.#operations.receiveAuthCredentialWithPniAsServiceId(
      Aci.fromUuid(aci),
      Pni.fromUuid(pni),
      today,
      new AuthCredentialWithPniResponse(octets(response)),
    )
    const presentation = this.#operations.createAuthCredentialWithPniPresentation(cipher.secretParams, credential)
    const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
    return `Basic ${Buffer.from(`${hex(cipher.publicParams)}:${hex(presentation.serialize())}`).toString('base64')}`
  }

  /** The service did not take them: they are fetched anew before the next request. */
  async forget(): Promise<void> {
    await this.#db.deleteFrom('signal_group_credentials').execute()
  }

  async #kept(day: number): Promise<Uint8Array | undefined> {
    const row = await this.#db
      .selectFrom('signal_group_credentials')
      .select('credential')
      .where('redemption_s', '=', day)
      .executeTakeFirst()
    return row?.credential
  }

  async #fetched(day: number): Promise<Uint8Array> {
    this.#fetching ??= this.#fetch(day).finally(() => {
      this.#fetching = undefined
    })
    await this.#fetching
    const credential = await this.#kept(day)
    if (credential === undefined) throw signalError('signal-failed', { detail: 'no group credential for today' })
    return credential
  }

  async #fetch(day: number): Promise<void> {
    const until = day + (daysAtOnce - 1) * dayS
    const path = `/v1/certificate/auth/group?redemptionStartSeconds=${day}&redemptionEndSeconds=${until}`
    const answer = await request(this.#chat.authenticated(), 'GET', path)
    if (answer.status !== 200) throw refusal(path, answer)
    const { credentials = [] } = (answer.json ?? {}) as CredentialsJson
    const rows = credentials.flatMap(({ credential, redemptionTime }) =>
      typeof credential === 'string' && typeof redemptionTime === 'number'
        ? [{ redemption_s: redemptionTime, credential: new Uint8Array(Buffer.from(credential, 'base64')) }]
        : [],
    )
    await this.#db.transaction().execute(async (transaction) => {
      await transaction.deleteFrom('signal_group_credentials').execute()
      for (const row of rows) await transaction.insertInto('signal_group_credentials').values(row).execute()
    })
  }
}
