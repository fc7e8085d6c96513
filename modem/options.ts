/** What one modem is made of: its entry in the configuration, and what it shares with the other modems of the process. */
import type { ModemSink } from './contract.ts'
import type { PortScout } from './discovery.ts'
import type { HealRecord } from './heal-record.ts'
import type { ImeiClaims } from './identity.ts'
import type { KeptPins } from './pin-desk.ts'
import type { PinRecord } from './pin-record.ts'
import type { ModemProfile } from './profile.ts'
import type { Clock, Log } from './serial/surroundings.ts'
import type { ModemTimings } from './timings.ts'

export interface ModemOptions {
  /** `/dev/serial/by-id/…`, `tcp://host:port`, `rfc2217://host:port`, or `auto`: wherever the module answers. */
  port: string
  /** The module that this entry is for. Others are left alone. */
  imei?: string | undefined
  label?: string | undefined
  /** Own number in E.164; else the SIM is asked. */
  number?: string | undefined
  pin?: string | undefined
  /** Refuse calls once their caller is known; else they ring until the caller gives up. */
  hangUpCalls?: boolean | undefined
  /** Message identifiers of cell broadcasts to take beside the public warnings. */
  broadcastChannels?: readonly number[] | undefined
  sink: ModemSink
  clock: Clock
  log: Log
  timings?: Partial<ModemTimings> | undefined
  /** Shared by all modems of the process, so that one module is never driven through two ports. */
  claims?: ImeiClaims | undefined
  /** Shared likewise: what became of PINs. Without it that is forgotten with the process. */
  pins?: PinRecord | undefined
  /** Shared likewise: PINs that people had kept, by SIM. Without it none is kept. */
  keptPins?: KeptPins | undefined
  /** Shared likewise: what was done about modems. Without it that is forgotten with the process. */
  healing?: HealRecord | undefined
  /** Shared likewise: looks for modules on other ports than the configured one. */
  scout?: PortScout | undefined
  /** What families there are; those that are shipped, unless a test has others. */
  profiles?: readonly ModemProfile[] | undefined
}
