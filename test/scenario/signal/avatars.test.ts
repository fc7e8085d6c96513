/**
 * Pictures of profiles between two gateways, and of people whom the sandbox makes: published, fetched, withheld, taken away.
 * Forms, sizes and the content server are the sandbox's own stand-in; the mock keeps names of profiles alone.
 */
import sharp from 'sharp'
import { expect, test } from 'vitest'
import type { AciString } from '../../../src/sandbox/mock.ts'
import { storageRecordCodec } from '../../../src/signal/proto/storage.ts'
import { byAci, connected, type Gateway, gatewayNumber, linkWith, phoneAsked, timestamp, until, World } from './kit.ts'
import { storedRecords } from './stored-records.ts'

async function photograph(colour: string, width = 600, height = 400): Promise<Uint8Array> {
  const image = sharp({ create: { width, height, channels: 3, background: colour } })
  return new Uint8Array(
    await image
      .withExif({ IFD0: { Copyright: 'nobody is to read this' } })
      .jpeg()
      .toBuffer(),
  )
}

const told = ({ sink }: Gateway) => sink.facts.flatMap((fact) => (fact.kind === 'avatar' ? [fact] : []))

/** What the newest picture that was told of holds, opened at rest. */
async function shown(gateway: Gateway) {
  const picture = told(gateway).at(-1)?.picture
  if (picture === undefined) return undefined
  const chunks: Buffer[] = []
  for await (const chunk of gateway.blobs.read(picture)) chunks.push(chunk)
  const { width, height, format, exif } = await sharp(Buffer.concat(chunks)).metadata()
  const { dominant } = await sharp(Buffer.concat(chunks)).stats()
  return { width, height, format, exif, isRed: dominant.r > dominant.b }
}

/** Our own profile as the server has it, and what our clients asked of it. */
const puts = (world: World) =>
  world.server.host.requests.filter(({ verb, path }) => verb === 'PUT' && path === '/v1/profile')

async function twoGateways(world: World) {
  const ours = await world.registeredGateway()
  const theirs = await world.registeredGateway('theirs', '+15550000102')
  const { aci } = ours.account.status()
  const { aci: theirAci } = theirs.account.status()
  if (aci === undefined || theirAci === undefined) throw new Error('no account')
  return { ours, theirs, aci, theirAci }
}

const write = (from: Gateway, to: string, text = 'hello') =>
  from.account.sendText({ to: byAci(to), text, timestampMs: timestamp() })

/** As a day later. */
async function profilesDue(gateway: Gateway): Promise<void> {
  await gateway.db.updateTable('signal_peers').set({ profile_due_at_ms: 0 }).execute()
  await gateway.db.updateTable('signal_avatars').set({ due_at_ms: 0 }).where('due_at_ms', 'is not', null).execute()
}

test('a picture is published square and bare, seen by the other side, kept when the name changes, and taken away', async () => {
  const world = await World.open()
  const { ours, theirs, aci, theirAci } = await twoGateways(world)
  const profile = ours.account.profile()
  await profile.setPicture(await photograph('#d02020'))
  expect(await profile.read()).toMatchObject({ name: 'Home', editable: true, published: true })
  const { avatars } = world.server.host.groupRoutes
  expect(avatars.size).toBe(1)
  const [place] = [...avatars.keys()]

  await write(theirs, aci)
  await write(ours, theirAci)
  await until(() => told(theirs).length > 0)
  expect(told(theirs)).toMatchObject([{ peer: { aci } }])
  const seen = await shown(theirs)
  expect(seen).toMatchObject({ width: 320, height: 320, format: 'jpeg', isRed: true })
  expect(seen?.exif).toBeUndefined()
  const own = await sharp(await profile.picture()).metadata()
  expect(own).toMatchObject({ width: 400, height: 400, format: 'jpeg' })
  expect(own.exif).toBeUndefined()

  const before = puts(world).length
  await profile.change({ name: 'Cellar', about: 'beneath', emoji: '🕯️' })
  expect(puts(world).length).toBe(before + 1)
  expect(await profile.read()).toMatchObject({ name: 'Cellar', about: 'beneath', emoji: '🕯️', published: true })
  expect([...avatars.keys()]).toEqual([place])
  await until(async () => (await accountRecord(world, ours))?.givenName === 'Cellar')
  expect(await accountRecord(world, ours)).toMatchObject({ avatarUrlPath: place })

  await profile.setPicture(undefined)
  expect(avatars.size).toBe(0)
  await profilesDue(theirs)
  await theirs.close()
  const again = await world.gateway({ name: 'theirs' })
  await until(() => told(again).length > 0)
  expect(told(again)).toMatchObject([{ peer: { aci }, picture: undefined }])
  expect(await again.db.selectFrom('signal_avatars').selectAll().execute()).toEqual([])
  expect(again.sink.facts).toContainEqual(expect.objectContaining({ kind: 'profile', name: 'Cellar' }))
})

