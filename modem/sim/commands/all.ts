/** Every command that a simulated modem knows, by name; what one of them lacks its profile says. */
import type { CommandHandler } from '../context.ts'
import { GENERAL_COMMANDS } from './general.ts'
import { MESSAGE_COMMANDS } from './messages.ts'
import { NETWORK_COMMANDS } from './network.ts'

export const COMMANDS: ReadonlyMap<string, CommandHandler> = new Map(
  Object.entries({ ...GENERAL_COMMANDS, ...NETWORK_COMMANDS, ...MESSAGE_COMMANDS }),
)
