/**
 * Which entry of the configuration drives which module. One module that is reachable by two ports must not be driven
 * twice: both would read and delete the same messages.
 */

export interface ImeiClaimant {
  readonly port: string
  /** Whether it has its port open. */
  present(): boolean
  /** Another entry drives the module from now on. */
  forget(): void
}

/** Shared by all modems of a process. */
export class ImeiClaims {
  readonly #owners = new Map<string, ImeiClaimant>()

  /** Gives undefined when `claimant` now drives this module, else the port of the one that does. */
  claim(imei: string, claimant: ImeiClaimant): string | undefined {
    const owner = this.#owners.get(imei)
    if (owner !== undefined && owner !== claimant) {
      if (owner.present()) return owner.port
      owner.forget()
    }
    this.#owners.set(imei, claimant)
    return undefined
  }

  /** Whether another entry than `claimant` is known to drive, or to wait for, this module. */
  isTaken(imei: string, claimant: ImeiClaimant): boolean {
    const owner = this.#owners.get(imei)
    return owner !== undefined && owner !== claimant
  }
}
