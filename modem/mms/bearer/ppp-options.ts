/**
 * What pppd and its chat program are told, as the text of two files: pure. The connection never becomes the machine's way
 * to the Internet (no default route, no IPv6, none of the system's ip-up scripts, which copy resolvers into /etc), ends by
 * itself when the other end falls silent, and is not dialled again by pppd: when and how often is for us to say.
 */
import type { ApnSettings } from './at-dialect.ts'

export interface PppDial {
  /** The port that the session takes, `/dev/…`. */
  readonly device: string
  readonly baudRate: number
  /** The modem's data context (3GPP TS 27.007 §10.1.1). */
  readonly cid: number
  readonly apn: ApnSettings
  /** The interface is `ppp<unit>`; undefined: the first that is free. */
  readonly unit: number | undefined
  /** Whether the other end is asked for its resolvers; pppd notes them in /etc/ppp/resolv.conf, too. */
  readonly asksForDns: boolean
  /** The port is the one that texts use. */
  readonly isLent: boolean
  /** The port says when the call is over (DCD); without it only silence does. */
  readonly hasCarrierDetect: boolean
  /** What only root may say stands in a file of /etc/ppp/peers: left out here. */
  readonly hasPeerFile: boolean
  readonly chatProgram: string
  readonly chatFile: string
}

/** A session that nobody ended (a gateway that was killed) ends after this. */
const SESSION_SECONDS_MAX = 3_600
/** On the port that texts use: they wait so long at most. */
const LENT_SECONDS_MAX = 600
const ECHO_EVERY_SECONDS = 10
const ECHOES_LOST_MAX = 3
/** Of each AT command, and of dialling. */
const ANSWER_SECONDS = 10
const DIALLING_SECONDS = 40
const CID_MAX = 16
const UNIT_MAX = 255

/**
 * We dial, so that the other end has nothing to prove; and the system's scripts are not run, which hand resolvers and
 * routes to the whole machine. Of all that is said here pppd takes these from root only.
 */
const ROOT_ONLY = ['noauth', 'ip-up-script /bin/true', 'ip-down-script /bin/true']

const REFUSALS = {
  none: [],
  pap: ['refuse-chap', 'refuse-mschap', 'refuse-mschap-v2', 'refuse-eap'],
  chap: ['refuse-pap', 'refuse-eap'],
} as const

/** The file for pppd's option `file` (pppd(8), 2.4.9). Throws RangeError for what no option can hold. */
export function pppdOptions(dial: PppDial): string {
  const { apn, unit } = dial
  const chat = `${plainPath(dial.chatProgram)} -s -S -t ${ANSWER_SECONDS} -f ${plainPath(dial.chatFile)}`
  const lines = [
    plainPath(dial.device),
    String(whole(dial.baudRate, 1, 10_000_000)),
    `connect "${chat}"`,
    'nodetach',
    'logfd 1',
    'lock',
    dial.hasCarrierDetect ? 'modem' : 'local',
    ...(dial.hasPeerFile ? [] : ROOT_ONLY),
    ...REFUSALS[apn.auth],
    ...(apn.auth === 'none' ? [] : [`user ${word(apn.user)}`, `password ${word(apn.password)}`, 'hide-password']),
    'nodefaultroute',
    'noproxyarp',
    'noipv6',
    'noipdefault',
    'ipcp-accept-local',
    'ipcp-accept-remote',
    'noccp',
    ...(dial.asksForDns ? ['usepeerdns'] : []),
    ...(unit === undefined ? [] : [`unit ${whole(unit, 0, UNIT_MAX)}`]),
    'nopersist',
    'maxfail 1',
    `maxconnect ${dial.isLent ? LENT_SECONDS_MAX : SESSION_SECONDS_MAX}`,
    `lcp-echo-interval ${ECHO_EVERY_SECONDS}`,
    `lcp-echo-failure ${ECHOES_LOST_MAX}`,
  ]
  return `${lines.join('\n')}\n`
}

/** The script for chat(8). Throws RangeError for an access point that no command can hold. */
export function chatScript({ cid, apn }: Pick<PppDial, 'cid' | 'apn'>): string {
  const context = whole(cid, 1, CID_MAX)
  if (!/^[A-Za-z0-9._-]{1,100}$/.test(apn.apn)) throw new RangeError('the name of the access point has odd characters')
  return [
    ...['BUSY', 'NO CARRIER', 'NO DIALTONE', 'NO ANSWER', 'ERROR'].map((said) => `ABORT '${said}'`),
    "'' AT",
    'OK-AT-OK ATE0',
    `OK 'AT+CGDCONT=${context},"IP","${apn.apn}"'`,
    `OK ATD*99***${context}#`,
    `TIMEOUT ${DIALLING_SECONDS}`,
    "CONNECT '\\c'",
    '',
  ].join('\n')
}

/** In quotes, as pppd reads words: what has controls in it would end the line. */
function word(text: string): string {
  if (!/^[\x20-\x7e]{0,127}$/.test(text))
    throw new RangeError('user or password has characters that no option can hold')
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

/** Without anything that a shell or pppd would take for more than a letter of it. */
function plainPath(path: string): string {
  if (!/^\/[\w./:+@-]{1,250}$/.test(path))
    throw new RangeError('a path for pppd has characters that no option can hold')
  return path
}

function whole(value: number, least: number, most: number): number {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(`a number for pppd is not between ${least} and ${most}`)
  }
  return value
}
