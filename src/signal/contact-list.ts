/**
 * Pure: the contact list that a primary sends to its linked devices (reference/signal-service.md 3.5): a stream of
 * varint length · ContactDetails · avatar octets.
 */
import type { PeerIds } from './facts.ts'
import { readServiceId, serviceIdOctets } from './ids.ts'
import { contactDetailsCodec } from './proto/messages.ts'

/** More entries than any phone's address book. */
export const contactsMax = 20_000
const varintOctetsMax = 5

export interface ListedContact {
  ids: PeerIds
  /** As the person's phone has it; undefined where it has none. */
  name: string | undefined
}

/** Everybody in the list whom an account or a number names. Throws RangeError on a damaged stream. */
export function readContactList(stream: Uint8Array): ListedContact[] {
  const contacts: ListedContact[] = []
  for (let offset = 0; offset < stream.length; ) {
    const { value: length, next } = readVarint(stream, offset)
    const end = next + length
    if (length === 0 || end > stream.length) throw new RangeError(`a contact of ${length} octets at offset ${offset}`)
    const details = contactDetailsCodec.decode(stream.subarray(next, end))
    offset = end + (details.avatar?.length ?? 0)
    if (contacts.length >= contactsMax) throw new RangeError(`more than ${contactsMax} contacts`)
    const aci = readServiceId(details.aciBinary, details.aci)
    const e164 = details.number === '' ? undefined : details.number
    const name = details.name?.trim()
    if (aci === undefined && e164 === undefined) continue
    contacts.push({ ids: { aci, pni: undefined, e164 }, name: name === '' ? undefined : name })
  }
  return contacts
}

/** The list as a stream, without avatars; whom neither account nor number names is left out. */
export function writeContactList(contacts: readonly ListedContact[]): Uint8Array {
  const parts = contacts.slice(0, contactsMax).flatMap(({ ids: { aci, e164 }, name }) => {
    if (aci === undefined && e164 === undefined) return []
    const details = contactDetailsCodec.encode({
      ...(aci === undefined ? {} : { aci, aciBinary: serviceIdOctets(aci) }),
      ...(e164 === undefined ? {} : { number: e164 }),
      ...(name === undefined ? {} : { name }),
    })
    return [varint(details.length), details]
  })
  return Buffer.concat(parts)
}

function varint(value: number): Uint8Array {
  const octets: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 0x80)) {
    if (rest < 0x80) return Uint8Array.from([...octets, rest])
    octets.push((rest & 0x7f) | 0x80)
  }
}

function readVarint(stream: Uint8Array, offset: number): { value: number; next: number } {
  let value = 0
  for (let index = 0; index < varintOctetsMax; index += 1) {
    const octet = stream[offset + index]
    if (octet === undefined) break
    value += (octet & 0x7f) * 2 ** (7 * index)
    if (octet < 0x80) return { value, next: offset + index + 1 }
  }
  throw new RangeError(`no length at offset ${offset}`)
}
