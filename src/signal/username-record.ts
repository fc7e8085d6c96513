/** The username in the account's record of the storage service: a primary writes it there, a linked device reads it. */
import type { Database, DatabaseTransaction } from '../store/database.ts'
import type { AccountRecord } from './proto/storage.ts'
import { handleOctetsOf, uuidOf } from './username-words.ts'

const entropyOctets = 32
const handleOctets = 16

/** What the record has to be told about our username; nothing when it says it. */
export async function usernameNews(db: Database, said: AccountRecord | undefined): Promise<AccountRecord> {
  const row = await db.selectFrom('signal_username').selectAll().executeTakeFirst()
  const username = row?.username ?? ''
  // Octets that are appended replace fields and take none away: an empty one says that there is none.
  const entropy = row?.entropy ?? new Uint8Array()
  const serverId = row?.link_handle == null ? new Uint8Array() : handleOctetsOf(row.link_handle)
  const { entropy: saidEntropy = new Uint8Array(), serverId: saidId = new Uint8Array() } = said?.usernameLink ?? {}
  const isSaid =
    (said?.username ?? '') === username &&
    Buffer.compare(saidEntropy, entropy) === 0 &&
    Buffer.compare(saidId, serverId) === 0
  return isSaid ? {} : { username, usernameLink: { entropy, serverId } }
}

/** Takes over what the phone says. */
export async function noteUsername(
  { username = '', usernameLink }: AccountRecord,
  transaction: DatabaseTransaction,
): Promise<void> {
  await transaction.deleteFrom('signal_username').execute()
  if (username === '') return
  const { entropy, serverId } = usernameLink ?? {}
  const handle = serverId?.length === handleOctets ? uuidOf(serverId) : null
  const isLink = entropy?.length === entropyOctets && handle !== null
  await transaction
    .insertInto('signal_username')
    .values({ id: 1, username, entropy: isLink ? entropy : new Uint8Array(), link_handle: isLink ? handle : null })
    .execute()
}
