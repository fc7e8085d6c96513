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
}

export class SimCard {
  readonly number: string
  readonly imsi: string
  readonly iccid: string
  isInserted = true
  pinTriesLeft = PIN_TRIES_MAX
  pukTriesLeft = PUK_TRIES_MAX
  private pin: string | undefined
  private readonly puk: string
  private isVerified = false
  private lastReference = 255

  constructor(options: SimCardOptions) {
    this.number = options.number
    this.imsi = options.imsi
    this.iccid = options.iccid
    this.pin = options.pin
    this.puk = options.puk ?? '12345678'
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
