/** Usernames against the mock's own routes: whose one is, and ours from claim to release. */
import { expect, test } from 'vitest'
import type { AciString } from '../../../src/sandbox/mock.ts'
import { linkOf, uuidOf } from '../../../src/signal/username-words.ts'
import { byAci, connected, type Gateway, gatewayNumber, linkWith, phoneAsked, timestamp, until, World } from './kit.ts'

const status = ({ account }: Gateway) => account.status().username

test('whoever has a username is found by it, and written to without a number', async () => {
  const world = await World.open()
  const gateway = await world.registeredGateway()
  const ana = await world.person('Ana', '+15550000201')
  await world.server.host.setUsername(ana.aci, 'ana.42')
  const found = await gateway.account.usernames().find('ana.42')
  expect(found).toEqual({ aci: ana.aci, username: 'ana.42' })
  const heard: string[] = []
  ana.onText(({ text }) => heard.push(text))
  await gateway.account.sendText({ to: byAci(found.aci), text: 'by name', timestampMs: timestamp() })
  await until(() => heard.length > 0)
  expect(heard).toEqual(['by name'])
})

test('a link of a username leads to the account, until its owner makes another', async () => {
  const world = await World.open()
  const gateway = await world.registeredGateway()
  const ana = await world.person('Ana', '+15550000201')
  await world.server.host.setUsername(ana.aci, 'ana.42')
  const { entropy, serverId } = await world.server.host.setUsernameLink(ana.aci, 'ana.42')
  const link = linkOf({ entropy, handle: uuidOf(serverId) })
  expect(await gateway.account.usernames().find(link)).toEqual({ aci: ana.aci, username: 'ana.42' })
  const wrongKey = linkOf({ entropy: new Uint8Array(32).fill(1), handle: uuidOf(serverId) })
  await expect(gateway.account.usernames().find(wrongKey)).rejects.toMatchObject({ code: 'username-unknown' })
  await expect(gateway.account.usernames().find('https://signal.me/#eu/AAAA')).rejects.toMatchObject({
    code: 'username-invalid',
  })
})

test('what was asked a moment ago is not asked again, and a name that nobody has is nobody', async () => {
  const world = await World.open()
  const gateway = await world.registeredGateway()
  const ana = await world.person('Ana', '+15550000201')
  await world.server.host.setUsername(ana.aci, 'ana.42')
  await gateway.account.usernames().find('ana.42')
  await world.server.host.deleteUsername(ana.aci)
  expect((await gateway.account.usernames().find('ana.42')).aci).toBe(ana.aci)
  await expect(gateway.account.usernames().find('ana.43')).rejects.toMatchObject({ code: 'username-unknown' })
  for (const words of ['ana', 'ana.0', '1ana.42', '', 'a'.repeat(300)]) {
    await expect(gateway.account.usernames().find(words)).rejects.toMatchObject({ code: 'username-invalid' })
  }
})

test('a username is claimed, shown with a link that leads here, renewed, replaced and given up', async () => {
  const world = await World.open()
  const gateway = await world.registeredGateway()
  const { aci } = gateway.account.status()
  const own = gateway.account.usernames()
  await expect(own.renewLink()).rejects.toMatchObject({ code: 'username-none' })
  await own.claim({ nickname: 'cellar', discriminator: '77' })
  expect(status(gateway)?.username).toBe('cellar.77')
  const first = status(gateway)?.link ?? ''
  expect(await own.find(first)).toEqual({ aci, username: 'cellar.77' })

  await own.renewLink()
  const second = status(gateway)?.link ?? ''
  expect(second).not.toBe(first)
  const stranger = await world.registeredGateway('stranger', '+15550000102')
  expect(await stranger.account.usernames().find(second)).toEqual({ aci, username: 'cellar.77' })
  await expect(stranger.account.usernames().find(first)).rejects.toMatchObject({ code: 'username-unknown' })
  await expect(stranger.account.usernames().claim({ nickname: 'cellar', discriminator: '77' })).rejects.toMatchObject({
    code: 'username-taken',
  })
  await expect(own.claim({ nickname: 'no spaces', discriminator: undefined })).rejects.toMatchObject({
    code: 'username-invalid',
  })
  expect(status(gateway)?.username).toBe('cellar.77')

  await own.claim({ nickname: 'attic', discriminator: undefined })
  expect(status(gateway)?.username).toMatch(/^attic\.\d\d+$/)
  await gateway.close()
  const after = await world.gateway()
  await connected(after)
  await until(() => status(after) !== undefined)
  expect(status(after)?.username).toMatch(/^attic\./)
  await after.account.usernames().release()
  expect(status(after)).toBeUndefined()
  await expect(after.account.usernames().find(second)).rejects.toMatchObject({ code: 'username-unknown' })
})

