/** Groups of phone numbers: known by the sorted set of their numbers without our own, however a message lists them. */
import type { GroupDetails } from '../domain/group.ts'
import type { IdSource } from '../domain/ids.ts'
import type { Database, DatabaseTransaction } from './database.ts'
import { recipientState } from './groups.ts'
import type { GroupRow, RecipientRow } from './tables/mailbox.ts'

/** The numbers of such a group; undefined for one of Signal. */
export function numbersOf({ numbers }: Pick<GroupRow, 'numbers'>): readonly string[] | undefined {
  return numbers?.split(' ')
}

/** The group of these people, made where there is none. @param apart whether each of a new one gets a text of their own */
export async function ensurePhoneGroup(
  tx: DatabaseTransaction,
  ids: IdSource,
  people: Iterable<string>,
  nowMs: number,
  apart = false,
): Promise<GroupRow> {
  const sorted = [...new Set(people)].sort()
  const numbers = sorted.join(' ')
  const known = await tx.selectFrom('groups').selectAll().where('numbers', '=', numbers).executeTakeFirst()
  if (known !== undefined) return known
  const title = sorted.join(', ')
  return tx
    .insertInto('groups')
    .values({
      id: ids('grp'),
      signal_id: null,
      numbers,
      title,
      texts_apart: apart ? 1 : 0,
      view_json: JSON.stringify(detailsOfNumbers(title)),
      created_at_ms: nowMs,
      updated_at_ms: nowMs,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** What the owner calls it, and how it is written to. Undefined where there is no such group of numbers. */
export function changePhoneGroup(
  db: Database,
  id: string,
  change: { title?: string; textsApart?: boolean },
  nowMs: number,
): Promise<GroupRow | undefined> {
  return db
    .updateTable('groups')
    .set({
      ...(change.title === undefined ? {} : { title: change.title }),
      ...(change.textsApart === undefined ? {} : { texts_apart: change.textsApart ? 1 : 0 }),
      updated_at_ms: nowMs,
    })
    .where('id', '=', id)
    .where('numbers', 'is not', null)
    .returningAll()
    .executeTakeFirst()
}

/** Notes that a message will not reach one of them after all, unless their phone has it. */
export async function putFailure(tx: DatabaseTransaction, row: RecipientRow & { state: 'failed' }): Promise<void> {
  const known = await recipientState(tx, row)
  if (known === 'delivered' || known === 'read') return
  await tx.insertInto('message_recipients').orReplace().values(row).execute()
}

/** Nobody administers such a group, and nobody can be asked about it. */
function detailsOfNumbers(title: string): GroupDetails {
  return {
    id: '',
    title,
    description: '',
    revision: 0,
    standing: 'member',
    admin: false,
    announcementsOnly: false,
    timerSeconds: 0,
    whoEdits: 'members',
    whoAdds: 'members',
    link: 'off',
    linkUrl: undefined,
    avatar: false,
    members: [],
    invited: [],
    requesting: [],
  }
}
