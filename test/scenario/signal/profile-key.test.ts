/** A primary takes another profile key when its owner shuts somebody out who knew it (mock server, groups of the sandbox). */
import { ProfileKey } from '@signalapp/libsignal-client/dist/zkgroup/index.js'
import { expect, test } from 'vitest'
import type { PeerDecision } from '../../../src/signal/contract.ts'
import type { GroupState } from '../../../src/signal/groups/state.ts'
import { nobody, octets } from '../../../src/signal/ids.ts'
import { decryptName } from '../../../src/signal/profile-cipher.ts'
import { storageRecordCodec } from '../../../src/signal/proto/storage.ts'
import { aciOf, acquainted, plain, requestsFor } from './group-kit.ts'
import { byAci, connected, type Gateway, phoneAsked, timestamp, until, World } from './kit.ts'
import { storedRecords } from './stored-records.ts'

const accountOf = ({ db }: Gateway) => db.selectFrom('signal_account').selectAll().executeTakeFirstOrThrow()
const base64 = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString('base64')
const keyOf = async (gateway: Gateway) => base64((await accountOf(gateway)).profile_key)

async function decide(gateway: Gateway, who: string | { groupId: string }, decision: PeerDecision): Promise<void> {
  const { db, account } = gateway
  const peer = typeof who === 'string' ? byAci(who) : { ...nobody, ...who }
  const told = await db.transaction().execute((tx) => account.decide(peer, decision, tx))
  told()
}

/** What a gateway knows of the key of somebody else. */
async function knownKey({ db }: Gateway, aci: string): Promise<string> {
  const row = await db.selectFrom('signal_peers').select('profile_key').where('aci', '=', aci).executeTakeFirst()
  return base64(row?.profile_key)
}

async function keyInGroup({ db }: Gateway, id: string, aci: string): Promise<string | undefined> {
  const row = await db.selectFrom('signal_groups').select('state_json').where('id', '=', id).executeTakeFirst()
  const state: GroupState | undefined = JSON.parse(row?.state_json ?? 'null') ?? undefined
  return state?.members.find((member) => member.aci === aci)?.profileKey
}

test('whoever is shut out sees nothing new of the profile; everybody else gets the new key, groups without them at once', async () => {
  const world = await World.open()
  const [home, friend] = await acquainted(world, 2)
  if (home === undefined || friend === undefined) throw new Error('too few')
  const { aci: shutOut } = await world.person('Pest', '+15550000109')
  const own = aciOf(home)
  const create = (title: string, acis: readonly string[]) =>
    home.account.groups().create({ ...plain, title, people: acis.map(byAci) })
  const asking = await create('Club', [aciOf(friend)])
  const quiet = await create('Garden', [aciOf(friend)])
  // They are invited there, and may see who is in it.
  const mixed = await create('Street', [aciOf(friend), shutOut])
  await until(async () => (await keyInGroup(friend, mixed, own)) !== undefined)
  await until(async () => (await keyInGroup(friend, asking, own)) !== undefined)
  // As if strangers had added us, and the owner had not answered yet.
  await home.db.updateTable('signal_groups').set({ asks: 1 }).where('id', '=', asking).execute()
  const before = await keyOf(home)

  await decide(home, shutOut, { kind: 'blocked', deleted: false })
  await until(async () => (await keyOf(home)) !== before)
  const after = await keyOf(home)
  expect(await accountOf(home)).toMatchObject({ next_profile_key: null, key_change_due_at_ms: null })

  // At the server there is the profile under the new key alone, and its access key.
  const device = await world.server.host.findByNumber('+15550000100')
  const sealed = Buffer.from(device?.profileName ?? [])
  expect(decryptName(Buffer.from(after, 'base64'), sealed)).toBe('Home')
  expect(decryptName(Buffer.from(before, 'base64'), sealed)).toBeUndefined()
  const access = new ProfileKey(octets(Buffer.from(after, 'base64'))).deriveAccessKey()
  expect(base64(device?.accessKey)).toBe(base64(access))

  // The group that is free of them, and its members, have the new one.
  await until(async () => (await keyInGroup(friend, quiet, own)) === after)
  await until(async () => (await knownKey(friend, own)) === after)
  expect(await keyInGroup(friend, mixed, own)).toBe(before)
  expect(await keyInGroup(home, asking, own)).toBe(before)
  await decide(home, { groupId: asking }, { kind: 'accepted', messages: [] })
  await until(async () => (await keyInGroup(friend, asking, own)) === after)

  // Our own devices learn it from the storage service.
  await until(async () => {
    const items = (await storedRecords(world, home, '+15550000100'))?.items ?? []
    return items.some(
      (item) => base64(storageRecordCodec.decode(item ?? new Uint8Array()).account?.profileKey) === after,
    )
  })

  // Shut out once more: they never had the present key.
  await decide(home, shutOut, { kind: 'blocked', deleted: false })
  expect((await accountOf(home)).key_change_due_at_ms).toBeNull()
  // No longer shut out, they see what the other members of the group see.
  await decide(home, shutOut, { kind: 'unblocked' })
  await until(async () => (await keyInGroup(friend, mixed, own)) === after)
})

