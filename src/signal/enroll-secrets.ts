/**
 * What an account chooses itself when it registers (or, linked to a phone, is given): password, entropy pool, profile key, both identities with their
 * repeated-use keys. Made once, kept as JSON with the registration, and told to the server in libsignal's form.
 */
import { IdentityKeyPair, KyberPreKeyRecord, Net, SignedPreKeyRecord } from '@signalapp/libsignal-client'
import { AccountEntropyPool, SvrKey } from '@signalapp/libsignal-client/dist/AccountKeys.js'
import { ProfileKey } from '@signalapp/libsignal-client/dist/zkgroup/index.js'
import { fraction, type Random } from './clock.ts'
import type { AccountRow } from './credentials.ts'
import { octets } from './ids.ts'
import { firstKeyId, makeRepeatedUseKeys, type RepeatedUseKeys, signedForm } from './prekeys.ts'
import { encryptDeviceName } from './provisioning.ts'

const registrationIdMax = 0x3fff
const passwordOctets = 18
export const profileKeyOctets = 32
/** What the server asks new devices to support, and the mock's schema with it. */
export const capabilities = ['attachmentBackfill', 'spqr', 'usernameChangeSyncMessage']

interface IdentitySecrets extends RepeatedUseKeys {
  identity: IdentityKeyPair
  registrationId: number
}

export interface Secrets {
  password: string
  entropyPool: string
  profileKey: ProfileKey
  aci: IdentitySecrets
  pni: IdentitySecrets
}

/** Fresh ones; identity keys, profile key and entropy pool of an earlier account on the same number are kept. */
export function makeSecrets(
  random: Random,
  nowMs: number,
  earlier: Pick<AccountRow, 'entropy_pool' | 'profile_key' | 'aci_identity' | 'pni_identity'> | undefined,
): Secrets {
  return {
    password: toBase64(random(passwordOctets)),
    // A linked device may not have been told the pool.
    entropyPool: earlier?.entropy_pool || AccountEntropyPool.generate(),
    profileKey: new ProfileKey(octets(earlier?.profile_key ?? random(profileKeyOctets))),
    aci: makeIdentity(random, nowMs, earlier?.aci_identity),
    pni: makeIdentity(random, nowMs, earlier?.pni_identity),
  }
}

function makeIdentity(random: Random, nowMs: number, earlier: Uint8Array | undefined): IdentitySecrets {
  const identity = earlier === undefined ? IdentityKeyPair.generate() : IdentityKeyPair.deserialize(octets(earlier))
  return {
    identity,
    registrationId: 1 + Math.floor(fraction(random) * registrationIdMax),
    ...makeRepeatedUseKeys(identity, { signed: firstKeyId(random), kyber: firstKeyId(random) }, nowMs),
  }
}

/** The request that makes the account. `lock` opens the registration lock of the number, and stays the account's. */
export function registrationOf(
  secrets: Secrets,
  { lock, skipTransfer, discoverable }: { lock: string | null; skipTransfer: boolean; discoverable: boolean },
): Net.RegisterAccountArgs {
  const { aci, pni, profileKey } = secrets
  return {
    accountPassword: secrets.password,
    skipDeviceTransfer: skipTransfer,
    accountAttributes: new Net.AccountAttributes({
      recoveryPassword: new SvrKey(
        AccountEntropyPool.deriveSvrKey(secrets.entropyPool),
      ).deriveRegistrationRecoveryPassword(),
      aciRegistrationId: aci.registrationId,
      pniRegistrationId: pni.registrationId,
      registrationLock: lock,
      unidentifiedAccessKey: profileKey.deriveAccessKey(),
      unrestrictedUnidentifiedAccess: false,
      capabilities: new Set(capabilities),
      discoverableByPhoneNumber: discoverable,
    }),
    aciPublicKey: aci.identity.publicKey,
    aciSignedPreKey: aci.signed,
    aciPqLastResortPreKey: aci.lastResort,
    pniPublicKey: pni.identity.publicKey,
    pniSignedPreKey: pni.signed,
    pniPqLastResortPreKey: pni.lastResort,
  }
}

/** The request that makes this the next device of an account that is on a phone. */
export function linkingOf(secrets: Secrets, given: { code: string; deviceName: string }) {
  const { aci, pni } = secrets
  return {
    verificationCode: given.code,
    accountAttributes: {
      fetchesMessages: true,
      name: encryptDeviceName(given.deviceName, aci.identity.publicKey),
      registrationId: aci.registrationId,
      pniRegistrationId: pni.registrationId,
      capabilities: Object.fromEntries(capabilities.map((capability) => [capability, true])),
    },
    aciSignedPreKey: signedForm(aci.signed),
    pniSignedPreKey: signedForm(pni.signed),
    aciPqLastResortPreKey: signedForm(aci.lastResort),
    pniPqLastResortPreKey: signedForm(pni.lastResort),
  }
}

/** The columns of the account that come from here. */
export function accountColumns({ password, entropyPool, profileKey, aci, pni }: Secrets) {
  return {
    password,
    aci_identity: aci.identity.serialize(),
    pni_identity: pni.identity.serialize(),
    aci_registration_id: aci.registrationId,
    pni_registration_id: pni.registrationId,
    profile_key: profileKey.serialize(),
    entropy_pool: entropyPool,
  }
}

interface SecretsJson {
  password: string
  entropyPool: string
  profileKey: string
  aci: IdentityJson
  pni: IdentityJson
}

interface IdentityJson {
  identity: string
  registrationId: number
  signed: string
  lastResort: string
}

export function writeSecrets(secrets: Secrets): string {
  const { password, entropyPool, profileKey, aci, pni } = secrets
  const json: SecretsJson = {
    password,
    entropyPool,
    profileKey: toBase64(profileKey.serialize()),
    aci: writeIdentity(aci),
    pni: writeIdentity(pni),
  }
  return JSON.stringify(json)
}

export function readSecrets(text: string): Secrets {
  const { password, entropyPool, profileKey, aci, pni } = JSON.parse(text) as SecretsJson
  return {
    password,
    entropyPool,
    profileKey: new ProfileKey(fromBase64(profileKey)),
    aci: readIdentity(aci),
    pni: readIdentity(pni),
  }
}

function writeIdentity({ identity, registrationId, signed, lastResort }: IdentitySecrets): IdentityJson {
  return {
    identity: toBase64(identity.serialize()),
    registrationId,
    signed: toBase64(signed.serialize()),
    lastResort: toBase64(lastResort.serialize()),
  }
}

function readIdentity({ identity, registrationId, signed, lastResort }: IdentityJson): IdentitySecrets {
  return {
    identity: IdentityKeyPair.deserialize(fromBase64(identity)),
    registrationId,
    signed: SignedPreKeyRecord.deserialize(fromBase64(signed)),
    lastResort: KyberPreKeyRecord.deserialize(fromBase64(lastResort)),
  }
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text, 'base64'))
}