async function accountRecord(world: World, gateway: Gateway) {
  const stored = await storedRecords(world, gateway, gatewayNumber)
  return stored?.items.map((item) => storageRecordCodec.decode(item ?? new Uint8Array()).account).find(Boolean)
}

test('a stranger’s picture is not fetched before the owner has let them in, nor that of somebody who is blocked', async () => {
  const world = await World.open()
  const gateway = await world.registeredGateway()
  gateway.sink.knowsAll = false
  const ana = await world.person('Ana', '+15550000201')
  ana.showPicture(await photograph('#d02020'))
  await (await ana.sendText(gatewayNumber, 'who am I?')).acknowledged
  const row = () => gateway.db.selectFrom('signal_avatars').selectAll().where('aci', '=', ana.aci).executeTakeFirst()
  await until(async () => (await row()) !== undefined)
  // The name of a stranger is shown; by then the picture would have been asked for, too.
  await until(() => gateway.sink.facts.some(({ kind }) => kind === 'profile'))
  expect((await row())?.due_at_ms).not.toBeNull()
  expect(told(gateway)).toEqual([])

  const decide = async (kind: 'accepted' | 'blocked' | 'unblocked') => {
    const decision =
      kind === 'accepted' ? { kind, messages: [] } : kind === 'blocked' ? { kind, deleted: false } : { kind }
    const after = await gateway.db.transaction().execute((tx) => gateway.account.decide(byAci(ana.aci), decision, tx))
    after()
  }
  await decide('accepted')
  await until(() => told(gateway).length === 1)
  expect(await shown(gateway)).toMatchObject({ width: 320, isRed: true })
  expect((await row())?.due_at_ms).toBeNull()

  await decide('blocked')
  expect((await row())?.due_at_ms).toBe(0)
  await gateway.account.profile().read()
  expect(told(gateway)).toHaveLength(1)
  await decide('unblocked')
  await decide('accepted')
  await until(() => told(gateway).length === 2)
})

test('whoever is written to shows their picture; a picture that is not there yet is tried once more, and no more', async () => {
  const world = await World.open()
  const before = await world.registeredGateway()
  before.sink.knowsAll = false
  const ana = await world.person('Ana', '+15550000201')
  ana.showPicture(await photograph('#2020d0'))
  const { avatars } = world.server.host.groupRoutes
  const [[place, sealed] = ['', Buffer.alloc(0)]] = [...avatars]
  avatars.delete(place)
  await (await ana.sendText(gatewayNumber, 'here I am')).acknowledged
  await until(() => before.sink.facts.some(({ kind }) => kind === 'profile'))
  await write(before, ana.aci, 'hello Ana')
  const row = ({ db }: Gateway) =>
    db.selectFrom('signal_avatars').selectAll().where('aci', '=', ana.aci).executeTakeFirst()
  await until(async () => (await row(before))?.failures === 1)
  expect((await row(before))?.due_at_ms).toBeGreaterThan(Date.now() + 9 * 60_000)

  await before.db.updateTable('signal_avatars').set({ due_at_ms: 0 }).execute()
  await before.close()
  const given = await world.gateway()
  await until(async () => (await row(given))?.failures === 2)
  expect((await row(given))?.due_at_ms).toBeNull()

  avatars.set(place, sealed)
  await given.db.updateTable('signal_avatars').set({ due_at_ms: 0, failures: 1 }).execute()
  await given.close()
  const after = await world.gateway()
  await until(() => told(after).length > 0)
  expect(await shown(after)).toMatchObject({ width: 320, isRed: false })
})

