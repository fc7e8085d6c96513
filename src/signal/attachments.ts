/**
 * The cipher of attachments (reference/signal-service.md 9): what lies at the content server is
 * IV 16 · AES-256-CBC · HMAC-SHA256 32, and the pointer in the message holds its keys, its SHA-256 and the length of the
 * plaintext. `AttachmentSealer` and `AttachmentOpener` take octets as they come; what the opener hands out counts only
 * once its `final` has not thrown, so whoever streams keeps it out of sight until then.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { CausewayError } from '../domain/errors.ts'
import type { Random } from './clock.ts'
import type { AttachmentPointer } from './proto/data-message.ts'

const ivOctets = 16
const macOctets = 32
const blockOctets = 16
const aesKeyOctets = 32
const keyOctets = 64
const digestOctets = 32
const paddedOctetsMin = 541
/** Padding is made in pieces, so that it takes no memory of its length. */
const paddingPieceOctets = 64 * 1024

/** What makes one blob of a plaintext: the same keys make the same blob again. */
export interface AttachmentKeys {
  /** AES-256 key · HMAC key, 64 octets. */
  key: Uint8Array
  /** 16 octets. */
  iv: Uint8Array
}

export function freshKeys(random: Random): AttachmentKeys {
  return { key: random(keyOctets), iv: random(ivOctets) }
}

/** Octets of the blob of a plaintext of so many octets. */
export function blobOctets(size: number): number {
  return ivOctets + (Math.floor(paddedOctets(size) / blockOctets) + 1) * blockOctets + macOctets
}

/** Lengths grow in steps of five per cent, from 541 octets on. */
function paddedOctets(octets: number): number {
  const steps = Math.ceil(Math.log(Math.max(1, octets)) / Math.log(1.05))
  // The logarithm may round a length that is a step of its own down to just below itself.
  return Math.max(paddedOctetsMin, octets, Math.floor(1.05 ** steps))
}

export class AttachmentSealer {
  readonly #iv: Uint8Array
  readonly #cipher: ReturnType<typeof createCipheriv>
  readonly #mac: ReturnType<typeof createHmac>
  readonly #digest = createHash('sha256')
  #size = 0

  constructor({ key, iv }: AttachmentKeys) {
    this.#iv = iv
    this.#cipher = createCipheriv('aes-256-cbc', key.subarray(0, aesKeyOctets), iv)
    this.#mac = createHmac('sha256', key.subarray(aesKeyOctets))
  }

  /** What comes before everything else. */
  begin(): Buffer {
    return this.#signed(Buffer.from(this.#iv))
  }

  update(plaintext: Uint8Array): Buffer {
    this.#size += plaintext.length
    return this.#signed(this.#cipher.update(plaintext))
  }

  /** Padding, which hides the exact length, and authentication. */
  *end(): Generator<Buffer, void, undefined> {
    for (let left = paddedOctets(this.#size) - this.#size; left > 0; left -= paddingPieceOctets) {
      yield this.#signed(this.#cipher.update(Buffer.alloc(Math.min(left, paddingPieceOctets))))
    }
    yield this.#signed(this.#cipher.final())
    const mac = this.#mac.digest()
    this.#digest.update(mac)
    yield mac
  }

  /** SHA-256 of the blob, after `end`; once. */
  digest(): Buffer {
    return this.#digest.digest()
  }

  #signed(octets: Buffer): Buffer {
    this.#mac.update(octets)
    this.#digest.update(octets)
    return octets
  }
}

/** Throws CausewayError `signal-attachment` where the pointer is incomplete, and from `update` and `final` as it says. */
export class AttachmentOpener {
  readonly #mac: ReturnType<typeof createHmac>
  readonly #digest = createHash('sha256')
  readonly #key: Uint8Array
  readonly #wantedDigest: Uint8Array | undefined
  readonly #size: number
  #decipher: ReturnType<typeof createDecipheriv> | undefined
  /** What may be the IV, or the authentication, or the beginning of either. */
  #held = Buffer.alloc(0)
  #given = 0
  #padded = 0

