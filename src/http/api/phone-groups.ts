/** Groups of phone numbers over the API: made from numbers, named, and told how they are written to. */
import { parseAddress } from '../../domain/address.ts'
import { told } from '../../domain/told.ts'
import { ensureGroupConversation } from '../../store/groups.ts'
import { changePhoneGroup, ensurePhoneGroup } from '../../store/phone-groups.ts'
import type { GroupRow } from '../../store/tables/mailbox.ts'
import type { ApiPorts } from '../ports.ts'
import { invalid, type Problem } from '../problem.ts'
import { demandContact } from '../reads.ts'

/** Without us. One person alone is no group; more than this no carrier takes. */
const NUMBERS_MIN = 2
const NUMBERS_MAX = 50

interface NewPhoneGroup {
  members: readonly string[]
  title?: string | undefined
  texts_apart?: boolean | undefined
}

/** The group of these numbers, with its conversation. Throws Problem 422, CausewayError `invalid-number`. */
export async function newPhoneGroup(ports: ApiPorts, body: NewPhoneGroup): Promise<GroupRow> {
  const { db, ids, clock, region, textsApart } = ports
  const own = new Set(ports.modems.list().flatMap(({ number }) => number ?? []))
  const numbers = new Set<string>()
  for (const words of body.members) {
    const contact = words.startsWith('con_') ? await demandContact(db, words) : undefined
    const address = parseAddress(contact === undefined ? words : (contact.e164 ?? ''), region)
    if (address.kind !== 'e164') throw unfit('/members', 'A group of phone numbers has phone numbers as members.')
    if (!own.has(address.e164)) numbers.add(address.e164)
  }
  if (numbers.size < NUMBERS_MIN || numbers.size > NUMBERS_MAX) {
    const bound =
      numbers.size < NUMBERS_MIN
        ? told('too-small', { min: NUMBERS_MIN, of: 'array' })
        : told('too-big', { max: NUMBERS_MAX, of: 'array' })
    const message = `A group of phone numbers has ${NUMBERS_MIN} to ${NUMBERS_MAX} members beside us.`
    throw invalid([{ pointer: '/members', ...bound, message }])
  }
  return await db.transaction().execute(async (tx) => {
    const group = await ensurePhoneGroup(tx, ids, numbers, clock(), textsApart)
    await ensureGroupConversation(tx, ids, group.id, clock())
    const changed = await changePhoneGroup(tx, group.id, wanted(body), clock())
    return changed ?? group
  })
}

/** Names it, or says how it is written to. Throws Problem 422 for what such a group has not. */
export async function revisePhoneGroup(
  { db, clock }: ApiPorts,
  group: GroupRow,
  body: { title?: string | undefined; texts_apart?: boolean | undefined },
): Promise<GroupRow> {
  const { title, texts_apart, ...other } = body
  const [first] = Object.entries(other).find(([, value]) => value !== undefined) ?? []
  if (first !== undefined)
    throw unfit(`/${first}`, 'A group of phone numbers has a title and texts_apart, and nothing else to change.')
  return (await changePhoneGroup(db, group.id, wanted({ title, texts_apart }), clock())) ?? group
}

export function onlyForNumbers(): Problem {
  return unfit('/texts_apart', 'texts_apart is for groups of phone numbers; on Signal one message goes to all.')
}

function wanted({ title, texts_apart: apart }: Pick<NewPhoneGroup, 'title' | 'texts_apart'>) {
  return {
    ...(title === undefined ? {} : { title }),
    ...(apart === undefined ? {} : { textsApart: apart }),
  }
}

function unfit(pointer: string, message: string): Problem {
  return invalid([{ pointer, code: 'custom', message }])
}
