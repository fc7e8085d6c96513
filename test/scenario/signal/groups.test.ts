/**
 * Groups between Causeway accounts, on the mock server with the changes of groups served by the sandbox's own rules
 * (src/sandbox/group-rules.ts): the mock itself drops most of them in silence.
 */
import { expect, test } from 'vitest'
import { aciOf, acquainted, grouped, groupTexts, last, plain, requestsFor, sendTo } from './group-kit.ts'
import { byAci, type Gateway, published, timestamp, until, World } from './kit.ts'

test('whoever is added learns of the group with title and members, and its messages come with author and group', async () => {
  const world = await World.open()
  const { id, gateways } = await grouped(world, 3)
  const [one, two, three] = gateways as [Gateway, Gateway, Gateway]
  expect(last(two)?.group).toMatchObject({ id, title: 'Garden', standing: 'member', admin: false })
  expect(
    last(two)
      ?.group.members.map(({ aci }) => aci)
      .sort(),
  ).toEqual(gateways.map(aciOf).sort())
  const outcomes = await sendTo(one, id, 'to all')
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(['sent', 'sent'])
  await until(() => groupTexts(two).length === 1 && groupTexts(three).length === 1)
  expect(groupTexts(two)).toMatchObject([{ text: 'to all', groupId: id, sealed: true, from: { aci: aciOf(one) } }])
  await sendTo(three, id, 'and back')
  await until(() => groupTexts(one).length === 1 && groupTexts(two).length === 2)
  expect(groupTexts(one)).toMatchObject([{ text: 'and back', groupId: id, from: { aci: aciOf(three) } }])
})

test('the second message of a sender needs no keys any more: one request, and nothing else', async () => {
  const world = await World.open()
  const { id, gateways } = await grouped(world, 3)
  const [one, two] = gateways as [Gateway, Gateway]
  const first = await sendTo(one, id, 'first')
  expect(first.every(({ detail }) => detail.includes('in one request'))).toBe(true)
  await until(() => groupTexts(two).length === 1)
  const before = requestsFor(world, '/v1/messages/').length
  const outcomes = await sendTo(one, id, 'second')
  expect(outcomes.every(({ detail }) => detail.includes('in one request'))).toBe(true)
  await until(() => groupTexts(two).length === 2)
  // Receipts come back one by one from the others; none of them is ours.
  const sends = requestsFor(world, '/v1/messages/').slice(before)
  expect(sends.filter(({ path }) => gateways.slice(1).some((other) => path.includes(aciOf(other))))).toEqual([])
})

test('a member who left is not written to, and the next message goes under a new key', async () => {
  const world = await World.open()
  const { id, gateways } = await grouped(world, 3)
  const [one, two, three] = gateways as [Gateway, Gateway, Gateway]
  await sendTo(one, id, 'with three')
  await until(() => groupTexts(three).length === 1)
  const key = () => one.db.selectFrom('signal_groups').select('distribution_id').executeTakeFirstOrThrow()
  const { distribution_id: before } = await key()
  await three.account.groups().leave(id)
  await until(() => last(one)?.changes[0]?.items[0]?.kind === 'left')
  expect(last(one)?.changes).toMatchObject([{ by: aciOf(three), items: [{ kind: 'left', who: aciOf(three) }] }])
  await sendTo(one, id, 'without three')
  await until(() => groupTexts(two).length === 2)
  expect((await key()).distribution_id).not.toBe(before)
  expect(groupTexts(three).map(({ text }) => text)).toEqual(['with three'])
  await expect(sendTo(three, id, 'still here?')).rejects.toMatchObject({ code: 'group-left', retry: 'never' })
})