test('who has the former key goes on reaching us, and learns the new one with our next message', async () => {
  const world = await World.open()
  const home = await world.registeredGateway()
  const friend = await world.registeredGateway('friend', '+15550000102')
  const pest = await world.person('Pest', '+15550000103')
  const [own, to] = [aciOf(home), byAci(aciOf(friend))]
  await home.account.sendText({ to, text: 'hello', timestampMs: timestamp() })
  await home.account.sendText({ to: byAci(pest.aci), text: 'hello', timestampMs: timestamp() })
  await until(async () => (await knownKey(friend, own)) === (await keyOf(home)))
  const before = await keyOf(home)
  await decide(home, pest.aci, { kind: 'blocked', deleted: true })
  await until(async () => (await keyOf(home)) !== before)

  // Sealed with the former key, the server refuses it: it comes all the same.
  const { sealed } = await friend.account.sendText({ to: byAci(own), text: 'there?', timestampMs: timestamp() })
  expect(sealed).toBe(false)
  await until(() => home.sink.texts.some(({ text }) => text === 'there?'))
  expect(await knownKey(friend, own)).toBe(before)
  await home.account.sendText({ to, text: 'here', timestampMs: timestamp() })
  const after = await keyOf(home)
  await until(async () => (await knownKey(friend, own)) === after)
  const again = await friend.account.sendText({ to: byAci(own), text: 'good', timestampMs: timestamp() })
  expect(again.sealed).toBe(true)
  // Whom the owner never let in has nothing that could be taken from them.
  const stranger = await world.person('Stranger', '+15550000104')
  await decide(home, stranger.aci, { kind: 'blocked', deleted: false })
  expect((await accountOf(home)).key_change_due_at_ms).toBeNull()
})

test('what is sent again to somebody who could not read it goes with the key that is ours by then', async () => {
  const world = await World.open()
  const [home, friend] = (await acquainted(world, 2)) as [Gateway, Gateway]
  const pest = await world.person('Pest', '+15550000109')
  const [own, to] = [aciOf(home), byAci(aciOf(friend))]
  await home.account.sendText({ to: byAci(pest.aci), text: 'hello', timestampMs: timestamp() })
  const before = await keyOf(home)
  await until(async () => (await knownKey(friend, own)) === before)
  // It waits at the server, and when it comes there is no session any more that could read it.
  await friend.account.stop()
  await friend.db.deleteFrom('signal_sessions').execute()
  await friend.close()
  const timestampMs = timestamp()
  await home.account.sendText({ to, text: 'for you', timestampMs })
  await decide(home, pest.aci, { kind: 'blocked', deleted: false })
  await until(async () => (await keyOf(home)) !== before)
  const back = await world.gateway({ name: 'g1' })
  await until(() => back.sink.texts.some(({ text }) => text === 'for you'))
  expect(back.sink.undecryptables.some(({ missing }) => missing?.timestampMs === timestampMs)).toBe(true)
  expect(await knownKey(back, own)).toBe(await keyOf(home))
})

test('a change of the key that is cut off in the middle goes on with the same key, not before the service lets it', async () => {
  const world = await World.open()
  const { faults } = world.server
  const home = await world.registeredGateway()
  const pest = await world.person('Pest', '+15550000103')
  await home.account.sendText({ to: byAci(pest.aci), text: 'hello', timestampMs: timestamp() })
  await until(async () => (await accountOf(home)).profile_digest !== null)
  const before = await keyOf(home)
  faults.refuseRequests({ path: /accounts\/attributes/, status: 429, retryAfterSeconds: 300 })
  await decide(home, pest.aci, { kind: 'blocked', deleted: false })
  await until(async () => ((await accountOf(home)).key_change_due_at_ms ?? 0) > Date.now() + 100_000)
  const { next_profile_key: next } = await accountOf(home)
  expect(await keyOf(home)).toBe(before)
  expect(next).toHaveLength(32)
  await home.close()

  faults.heal()
  const asked = () => requestsFor(world, '/v1/accounts/attributes').length
  const tries = asked()
  const early = await world.gateway()
  await connected(early)
  // It looked, and waits for the rest of the time.
  await until(() => early.waits.some((ms) => ms > 60_000 && ms < 300_000))
  expect([asked(), await keyOf(early)]).toEqual([tries, before])
  await early.close()
  const late = await world.gateway({ clockAheadMs: 400_000 })
  await connected(late)
  await until(async () => (await keyOf(late)) !== before)
  expect(await keyOf(late)).toBe(base64(next))
})

test('a linked device leaves the key to the phone', async () => {
  const world = await World.open()
  const olga = await world.person('Olga', '+15550000301')
  const ana = await world.person('Ana', '+15550000201')
  // The code to be scanned lives as long as it really does.
  const gateway = await world.gateway({ patient: true })
  await gateway.account.link({ deviceName: 'Cellar' })
  const step = gateway.account.status().link
  if (step?.step !== 'scan') throw new Error('nothing to scan')
  await olga.link(step.uri, [ana])
  await connected(gateway)
  await phoneAsked(gateway)
  await gateway.account.sendText({ to: byAci(ana.aci), text: 'hello', timestampMs: timestamp() })
  await decide(gateway, ana.aci, { kind: 'blocked', deleted: false })
  expect((await accountOf(gateway)).key_change_due_at_ms).toBeNull()
  expect(requestsFor(world, '/v1/accounts/attributes')).toEqual([])
})
