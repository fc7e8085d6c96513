/**
 * Who can open a backup: the header in front of it, and the key that follows from it.
 *
 *   "CWBACKUP" 8 · version 1 · log2 N 1 · r 1 · p 1 · salt 16 · lock 32 · ephemeral 32 · taken at, ms 8 · SHA-256[0..8)
 *
 * The lock is an X25519 public key, whose private half is scrypt(recovery key, salt). The gateway keeps the lock and the
 * salt and nothing else, so that it makes a backup at night by itself and cannot open one, and neither can whoever takes
 * its disk. Each file has a key of its own: that of the lock with an ephemeral pair, bound to every octet of the header.
 * The digest at the end is for people: a damaged header must not be told as a wrong key.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
  scrypt,
} from 'node:crypto'
import { CausewayError } from '../domain/errors.ts'

const MAGIC = Buffer.from('CWBACKUP')
const VERSION = 1
const SALT_BYTES = 16
const KEY_BYTES = 32
const DIGEST_BYTES = 8
const SALT_AT = MAGIC.length + 4
const LOCK_AT = SALT_AT + SALT_BYTES
const EPHEMERAL_AT = LOCK_AT + KEY_BYTES
const TIME_AT = EPHEMERAL_AT + KEY_BYTES
const DIGEST_AT = TIME_AT + 8
export const ENVELOPE_BYTES = DIGEST_AT + DIGEST_BYTES

/** 32 MiB and a tenth of a second: the key has 93 bits of its own. */
const COST = { log2N: 15, r: 8, p: 1 }
/** What a file may ask of the machine that reads it. */
const COST_MAX = { log2N: 18, r: 16, p: 4 }

/** What the gateway keeps of a recovery key. */
export interface Lock {
  publicKey: Uint8Array
  salt: Uint8Array
}

export interface Envelope extends Lock {
  cost: typeof COST
  ephemeral: Uint8Array
  takenAtMs: number
  /** As it lies in the file. */
  octets: Uint8Array
}

/** Makes the lock of a recovery key. */
export async function lockOf(recoveryKey: string, randomOctets: (count: number) => Uint8Array): Promise<Lock> {
  const salt = randomOctets(SALT_BYTES)
  return { publicKey: publicOctets(await privateKeyOf(recoveryKey, salt, COST)), salt }
}

/** A new envelope for this lock, and the secret of the file that follows it. */
export function seal(lock: Lock, takenAtMs: number): { envelope: Envelope; secret: Uint8Array } {
  const pair = generateKeyPairSync('x25519')
  const octets = Buffer.alloc(ENVELOPE_BYTES)
  MAGIC.copy(octets)
  octets.set([VERSION, COST.log2N, COST.r, COST.p], MAGIC.length)
  octets.set(lock.salt, SALT_AT)
  octets.set(lock.publicKey, LOCK_AT)
  octets.set(publicOctets(pair.privateKey), EPHEMERAL_AT)
  octets.writeBigUInt64BE(BigInt(takenAtMs), TIME_AT)
  octets.set(digestOf(octets), DIGEST_AT)
  const secret = diffieHellman({ privateKey: pair.privateKey, publicKey: publicKeyFrom(lock.publicKey) })
  return { envelope: readEnvelope(octets), secret }
}

/** Throws CausewayError `backup-not-one`, `backup-version`, `backup-damaged`. */
export function readEnvelope(octets: Uint8Array): Envelope {
  const head = Buffer.from(octets)
  if (head.length < MAGIC.length || !MAGIC.equals(head.subarray(0, MAGIC.length))) {
    throw fault('backup-not-one', 'This file is no backup of Causeway. Name another one.')
  }
  const version = head[MAGIC.length]
  if (version !== VERSION) {
    throw fault(
      'backup-version',
      `This backup has format ${version ?? '?'}, and this program reads format ${VERSION}. Take the version of Causeway that made it, or a newer one.`,
    )
  }
  if (head.length < ENVELOPE_BYTES || !digestOf(head).equals(head.subarray(DIGEST_AT))) {
    throw damaged('its beginning was changed or cut off')
  }
  const cost = {
    log2N: head.readUInt8(MAGIC.length + 1),
    r: head.readUInt8(MAGIC.length + 2),
    p: head.readUInt8(MAGIC.length + 3),
  }
  const isBearable = (Object.keys(COST_MAX) as (keyof typeof COST)[]).every(
    (key) => cost[key] > 0 && cost[key] <= COST_MAX[key],
  )
  if (!isBearable) throw damaged('it asks for more memory than any backup needs')
  return {
    cost,
    salt: head.subarray(SALT_AT, LOCK_AT),
    publicKey: head.subarray(LOCK_AT, EPHEMERAL_AT),
    ephemeral: head.subarray(EPHEMERAL_AT, TIME_AT),
    takenAtMs: Number(head.readBigUInt64BE(TIME_AT)),
    octets: head,
  }
}

/** The secret of the file behind an envelope. Throws CausewayError `backup-wrong-key`. */
export async function unlock(envelope: Envelope, recoveryKey: string): Promise<Uint8Array> {
  const privateKey = await privateKeyOf(recoveryKey, envelope.salt, envelope.cost)
  if (Buffer.compare(publicOctets(privateKey), envelope.publicKey) !== 0) {
    throw fault(
      'backup-wrong-key',
      'This is not the recovery key of this backup. Take the one that was shown before it.',
    )
  }
  return diffieHellman({ privateKey, publicKey: publicKeyFrom(envelope.ephemeral) })
}

export function damaged(why: string, cause?: unknown): CausewayError {
  return fault('backup-damaged', `This backup cannot be used: ${why}. Take another copy of it, or an older one.`, cause)
}

function fault(code: string, message: string, cause?: unknown): CausewayError {
  return new CausewayError({ code, message, retry: 'after-human', ...(cause === undefined ? {} : { cause }) })
}

function digestOf(octets: Uint8Array): Buffer {
  return createHash('sha256').update(octets.subarray(0, DIGEST_AT)).digest().subarray(0, DIGEST_BYTES)
}

async function privateKeyOf(recoveryKey: string, salt: Uint8Array, { log2N, r, p }: typeof COST): Promise<KeyObject> {
  const seed = await new Promise<Buffer>((resolve, reject) => {
    const settled = (error: Error | null, key: Buffer) => (error === null ? resolve(key) : reject(error))
    scrypt(recoveryKey, salt, KEY_BYTES, { N: 2 ** log2N, r, p, maxmem: 256 * 2 ** log2N * r * p }, settled)
  })
  // PKCS#8 (RFC 8410, section 7) around the 32 octets.
  const der = Buffer.concat([Buffer.from('302e020100300506032b656e04220420', 'hex'), seed])
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
}

function publicOctets(privateKey: KeyObject): Buffer {
  return createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-KEY_BYTES)
}

function publicKeyFrom(octets: Uint8Array): KeyObject {
  const der = Buffer.concat([Buffer.from('302a300506032b656e032100', 'hex'), octets])
  return createPublicKey({ key: der, format: 'der', type: 'spki' })
}