test('whom the owner blocks is not written to in a group, either, and holds none of the keys that come after', async () => {
  const world = await World.open()
  const { id, gateways } = await grouped(world, 3)
  const [one, two, three] = gateways as [Gateway, Gateway, Gateway]
  await sendTo(one, id, 'with three')
  await until(() => groupTexts(three).length === 1)
  const keyOf = async () =>
    (await one.db.selectFrom('signal_groups').select('distribution_id').executeTakeFirstOrThrow()).distribution_id
  const before = await keyOf()
  const blocking = await one.db
    .transaction()
    .execute((tx) => one.account.decide(byAci(aciOf(three)), { kind: 'blocked', deleted: false }, tx))
  blocking()
  const outcomes = await sendTo(one, id, 'without three')
  expect(outcomes.map(({ aci, outcome }) => [aci, outcome])).toEqual([[aciOf(two), 'sent']])
  await one.account.groups().configure(id, { title: 'Roof' })
  await until(() => groupTexts(two).length === 2 && last(two)?.group.title === 'Roof')
  expect(await keyOf()).not.toBe(before)
  // What they get from others shows that all of ours would be here by now.
  await sendTo(two, id, 'to all')
  await until(() => groupTexts(three).length === 2)
  expect(groupTexts(three).map(({ text }) => text)).toEqual(['with three', 'to all'])
})

test('everything about a group can be changed, and the others learn who did it', async () => {
  const world = await World.open()
  const { id, gateways } = await grouped(world, 2)
  const [one, two] = gateways as [Gateway, Gateway]
  const groups = one.account.groups()
  await groups.configure(id, { title: 'Roof garden', description: 'tomatoes', timerSeconds: 3600 })
  await until(() => last(two)?.group.title === 'Roof garden')
  expect(last(two)?.changes).toMatchObject([
    {
      by: aciOf(one),
      items: [
        { kind: 'renamed', title: 'Roof garden' },
        { kind: 'timer', seconds: 3600 },
        { kind: 'described', text: 'tomatoes' },
      ],
    },
  ])
  await groups.configure(id, { announcementsOnly: true, whoEdits: 'admins', whoAdds: 'admins' })
  await until(() => last(two)?.group.announcementsOnly === true)
  expect(last(two)?.group).toMatchObject({ whoEdits: 'admins', whoAdds: 'admins' })
  await expect(sendTo(two, id, 'me too')).rejects.toMatchObject({ code: 'group-announcements' })
  await expect(two.account.groups().configure(id, { title: 'Mine' })).rejects.toMatchObject({ code: 'group-forbidden' })
  await groups.setRole(id, aciOf(two), true)
  await until(() => last(two)?.group.admin === true)
  await two.account.groups().configure(id, { title: 'Ours' })
  await until(() => last(one)?.group.title === 'Ours')
  await groups.setAvatar(id, new Uint8Array([1, 2, 3]))
  await until(() => last(two)?.changes.some(({ items }) => items.some(({ kind }) => kind === 'avatar')) === true)
  const [stored] = [...world.server.host.groupRoutes.avatars.values()]
  expect([...((await two.account.groups().avatar(id)) ?? [])]).toEqual([1, 2, 3])
  expect(stored?.includes(Buffer.from([1, 2, 3]))).toBe(false)
  await groups.remove(id, aciOf(two))
  await until(() => last(two)?.group.standing === 'out')
})

test('whose profile key is unknown is invited, and becomes a member by accepting', async () => {
  const world = await World.open()
  const one = await world.registeredGateway('one', '+15550000100')
  const two = await world.registeredGateway('two', '+15550000101')
  const people = [byAci(aciOf(two))]
  await published(one, two)
  const id = await one.account.groups().create({ ...plain, title: 'Garden', people })
  await until(() => last(two)?.group.standing === 'invited')
  expect(last(two)?.group.title).toBe('Garden')
  await expect(sendTo(two, id, 'hi')).rejects.toMatchObject({ code: 'group-left' })
  await two.account.groups().accept(id)
  await until(() => last(one)?.group.members.length === 2)
  expect(last(one)?.changes).toMatchObject([{ items: [{ kind: 'joined', who: aciOf(two) }] }])
  await sendTo(two, id, 'here I am')
  await until(() => groupTexts(one).length === 1)
})

