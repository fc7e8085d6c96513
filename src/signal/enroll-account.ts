/**
 * The last request of a registration: makes the account at the server, and installs it here. Its keys are on record before
 * the server hears of them, so that an answer which is lost cannot leave an account without its keys.
 */
import type { Net } from '@signalapp/libsignal-client'
import type { Log } from '../log.ts'
import type { Database } from '../store/database.ts'
import type { Clock, Random } from './clock.ts'
import { type AccountRow, installAccount, loadAccountRow } from './credentials.ts'
import { isDiscoverable } from './discoverability.ts'
import { type EnrollmentRecord, wrongStep } from './enroll-record.ts'
import {
  accountColumns,
  makeSecrets,
  readSecrets,
  registrationOf,
  type Secrets,
  writeSecrets,
} from './enroll-secrets.ts'
import { keepRepeatedUseKeys } from './prekeys.ts'

interface Parts {
  db: Database
  net: Net.Net
  clock: Clock
  random: Random
  log: Log
  record: EnrollmentRecord
}

/** The account of this number that is (or was) here, whose identity and keys go on. */
export async function earlierAccount(db: Database, e164: string): Promise<AccountRow | undefined> {
  const row = await loadAccountRow(db)
  return row?.e164 === e164 ? row : undefined
}

/** A recovery password follows from the entropy pool; a linked device may not have been told that. */
export function canRecover(earlier: AccountRow | undefined): boolean {
  return earlier !== undefined && earlier.entropy_pool !== ''
}

/**
 * Registers with what is on record, by the recovery password or by the verified session. Throws what libsignal throws:
 * a registration lock, a device transfer on offer, a refusal, a lost connection.
 */
export async function registerOnce(parts: Parts, session: () => Promise<Net.RegistrationService>): Promise<void> {
  const { db, net, clock, log, record } = parts
  const { e164, by_recovery: byRecovery, lock_token: lock, skip_transfer: skip } = record.expect()
  const secrets = await secretsOf(parts)
  const discoverable = await isDiscoverable(db)
  const request = registrationOf(secrets, { lock, skipTransfer: skip === 1, discoverable })
  const account =
    byRecovery === 1
      ? await net.reregisterAccount({ ...request, e164 })
      : await (await session()).registerAccount(request)
  const { pni } = account
  if (pni === null) throw wrongStep('Signal registered an account without a phone number.')
  const now = clock.now()
  await db.transaction().execute(async (transaction) => {
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
      registration_lock: lock,
    })
    await keepRepeatedUseKeys(transaction, 'aci', secrets.aci, now)
    await keepRepeatedUseKeys(transaction, 'pni', secrets.pni, now)
    await record.close(transaction)
  })
  record.closed()
  log.info({ aci: account.aci.getRawUuid(), again: account.reregistration }, 'registered with Signal')
}

async function secretsOf({ db, clock, random, record }: Parts): Promise<Secrets> {
  const row = record.expect()
  if (row.material !== null) return readSecrets(row.material)
  const secrets = makeSecrets(random, clock.now(), await earlierAccount(db, row.e164))
  await record.change({ material: writeSecrets(secrets) })
  return secrets
}
