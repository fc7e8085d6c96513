/** TCP sockets of SIMCom modules (SIM7500/7600, A76xx): AT+CGSOCKCONT, NETOPEN, CIPOPEN, CIPSEND, CIPRXGET. */
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

const LINK = 0
const AUTH = { none: 0, pap: 1, chap: 2 } as const
/** Of hex; twice as much would be possible as text. */
const RECEIVE_BYTES_MAX = 700

export const SIMCOM_SOCKETS: SocketDialect = {
  sendBytesMax: 1_400,
  receiveBytesMax: RECEIVE_BYTES_MAX,
  activate: ({ apn, user, password, auth }) => [
    { command: order(`AT+CGSOCKCONT=1,"IP",${quoted(apn)}`, COMMAND_TIMEOUT_MS), mayFail: false },
    ...(auth === 'none'
      ? []
      : [
          {
            command: order(`AT+CSOCKAUTH=1,${AUTH[auth]},${quoted(password)},${quoted(user)}`, COMMAND_TIMEOUT_MS),
            mayFail: false,
          },
        ]),
    { command: order('AT+CSOCKSETPN=1', COMMAND_TIMEOUT_MS), mayFail: true },
    { command: order('AT+CIPMODE=0', COMMAND_TIMEOUT_MS), mayFail: true },
    // What comes is kept until it is asked for.
    { command: order('AT+CIPRXGET=1', COMMAND_TIMEOUT_MS), mayFail: false },
    { command: order('AT+NETOPEN', NETWORK_TIMEOUT_MS), mayFail: true },
    { command: order(`AT+CIPCLOSE=${LINK}`, NETWORK_TIMEOUT_MS), mayFail: true },
  ],
  isActive: () => ask('AT+NETOPEN?', '+NETOPEN:', ([state]) => state === '1'),
  deactivate: () => order('AT+NETCLOSE', NETWORK_TIMEOUT_MS),
  open: (address, port) => order(`AT+CIPOPEN=${LINK},"TCP",${quoted(address)},${port}`, COMMAND_TIMEOUT_MS),
  // A link that is not connected shows its number only; the result of opening it has two fields.
  state: () =>
    ask(
      'AT+CIPOPEN?',
      '+CIPOPEN:',
      (fields): SocketState => (fields.length >= 4 ? 'connected' : 'closed'),
      (fields) => fields[0] === String(LINK) && fields.length !== 2,
    ),
  send: (octets) => sending(`AT+CIPSEND=${LINK},${octets.length}`, octets),
  waiting: () =>
    ask(
      `AT+CIPRXGET=4,${LINK}`,
      '+CIPRXGET:',
      ([, , count]) => Number(count) || 0,
      ([mode]) => mode === '4',
    ),
  receive: () =>
    reading(
      `AT+CIPRXGET=3,${LINK},${RECEIVE_BYTES_MAX}`,
      '+CIPRXGET:',
      2,
      ([mode, , , rest]) => mode === '3' && rest !== undefined,
    ),
  close: () => order(`AT+CIPCLOSE=${LINK}`, NETWORK_TIMEOUT_MS),
  resolve: (name) => ({
    ...ask(`AT+CDNSGIP=${quoted(name)}`, '+CDNSGIP:', ([found, , address]): readonly string[] =>
      found === '1' && address !== undefined ? [address] : [],
    ),
    timeoutMs: NETWORK_TIMEOUT_MS,
  }),
}