  /**
   * `otherwiseProved`: the octets are checked by an incremental MAC on their way, so the pointer may be without a digest.
   */
  constructor(pointer: AttachmentPointer, otherwiseProved = false) {
    const { key, digest, size } = pointer
    const isProved = digest?.length === digestOctets || (digest === undefined && otherwiseProved)
    if (key?.length !== keyOctets || size === undefined || !isProved) throw damaged('its pointer is incomplete')
    this.#key = key
    this.#mac = createHmac('sha256', key.subarray(aesKeyOctets))
    this.#wantedDigest = digest
    this.#size = size
  }

  /** Plaintext that nobody may see yet, in pieces. `blob` is free again once all of them were taken. */
  *update(blob: Uint8Array): Generator<Buffer, void, undefined> {
    this.#digest.update(blob)
    const before = this.#held
    const ivLeft = this.#decipher === undefined ? ivOctets : 0
    if (before.length + blob.length < ivLeft + macOctets) {
      this.#held = Buffer.concat([before, blob])
      return
    }
    // The last octets that came may be the authentication; what was held for that reason is not.
    if (ivLeft > 0 || blob.length < macOctets) {
      const all = Buffer.concat([before, blob])
      this.#held = all.subarray(all.length - macOctets)
      yield* this.#open(all.subarray(0, all.length - macOctets))
      return
    }
    this.#held = Buffer.from(blob.subarray(blob.length - macOctets))
    yield* this.#open(before)
    yield* this.#open(blob.subarray(0, blob.length - macOctets))
  }

  *#open(signed: Uint8Array): Generator<Buffer, void, undefined> {
    this.#mac.update(signed)
    const ivLeft = this.#decipher === undefined ? ivOctets : 0
    this.#decipher ??= createDecipheriv(
      'aes-256-cbc',
      this.#key.subarray(0, aesKeyOctets),
      signed.subarray(0, ivOctets),
    )
    const part = this.#cut(this.#decipher.update(signed.subarray(ivLeft)))
    if (part.length > 0) yield part
  }

  /** The rest, when everything was as the pointer says. */
  final(): Buffer {
    if (this.#decipher === undefined) throw damaged('it is too short')
    if (this.#wantedDigest !== undefined && !isSame(this.#digest.digest(), this.#wantedDigest)) {
      throw damaged('its digest is wrong')
    }
    if (!isSame(this.#mac.digest(), this.#held)) throw damaged('its authentication is wrong')
    let rest: Buffer
    try {
      rest = this.#cut(this.#decipher.final())
    } catch (cause) {
      throw damaged('it does not decrypt', cause)
    }
    if (this.#padded < this.#size) throw damaged('it is shorter than its pointer says')
    return rest
  }

  #cut(padded: Buffer): Buffer {
    this.#padded += padded.length
    const part = padded.subarray(0, Math.max(0, this.#size - this.#given))
    this.#given += part.length
    return part
  }
}

/** As a whole, for what fits memory: what to store at the content server, and the pointer to it but for its place. */
export function sealAttachment(
  plaintext: Uint8Array,
  random: Random,
): { blob: Buffer; pointer: Required<Pick<AttachmentPointer, 'key' | 'digest' | 'size'>> } {
  const keys = freshKeys(random)
  const sealer = new AttachmentSealer(keys)
  const blob = Buffer.concat([sealer.begin(), sealer.update(plaintext), ...sealer.end()])
  return { blob, pointer: { key: keys.key, digest: sealer.digest(), size: plaintext.length } }
}

/**
 * As a whole, for what fits memory: the plaintext of a blob, cut to the length that the pointer tells.
 * Throws CausewayError `signal-attachment` when the pointer is incomplete or digest, authentication or length is wrong.
 */
export function openAttachment(blob: Uint8Array, pointer: AttachmentPointer): Buffer {
  const opener = new AttachmentOpener(pointer)
  return Buffer.concat([...opener.update(blob), opener.final()])
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
