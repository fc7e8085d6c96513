/** How a file of a message is named between the owner's devices: by what its sender called it, else by its digest. */
import type { DatabaseTransaction } from '../store/database.ts'
import { fileUuid } from './attachments-out.ts'
import type { RemovedFile } from './facts.ts'
import type { AttachmentPointer } from './proto/data-message.ts'
import { attachmentPointerCodec } from './proto/messages.ts'
import type { AttachmentDelete } from './proto/sync-parts.ts'

/** What finds the id of the file that is meant, among those of a message. */
export function pickFile(
  transaction: DatabaseTransaction,
  { clientUuid, fallbackDigest }: Pick<AttachmentDelete, 'clientUuid' | 'fallbackDigest'>,
): (files: readonly RemovedFile[]) => Promise<string | undefined> {
  return async (files) => {
    const named = await Promise.all(files.map(async (file) => ({ id: file.id, ...(await namesOf(transaction, file)) })))
    const found = named.find((file) => isSame(file.clientUuid, clientUuid))
    return (found ?? named.find((file) => isSame(file.digest, fallbackDigest)))?.id
  }
}

/** By its pointer; of one that we sent so long ago that this is forgotten, the name alone. */
export async function namesOf(
  transaction: DatabaseTransaction,
  { id, pointer }: RemovedFile,
): Promise<Pick<AttachmentPointer, 'clientUuid' | 'digest'>> {
  const sent = () =>
    transaction.selectFrom('signal_uploads').select('pointer').where('attachment_id', '=', id).executeTakeFirst()
  const encoded = pointer ?? (await sent())?.pointer
  if (encoded == null) return { clientUuid: fileUuid(id) }
  try {
    return attachmentPointerCodec.decode(encoded)
  } catch {
    return {}
  }
}

function isSame(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  return one !== undefined && other !== undefined && one.length > 0 && Buffer.compare(one, other) === 0
}
