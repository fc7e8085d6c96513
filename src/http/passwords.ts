/**
 * Passwords and the setup code as scrypt hashes (RFC 7914) in PHC form, the parameters stored with each. One is computed
 * at a time, off the main thread, and few may wait: a flood of logins costs one core of the thread pool and no memory.
 */
import { type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { Problem } from './problem.ts'

export interface HashCost {
  /** log2 of N. */
  ln: number
  r: number
  p: number
}

/** 64 MiB. With less memory in the machine half of that, and one round more. */
export const USUAL_COST: HashCost = { ln: 16, r: 8, p: 2 }
export const SMALL_COST: HashCost = { ln: 15, r: 8, p: 3 }

/** For what lives an hour in an encrypted database, and is made anew at each start: guessing it goes through the door. */
export const FLEETING_COST: HashCost = { ln: 12, r: 8, p: 1 }

const HASH_BYTES = 32
const SALT_BYTES = 16
const WAITING_MAX = 8
const FORM = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})$/

export class Passwords {
  readonly #cost: HashCost
  readonly #randomOctets: (count: number) => Uint8Array
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0

  constructor(cost: HashCost, randomOctets: (count: number) => Uint8Array) {
    this.#cost = cost
    this.#randomOctets = randomOctets
  }

  /** PHC string. Throws Problem 503 when too many wait. */
  async hash(password: string, cost: HashCost = this.#cost): Promise<string> {
    const salt = this.#randomOctets(SALT_BYTES)
    const hash = await this.#derive(password, salt, cost)
    const { ln, r, p } = cost
    return `$scrypt$ln=${ln},r=${r},p=${p}$${base64(salt)}$${base64(hash)}`
  }

  /** Takes as long without a hash to compare with (`undefined`: nobody has that name). Throws Problem 503. */
  async verify(password: string, stored: string | undefined): Promise<boolean> {
    const match = FORM.exec(stored ?? '')
    if (match === null) {
      await this.#derive(password, new Uint8Array(SALT_BYTES), this.#cost)
      return false
    }
    const [, ln, r, p, salt = '', hash = ''] = match
    const cost = { ln: Number(ln), r: Number(r), p: Number(p) }
    const derived = await this.#derive(password, Buffer.from(salt, 'base64'), cost)
    return timingSafeEqual(derived, Buffer.from(hash, 'base64'))
  }

  async #derive(password: string, salt: Uint8Array, { ln, r, p }: HashCost): Promise<Buffer> {
    if (this.#waiting >= WAITING_MAX) {
      throw new Problem({
        status: 503,
        code: 'too-many-logins',
        title: 'Too many sign in at this moment',
        headers: { 'Retry-After': '5' },
      })
    }
    this.#waiting += 1
    const before = this.#last
    const options: ScryptOptions = { N: 2 ** ln, r, p, maxmem: 256 * 2 ** ln * r }
    const done = (async () => {
      await before.catch(() => undefined)
      return await new Promise<Buffer>((resolve, reject) => {
        scrypt(password.normalize('NFKC'), salt, HASH_BYTES, options, (error, hash) =>
          error === null ? resolve(hash) : reject(error),
        )
      })
    })()
    this.#last = done
    try {
      return await done
    } finally {
      this.#waiting -= 1
    }
  }
}

function base64(octets: Uint8Array): string {
  return Buffer.from(octets).toString('base64').replaceAll('=', '')
}
