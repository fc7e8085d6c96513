/** The text of a message as people read it: whom it mentions stands there by name. */
import { type TextRange, withNames } from '../domain/ranges.ts'
import { findContact } from '../store/contacts.ts'
import type { DatabaseTransaction } from '../store/database.ts'

/** Names are those of now: what was written about somebody does not change when they are renamed. */
export async function shownText(
  tx: DatabaseTransaction,
  { text, ranges = [] }: { text: string; ranges?: readonly TextRange[] | undefined },
): Promise<{ text: string; ranges_json: string | null }> {
  if (ranges.length === 0) return { text, ranges_json: null }
  const names = new Map<string, string>()
  for (const range of ranges) {
    if (range.kind !== 'mention' || range.ours || names.has(range.aci)) continue
    const contact = await findContact(tx, { aci: range.aci })
    names.set(range.aci, contact?.name ?? contact?.profile_name ?? contact?.e164 ?? 'somebody')
  }
  const shown = withNames(text, ranges, (aci, ours) => (ours ? 'you' : (names.get(aci) ?? 'somebody')))
  return { text: shown.text, ranges_json: shown.ranges.length === 0 ? null : JSON.stringify(shown.ranges) }
}
