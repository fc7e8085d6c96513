/**
 * How the fields of a profile are encrypted (reference/signal-service.md 8.2): AES-256-GCM under the profile key over
 * text that zeros fill up to one of few sizes, so that its length tells little. Pure.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto'

/** Octets of plaintext that the service takes; the smallest that holds the text is used. */
const nameSizes = [53, 257] as const
const aboutSizes = [128, 254, 512] as const
const emojiSizes = [32] as const
const nonceOctets = 12
const tagOctets = 16

/** `nonce` has 12 octets, never used before with this key. Throws RangeError when the name is too long. */
export function encryptName(key: Uint8Array, name: string, nonce: Uint8Array): Buffer {
  return encrypt(key, padded(name, nameSizes), nonce)
}

/** As `encryptName`. */
export function encryptAbout(key: Uint8Array, about: string, nonce: Uint8Array): Buffer {
  return encrypt(key, padded(about, aboutSizes), nonce)
}

/** As `encryptName`. */
export function encryptEmoji(key: Uint8Array, emoji: string, nonce: Uint8Array): Buffer {
  return encrypt(key, padded(emoji, emojiSizes), nonce)
}

/** A picture is not filled up. */
export function encryptPicture(key: Uint8Array, picture: Uint8Array, nonce: Uint8Array): Buffer {
  return encrypt(key, picture, nonce)
}

/** How many octets more a picture has where it lies at the content server. */
export const pictureOverhead = nonceOctets + tagOctets

/** Undefined where it was not sealed with this key. */
export function decryptPicture(key: Uint8Array, sealed: Uint8Array): Buffer | undefined {
  return decrypt(key, sealed)
}

/** A line, or an emoji; undefined where it is empty or cannot be decrypted. */
export function decryptText(key: Uint8Array, sealed: Uint8Array): string | undefined {
  const text = decrypt(key, sealed)?.toString().replace(/\0+$/, '').trim()
  return text === '' ? undefined : text
}

/** Given and family name with a space between them; undefined where it is empty or cannot be decrypted. */
export function decryptName(key: Uint8Array, sealed: Uint8Array): string | undefined {
  const names = decrypt(key, sealed)?.toString().split('\0').slice(0, 2) ?? []
  const name = names.map((part) => part.trim()).filter((part) => part !== '')
  return name.length === 0 ? undefined : name.join(' ')
}

function decrypt(key: Uint8Array, sealed: Uint8Array): Buffer | undefined {
  if (sealed.length < nonceOctets + tagOctets) return undefined
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, nonceOctets))
    decipher.setAuthTag(sealed.subarray(-tagOctets))
    return Buffer.concat([decipher.update(sealed.subarray(nonceOctets, -tagOctets)), decipher.final()])
  } catch {
    return undefined
  }
}

function padded(text: string, sizes: readonly number[]): Buffer {
  const octets = Buffer.from(text)
  const size = sizes.find((candidate) => octets.length <= candidate)
  if (size === undefined) throw new RangeError(`${octets.length} octets are more than a profile takes`)
  return Buffer.concat([octets, Buffer.alloc(size - octets.length)])
}

/** nonce · ciphertext · tag. */
function encrypt(key: Uint8Array, plaintext: Uint8Array, nonce: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}
