/**
 * The wire of Telnet (RFC 854) as far as a serial port behind it needs: data with IAC doubled, the four verbs of
 * negotiation, sub-negotiations. Pure; what is agreed is decided by `rfc2217.ts`.
 */

const IAC = 255
const SE = 240
const SB = 250

/** RFC 854: who will do what. */
const VERB = { will: 251, wont: 252, do: 253, dont: 254 } as const
export type TelnetVerb = keyof typeof VERB

export type TelnetToken =
  | { kind: 'data'; octets: Uint8Array }
  | { kind: 'verb'; verb: TelnetVerb; option: number }
  | { kind: 'sub'; option: number; octets: Uint8Array }

/** A longer sub-negotiation is noise: COM-PORT has five octets, a signature a line. */
const SUB_OCTETS_MAX = 256

const VERBS: ReadonlyMap<number, TelnetVerb> = new Map([
  [VERB.will, 'will'],
  [VERB.wont, 'wont'],
  [VERB.do, 'do'],
  [VERB.dont, 'dont'],
])

/** Takes octets in any pieces, gives tokens; what has no meaning is passed over. */
export class TelnetReader {
  #state: 'data' | 'iac' | 'option' | 'sub' | 'sub-iac' = 'data'
  #verb: TelnetVerb = 'will'
  #sub: number[] = []

  push(octets: Uint8Array): TelnetToken[] {
    const tokens: TelnetToken[] = []
    let data: number[] = []
    const endData = () => {
      if (data.length > 0) tokens.push({ kind: 'data', octets: Uint8Array.from(data) })
      data = []
    }
    for (const octet of octets) {
      switch (this.#state) {
        case 'data':
          if (octet === IAC) this.#state = 'iac'
          else data.push(octet)
          break
        case 'iac': {
          const verb = VERBS.get(octet)
          this.#state = verb !== undefined ? 'option' : octet === SB ? 'sub' : 'data'
          if (verb !== undefined) this.#verb = verb
          else if (octet === IAC) data.push(IAC)
          this.#sub = []
          break
        }
        case 'option':
          endData()
          tokens.push({ kind: 'verb', verb: this.#verb, option: octet })
          this.#state = 'data'
          break
        case 'sub':
          if (octet === IAC) this.#state = 'sub-iac'
          else this.#keep(octet)
          break
        case 'sub-iac':
          this.#state = octet === SE ? 'data' : 'sub'
          if (octet === IAC) this.#keep(IAC)
          if (octet !== SE) break
          endData()
          tokens.push(...this.#wholeSub())
      }
    }
    endData()
    return tokens
  }

  #keep(octet: number): void {
    if (this.#sub.length <= SUB_OCTETS_MAX) this.#sub.push(octet)
  }

  #wholeSub(): TelnetToken[] {
    const [option, ...octets] = this.#sub
    if (option === undefined || this.#sub.length > SUB_OCTETS_MAX) return []
    return [{ kind: 'sub', option, octets: Uint8Array.from(octets) }]
  }
}

/** Data as it goes over the wire. */
export function telnetData(octets: Uint8Array): Uint8Array {
  if (!octets.includes(IAC)) return octets
  return Uint8Array.from([...octets].flatMap((octet) => (octet === IAC ? [IAC, IAC] : [octet])))
}

/** IAC, verb and option (RFC 854). */
export function telnetVerb(verb: TelnetVerb, option: number): Uint8Array {
  return Uint8Array.of(IAC, VERB[verb], option)
}

/** A subnegotiation of this option, with IAC in it doubled (RFC 855). */
export function telnetSub(option: number, octets: readonly number[]): Uint8Array {
  return Uint8Array.of(IAC, SB, option, ...telnetData(Uint8Array.from(octets)), IAC, SE)
}
