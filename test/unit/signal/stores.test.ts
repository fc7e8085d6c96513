/** The unit of work over a real database: all or nothing, and what libsignal's stores must guarantee. */
import { Direction, IdentityChange, IdentityKeyPair, PrivateKey, ProtocolAddress } from '@signalapp/libsignal-client'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { keepRepeatedUseKeys, makeRepeatedUseKeys } from '../../../src/signal/prekeys.ts'
import { type LocalIdentity, RatchetUnit } from '../../../src/signal/stores.ts'
import { type Database, openDatabase } from '../../../src/store/database.ts'

const aci = '9d0652a3-dcc3-4d11-975f-74d61598733f'
const peer = ProtocolAddress.new('00000000-0000-4000-8000-000000000001', 1)
let db: Database
let local: LocalIdentity

beforeEach(async () => {
  db = await openDatabase({ path: ':memory:', key: new Uint8Array(32) })
  local = {
    own: 'aci',
    address: ProtocolAddress.new(aci, 1),
    keyPair: IdentityKeyPair.generate(),
    registrationId: 7,
  }
})

afterEach(async () => {
  await db.destroy()
})

const newUnit = () => new RatchetUnit(db, 1_000)
const commit = (unit: RatchetUnit) => db.transaction().execute((transaction) => unit.commit(transaction))
const someKey = () => PrivateKey.generate().getPublicKey()

test('what a unit wrote it reads, and nobody else before the commit', async () => {
  const unit = newUnit()
  const key = someKey()
  await unit.stores(local).identities.saveIdentity(peer, key)
  expect((await unit.stores(local).identities.getIdentity(peer))?.equals(key)).toBe(true)
  expect(await newUnit().stores(local).identities.getIdentity(peer)).toBeNull()
  await commit(unit)
  expect((await newUnit().stores(local).identities.getIdentity(peer))?.equals(key)).toBe(true)
})

test('the first key is trusted, a changed one is accepted from them and not for sending', async () => {
  const first = newUnit()
  const [oldKey, newKey] = [someKey(), someKey()]
  expect(await first.stores(local).identities.isTrustedIdentity(peer, oldKey, Direction.Sending)).toBe(true)
  expect(await first.stores(local).identities.saveIdentity(peer, oldKey)).toBe(IdentityChange.NewOrUnchanged)
  await commit(first)
  const second = newUnit()
  const { identities } = second.stores(local)
  expect(await identities.isTrustedIdentity(peer, newKey, Direction.Receiving)).toBe(true)
  expect(await identities.saveIdentity(peer, newKey)).toBe(IdentityChange.ReplacedExisting)
  expect([...second.changedIdentities]).toEqual([peer.name()])
  await commit(second)
  expect(await newUnit().stores(local).identities.isTrustedIdentity(peer, newKey, Direction.Sending)).toBe(false)
})

test('the history of a safety number is written with the key, and with no key of a phone-number identity', async () => {
  const unit = newUnit()
  const { identities } = unit.stores(local)
  await identities.saveIdentity(peer, someKey())
  await identities.saveIdentity(ProtocolAddress.new(`PNI:${peer.name()}`, 1), someKey())
  await commit(unit)
  const dropped = newUnit()
  await dropped.stores(local).identities.saveIdentity(peer, someKey())
  const later = newUnit()
  await later.stores(local).identities.saveIdentity(peer, someKey())
  await commit(later)
  const rows = await db.selectFrom('identity_history').select(['person', 'event', 'at_ms']).orderBy('id').execute()
  expect(rows).toEqual([
    { person: peer.name(), event: 'first-seen', at_ms: 1_000 },
    { person: peer.name(), event: 'changed', at_ms: 1_000 },
  ])
})

test('of one person the newest fifty lines are kept', async () => {
  for (let at = 1; at <= 60; at++) {
    const unit = new RatchetUnit(db, at)
    await unit.stores(local).identities.saveIdentity(peer, someKey())
    await commit(unit)
  }
  const rows = await db.selectFrom('identity_history').select('at_ms').orderBy('id').execute()
  expect(rows.map(({ at_ms: at }) => at)).toEqual(Array.from({ length: 50 }, (_, index) => index + 11))
})

test('a one-time Kyber key goes with its use', async () => {
  const keys = makeRepeatedUseKeys(local.keyPair, { signed: 1, kyber: 5 }, 1_000)
  const saving = newUnit()
  await saving.stores(local).kyberPreKeys.saveKyberPreKey(5, keys.lastResort)
  await commit(saving)
  const using = newUnit()
  await using.stores(local).kyberPreKeys.markKyberPreKeyUsed(5, 1, someKey())
  await commit(using)
  await expect(newUnit().stores(local).kyberPreKeys.getKyberPreKey(5)).rejects.toThrow('no Kyber pre-key 5')
})

test('a last-resort Kyber key stays, and refuses the same use twice', async () => {
  const keys = makeRepeatedUseKeys(local.keyPair, { signed: 1, kyber: 5 }, 1_000)
  await db.transaction().execute((transaction) => keepRepeatedUseKeys(transaction, 'aci', keys, 1_000))
  const baseKey = someKey()
  const use = newUnit()
  await use.stores(local).kyberPreKeys.markKyberPreKeyUsed(5, 1, baseKey)
  await expect(use.stores(local).kyberPreKeys.markKyberPreKeyUsed(5, 1, baseKey)).rejects.toThrow('twice')
  await commit(use)
  const { kyberPreKeys } = newUnit().stores(local)
  await expect(kyberPreKeys.markKyberPreKeyUsed(5, 1, baseKey)).rejects.toThrow('twice')
  await kyberPreKeys.markKyberPreKeyUsed(5, 1, someKey())
  expect((await kyberPreKeys.getKyberPreKey(5)).id()).toBe(5)
})

test('our two identities do not see each other’s keys', async () => {
  const keys = makeRepeatedUseKeys(local.keyPair, { signed: 1, kyber: 5 }, 1_000)
  await db.transaction().execute((transaction) => keepRepeatedUseKeys(transaction, 'aci', keys, 1_000))
  const pni: LocalIdentity = { ...local, own: 'pni' }
  expect((await newUnit().stores(local).signedPreKeys.getSignedPreKey(1)).id()).toBe(1)
  await expect(newUnit().stores(pni).signedPreKeys.getSignedPreKey(1)).rejects.toThrow('no signed pre-key 1')
})

test('a database that fails is told apart from a message that is wrong', async () => {
  const unit = newUnit()
  const { sessions } = unit.stores(local)
  await db.schema.dropTable('signal_sessions').execute()
  await expect(sessions.getSession(peer)).rejects.toThrow()
  expect(unit.storageFailure).toBeInstanceOf(Error)
})

test('units over a common one: each reads what was merged before, and what is dropped leaves nothing', async () => {
  const all = newUnit()
  const over = () => new RatchetUnit(db, 1_000, all)
  const [kept, dropped] = [someKey(), someKey()]
  const first = over()
  await first.stores(local).identities.saveIdentity(peer, kept)
  first.merge()
  const second = over()
  expect((await second.stores(local).identities.getIdentity(peer))?.equals(kept)).toBe(true)
  expect(await second.stores(local).identities.saveIdentity(peer, dropped)).toBe(IdentityChange.ReplacedExisting)
  const third = over()
  expect((await third.stores(local).identities.getIdentity(peer))?.equals(kept)).toBe(true)
  await commit(all)
  expect((await newUnit().stores(local).identities.getIdentity(peer))?.equals(kept)).toBe(true)
  expect([...third.changedIdentities]).toEqual([])
})
