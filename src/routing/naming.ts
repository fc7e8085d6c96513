/** The text of a message as people read it: whom it mentions stands there by name. */
import { type TextRange, withNames } from '../domain/ranges.ts'
import { findContact } from '../store/contacts.ts'
import type { DatabaseTransaction } from '../store/database.ts'

/** Names are those of now: what was written about somebody does not change when they are renamed. */
export async function shownText(
  tx: DatabaseTransaction,
  { text, ranges = [] }: { text: string; ranges?: readonly TextRange[] | undefined },
): Promise<{ text: string; ranges: readonly TextRange[] }> {
  if (ranges.length === 0) return { text, ranges }
  const names = new Map<string, string>()
  for (const range of ranges) {
    if (range.kind !== 'mention' || range.ours || names.has(range.aci)) continue
    const contact = await findContact(tx, { aci: range.aci })
    names.set(range.aci, contact?.name ?? contact?.profile_name ?? contact?.e164 ?? 'somebody')
  }
  return withNames(text, ranges, (aci, ours) => (ours ? 'you' : (names.get(aci) ?? 'somebody')))
}

/** The columns that hold such a text. */
export function textColumns({ text, ranges }: { text: string; ranges: readonly TextRange[] }) {
  return { text, ranges_json: ranges.length === 0 ? null : JSON.stringify(ranges) }
}
