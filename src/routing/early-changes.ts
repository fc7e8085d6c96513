/** Keeps what was done to a message that is not here yet, and finds the edit that is shown in its place meanwhile. */
import type { Amendment } from '../domain/sink.ts'
import { messageByTime } from '../store/amendments.ts'
import type { DatabaseTransaction } from '../store/database.ts'
import { earlyChanges, keepEarlyChange } from '../store/early-changes.ts'
import { OURS } from '../store/early-receipts.ts'
import type { MessageRow } from '../store/tables/mailbox.ts'

/** Who has written the message (`ours`: we), and where it has to be; undefined where that is not known. */
function nameOf({ by, with: other, target, groupId }: Amendment): { author: string; place: string } | undefined {
  const person = (other ?? by).aci
  const author = target.ours ? OURS : groupId === undefined ? person : target.authorAci
  const place = groupId ?? person
  return author === undefined || place === undefined ? undefined : { author, place }
}

/**
 * Keeps a reaction, whose newer version an edit is that will be shown as a message, or that an administrator of the group took
 * back what another wrote; all else is not for here.
 */
export async function keepChange(tx: DatabaseTransaction, amendment: Amendment, nowMs: number): Promise<void> {
  const { by, with: other, target, change, timestampMs } = amendment
  const name = nameOf(amendment)
  if (name === undefined || by.aci === undefined) return
  if (change.kind === 'completed') return
  // Whose own word it is needs no place, and is kept with the receipts.
  if (change.kind === 'deleted' && (amendment.groupId === undefined || target.authorAci === by.aci)) return
  await keepEarlyChange(tx, {
    ...name,
    timestamp_ms: target.timestampMs,
    kind: change.kind,
    by_aci: by.aci,
    ours: other === undefined ? 0 : 1,
    emoji: change.kind !== 'reaction' || change.removed ? null : change.emoji,
    change_ms: timestampMs,
    kept_since_ms: nowMs,
  })
}

/** The edit of this message that came before it, and is shown as a message of its own. */
export async function shownMeanwhile(
  tx: DatabaseTransaction,
  amendment: Amendment,
  conversationId: string,
): Promise<MessageRow | undefined> {
  const name = nameOf(amendment)
  if (name === undefined) return undefined
  const { target } = amendment
  const kept = await earlyChanges(tx, name.author, target.timestampMs)
  const edit = kept.find(({ kind, place }) => kind === 'edited' && place === name.place)
  return edit === undefined
    ? undefined
    : await messageByTime(tx, {
        conversationId,
        ours: target.ours,
        timestampMs: edit.change_ms,
        authorAci: amendment.groupId === undefined || target.ours ? undefined : target.authorAci,
      })
}
