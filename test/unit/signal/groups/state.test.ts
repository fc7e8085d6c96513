/** Opening what the server keeps of a group, and applying signed changes to it. */
import { randomBytes, randomUUID } from 'node:crypto'
import { ServerSecretParams } from '@signalapp/libsignal-client/dist/zkgroup/index.js'
import { expect, test } from 'vitest'
import { applyActions } from '../../../../src/signal/groups/actions.ts'
import { GroupCipher } from '../../../../src/signal/groups/cipher.ts'
import { readPeerChange } from '../../../../src/signal/groups/signed.ts'
import { access, type GroupState, readGroup, roles, standingIn } from '../../../../src/signal/groups/state.ts'
import { type ActionsProto, actionsCodec, changedCodec, groupCodec } from '../../../../src/signal/proto/groups.ts'

const cipher = new GroupCipher(new Uint8Array(32).fill(2))
const [ana, bo, cy, stranger] = Array.from({ length: 4 }, () => randomUUID()) as [string, string, string, string]
const pni = `PNI:${randomUUID()}`
const key = (fill: number) => new Uint8Array(32).fill(fill)
const base64 = (octets: Uint8Array) => Buffer.from(octets).toString('base64')

const member = (aci: string, role: number, fill: number) => ({
  userId: cipher.closeServiceId(aci),
  role,
  profileKey: cipher.closeProfileKey(key(fill), aci),
  joinedAtVersion: 0,
})

const proto = {
  publicKey: cipher.publicParams,
  title: cipher.close({ title: 'Garden' }),
  description: cipher.close({ description: 'tomatoes' }),
  timer: cipher.close({ timerSeconds: 3600 }),
  access: { attributes: access.member, members: access.admin, addFromInviteLink: access.nobody },
  version: 3,
  members: [member(ana, roles.admin, 1), member(bo, roles.member, 2)],
  pending: [
    {
      member: { userId: cipher.closeServiceId(pni), role: roles.admin },
      addedByUserId: cipher.closeServiceId(ana),
      timestamp: 5,
    },
  ],
}
const before = readGroup(groupCodec.decode(groupCodec.encode(proto)), cipher)

const apply = (actions: ActionsProto, state: GroupState = before) =>
  applyActions(
    state,
    actionsCodec.decode(actionsCodec.encode({ version: 4, sourceUserId: cipher.closeServiceId(ana), ...actions })),
    cipher,
  )

test('the group id is the one of the published vector', () => {
  expect(cipher.id).toBe('LWr8DeINTzqyljXdp1rd+XNmPTE1r2BlLUYZ6PshMA4=')
})

test('a member opens title, description, timer, members and profile keys', () => {
  expect(before).toMatchObject({
    revision: 3,
    title: 'Garden',
    description: 'tomatoes',
    timerSeconds: 3600,
    access: { attributes: access.member, members: access.admin, link: access.nobody },
    members: [
      { aci: ana, role: roles.admin, profileKey: base64(key(1)) },
      { aci: bo, role: roles.member, profileKey: base64(key(2)) },
    ],
    invited: [{ serviceId: pni, role: roles.admin, addedBy: ana, atMs: 5 }],
  })
})

test('the server sees neither title nor members', () => {
  const octets = Buffer.from(groupCodec.encode(proto))
  expect(octets.includes('Garden')).toBe(false)
  expect(octets.includes(Buffer.from(ana.replaceAll('-', ''), 'hex'))).toBe(false)
})

test('an entry that does not decrypt hides nothing else', () => {
  const other = new GroupCipher(new Uint8Array(32).fill(3))
  const mixed = {
    ...proto,
    title: randomBytes(60),
    members: [{ userId: other.closeServiceId(stranger), role: 1 }, ...proto.members, { userId: randomBytes(7) }],
  }
  const state = readGroup(groupCodec.decode(groupCodec.encode(mixed)), cipher)
  expect(state.title).toBe('')
  expect(state.members.map(({ aci }) => aci)).toEqual([ana, bo])
})

