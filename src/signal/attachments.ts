/**
 * The cipher of attachments (reference/signal-service.md 9): what lies at the content server is
 * IV 16 · AES-256-CBC · HMAC-SHA256 32, and the pointer in the message holds its keys, its SHA-256 and the length of the
 * plaintext. Nothing is given out before all of it was verified. For what fits memory: contact lists, long texts.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { CausewayError } from '../domain/errors.ts'
import type { Random } from './clock.ts'
import type { AttachmentPointer } from './proto/messages.ts'

const ivOctets = 16
const macOctets = 32
const aesKeyOctets = 32
const keyOctets = 64
const paddedOctetsMin = 541

/**
 * Encrypts under fresh keys: what to store at the content server, and the pointer to it but for its place. Padding hides
 * the exact length.
 */
export function sealAttachment(
  plaintext: Uint8Array,
  random: Random,
): { blob: Buffer; pointer: Required<Pick<AttachmentPointer, 'key' | 'digest' | 'size'>> } {
  const key = random(keyOctets)
  const iv = random(ivOctets)
  const cipher = createCipheriv('aes-256-cbc', key.subarray(0, aesKeyOctets), iv)
  const padding = Buffer.alloc(paddedOctets(plaintext.length) - plaintext.length)
  const signed = Buffer.concat([iv, cipher.update(plaintext), cipher.update(padding), cipher.final()])
  const mac = createHmac('sha256', key.subarray(aesKeyOctets)).update(signed).digest()
  const blob = Buffer.concat([signed, mac])
  return { blob, pointer: { key, digest: createHash('sha256').update(blob).digest(), size: plaintext.length } }
}

/** Lengths grow in steps of five per cent, from 541 octets on. */
function paddedOctets(octets: number): number {
  const steps = Math.ceil(Math.log(Math.max(1, octets)) / Math.log(1.05))
  return Math.max(paddedOctetsMin, Math.floor(1.05 ** steps))
}

/**
 * The plaintext of a blob, cut to the length that the pointer tells.
 * Throws CausewayError `signal-attachment` when the pointer is incomplete or digest, authentication or length is wrong.
 */
export function openAttachment(blob: Uint8Array, pointer: AttachmentPointer): Buffer {
  const { key, digest, size } = pointer
  if (key?.length !== keyOctets || digest === undefined || size === undefined)
    throw damaged('its pointer is incomplete')
  if (blob.length < ivOctets + macOctets) throw damaged('it is too short')
  if (!isSame(createHash('sha256').update(blob).digest(), digest)) throw damaged('its digest is wrong')
  const signed = blob.subarray(0, -macOctets)
  const mac = createHmac('sha256', key.subarray(aesKeyOctets)).update(signed).digest()
  if (!isSame(mac, blob.subarray(-macOctets))) throw damaged('its authentication is wrong')
  const cipher = createDecipheriv('aes-256-cbc', key.subarray(0, aesKeyOctets), signed.subarray(0, ivOctets))
  let padded: Buffer
  try {
    padded = Buffer.concat([cipher.update(signed.subarray(ivOctets)), cipher.final()])
  } catch (cause) {
    throw damaged('it does not decrypt', cause)
  }
  if (padded.length < size) throw damaged('it is shorter than its pointer says')
  return padded.subarray(0, size)
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other)
}

function damaged(why: string, cause?: unknown): CausewayError {
  return new CausewayError({
    code: 'signal-attachment',
    message: `An attachment cannot be used: ${why}.`,
    retry: 'never',
    ...(cause === undefined ? {} : { cause }),
  })
}
