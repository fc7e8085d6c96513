/** The SIM: identity, PIN with its tries, and the last TP-MR, which outlives restarts (EF SMSS, 31.102 §4.2.9). */

const PIN_TRIES_MAX = 3
const PUK_TRIES_MAX = 10

export type CardState = 'ready' | 'pin' | 'puk' | 'blocked' | 'absent'

export interface SimCardOptions {
  /** E.164. */
  number: string
  imsi: string
  iccid: string
  /** Asked for at every start when given. */
  pin?: string
  puk?: string
  /** The name of its provider (EF_SPN). */
  spn?: string
  /** Its provider's mark in hex (EF_GID1). */
  gid1?: string
}

const EF_SPN = 0x6f46
const EF_GID1 = 0x6f3e
const SPN_OCTETS = 17
const PADDING = 0xff

export class SimCard {
  readonly number: string
  readonly imsi: string
  readonly iccid: string
  isInserted = true
  pinTriesLeft = PIN_TRIES_MAX
  pukTriesLeft = PUK_TRIES_MAX
  private pin: string | undefined
  private readonly puk: string
  private readonly files: ReadonlyMap<number, Buffer>
  private isVerified = false
  private lastReference = 255

  constructor(options: SimCardOptions) {
    this.number = options.number
    this.imsi = options.imsi
    this.iccid = options.iccid
    this.pin = options.pin
    this.puk = options.puk ?? '12345678'
    this.files = filesOf(options)
  }

  /** A transparent file; undefined where this SIM has none of that name. */
  file(name: number): Buffer | undefined {
    return this.files.get(name)
  }

  get state(): CardState {
    if (!this.isInserted) return 'absent'
    if (this.pukTriesLeft === 0) return 'blocked'
    if (this.pinTriesLeft === 0) return 'puk'
    return this.pin === undefined || this.isVerified ? 'ready' : 'pin'
  }

  /** Asks for the PIN from the next restart on, or never again. The tries are full again. */
  setPin(pin: string | undefined): void {
    this.pin = pin
    this.pinTriesLeft = PIN_TRIES_MAX
  }

  /** The card loses power. */
  reset(): void {
    this.isVerified = false
  }

  /** True when it was right; a wrong one costs a try. */
  verify(pin: string): boolean {
    if (pin !== this.pin) {
      this.pinTriesLeft = Math.max(0, this.pinTriesLeft - 1)
      return false
    }
    this.pinTriesLeft = PIN_TRIES_MAX
    this.isVerified = true
    return true
  }

  /** PUK and new PIN. True when the PUK was right. */
  unblock(puk: string, newPin: string): boolean {
    if (puk !== this.puk) {
      this.pukTriesLeft = Math.max(0, this.pukTriesLeft - 1)
      return false
    }
    this.setPin(newPin)
    this.pukTriesLeft = PUK_TRIES_MAX
    this.isVerified = true
    return true
  }

  /** The next TP-MR, 0…255. */
  nextReference(): number {
    this.lastReference = (this.lastReference + 1) % 256
    return this.lastReference
  }
}

function filesOf({ spn, gid1 }: Pick<SimCardOptions, 'spn' | 'gid1'>): ReadonlyMap<number, Buffer> {
  const files = new Map<number, Buffer>()
  // Where the name is to be shown, then the name: ASCII letters are the same in the GSM alphabet.
  if (spn !== undefined)
    files.set(EF_SPN, Buffer.alloc(SPN_OCTETS, PADDING).fill(`\x01${spn}`, 0, spn.length + 1, 'latin1'))
  if (gid1 !== undefined) files.set(EF_GID1, Buffer.from(`${gid1}FF`, 'hex'))
  return files
}
