/** Whether the modem is on the network: what the place offers, and the time registration takes once the radio is on. */
import type { SimClock } from './clock.ts'
import type { Coverage } from './context.ts'

export class Radio {
  private readonly clock: SimClock
  private readonly registerMs: () => number
  private readonly changed: (coverage: Coverage) => void
  private offered: Coverage
  private shown: Coverage = 'none'
  private isOn = false
  private isRegistering = false
  private cancelTimer: (() => void) | undefined

  /** `changed` is called for every change of `coverage`, after it. */
  constructor(clock: SimClock, registerMs: () => number, offered: Coverage, changed: (coverage: Coverage) => void) {
    this.clock = clock
    this.registerMs = registerMs
    this.offered = offered
    this.changed = changed
  }

  get coverage(): Coverage {
    if (!this.isOn) return 'none'
    return this.isRegistering ? 'searching' : this.offered
  }

  /** Whether messages get through. */
  get isServed(): boolean {
    return isServed(this.coverage)
  }

  /** What this place offers from now on. */
  offer(coverage: Coverage): void {
    this.offered = coverage
    this.show()
  }

  /** On needs power, +CFUN=1 and an unlocked SIM. */
  setOn(isOn: boolean): void {
    if (isOn !== this.isOn) {
      this.isOn = isOn
      this.cancelTimer?.()
      const registerMs = this.registerMs()
      this.isRegistering = isOn && registerMs > 0
      if (this.isRegistering) {
        this.cancelTimer = this.clock.after(registerMs, () => {
          this.isRegistering = false
          this.show()
        })
      }
    }
    this.show()
  }

  private show(): void {
    const { coverage } = this
    if (coverage === this.shown) return
    this.shown = coverage
    this.changed(coverage)
  }
}

/** Whether a station that finds this coverage gets messages through. */
export function isServed(coverage: Coverage): boolean {
  return coverage === 'home' || coverage === 'roaming' || coverage === 'sms-only'
}
