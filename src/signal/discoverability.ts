/**
 * Whether people who know the number of our account find it on Signal. The server keeps it, and a primary's records tell the
 * linked devices. A linked device has no say in it.
 */
import type { Database, DatabaseTransaction } from '../store/database.ts'
import type { Chat } from './chat.ts'
import type { Credentials } from './credentials.ts'
import { demandPrimary } from './devices.ts'
import type { AccountLock } from './lock.ts'
import type { DiscoverabilityView, SignalDiscoverability } from './own-contract.ts'
import { refusal, request } from './rest.ts'
import { makeStorageDue } from './storage-due.ts'

const path = '/v2/accounts/phone_number_discoverability'

interface Parts {
  db: Database
  chat: Pick<Chat, 'authenticated'>
  credentials: Credentials
  clock: { now(): number }
  /** One change of the account's settings after the other. */
  settings: AccountLock
  /** There is something to write to the storage service. */
  store: () => void
}

export class Discoverability implements SignalDiscoverability {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  async read(): Promise<DiscoverabilityView> {
    const editable = this.#parts.credentials.deviceId === 1
    return { discoverable: editable ? await isDiscoverable(this.#parts.db) : undefined, editable }
  }

  async set(discoverable: boolean): Promise<void> {
    const { credentials, settings, store } = this.#parts
    demandPrimary(credentials, 'Who finds the number is set on the phone: Signal, Settings, Privacy, Phone number.')
    await settings.run(() => this.#set(discoverable))
    store()
  }

  async #set(discoverable: boolean): Promise<void> {
    const { db, chat, clock } = this.#parts
    const answer = await request(chat.authenticated(), 'PUT', path, { discoverableByPhoneNumber: discoverable })
    if (answer.status < 200 || answer.status > 299) throw refusal(path, answer)
    await db.transaction().execute(async (transaction) => {
      await transaction
        .updateTable('signal_account')
        .set({ discoverable: discoverable ? 1 : 0 })
        .execute()
      await makeStorageDue(transaction, clock.now())
    })
  }
}

/** As the owner has it; true where there is no account yet. */
export async function isDiscoverable(db: Database | DatabaseTransaction): Promise<boolean> {
  const row = await db.selectFrom('signal_account').select('discoverable').executeTakeFirst()
  return row?.discoverable !== 0
}