test('a link lets people in at once, or lets them ask; without it nobody comes in', async () => {
  const world = await World.open()
  const gateways = await acquainted(world, 3)
  const [one, two, three] = gateways as [Gateway, Gateway, Gateway]
  const groups = one.account.groups()
  const id = await groups.create({ ...plain, title: 'Garden', people: [] })
  await groups.configure(id, { link: 'join' })
  const link = last(one)?.group.linkUrl ?? ''
  expect(link).toMatch(/^https:\/\/signal\.group\/#/)
  expect(await two.account.groups().join(link)).toBe(id)
  await until(() => last(one)?.group.members.length === 2)
  await groups.configure(id, { link: 'request' })
  await three.account.groups().join(link)
  expect(last(three)?.group).toMatchObject({ standing: 'requesting', title: 'Garden' })
  // Who asks can tell nobody: we see it when we look, as on connecting and every few hours.
  world.server.host.dropConnections()
  await until(() => last(one)?.group.requesting.length === 1)
  await groups.approve(id, aciOf(three))
  await until(() => last(three)?.group.standing === 'member')
  await groups.configure(id, { link: 'off', resetLink: true })
  await groups.remove(id, aciOf(two))
  await expect(two.account.groups().join(link)).rejects.toMatchObject({ code: 'group-forbidden' })
})

test('whoever is banned is out and does not come back by the link; when the ban is lifted they do', async () => {
  const world = await World.open()
  const gateways = await acquainted(world, 3)
  const [one, two, three] = gateways as [Gateway, Gateway, Gateway]
  const groups = one.account.groups()
  const id = await groups.create({ ...plain, title: 'Garden', people: [byAci(aciOf(two)), byAci(aciOf(three))] })
  await groups.configure(id, { link: 'join' })
  const link = last(one)?.group.linkUrl ?? ''
  await groups.ban(id, aciOf(two))
  expect(last(one)?.group).toMatchObject({
    banned: [aciOf(two)],
    members: [{ aci: aciOf(one) }, { aci: aciOf(three) }],
  })
  await until(() => last(two)?.group.standing === 'out')
  await expect(two.account.groups().join(link)).rejects.toMatchObject({ code: 'group-forbidden' })
  // What is so already costs no change; and no ordinary member bans anybody.
  const { revision } = last(one)?.group ?? { revision: 0 }
  await groups.ban(id, aciOf(two))
  expect(last(one)?.group.revision).toBe(revision)
  await until(() => last(three)?.group.revision === revision)
  await expect(three.account.groups().ban(id, aciOf(one))).rejects.toMatchObject({ code: 'group-forbidden' })
  await groups.unban(id, aciOf(two))
  expect(last(one)?.group.banned).toEqual([])
  await two.account.groups().join(link)
  await until(() => last(one)?.group.members.length === 3)
})

test('two who change a group at once both succeed', async () => {
  const world = await World.open()
  const { id, gateways } = await grouped(world, 2)
  const [one, two] = gateways as [Gateway, Gateway]
  await Promise.all([
    one.account.groups().configure(id, { title: 'Roof' }),
    two.account.groups().configure(id, { description: 'tomatoes' }),
  ])
  await until(() => [one, two].every((gateway) => last(gateway)?.group.revision === 2))
  for (const gateway of [one, two])
    expect(last(gateway)?.group).toMatchObject({ title: 'Roof', description: 'tomatoes' })
})

test('a message of a group that cannot be fetched yet is kept, and shown when it can', async () => {
  const world = await World.open()
  const gateways = await acquainted(world, 2)
  const [one, two] = gateways as [Gateway, Gateway]
  world.server.host.groupRoutes.refuse(true)
  const id = await one.account.groups().create({ ...plain, title: 'Garden', people: [byAci(aciOf(two))] })
  await sendTo(one, id, 'early')
  const waiting = () => two.db.selectFrom('signal_group_waiting').select('id').execute()
  await until(async () => (await waiting()).length === 1)
  expect(groupTexts(two)).toEqual([])
  world.server.host.groupRoutes.refuse(false)
  await two.db.updateTable('signal_groups').set({ due_at_ms: 0 }).execute()
  await sendTo(one, id, 'later')
  await until(() => groupTexts(two).length === 2)
  expect(groupTexts(two).map(({ text }) => text)).toEqual(['early', 'later'])
  expect(await waiting()).toEqual([])
})

test('somebody who is no member is not shown in the group', async () => {
  const world = await World.open()
  const { id, gateways } = await grouped(world, 3)
  const [one, two, three] = gateways as [Gateway, Gateway, Gateway]
  await three.account.groups().leave(id)
  await until(() => last(one)?.group.members.length === 2)
  // As a client that does not care: it believes to be a member still.
  await three.db.updateTable('signal_groups').set({ standing: 'member' }).execute()
  const { state_json: json } = await one.db.selectFrom('signal_groups').select('state_json').executeTakeFirstOrThrow()
  const state = JSON.parse(json ?? '{}')
  await three.db
    .updateTable('signal_groups')
    .set({ state_json: JSON.stringify({ ...state, members: [...state.members, { aci: aciOf(three), role: 1 }] }) })
    .execute()
  await sendTo(three, id, 'intruding')
  await sendTo(two, id, 'inside')
  await until(() => groupTexts(one).length === 1)
  await until(async () => (await one.db.selectFrom('signal_group_waiting').select('id').execute()).length === 0)
  expect(groupTexts(one).map(({ text }) => text)).toEqual(['inside'])
})

test('a repeated message goes under its first time, and shows once', async () => {
  const world = await World.open()
  const { id, gateways } = await grouped(world, 2)
  const [one, two] = gateways as [Gateway, Gateway]
  const timestampMs = timestamp()
  await sendTo(one, id, 'once', timestampMs)
  await one.close()
  const again = await world.gateway({ name: 'g0' })
  await until(() => again.account.status().state === 'connected')
  await sendTo(again, id, 'once', timestampMs)
  await sendTo(again, id, 'twice')
  await until(() => groupTexts(two).length === 2)
  expect(groupTexts(two).map(({ text }) => text)).toEqual(['once', 'twice'])
})

test('a member who lost the key asks, gets the message again, and the key with the next one', async () => {
  const world = await World.open()
  const { id, gateways } = await grouped(world, 3)
  const [one, two] = gateways as [Gateway, Gateway]
  await sendTo(one, id, 'first')
  await until(() => groupTexts(two).length === 1)
  await two.db.deleteFrom('signal_sender_keys').where('address', '=', aciOf(one)).execute()
  await sendTo(one, id, 'second')
  await until(() => groupTexts(two).length === 2)
  await sendTo(one, id, 'third')
  await until(() => groupTexts(two).length === 3)
  expect(groupTexts(two).map(({ text }) => text)).toEqual(['first', 'second', 'third'])
  const { timestampMs } = groupTexts(two)[1] ?? {}
  expect(two.sink.undecryptables.map(({ missing }) => missing)).toMatchObject([{ groupId: id, timestampMs }])
})

test('somebody who left Signal is told of, and the others have the message', async () => {
  const world = await World.open()
  const { id, gateways } = await grouped(world, 3)
  const [one, two, three] = gateways as [Gateway, Gateway, Gateway]
  await sendTo(one, id, 'first')
  await until(() => groupTexts(three).length === 1)
  await world.server.host.leave(aciOf(three) as never, { stayListed: false })
  const outcomes = await sendTo(one, id, 'second')
  expect(new Map(outcomes.map(({ aci, outcome }) => [aci, outcome]))).toEqual(
    new Map([
      [aciOf(two), 'sent'],
      [aciOf(three), 'unregistered'],
    ]),
  )
  await until(() => groupTexts(two).length === 2)
})

test('without endorsements the members are served one by one', async () => {
  const world = await World.open()
  const { id, gateways } = await grouped(world, 3)
  const [one, two, three] = gateways as [Gateway, Gateway, Gateway]
  const far = Date.now() + 40 * 3600_000
  await one.db.updateTable('signal_groups').set({ endorsements_json: '{}', endorsements_expire_at_ms: far }).execute()
  const outcomes = await sendTo(one, id, 'one by one')
  expect(outcomes.map(({ detail }) => detail)).toEqual(['sealed, on its own', 'sealed, on its own'])
  await until(() => groupTexts(two).length === 1 && groupTexts(three).length === 1)
})

test('a changed safety number of one member holds the message until it is approved', async () => {
  const world = await World.open()
  const { id, gateways } = await grouped(world, 3)
  const [one, two] = gateways as [Gateway, Gateway]
  await one.db.updateTable('signal_identities').set({ approved: 0 }).where('address', '=', aciOf(two)).execute()
  await expect(sendTo(one, id, 'held')).rejects.toMatchObject({ code: 'identity-changed', retry: 'after-human' })
  await one.account.groups().approveIdentities(id)
  await sendTo(one, id, 'approved')
  await until(() => groupTexts(two).length === 1)
})

test('a device that was removed does not read on: the next message goes under a new key', async () => {
  const world = await World.open()
  const ana = await world.person('Ana', '+15550000201')
  const deviceId = await ana.addDevice()
  const one = await world.registeredGateway('one', '+15550000100')
  await one.account.sendText({ to: byAci(ana.aci), text: 'hello', timestampMs: timestamp() })
  await until(() => ana.ledger().every(({ texts }) => texts.length === 1))
  await until(() => requestsFor(world, '/v1/profile').some(({ verb }) => verb === 'PUT'))
  const id = await ana.createGroup('Garden', [])
  await ana.addToGroup(id, '+15550000100')
  await until(() => last(one)?.group.standing === 'member')
  await sendTo(one, id, 'to both')
  await until(() => ana.ledger().every(({ texts }) => texts.length === 2))
  const key = () => one.db.selectFrom('signal_groups').select('distribution_id').executeTakeFirstOrThrow()
  const { distribution_id: before } = await key()
  await ana.removeDevice(deviceId)
  const outcomes = await sendTo(one, id, 'to one')
  expect(outcomes).toMatchObject([{ outcome: 'sent' }])
  await until(() => ana.texts.length === 3)
  expect((await key()).distribution_id).not.toBe(before)
  expect(ana.ledger()[0]?.failures).toEqual([])
})

test('a change that the server did not sign is not believed, and costs nothing but a look at the server', async () => {
  const world = await World.open()
  const { id, gateways } = await grouped(world, 2)
  const [one, two] = gateways as [Gateway, Gateway]
  const { master_key: masterKey } = await one.db
    .selectFrom('signal_groups')
    .select('master_key')
    .executeTakeFirstOrThrow()
  const ana = await world.person('Ana', '+15550000201')
  const forged = { masterKey: Buffer.from(masterKey), revision: 1, groupChange: Buffer.from([10, 4, 1, 2, 3, 4]) }
  await ana.sendMessage('+15550000101', { groupV2: forged })
  await ana.sendMessage('+15550000101', { groupV2: { ...forged, masterKey: Buffer.alloc(7) }, body: 'no group' })
  await ana.sendMessage('+15550000101', { groupV2: { ...forged, masterKey: Buffer.alloc(32, 9) }, body: 'not there' })
  await ana.sendMessage('+15550000101', { groupV2: forged, body: 'no member' })
  await sendTo(one, id, 'real')
  await until(() => groupTexts(two).length === 1)
  await until(async () => {
    const due = await two.db
      .selectFrom('signal_groups')
      .select('id')
      .where('id', '=', id)
      .where('due_at_ms', 'is not', null)
    return (await due.execute()).length === 0
  })
  expect(groupTexts(two).map(({ text }) => text)).toEqual(['real'])
  expect(two.sink.texts.map(({ text }) => text)).not.toContain('no group')
  expect(last(two)?.group).toMatchObject({ title: 'Garden', revision: 0 })
  // What speaks of a group that cannot be fetched waits, in case we are let in.
  expect(await two.db.selectFrom('signal_group_waiting').select('id').execute()).toHaveLength(1)
})

test('somebody who is known by number alone is invited by it, and comes in with their account', async () => {
  const world = await World.open()
  const one = await world.registeredGateway('one', '+15550000100')
  const two = await world.registeredGateway('two', '+15550000101')
  await until(() => requestsFor(world, '/v1/profile').filter(({ verb }) => verb === 'PUT').length === 2)
  const { pni } = two.account.status()
  const people = [{ aci: undefined, pni, e164: undefined }]
  const id = await one.account.groups().create({ ...plain, title: 'Garden', people })
  await until(() => last(two)?.group.standing === 'invited')
  expect(last(two)?.group.invited).toEqual([`PNI:${pni}`])
  await two.account.groups().accept(id)
  expect(
    last(two)
      ?.group.members.map(({ aci }) => aci)
      .sort(),
  ).toEqual([aciOf(one), aciOf(two)].sort())
  await until(() => last(one)?.group.members.length === 2)
  await sendTo(two, id, 'here')
  await until(() => groupTexts(one).length === 1)
})
