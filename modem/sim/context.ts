/** What the command tables may touch of a modem. The one that fulfils it is `SimulatedModem`. */

import type { CallLine } from './calls.ts'
import type { SimClock } from './clock.ts'
import type { CommandCall } from './commandline.ts'
import type { FaultStack } from './faults.ts'
import type { ModemProfile } from './profile.ts'
import type { Settings } from './settings.ts'
import type { SimCard } from './simcard.ts'
import type { MessageStorage } from './storage.ts'
import type { UssdService } from './ussd.ts'

/** +CREG `<stat>`, in words. */
export type Coverage = 'none' | 'home' | 'searching' | 'denied' | 'unknown' | 'roaming' | 'sms-only'
export const COVERAGE_STAT: Readonly<Record<Coverage, number>> = {
  none: 0,
  home: 1,
  searching: 2,
  denied: 3,
  unknown: 4,
  roaming: 5,
  'sms-only': 6,
}

export interface ModemContext {
  readonly clock: SimClock
  readonly profile: ModemProfile
  readonly card: SimCard
  readonly imei: string
  readonly faults: FaultStack
  /** Lost at every restart. */
  readonly settings: Settings
  readonly storages: ReadonlyMap<string, MessageStorage>
  /** What the radio finds; `none` as long as the SIM is locked or the radio off. */
  readonly coverage: Coverage
  readonly signalQuality: number
  /** Message commands are carried out; until then they are refused. */
  readonly isSmsReady: boolean
  /** Number of the service centre, `''` when there is none. */
  smsc: string
  /** Shows the prompt and takes the body up to Ctrl-Z; undefined when it was given up with ESC. */
  prompt(expectedCharacters: number): Promise<string | undefined>
  /** Sends an SMS-SUBMIT; resolves with its TP-MR. Throws AtFailure. */
  transmit(tpdu: Uint8Array): Promise<number>
  /** The TE answers the outstanding +CMT or +CDS. False when none is outstanding. */
  acknowledge(isPositive: boolean): boolean
  /** +CNMI was set by the TE. */
  routingChanged(): void
  /** A slot was emptied. */
  roomMade(): void
  /** CFUN, PIN: the radio looks again whether it may register. */
  radioChanged(): void
  /** Restarts after the answer has gone out. */
  restart(): void
  /** An unsolicited result that has nothing to do with messages. */
  notify(line: string): void
  readonly ussd: UssdService
  readonly calls: CallLine
}

/** What a command may do on its own line besides answering. */
export interface CommandLine {
  /** Shows the prompt (`> `, or what is given) and takes so many octets, whatever they are. Never resolves when the modem restarts meanwhile. */
  octets(length: number, prompt?: string): Promise<Buffer>
  /** Ends the answer with this line in place of OK. */
  endWith(text: string): void
}

/** Information lines of the answer, `OK` follows by itself; throws AtFailure otherwise. */
export type CommandHandler = (
  modem: ModemContext,
  call: CommandCall,
  line: CommandLine,
) => readonly string[] | Promise<readonly string[]>

export type CommandTable = Readonly<Record<string, CommandHandler>>
