/** What somebody did in a conversation that is there, of which a line is all that is shown: calls of groups, polls, pins. */
import { happeningLine } from '../domain/group-line.ts'
import type { Happening } from '../domain/sink.ts'
import type { DatabaseTransaction } from '../store/database.ts'
import { noteSeen, wasSeen } from '../store/seen.ts'
import type { RowContext } from './context.ts'
import { conversationOfGroup, nameOf } from './groups.ts'
import { addLineTo } from './lines.ts'
import { conversationWith } from './people.ts'

/** Adds the line. Nothing where there is no such conversation: none begins with it. */
export async function takeHappening(
  context: RowContext,
  tx: DatabaseTransaction,
  { by, ours, groupId, what, once }: Happening,
): Promise<void> {
  const conversation =
    groupId === undefined ? await conversationWith(tx, by) : await conversationOfGroup(context, tx, groupId)
  if (conversation === undefined || conversation.removed_at_ms !== null || by.aci === undefined) return
  const key = `happened:${conversation.id}:${what}:${once}`
  if (once !== undefined && (await wasSeen(tx, 'signal', key))) return
  const { text, said } = happeningLine(what, ours ? 'us' : { name: await nameOf(tx, by.aci) })
  const id = await addLineTo(context, tx, conversation, 'group', text, { said })
  if (once !== undefined) await noteSeen(tx, 'signal', key, id, context.clock())
}