test('the avatar opens to its octets', () => {
  expect([...(cipher.openAvatar(cipher.close({ avatar: Uint8Array.of(1, 2, 3) })) ?? [])]).toEqual([1, 2, 3])
  expect(cipher.openAvatar(randomBytes(40))).toBeUndefined()
})

test('standing follows the list that one is in', () => {
  expect(standingIn(before, { aci: bo, pni: 'x' })).toBe('member')
  expect(standingIn(before, { aci: stranger, pni: pni.slice(4) })).toBe('invited')
  expect(standingIn(before, { aci: stranger, pni: 'x' })).toBe('out')
})

const userId = (aci: string) => ({ userId: cipher.closeServiceId(aci) })
const table: [string, ActionsProto, Partial<GroupState>, object[]][] = [
  [
    'a new title',
    { title: { value: cipher.close({ title: 'Roof' }) } },
    { title: 'Roof' },
    [{ kind: 'renamed', title: 'Roof' }],
  ],
  [
    'a description',
    { description: { value: cipher.close({ description: 'x' }) } },
    { description: 'x' },
    [{ kind: 'described', text: 'x' }],
  ],
  [
    'a timer',
    { timer: { value: cipher.close({ timerSeconds: 60 }) } },
    { timerSeconds: 60 },
    [{ kind: 'timer', seconds: 60 }],
  ],
  [
    'a timer that is taken away',
    { timer: { value: new Uint8Array() } },
    { timerSeconds: 0 },
    [{ kind: 'timer', seconds: 0 }],
  ],
  ['an avatar', { avatar: { value: 'groups/x' } }, { avatarUrl: 'groups/x' }, [{ kind: 'avatar' }]],
  [
    'somebody leaves',
    { sourceUserId: cipher.closeServiceId(bo), deleteMembers: [userId(bo)] },
    { members: before.members.slice(0, 1) },
    [{ kind: 'left', who: bo }],
  ],
  [
    'somebody is removed',
    { deleteMembers: [userId(bo)] },
    { members: before.members.slice(0, 1) },
    [{ kind: 'removed', who: bo }],
  ],
  ['an invitation is withdrawn', { deletePending: [userId(pni)] }, { invited: [] }, [{ kind: 'uninvited', who: pni }]],
  [
    'announcements only',
    { announcementsOnly: { value: true } },
    { announcementsOnly: true },
    [{ kind: 'announcements', on: true }],
  ],
  [
    'who edits',
    { attributesAccess: { value: access.admin } },
    { access: { ...before.access, attributes: access.admin } },
    [{ kind: 'access', what: 'edit', level: 'admins' }],
  ],
  [
    'who adds',
    { membersAccess: { value: access.member } },
    { access: { ...before.access, members: access.member } },
    [{ kind: 'access', what: 'add', level: 'members' }],
  ],
  [
    'a link with approval',
    { linkAccess: { value: access.admin }, linkPassword: { value: key(9).subarray(16) } },
    { linkPassword: base64(key(9).subarray(16)) },
    [{ kind: 'link', state: 'request' }],
  ],
  [
    'a ban',
    { addBanned: [{ added: { userId: cipher.closeServiceId(cy), timestamp: 7 } }] },
    { banned: [{ serviceId: cy, atMs: 7 }] },
    [{ kind: 'banned', who: cy }],
  ],
  ['an end', { terminate: {} }, { terminated: true }, [{ kind: 'ended' }]],
]

test.each(table)('%s', (_name, actions, after, items) => {
  const applied = apply(actions)
  expect(applied?.state).toMatchObject({ revision: 4, ...after })
  expect(applied?.items).toEqual(items)
})

