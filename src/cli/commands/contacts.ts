/** Contacts: who they are, how they want to be written to, whether it is still them. */
import { qrLines } from '../../domain/qr.ts'
import { EXIT, ExitError } from '../exit.ts'
import { call, findGateway, type GatewayOptions } from '../gateway.ts'
import type { ContactJson } from '../json.ts'
import { allContacts, allGroups, contactFor, groupOrContact, isAddress } from '../people.ts'
import { clock, json, line, printable, table } from '../print.ts'
import { decide } from './groups.ts'

type Options = GatewayOptions & { json?: boolean }

interface IdentityJson {
  safety_number: string | null
  scannable: string | null
  history: readonly {
    event: string
    at: string
    by: { kind: string; id: string | null; name: string | null } | null
  }[]
}

/** Those who have no name. */
const BY: Readonly<Record<string, string>> = { local: 'at this machine', device: 'on another device of the account' }

export async function list(options: Options): Promise<void> {
  const contacts = await allContacts(await findGateway(options))
  if (options.json === true) {
    for (const contact of contacts) json(contact)
  } else if (contacts.length === 0) line('No contacts yet.')
  else table(contacts.map(row))
}

export async function show(who: string, options: Options & { qr?: boolean }): Promise<void> {
  const gateway = await findGateway(options)
  const contact = await contactFor(gateway, who)
  const identity = await call<IdentityJson>(gateway, 'GET', `/api/v1/contacts/${contact.id}/identity`)
  if (options.json === true) {
    json({ ...contact, safety_number: identity.safety_number, history: identity.history })
    return
  }
  table([row(contact)])
  if (contact.identity_changed_at !== null) {
    line(
      `The safety number changed on ${clock(contact.identity_changed_at)}. Messages are held until: causeway contacts approve ${contact.address ?? contact.id}`,
    )
  }
  if (identity.safety_number !== null) {
    line('Safety number')
    const groups = identity.safety_number.match(/.{1,5}/g) ?? []
    for (let i = 0; i < groups.length; i += 4) line(`  ${groups.slice(i, i + 4).join(' ')}`)
  }
  for (const { event, at, by } of identity.history) {
    const who = by === null ? '' : `, ${BY[by.kind] ?? `by ${printable(by.name ?? by.id ?? by.kind)}`}`
    line(`  ${at}  ${event.replace('_', ' ')}${who}`)
  }
  if (options.qr === true && identity.scannable !== null) {
    line('Their Signal app scans this where it shows the safety number with us:')
    const code = new Uint8Array(Buffer.from(identity.scannable, 'base64'))
    for (const drawn of qrLines(code, { coloured: process.stdout.isTTY })) line(drawn)
  }
}

export async function set(
  who: string,
  options: Options & { name?: string; policy?: string; fallbackAfter?: string; modem?: string },
): Promise<void> {
  const { name, policy, fallbackAfter: after, modem } = options
  if (name === undefined && policy === undefined && after === undefined && modem === undefined)
    throw new ExitError(EXIT.usage, 'Say what to set: --name, --policy, --fallback-after or --modem.')
  const gateway = await findGateway(options)
  const contact = isAddress(who)
    ? await call<ContactJson>(gateway, 'POST', '/api/v1/contacts', { address: who })
    : await contactFor(gateway, who)
  const changed = await call<ContactJson>(gateway, 'PATCH', `/api/v1/contacts/${contact.id}`, {
    ...(name === undefined ? {} : { name: name === '' ? null : name }),
    ...(policy === undefined ? {} : { policy: policy === 'default' ? null : policy }),
    ...(after === undefined ? {} : { fallback_after: after === 'default' ? null : after }),
    ...(modem === undefined ? {} : { modem: modem === '' ? null : modem }),
  })
  print(changed, options)
}

/** Keeps somebody out, or a group, or no longer; also somebody who was never heard of. */
export async function block(
  action: 'block' | 'unblock',
  who: string,
  options: Options & { delete?: boolean },
): Promise<void> {
  const gateway = await findGateway(options)
  const found =
    action === 'block' && isAddress(who)
      ? { contact: await call<ContactJson>(gateway, 'POST', '/api/v1/contacts', { address: who }) }
      : await groupOrContact(gateway, who)
  if ('group' in found) {
    if (options.delete === true) {
      throw new ExitError(
        EXIT.usage,
        `${printable(found.group.title)} is a group: block it without --delete. What was said there goes by: causeway forget ${found.group.id}`,
      )
    }
    await decide(action, found.group.id, options)
    return
  }
  const body = action === 'block' ? { delete: options.delete === true } : undefined
  print(await call<ContactJson>(gateway, 'POST', `/api/v1/contacts/${found.contact.id}/${action}`, body), options)
}

export async function blocked(options: Options): Promise<void> {
  const gateway = await findGateway(options)
  const contacts = await allContacts(gateway, '&blocked=true')
  const groups = (await allGroups(gateway)).filter((group) => group.blocked)
  if (options.json === true) {
    for (const one of [...contacts, ...groups]) json(one)
    return
  }
  if (contacts.length + groups.length === 0) line('Nobody is blocked.')
  if (contacts.length > 0) table(contacts.map(row))
  if (groups.length > 0) table(groups.map(({ title, id }) => [printable(title), 'group', id]))
}

/** Deletes a person with everything of them. */
export async function remove(who: string, options: Options & { yes?: boolean }): Promise<void> {
  const gateway = await findGateway(options)
  const contact = await contactFor(gateway, who)
  const name = printable(contact.name ?? contact.address ?? contact.id)
  if (options.yes !== true) {
    throw new ExitError(
      EXIT.usage,
      `This deletes ${name} with all messages and files, here and on your other devices, for good. ${WHAT_STAYS} Repeat it with --yes.`,
    )
  }
  await call(gateway, 'DELETE', `/api/v1/contacts/${contact.id}`)
  if (options.json === true) json({ id: contact.id, deleted: true })
  else line(`${name} is deleted. ${WHAT_STAYS}`)
}

const WHAT_STAYS = 'What they wrote into groups stays there, and whoever is blocked stays blocked.'

/** Consents to a changed safety number, or says that it was compared. */
export async function identity(
  action: 'approve' | 'verify' | 'unverify',
  who: string,
  options: Options,
): Promise<void> {
  const gateway = await findGateway(options)
  const contact = await contactFor(gateway, who)
  const body = action === 'unverify' ? { verified: false } : undefined
  const step = action === 'approve' ? 'approve' : 'verify'
  print(await call<ContactJson>(gateway, 'POST', `/api/v1/contacts/${contact.id}/identity/${step}`, body), options)
}

export function print(contact: ContactJson, options: Options): void {
  if (options.json === true) json(contact)
  else table([row(contact)])
}

function row(contact: ContactJson): string[] {
  const marks = [
    contact.verified ? 'verified' : '',
    contact.blocked ? 'BLOCKED' : '',
    contact.fallback_after === null ? '' : `text after ${contact.fallback_after}`,
    contact.modem === null ? '' : `texts over ${contact.modem}`,
    contact.identity_changed_at === null ? '' : 'SAFETY NUMBER CHANGED',
  ].filter((mark) => mark !== '')
  return [
    printable(contact.name ?? ''),
    contact.address ?? '',
    contact.policy ?? 'default policy',
    `Signal: ${contact.signal.standing}`,
    marks.join(', '),
    contact.id,
  ]
}
