/** Links by which people join groups, and the licence to send to members. */
import { randomUUID } from 'node:crypto'
import { Aci } from '@signalapp/libsignal-client'
import {
  GroupSendDerivedKeyPair,
  GroupSendEndorsementsResponse,
  ServerSecretParams,
  UuidCiphertext,
} from '@signalapp/libsignal-client/dist/zkgroup/index.js'
import { expect, test } from 'vitest'
import { GroupCipher } from '../../../../src/signal/groups/cipher.ts'
import { receiveEndorsements, tokenFor } from '../../../../src/signal/groups/endorsements.ts'
import { readInviteLink, writeInviteLink } from '../../../../src/signal/groups/links.ts'
import { type GroupState, readGroup } from '../../../../src/signal/groups/state.ts'
import { octets } from '../../../../src/signal/ids.ts'

test('a link says the group’s key and the password, and reads back', () => {
  const link = { masterKey: new Uint8Array(32).fill(2), password: Buffer.alloc(16, 7).toString('base64') }
  const text = writeInviteLink(link)
  expect(text).toMatch(/^https:\/\/signal\.group\/#[\w-]+$/)
  const read = readInviteLink(` ${text} `)
  expect([Buffer.from(read.masterKey), read.password]).toEqual([Buffer.from(link.masterKey), link.password])
  expect(readInviteLink(text.replace('https', 'sgnl')).password).toBe(link.password)
})

test.each([
  '',
  'https://signal.group/',
  'https://signal.group/#',
  'https://signal.group/#AAAA',
  'https://signal.me/#CjQKIAICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICEhAHBwcHBwcHBwcHBwcHBwcH',
  `https://signal.group/#${'A'.repeat(2_000)}`,
])('%s is no link', (text) => {
  expect(() => readInviteLink(text)).toThrow(expect.objectContaining({ code: 'group-link' }))
})

const server = ServerSecretParams.generate()
const cipher = new GroupCipher(new Uint8Array(32).fill(2))
const [self, ana, ben] = [randomUUID(), randomUUID(), randomUUID()]
const dayMs = 86_400_000
const expireAtMs = Math.floor(Date.now() / dayMs) * dayMs + 2 * dayMs
const keyPair = GroupSendDerivedKeyPair.forExpiration(new Date(expireAtMs), server)
const members = (acis: readonly string[]): GroupState => ({
  ...readGroup({}, cipher),
  members: acis.map((aci) => ({ aci, role: 1, profileKey: undefined, joinedAtRevision: 0 })),
})
const issued = (acis: readonly string[]) =>
  GroupSendEndorsementsResponse.issue(
    acis.map((aci) => new UuidCiphertext(octets(cipher.closeServiceId(aci)))),
    keyPair,
  ).serialize()
const receive = (response: Uint8Array, state: GroupState, params = server) =>
  receiveEndorsements(response, state, self, cipher, params.getPublicParams())

test('endorsements become a token for exactly those members, which the server accepts', () => {
  const everybody = [self, ana, ben]
  const endorsements = receive(issued(everybody), members(everybody))
  expect(Object.keys(endorsements?.byAci ?? {}).sort()).toEqual([ana, ben].sort())
  const both = tokenFor(endorsements, [ana, ben], cipher, Date.now())
  const ids = [ana, ben].map((aci) => Aci.fromUuid(aci))
  expect(() => both?.verify(ids, keyPair)).not.toThrow()
  const one = tokenFor(endorsements, [ana], cipher, Date.now())
  expect(() => one?.verify([Aci.fromUuid(ana)], keyPair)).not.toThrow()
  expect(() => one?.verify(ids, keyPair)).toThrow()
})

test('there is no token for a stranger, for nobody, or after the end', () => {
  const endorsements = receive(issued([self, ana]), members([self, ana]))
  expect(tokenFor(endorsements, [ana, ben], cipher, Date.now())).toBeUndefined()
  expect(tokenFor(endorsements, [], cipher, Date.now())).toBeUndefined()
  expect(tokenFor(endorsements, [ana], cipher, expireAtMs)).toBeUndefined()
  expect(tokenFor(undefined, [ana], cipher, Date.now())).toBeUndefined()
})

test('what was issued for other members, or by another server, is not taken', () => {
  const everybody = [self, ana, ben]
  expect(receive(issued([self, ana]), members(everybody))).toBeUndefined()
  expect(receive(issued(everybody), members(everybody), ServerSecretParams.generate())).toBeUndefined()
  expect(receive(new Uint8Array(40), members(everybody))).toBeUndefined()
})
