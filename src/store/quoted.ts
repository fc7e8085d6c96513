/**
 * What messages show of the files that they quote, beside `messages.quote_json`: the rows of those files, and what goes when
 * the quoted message does. The small copies themselves are rows of `attachments`.
 */
import { sql } from 'kysely'
import type { Quote, QuotedFile } from '../domain/transport.ts'
import { attachmentsOf, dropQuoted } from './attachments.ts'
import type { Database, DatabaseTransaction } from './database.ts'
import { listed, prepared } from './prepared.ts'
import type { MessageRow } from './tables/mailbox.ts'
import type { AttachmentRow } from './tables/media.ts'

/** As `quote_json` holds it. `attachmentId`: of the file itself, where it is here, else of the small copy that came along. */
export type KeptQuote = Quote<QuotedFile & { attachmentId?: string | undefined }>

export function keptQuote({ quote_json: json }: Pick<MessageRow, 'quote_json'>): KeptQuote | undefined {
  return json === null ? undefined : JSON.parse(json)
}

/** What belongs to these messages as they are shown, by message: their attachments in order, and the file that they quote. */
export async function shownFilesOf(
  db: Database,
  messages: Iterable<Pick<MessageRow, 'id' | 'attachments' | 'quote_json'>>,
): Promise<Map<string, AttachmentRow[]>> {
  const all = [...messages]
  const files = await attachmentsOf(db, all)
  const quoted = new Map<string, string>()
  for (const message of all) {
    const id = keptQuote(message)?.file?.attachmentId
    if (id !== undefined) quoted.set(message.id, id)
  }
  if (quoted.size === 0) return files
  const rows = await filesIn(db, { ids: JSON.stringify([...quoted.values()]) })
  for (const [messageId, id] of quoted) {
    const row = rows.find((one) => one.id === id)
    if (row !== undefined) files.set(messageId, [...(files.get(messageId) ?? []), row])
  }
  return files
}

/** `ids`: as a JSON array. */
const filesIn = prepared((db, $: { ids: string }) =>
  db.selectFrom('attachments').selectAll().where('id', 'in', listed($.ids)),
)

/** Where others quote a message of ours, or of theirs, of these times: nothing is said of its file any more. */
export async function forgetQuotedFile(
  tx: DatabaseTransaction,
  { conversation_id: conversationId, direction }: Pick<MessageRow, 'conversation_id' | 'direction'>,
  versionTimesMs: readonly number[],
): Promise<void> {
  const ours = direction === 'out' ? 1 : 0
  const quoting = await tx
    .updateTable('messages')
    .set({ quote_json: sql<string>`json_remove(quote_json, '$.file')` })
    .where('conversation_id', '=', conversationId)
    .where('quote_json', 'is not', null)
    .where(sql<boolean>`json_extract(quote_json, '$.file') is not null`)
    .where(sql<boolean>`json_extract(quote_json, '$.ours') = ${ours}`)
    .where(sql<number>`json_extract(quote_json, '$.timestampMs')`, 'in', [...versionTimesMs])
    .returning('id')
    .execute()
  if (quoting.length > 0)
    await dropQuoted(
      tx,
      quoting.map(({ id }) => id),
    )
}
