/**
 * What was done to messages after they came: texts completed, edited, taken back, reacted to. All inside the caller's
 * transaction.
 */
import type { DatabaseTransaction } from './database.ts'
import { changeMessage } from './messages.ts'
import { forgetQuotedFile } from './quoted.ts'
import type { MessageRow } from './tables/mailbox.ts'

/** One person's reaction, as kept in `reactions_json`. */
export interface Reaction {
  aci: string
  emoji: string
  at_ms: number
  /** It is the owner's. */
  ours?: true
}

/** The message of that time in this conversation; an edited one is found by the time of each of its versions. */
export function messageByTime(
  tx: DatabaseTransaction,
  where: { conversationId: string; ours: boolean; timestampMs: number; authorAci?: string | undefined },
): Promise<MessageRow | undefined> {
  const query = tx
    .selectFrom('messages')
    .selectAll()
    .where('conversation_id', '=', where.conversationId)
    .where('direction', '=', where.ours ? 'out' : 'in')
    .where('notice', 'is', null)
    .where(({ or, eb, exists, selectFrom }) =>
      or([
        eb('sent_timestamp_ms', '=', where.timestampMs),
        exists(
          selectFrom('message_versions')
            .select('message_id')
            .whereRef('message_versions.message_id', '=', 'messages.id')
            .where('message_versions.timestamp_ms', '=', where.timestampMs),
        ),
      ]),
    )
  // In a group several people write, and each can change only what is theirs.
  const { authorAci } = where
  // What is shown comes before what was removed, which may have the time of a version of it.
  return (authorAci === undefined ? query : query.where('author_aci', '=', authorAci))
    .orderBy('removed_at_ms')
    .executeTakeFirst()
}

/** The times of its versions, the first one first; only its own where it was never edited. */
export async function versionTimes(tx: DatabaseTransaction, message: MessageRow): Promise<number[]> {
  const rows = await tx
    .selectFrom('message_versions')
    .select('timestamp_ms')
    .where('message_id', '=', message.id)
    .orderBy('timestamp_ms')
    .execute()
  return rows.length === 0 ? [message.sent_timestamp_ms] : rows.map(({ timestamp_ms }) => timestamp_ms)
}

/** A new version; the first edit also keeps what was there before. An older one than the newest changes nothing shown. */
export async function editMessage(
  tx: DatabaseTransaction,
  message: MessageRow,
  version: { timestampMs: number; text: string },
  nowMs: number,
): Promise<void> {
  if (message.edited_at_ms === null) {
    await putVersion(tx, message.id, { timestampMs: message.sent_timestamp_ms, text: message.text })
  }
  await putVersion(tx, message.id, version)
  await showNewest(tx, message, nowMs, { edited_at_ms: nowMs })
}

/** An edit that was shown as a message of its own is the newer version of this one, with its versions and reactions. */
export async function adoptVersions(
  tx: DatabaseTransaction,
  message: MessageRow,
  shown: MessageRow,
  nowMs: number,
): Promise<void> {
  const later = await tx.selectFrom('message_versions').selectAll().where('message_id', '=', shown.id).execute()
  await putVersion(tx, message.id, { timestampMs: message.sent_timestamp_ms, text: message.text })
  await putVersion(tx, message.id, { timestampMs: shown.sent_timestamp_ms, text: shown.text })
  for (const { timestamp_ms: timestampMs, text } of later) await putVersion(tx, message.id, { timestampMs, text })
  const reactions = [...reactionsOf(message), ...reactionsOf(shown)]
  const newest = new Map(reactions.map((reaction) => [reaction.ours === true ? '' : reaction.aci, reaction]))
  const change = {
    ranges_json: shown.ranges_json,
    reactions_json: newest.size === 0 ? null : JSON.stringify([...newest.values()]),
  }
  await changeMessage(tx, message.id, change, nowMs)
  await showNewest(tx, message, nowMs, { edited_at_ms: nowMs })
}

/** The whole text of the version of that time. */
export async function completeText(
  tx: DatabaseTransaction,
  message: MessageRow,
  version: { timestampMs: number; text: string },
  nowMs: number,
): Promise<void> {
  if (message.edited_at_ms === null) {
    await changeMessage(tx, message.id, { text: version.text }, nowMs)
    return
  }
  await putVersion(tx, message.id, version)
  await showNewest(tx, message, nowMs, {})
}

/** Its author takes it back: no version of the text and no reaction stays, nor its file where others quote it. */
export async function deleteText(tx: DatabaseTransaction, message: MessageRow, nowMs: number): Promise<void> {
  if (message.attachments > 0) await forgetQuotedFile(tx, message, await versionTimes(tx, message))
  await tx.updateTable('message_versions').set({ text: '' }).where('message_id', '=', message.id).execute()
  const nothing = { quote_json: null, reactions_json: null, ranges_json: null, preview_json: null }
  const change = { text: '', ...nothing, deleted_at_ms: nowMs }
  await changeMessage(tx, message.id, change, nowMs)
}

/** One reaction a person: the newest counts, `undefined` takes it away. */
export async function react(
  tx: DatabaseTransaction,
  message: MessageRow,
  by: { aci: string; ours: boolean },
  emoji: string | undefined,
  nowMs: number,
): Promise<MessageRow> {
  const others = reactionsOf(message).filter(
    (reaction) => reaction.aci !== by.aci && !(by.ours && reaction.ours === true),
  )
  const own = by.ours ? { ours: true as const } : {}
  const all = emoji === undefined ? others : [...others, { aci: by.aci, emoji, at_ms: nowMs, ...own }]
  const reactions_json = all.length === 0 ? null : JSON.stringify(all)
  return await changeMessage(tx, message.id, { reactions_json }, nowMs)
}

function reactionsOf(message: MessageRow): Reaction[] {
  return message.reactions_json === null ? [] : JSON.parse(message.reactions_json)
}

async function putVersion(
  tx: DatabaseTransaction,
  messageId: string,
  { timestampMs, text }: { timestampMs: number; text: string },
): Promise<void> {
  await tx
    .insertInto('message_versions')
    .values({ message_id: messageId, timestamp_ms: timestampMs, text })
    .onConflict((conflict) => conflict.columns(['message_id', 'timestamp_ms']).doUpdateSet({ text }))
    .execute()
}

async function showNewest(
  tx: DatabaseTransaction,
  message: MessageRow,
  nowMs: number,
  change: { edited_at_ms?: number },
): Promise<void> {
  const newest = await tx
    .selectFrom('message_versions')
    .select('text')
    .where('message_id', '=', message.id)
    .orderBy('timestamp_ms', 'desc')
    .executeTakeFirstOrThrow()
  await changeMessage(tx, message.id, { ...change, text: newest.text }, nowMs)
}