test('what is no picture, is sealed with another key, or lies elsewhere, is none and is not asked for again', async () => {
  const world = await World.open()
  const gateway = await world.registeredGateway()
  const people = await Promise.all(
    ['Ana', 'Ben', 'Chloe'].map((name, index) => world.person(name, `+1555000020${index + 1}`)),
  )
  const [ana, ben, chloe] = people
  if (ana === undefined || ben === undefined || chloe === undefined) throw new Error('nobody')
  const { avatars } = world.server.host.groupRoutes
  ana.showPicture(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'))
  ben.showPicture(await photograph('#d02020'))
  for (const [place, octets] of avatars) if (octets.length > 500) avatars.set(place, Buffer.alloc(octets.length, 7))
  chloe.showPicture(Buffer.alloc(11 * 1024 * 1024))
  for (const person of people) await (await person.sendText(gatewayNumber, 'hello')).acknowledged
  await until(() => told(gateway).length >= 2)
  expect(told(gateway).map(({ picture }) => picture)).toEqual([undefined, undefined])
  const rows = await gateway.db.selectFrom('signal_avatars').select(['aci', 'due_at_ms']).execute()
  expect(
    rows
      .filter(({ due_at_ms }) => due_at_ms === null)
      .map(({ aci }) => aci)
      .sort(),
  ).toEqual([ana.aci, ben.aci].sort())
  // Too large: nothing of it is kept, and it is looked at once more.
  await until(async () => {
    const row = await gateway.db
      .selectFrom('signal_avatars')
      .selectAll()
      .where('aci', '=', chloe.aci)
      .executeTakeFirst()
    return row?.failures === 1
  })
  await gateway.db.updateTable('signal_avatars').set({ due_at_ms: 0 }).where('aci', '=', chloe.aci).execute()
  await gateway.close()
  const again = await world.gateway()
  await until(async () => {
    const row = await again.db.selectFrom('signal_avatars').selectAll().where('aci', '=', chloe.aci).executeTakeFirst()
    return row?.failures === 2 && row.due_at_ms === null
  })
  expect(again.blobs.usedBytes).toBe(0)
})

test('a picture that was set without a connection is published with the next one, once', async () => {
  const world = await World.open()
  const before = await world.registeredGateway()
  await until(() => puts(world).length === 1)
  await world.server.stop()
  await before.account.profile().setPicture(await photograph('#d02020'))
  expect(await before.account.profile().read()).toMatchObject({ published: false })
  await before.close()
  await world.server.start()
  const after = await world.gateway()
  await connected(after)
  await until(async () => (await after.account.profile().read()).published)
  expect(world.server.host.groupRoutes.avatars.size).toBe(1)
  expect(puts(world)).toHaveLength(2)
})

test('registering the same number anew, which takes the profile from the server, brings the picture there again', async () => {
  const world = await World.open()
  const gateway = await world.registeredGateway()
  const { aci } = gateway.account.status()
  await gateway.account.profile().setPicture(await photograph('#d02020'))
  const { avatars } = world.server.host.groupRoutes
  const [before] = [...avatars.keys()]
  await world.server.host.leave(aci as AciString, { stayListed: true })
  await until(() => gateway.account.status().state === 'signed-out')
  await gateway.account.register({ e164: gatewayNumber, captcha: undefined, transport: 'sms' })
  await connected(gateway)
  await until(async () => (await gateway.account.profile().read()).published)
  const { avatar_place: place } = await gateway.db
    .selectFrom('signal_profile')
    .select('avatar_place')
    .executeTakeFirstOrThrow()
  expect(place).not.toBe(before)
  expect([...avatars.keys()]).toContain(place)
})

test('a text that no profile holds, and what is no picture, are refused and change nothing', async () => {
  const world = await World.open()
  const { account } = await world.registeredGateway()
  const profile = account.profile()
  await expect(profile.change({ emoji: 'x'.repeat(33) })).rejects.toMatchObject({ code: 'profile-too-long' })
  await expect(profile.change({ name: 'é'.repeat(129) })).rejects.toMatchObject({ code: 'profile-too-long' })
  await expect(profile.setPicture(Buffer.from('no picture'))).rejects.toMatchObject({ code: 'picture-unreadable' })
  expect(await profile.read()).toMatchObject({ name: 'Home', about: '', emoji: '', picture: undefined })
  await profile.change({ name: '' })
  expect((await profile.read()).name).toBe('')
  await profile.change({ name: null })
  expect((await profile.read()).name).toBe('Home')
})

test('a linked device shows the profile that the phone has published, and publishes nothing', async () => {
  const world = await World.open()
  const olga = await world.person('Olga', '+15550000301')
  olga.showPicture(await photograph('#d02020'))
  const gateway = await world.gateway({ patient: true })
  await linkWith(gateway, olga)
  const profile = gateway.account.profile()
  await until(async () => (await profile.read()).picture !== undefined)
  const first = await profile.read()
  expect(first).toMatchObject({ name: 'Olga', editable: false, published: true })
  await expect(profile.change({ name: 'Somebody' })).rejects.toMatchObject({ code: 'signal-not-primary' })
  await expect(profile.setPicture(undefined)).rejects.toMatchObject({ code: 'signal-not-primary' })

  await phoneAsked(gateway)
  olga.showPicture(await photograph('#2020d0'))
  await olga.tellDevices({ fetchLatest: { type: 1 } })
  await until(async () => (await profile.read()).picture !== first.picture)
  const { dominant } = await sharp(await profile.picture()).stats()
  expect(dominant.b).toBeGreaterThan(dominant.r)

  olga.showPicture(undefined)
  await olga.tellDevices({ fetchLatest: { type: 1 } })
  await until(async () => (await profile.read()).picture === undefined)
  expect(puts(world)).toEqual([])
})