test('somebody who is added is a member, with profile key', () => {
  const applied = apply({ addMembers: [{ added: member(cy, roles.member, 3) }] })
  expect(applied?.by).toBe(ana)
  expect(applied?.state.members[2]).toMatchObject({ aci: cy, role: roles.member, profileKey: base64(key(3)) })
  expect(applied?.items).toEqual([{ kind: 'added', who: cy }])
})

test('a role that is given is told', () => {
  const applied = apply({ roles: [{ userId: cipher.closeServiceId(bo), role: roles.admin }] })
  expect(applied?.state.members[1]).toMatchObject({ aci: bo, role: roles.admin })
  expect(applied?.items).toEqual([{ kind: 'role', who: bo, admin: true }])
})

test('an invitation to a number is accepted by the account behind it, with the role it was for', () => {
  const accepted = {
    userId: cipher.closeServiceId(cy),
    pni: cipher.closeServiceId(pni),
    profileKey: cipher.closeProfileKey(key(4), cy),
  }
  const applied = apply({ promotePendingPni: [accepted] })
  expect(applied?.state.invited).toEqual([])
  expect(applied?.state.members[2]).toMatchObject({ aci: cy, role: roles.admin, profileKey: base64(key(4)) })
  expect(applied?.items).toEqual([{ kind: 'joined', who: cy }])
})

test('who asks to join waits until an administrator says yes', () => {
  const asking = apply({ addRequesting: [{ added: { userId: cipher.closeServiceId(cy), timestamp: 9 } }] })
  expect(asking?.state.requesting).toMatchObject([{ aci: cy, atMs: 9 }])
  const after = apply(
    { version: 5, promoteRequesting: [{ userId: cipher.closeServiceId(cy), role: 1 }] },
    asking?.state,
  )
  expect(after?.state.requesting).toEqual([])
  expect(after?.state.members.map(({ aci }) => aci)).toContain(cy)
})

test('a change that does not follow the state is not applied', () => {
  expect(apply({ version: 5 })).toBeUndefined()
  expect(apply({ version: 3 })).toBeUndefined()
})

const server = ServerSecretParams.generate()
const signed = (actions: ActionsProto, more: { secret?: ServerSecretParams; changeEpoch?: number } = {}) => {
  const octets = actionsCodec.encode({ groupId: cipher.idOctets, version: 4, ...actions })
  const serverSignature = (more.secret ?? server).sign(octets).serialize()
  return changedCodec.encode({ actions: octets, serverSignature, changeEpoch: more.changeEpoch ?? 1 })
}
const read = (octets: Uint8Array) => readPeerChange(octets, cipher, server.getPublicParams())

test('a change is taken only with the server’s signature, and of this group', () => {
  expect(read(signed({}))).toMatchObject({ kind: 'change', actions: { version: 4 } })
  expect(read(signed({}, { secret: ServerSecretParams.generate() })).kind).toBe('refused')
  expect(read(signed({ groupId: new Uint8Array(32) })).kind).toBe('refused')
  const forged = signed({})
  forged.set([(forged[10] ?? 0) ^ 1], 10)
  expect(read(forged).kind).toBe('refused')
  expect(read(changedCodec.encode({ actions: actionsCodec.encode({ version: 4 }) })).kind).toBe('refused')
})

test('a change of a later kind asks for the whole state', () => {
  expect(read(signed({}, { changeEpoch: 99 }))).toEqual({ kind: 'unknown' })
})

test('no octets bring the reader down', () => {
  const whole = signed({ title: { value: cipher.close({ title: 'x' }) } })
  // The epoch comes last and is not signed: without it the change is whole.
  for (let end = 0; end < whole.length - 2; end += 1) expect(read(whole.subarray(0, end)).kind).toBe('refused')
  for (let round = 0; round < 2_000; round += 1) {
    const octets = randomBytes(round % 200)
    expect(read(octets).kind).toBe('refused')
    expect(apply({ title: { value: octets }, deleteMembers: [{ userId: octets }] })?.state.members).toEqual(
      before.members,
    )
  }
})
