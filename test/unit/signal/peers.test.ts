/** Who is who: ids that facts join, and ids that move on to somebody else. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { PeerIds } from '../../../src/signal/facts.ts'
import { findPeer, idsOf, learnPeer, learnProfileKey, setTraits } from '../../../src/signal/peers.ts'
import { type Database, openDatabase } from '../../../src/store/database.ts'

const [aci1, aci2, pni1] = ['aci-1', 'aci-2', 'pni-1']
const [number1, number2] = ['+15550000001', '+15550000002']
let db: Database

beforeEach(async () => {
  db = await openDatabase({ path: ':memory:', key: new Uint8Array(32) })
})

afterEach(async () => {
  await db.destroy()
})

const ids = (known: Partial<PeerIds>): PeerIds => ({ aci: undefined, pni: undefined, e164: undefined, ...known })
const find = async (known: Partial<PeerIds>) => {
  const peer = await findPeer(db, ids(known))
  return peer === undefined ? undefined : idsOf(peer)
}

test('ids learnt together belong to one person', async () => {
  const { isNew, joined } = await learnPeer(db, ids({ aci: aci1, e164: number1 }))
  expect({ isNew, joined }).toEqual({ isNew: true, joined: false })
  expect(await find({ e164: number1 })).toEqual(ids({ aci: aci1, e164: number1 }))
})

test('a proof joins what was known apart', async () => {
  await learnPeer(db, ids({ pni: pni1, e164: number1 }))
  await learnPeer(db, ids({ aci: aci1 }))
  const { peer, joined } = await learnPeer(db, ids({ aci: aci1, pni: pni1, e164: number1 }))
  expect(joined).toBe(true)
  expect(idsOf(peer)).toEqual({ aci: aci1, pni: pni1, e164: number1 })
  expect(await db.selectFrom('signal_peers').selectAll().execute()).toHaveLength(1)
})

test('a number that turns up with another account has moved there', async () => {
  await learnPeer(db, ids({ aci: aci1, e164: number1 }))
  await learnPeer(db, ids({ aci: aci2, e164: number1 }))
  expect(await find({ e164: number1 })).toEqual(ids({ aci: aci2, e164: number1 }))
  expect(await find({ aci: aci1 })).toEqual(ids({ aci: aci1 }))
})

test('an account that turns up with another number has changed it', async () => {
  await learnPeer(db, ids({ aci: aci1, e164: number1 }))
  await learnPeer(db, ids({ aci: aci1, e164: number2 }))
  expect(await find({ e164: number1 })).toBeUndefined()
  expect(await find({ aci: aci1 })).toEqual(ids({ aci: aci1, e164: number2 }))
})

test('learning the same again joins nothing', async () => {
  await learnPeer(db, ids({ aci: aci1, e164: number1 }))
  expect(await learnPeer(db, ids({ aci: aci1 }))).toMatchObject({ isNew: false, joined: false })
})

test('a new profile key makes sealed messages worth another try, the same one does not', async () => {
  await learnPeer(db, ids({ aci: aci1 }))
  const key = new Uint8Array(32).fill(1)
  await learnProfileKey(db, aci1, key)
  await setTraits(db, aci1, { sealedRefused: true })
  await learnProfileKey(db, aci1, key)
  expect(await findPeer(db, ids({ aci: aci1 }))).toMatchObject({ sealedRefused: true })
  await learnProfileKey(db, aci1, new Uint8Array(32).fill(2))
  expect(await findPeer(db, ids({ aci: aci1 }))).toMatchObject({ sealedRefused: false })
})
