/**
 * The account as it is kept: credentials, both identities, the profile key. Loading gives it in libsignal's objects;
 * installing a freshly registered or linked one replaces everything that belonged to an earlier registration.
 */
import { IdentityKeyPair, ProtocolAddress } from '@signalapp/libsignal-client'
import { ProfileKey } from '@signalapp/libsignal-client/dist/zkgroup/index.js'
import type { Database, DatabaseTransaction } from '../store/database.ts'
import type { SignalAccountTable } from '../store/tables/signal.ts'
import { type OwnKind, octets } from './ids.ts'
import type { LocalIdentity } from './stores.ts'

export interface Credentials {
  e164: string
  aci: string
  /** Without prefix. */
  pni: string
  deviceId: number
  password: string
  identities: Readonly<Record<OwnKind, LocalIdentity>>
  /** The one part that becomes another one while the account is at work (`profile-key.ts`): to be read anew at each use. */
  profileKey: ProfileKey
  entropyPool: string
  signedOutAtMs: number | undefined
  /** As of loading; 0: not known. They are renewed every other day while there is a connection. */
  keysRotatedAtMs: number
}

export type AccountRow = Omit<
  SignalAccountTable,
  | 'id'
  | 'typing_indicators'
  | 'contacts_asked_at_ms'
  | 'discoverable'
  | 'leaving_at_ms'
  | 'habits_told'
  | 'next_profile_key'
  | 'key_change_due_at_ms'
>

export async function loadAccountRow(db: Database): Promise<AccountRow | undefined> {
  return await db.selectFrom('signal_account').selectAll().where('id', '=', 1).executeTakeFirst()
}

/** The account of this database, or undefined when none was registered. */
export async function loadCredentials(db: Database): Promise<Credentials | undefined> {
  const row = await loadAccountRow(db)
  if (row === undefined) return undefined
  return {
    e164: row.e164,
    aci: row.aci,
    pni: row.pni,
    deviceId: row.device_id,
    password: row.password,
    identities: {
      aci: {
        own: 'aci',
        address: ProtocolAddress.new(row.aci, row.device_id),
        keyPair: IdentityKeyPair.deserialize(octets(row.aci_identity)),
        registrationId: row.aci_registration_id,
      },
      pni: {
        own: 'pni',
        address: ProtocolAddress.new(`PNI:${row.pni}`, row.device_id),
        keyPair: IdentityKeyPair.deserialize(octets(row.pni_identity)),
        registrationId: row.pni_registration_id,
      },
    },
    profileKey: new ProfileKey(octets(row.profile_key)),
    entropyPool: row.entropy_pool,
    signedOutAtMs: row.signed_out_at_ms ?? undefined,
    keysRotatedAtMs: row.keys_rotated_at_ms,
  }
}

/** Tables whose contents are worthless once the number was registered anew. */
const ofOneRegistration = [
  'signal_sessions',
  'signal_pre_keys',
  'signal_signed_pre_keys',
  'signal_kyber_pre_keys',
  'signal_kyber_uses',
  'signal_sender_keys',
  'signal_key_counters',
  'signal_send_log',
  'signal_receipts_due',
  'signal_texts_due',
  'signal_contact_list_due',
  'signal_groups',
  'signal_sender_key_shares',
  'signal_group_credentials',
  'signal_profile_credentials',
  'signal_group_waiting',
  'signal_removed_files',
] as const

/** And those that a registration of the same account keeps. */
const ofOneAccount = ['signal_blocked', 'signal_username', 'signal_profile', 'signal_account'] as const

/**
 * Puts a newly registered account in the place of whatever was here. What the peers' keys are stays known; whom the
 * account has blocked does if it is the same account.
 */
export async function installAccount(transaction: DatabaseTransaction, row: AccountRow): Promise<void> {
  for (const table of ofOneRegistration) await transaction.deleteFrom(table).execute()
  const before = await transaction
    .selectFrom('signal_account')
    .select(['aci', 'discoverable', 'next_profile_key', 'key_change_due_at_ms'])
    .executeTakeFirst()
  const isSame = before?.aci === row.aci
  if (!isSame) {
    for (const table of ofOneAccount) await transaction.deleteFrom(table).execute()
  }
  await reclaimUsername(transaction)
  // Registering anew takes all profiles from the server.
  await transaction.updateTable('signal_profile').set({ avatar_sealed: null }).execute()
  await transaction.deleteFrom('signal_account').execute()
  await transaction
    .insertInto('signal_account')
    .values({
      id: 1,
      ...row,
      discoverable: isSame ? before.discoverable : 1,
      // Whom the owner has shut out of the profile stays shut out of it.
      next_profile_key: isSame ? before.next_profile_key : null,
      key_change_due_at_ms: isSame ? before.key_change_due_at_ms : null,
    })
    .execute()
}

/**
 * The account is gone for ever: nothing of it is left but whom it has met. Keys that work under way still writes are worthless,
 * and go with the next registration.
 */
export async function forgetAccount(transaction: DatabaseTransaction): Promise<void> {
  for (const table of [...ofOneRegistration, ...ofOneAccount]) await transaction.deleteFrom(table).execute()
}

/** The server only holds the username ready for an account that was registered anew: it is to be confirmed again. */
async function reclaimUsername(transaction: DatabaseTransaction): Promise<void> {
  await transaction
    .updateTable('signal_username')
    .set(({ ref }) => ({ pending: ref('username'), pending_entropy: ref('entropy') }))
    .where('username', 'is not', null)
    .where('pending', 'is', null)
    .execute()
  await transaction.updateTable('signal_username').set({ username: null, entropy: null, link_handle: null }).execute()
}