test('a username that the server gave while we crashed is ours after the restart', async () => {
  const world = await World.open()
  const before = await world.registeredGateway()
  await before.account.usernames().claim({ nickname: 'cellar', discriminator: '77' })
  // As it lies in the database when the answer to the confirmation is lost.
  await before.db
    .updateTable('signal_username')
    .set(({ ref }) => ({ pending: ref('username'), pending_entropy: ref('entropy') }))
    .execute()
  await before.db.updateTable('signal_username').set({ username: null, entropy: null, link_handle: null }).execute()
  await before.close()
  const after = await world.gateway()
  await connected(after)
  await until(() => status(after) !== undefined)
  const { aci } = after.account.status()
  expect(status(after)?.username).toBe('cellar.77')
  expect(await after.account.usernames().find(status(after)?.link ?? '')).toEqual({ aci, username: 'cellar.77' })
})

test('a username that somebody else took meanwhile is given up, and that is all', async () => {
  const world = await World.open()
  const before = await world.registeredGateway()
  const ana = await world.person('Ana', '+15550000201')
  await world.server.host.setUsername(ana.aci, 'cellar.77')
  await before.db
    .insertInto('signal_username')
    .values({ id: 1, pending: 'cellar.77', pending_entropy: new Uint8Array(32) })
    .execute()
  await before.close()
  const after = await world.gateway()
  await connected(after)
  await until(async () => {
    const row = await after.db.selectFrom('signal_username').selectAll().executeTakeFirst()
    return row?.pending === null
  })
  expect(status(after)).toBeUndefined()
  expect(after.account.status().state).toBe('connected')
})

test('a wait that Signal asked for holds over a restart', async () => {
  const world = await World.open()
  const before = await world.registeredGateway()
  await before.db
    .insertInto('signal_rations')
    .values({ kind: 'usernames', not_before_ms: Date.now() + 3600_000 })
    .execute()
  await before.close()
  const after = await world.gateway()
  await connected(after)
  const refused = after.account.usernames().find('ana.42')
  await expect(refused).rejects.toMatchObject({ code: 'signal-rate-limited', retryAfterMs: expect.any(Number) })
  await after.close()
  const later = await world.gateway({ clockAheadMs: 3600_001 })
  await connected(later)
  await expect(later.account.usernames().find('ana.42')).rejects.toMatchObject({ code: 'username-unknown' })
})

test('a linked device shows the phone’s username and changes none', async () => {
  const world = await World.open()
  const olga = await world.person('Olga', '+15550000301')
  await world.server.host.setUsername(olga.aci, 'olga.77')
  const link = await world.server.host.setUsernameLink(olga.aci, 'olga.77')
  const gateway = await world.gateway({ patient: true })
  await linkWith(gateway, olga)
  for (const change of [
    () => gateway.account.usernames().claim({ nickname: 'cellar', discriminator: '77' }),
    () => gateway.account.usernames().release(),
    () => gateway.account.usernames().renewLink(),
  ]) {
    await expect(change()).rejects.toMatchObject({ code: 'signal-not-primary' })
  }
  // The phone says that it has another one: which, the storage service is asked again.
  const due = async () => {
    const row = await gateway.db.selectFrom('signal_account').select('storage_due_at_ms').executeTakeFirstOrThrow()
    return row.storage_due_at_ms
  }
  await until(async () => (await due()) > Date.now())
  const before = await due()
  await olga.tellDevices({ usernameChange: {} })
  await until(async () => (await due()) > before)

  await phoneAsked(gateway)
  await olga.changeStorage((state) =>
    state.updateAccount({ username: 'olga.77', usernameLink: { ...link, color: null } }),
  )
  await until(() => status(gateway)?.username === 'olga.77')
  const shown = status(gateway)?.link ?? ''
  expect(await gateway.account.usernames().find(shown)).toEqual({ aci: olga.aci, username: 'olga.77' })
  await olga.changeStorage((state) => state.updateAccount({ username: '', usernameLink: null }))
  await until(() => status(gateway) === undefined)
})

test('a number that is registered anew has its username again, with a link that leads here', async () => {
  const world = await World.open()
  const gateway = await world.registeredGateway()
  const { aci } = gateway.account.status()
  await gateway.account.usernames().claim({ nickname: 'cellar', discriminator: '77' })
  await world.server.host.leave(aci as AciString, { stayListed: true })
  // Registering anew takes the username from the account and only holds it ready.
  await world.server.host.deleteUsername(aci as AciString)
  await until(() => gateway.account.status().state === 'signed-out')
  await gateway.account.register({ e164: gatewayNumber, captcha: undefined, transport: 'sms' })
  await connected(gateway)
  await until(() => status(gateway)?.username === 'cellar.77')
  expect(gateway.account.status().aci).toBe(aci)
  const other = await world.registeredGateway('other', '+15550000102')
  const found = await other.account.usernames().find(status(gateway)?.link ?? '')
  expect(found).toEqual({ aci, username: 'cellar.77' })
  expect(await other.account.usernames().find('cellar.77')).toEqual({ aci, username: 'cellar.77' })
})
