/** TCP sockets of Quectel modules (EC2x, EG2x, EG9x, BG9x): AT+QICSGP, QIACT, QIOPEN, QISEND, QIRD. */
import type { AtCommand } from '../../at/command.ts'
import {
  ask,
  COMMAND_TIMEOUT_MS,
  NETWORK_TIMEOUT_MS,
  order,
  quoted,
  reading,
  type SocketDialect,
  type SocketState,
  sending,
} from './at-dialect.ts'

/** Of the module; 1 is what LTE attaches with. */
const CONTEXT = 3
const SOCKET = 0
const AUTH = { none: 0, pap: 1, chap: 2 } as const
const CONNECTED = '2'
const OPENING = '1'
/** The answer comes behind the OK; so long it may take. */
const LOOKUP_MS = 5_000
const RECEIVE_BYTES_MAX = 1_024

export const QUECTEL_SOCKETS: SocketDialect = {
  sendBytesMax: 1_460,
  receiveBytesMax: RECEIVE_BYTES_MAX,
  activate: ({ apn, user, password, auth }) => [
    {
      command: order(
        `AT+QICSGP=${CONTEXT},1,${quoted(apn)},${quoted(user)},${quoted(password)},${AUTH[auth]}`,
        COMMAND_TIMEOUT_MS,
      ),
      mayFail: false,
    },
    // Sent as they are, read as hex.
    { command: order('AT+QICFG="dataformat",0,1', COMMAND_TIMEOUT_MS), mayFail: false },
    { command: order(`AT+QICLOSE=${SOCKET}`, NETWORK_TIMEOUT_MS), mayFail: true },
    { command: order(`AT+QIACT=${CONTEXT}`, NETWORK_TIMEOUT_MS), mayFail: true },
  ],
  isActive: (): AtCommand<boolean> => ({
    text: 'AT+QIACT?',
    info: [{ prefix: '+QIACT:' }],
    timeoutMs: COMMAND_TIMEOUT_MS,
    parse: (lines) => lines.some((line) => line.startsWith(`+QIACT: ${CONTEXT},1,`)),
    retry: 'safe',
  }),
  deactivate: () => order(`AT+QIDEACT=${CONTEXT}`, NETWORK_TIMEOUT_MS),
  open: (address, port) =>
    order(`AT+QIOPEN=${CONTEXT},${SOCKET},"TCP",${quoted(address)},${port},0,0`, COMMAND_TIMEOUT_MS),
  state: () =>
    ask(
      'AT+QISTATE=1,0',
      '+QISTATE:',
      ([, , , , , state]): SocketState =>
        state === CONNECTED ? 'connected' : state === OPENING ? 'opening' : 'closed',
    ),
  send: (octets) => sending(`AT+QISEND=${SOCKET},${octets.length}`, octets, { 'SEND OK': 'ok', 'SEND FAIL': 'error' }),
  waiting: () => undefined,
  receive: () => reading(`AT+QIRD=${SOCKET},${RECEIVE_BYTES_MAX}`, '+QIRD:', 0, (fields) => fields.length === 1),
  close: () => order(`AT+QICLOSE=${SOCKET}`, NETWORK_TIMEOUT_MS),
  resolve: (name) => ({
    text: `AT+QIDNSGIP=${CONTEXT},${quoted(name)}`,
    info: [{ prefix: '+QIURC:', accepts: ([kind]) => kind?.replaceAll('"', '') === 'dnsgip' }],
    infoRequired: true,
    lateInfoMs: LOOKUP_MS,
    lateInfoIsWhole: isWholeLookup,
    timeoutMs: COMMAND_TIMEOUT_MS,
    // First the number of addresses, then each.
    parse: (lines) => lines.flatMap((line) => /^\+QIURC: "dnsgip","([^"]+)"$/.exec(line)?.[1] ?? []),
    retry: 'unsafe',
  }),
}

/** `"dnsgip",<error>` alone, or `"dnsgip",0,<addresses>,<seconds>` and so many lines with an address each. */
function isWholeLookup([head = '', ...addresses]: readonly string[]): boolean {
  const [, error, count] = /^\+QIURC: "dnsgip",(\d+)(?:,(\d+))?/.exec(head) ?? []
  return error !== undefined && (error !== '0' || addresses.length >= Number(count))
}
