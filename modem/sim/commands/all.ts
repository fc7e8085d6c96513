/** Every command that a simulated modem knows, by name; what one of them lacks its profile says. */
import type { CommandHandler } from '../context.ts'
import { GENERAL_COMMANDS } from './general.ts'
import { MESSAGE_COMMANDS } from './messages.ts'
import { QUECTEL_MMS_COMMANDS } from './mms-quectel.ts'
import { SIMCOM_MMS_COMMANDS } from './mms-simcom.ts'
import { NETWORK_COMMANDS } from './network.ts'
import { QUECTEL_SOCKET_COMMANDS } from './sockets-quectel.ts'
import { SIMCOM_SOCKET_COMMANDS } from './sockets-simcom.ts'

export const COMMANDS: ReadonlyMap<string, CommandHandler> = new Map(
  Object.entries({
    ...GENERAL_COMMANDS,
    ...NETWORK_COMMANDS,
    ...MESSAGE_COMMANDS,
    ...QUECTEL_SOCKET_COMMANDS,
    ...SIMCOM_SOCKET_COMMANDS,
    ...QUECTEL_MMS_COMMANDS,
    ...SIMCOM_MMS_COMMANDS,
  }),
)
