/**
 * A text of ours as it is kept: its styles, and whom it names, who stand in it by the name that they have here. Signal puts
 * a placeholder in the place of each, and a text message has the name.
 */
import { CausewayError } from '../domain/errors.ts'
import { rangesWithin, type TextRange } from '../domain/ranges.ts'
import { told } from '../domain/told.ts'
import { findContact } from '../store/contacts.ts'
import type { DatabaseTransaction } from '../store/database.ts'
import { detailsOf } from '../store/groups.ts'
import type { RoutingContext } from './context.ts'
import { shownText } from './naming.ts'
import type { Parties } from './plans.ts'
import type { Mention } from './requests.ts'

/** No message of ours is longer; transports have their own bounds below this. */
export const TEXT_LENGTH_MAX = 20_000

/** What may stand where somebody is named: Signal's placeholder, or words of any length after an `@`. */
const MENTION_PLACE = /^(?:\ufffc|@[\s\S]*[^\ud800-\udbff])$/

/**
 * The text with the names in it, and its ranges as they lie then. Errors: CausewayError `invalid-request` for a style outside
 * of it, or a text that the names make too long; `mention-outside`, `mention-overlaps`, `mention-unmarked`,
 * `mention-not-member`.
 */
export async function ownText(
  { lanes }: Pick<RoutingContext, 'lanes'>,
  tx: DatabaseTransaction,
  written: { text: string; ranges?: readonly TextRange[]; mentions?: readonly Mention[] },
  parties: Pick<Parties, 'contact' | 'group'>,
): Promise<{ text: string; ranges: readonly TextRange[] }> {
  const { text, ranges: styles = [], mentions = [] } = written
  demandPlaces(text, mentions)
  const ownAci = lanes().find(({ transport }) => transport === 'signal')?.ownAci
  const named: TextRange[] = []
  for (const { start, length, who } of mentions) {
    const aci = await memberOf(tx, who, parties, ownAci)
    named.push({ kind: 'mention', start, length, aci, ours: aci === ownAci })
  }
  const all = [...named, ...styles]
  if (rangesWithin(text, all).length !== all.length) {
    throw refusal('invalid-request', 'A style lies outside of the text, or there are too many.')
  }
  const shown = await shownText(tx, { text, ranges: all })
  if (shown.text.length > TEXT_LENGTH_MAX) {
    throw wrongLength(`With the names in it the text is longer than ${TEXT_LENGTH_MAX} characters.`)
  }
  return { text: shown.text, ranges: shown.ranges }
}

function demandPlaces(text: string, mentions: readonly Mention[]): void {
  const inOrder = [...mentions].sort((a, b) => a.start - b.start)
  let position = 0
  for (const { start, length } of inOrder) {
    if (start < 0 || length < 1 || start + length > text.length) {
      throw refusal('mention-outside', `A mention at ${start}, ${length} long, lies outside of the text.`)
    }
    if (start < position) {
      throw refusal('mention-overlaps', `The mention at ${start} begins inside of the one before it.`)
    }
    position = start + length
    if (!MENTION_PLACE.test(text.slice(start, position))) {
      throw refusal(
        'mention-unmarked',
        `At ${start} stands neither the placeholder U+FFFC nor words that begin with @, which the name would replace.`,
      )
    }
  }
}

/** Only whoever reads along can be named: a member of the group, or one of the two in a conversation. */
async function memberOf(
  tx: DatabaseTransaction,
  who: Mention['who'],
  { contact, group }: Pick<Parties, 'contact' | 'group'>,
  ownAci: string | undefined,
): Promise<string> {
  const aci = 'aci' in who ? who.aci : (await findContact(tx, { id: who.contactId }))?.aci
  const members = group === undefined ? [contact.aci, ownAci] : detailsOf(group).members.map((member) => member.aci)
  if (aci != null && members.includes(aci)) return aci
  const whose = group === undefined ? 'of this conversation' : 'a member of this group'
  throw refusal(
    'mention-not-member',
    `Only somebody with a Signal account who is ${whose} can be mentioned: write the name without a mention.`,
  )
}

/** For a text that is empty or too long. */
export function wrongLength(
  message = `The text is empty or longer than ${TEXT_LENGTH_MAX} characters.`,
): CausewayError {
  return new CausewayError({ ...told('invalid-request', { max: TEXT_LENGTH_MAX }), message, retry: 'never' })
}

function refusal(code: string, message: string): CausewayError {
  return new CausewayError({ code, message, retry: 'never' })
}
