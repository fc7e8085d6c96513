/** A changed number that is not whole, or not the phone's to tell, changes nothing. */
import { IdentityKeyPair } from '@signalapp/libsignal-client'
import { expect, test } from 'vitest'
import type { Credentials } from '../../../src/signal/credentials.ts'
import { applyNumberChange } from '../../../src/signal/number-change.ts'
import { makeRepeatedUseKeys } from '../../../src/signal/prekeys.ts'
import { openDatabase } from '../../../src/store/database.ts'

const identity = IdentityKeyPair.generate()
const keys = makeRepeatedUseKeys(identity, { signed: 1, kyber: 2 }, 1_000)
const whole = {
  identityKeyPair: identity.serialize(),
  signedPreKey: keys.signed.serialize(),
  lastResortKyberPreKey: keys.lastResort.serialize(),
  registrationId: 7,
  newE164: '+15550000999',
}
const foreign = makeRepeatedUseKeys(IdentityKeyPair.generate(), { signed: 3, kyber: 4 }, 1_000)
const updatedPni = 'PNI:00000000-0000-4000-8000-000000000001'
const sender = { aci: 'us', deviceId: 1, sealed: false, e164: undefined, provenPni: undefined }
const linked = { e164: '+15550000111', deviceId: 2 } as Credentials

async function apply(change: object, given: object = {}): Promise<number> {
  const db = await openDatabase({ path: ':memory:', key: new Uint8Array(32) })
  try {
    await db
      .insertInto('signal_pre_keys')
      .values({ own: 'pni', key_id: 5, record: new Uint8Array(1) })
      .execute()
    const all = { sender, updatedPni, credentials: linked, nowMs: 1_000, ...given }
    const applied = db.transaction().execute((transaction) => applyNumberChange(change, all, transaction))
    await applied.catch((error) => expect(error).toMatchObject({ code: 'number-change', keepRatchet: true }))
    return (await db.selectFrom('signal_pre_keys').select('key_id').execute()).length
  } finally {
    await db.destroy()
  }
}

test('a whole change takes the keys of the former identity away', async () => {
  expect(await apply(whole)).toBe(0)
})

test.each([
  ['nothing', {}, {}],
  ['no identity', { ...whole, identityKeyPair: undefined }, {}],
  ['a signed key of somebody else', { ...whole, signedPreKey: foreign.signed.serialize() }, {}],
  ['a last-resort key of somebody else', { ...whole, lastResortKyberPreKey: foreign.lastResort.serialize() }, {}],
  ['a registration id out of range', { ...whole, registrationId: 0x4000 }, {}],
  ['octets for a key', { ...whole, signedPreKey: new Uint8Array([1, 2, 3]) }, {}],
  ['no new identity of the server', whole, { updatedPni: undefined }],
  ['an account id as the new identity', whole, { updatedPni: updatedPni.slice(4) }],
  ['another linked device as the teller', whole, { sender: { ...sender, deviceId: 3 } }],
  ['a primary as the listener', whole, { credentials: { ...linked, deviceId: 1 } }],
])('%s changes nothing', async (_what, change, given) => {
  expect(await apply(change, given)).toBe(1)
})
