/** Attachments are given out whole and verified, or not at all; and the contact list that comes as one. */
import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { sealAttachment, serializeContacts } from '../../../src/sandbox/mock.ts'
import { openAttachment, sealAttachment as sealOurs } from '../../../src/signal/attachments.ts'
import { readContactList } from '../../../src/signal/contact-list.ts'
import type { AttachmentPointer } from '../../../src/signal/proto/data-message.ts'

const plaintext = Buffer.from('what an attachment holds')

function sealed(): { blob: Buffer; pointer: AttachmentPointer } {
  const { blob, pointer } = sealAttachment(Buffer.from(plaintext))
  const { key, digest, size } = pointer('key')
  return {
    blob: Buffer.from(blob),
    pointer: { key: key ?? new Uint8Array(), digest: digest ?? new Uint8Array(), size: size ?? 0 },
  }
}

const refused = expect.objectContaining({ code: 'signal-attachment', retry: 'never' })

test('what the mock sealed opens, cut to its length', () => {
  const { blob, pointer } = sealed()
  expect(openAttachment(blob, pointer)).toEqual(plaintext)
})

test('no octet of the blob can be changed unnoticed, and no truncation is taken', () => {
  const { blob, pointer } = sealed()
  for (let index = 0; index < blob.length; index += 7) {
    const changed = Buffer.from(blob)
    changed[index] = (changed[index] ?? 0) ^ 1
    expect(() => openAttachment(changed, pointer)).toThrow(refused)
    expect(() => openAttachment(blob.subarray(0, index), pointer)).toThrow(refused)
  }
})

test('a digest that fits does not make up for a wrong authentication', async () => {
  const { createHash } = await import('node:crypto')
  const { blob, pointer } = sealed()
  blob[blob.length - 1] = (blob[blob.length - 1] ?? 0) ^ 1
  const digest = createHash('sha256').update(blob).digest()
  expect(() => openAttachment(blob, { ...pointer, digest })).toThrow(/authentication/)
})

test.each(['key', 'digest', 'size'] as const)('a pointer without %s is refused', (field) => {
  const { blob, pointer } = sealed()
  const { [field]: _without, ...rest } = pointer
  expect(() => openAttachment(blob, rest)).toThrow(refused)
})

test('a length beyond the plaintext is refused', () => {
  const { blob, pointer } = sealed()
  expect(() => openAttachment(blob, { ...pointer, size: 1_000_000 })).toThrow(/shorter/)
})

test.each([
  [1, 592],
  [541, 592],
  [542, 624],
  [1_000, 1_072],
  [100_000, 100_208],
])('%d octets become a blob of %d, as with other clients', (octets, expected) => {
  expect(sealOurs(new Uint8Array(octets), randomBytes).blob).toHaveLength(expected)
})

test('what is sealed opens again, and twice sealed is never the same', () => {
  const [one, two] = [sealOurs(plaintext, randomBytes), sealOurs(plaintext, randomBytes)]
  expect(openAttachment(one.blob, one.pointer)).toEqual(plaintext)
  expect(one.blob).not.toEqual(two.blob)
})

const ana = { aciBinary: Buffer.alloc(16, 3), number: '+15550000201', profileName: ' Ana ' }
const aci = '03030303-0303-0303-0303-030303030303'

test('a contact list names people by account and number', () => {
  const list = serializeContacts([ana, { ...ana, aciBinary: Buffer.alloc(16, 4), profileName: '' }])
  expect(readContactList(list)).toEqual([
    { ids: { aci, pni: undefined, e164: '+15550000201' }, name: 'Ana' },
    { ids: { aci: aci.replaceAll('3', '4'), pni: undefined, e164: '+15550000201' }, name: undefined },
  ])
})

test('pictures between the entries of a contact list are passed over', () => {
  const entry = serializeContacts([ana])
  const details = Buffer.concat([entry.subarray(1), Buffer.from([0x1a, 0x02, 0x10, 0x05])])
  const withAvatar = Buffer.concat([Buffer.from([details.length]), details, randomBytes(5)])
  expect(readContactList(Buffer.concat([withAvatar, entry])).map(({ name }) => name)).toEqual(['Ana', 'Ana'])
})

test('a truncated contact list is an error, not half a list', () => {
  const entry = serializeContacts([ana])
  for (let length = 1; length < entry.length; length += 1) {
    expect(() => readContactList(entry.subarray(0, length))).toThrow(RangeError)
  }
  expect(readContactList(Buffer.alloc(0))).toEqual([])
})
