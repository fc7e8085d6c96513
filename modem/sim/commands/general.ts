/** Commands of V.250 and the general ones of 27.007: line settings, identity, SIM lock, functionality. */
import { integers, parameters } from '../commandline.ts'
import type { CommandHandler, CommandTable, ModemContext } from '../context.ts'
import { cmeError, plainError } from '../failure.ts'

/** A setting that is kept and read back, but changes nothing here. */
function flag(name: string, testAnswer: string, atStart: string): CommandHandler {
  return (modem, { form, text }) => {
    if (form === 'test') return [`${name}: ${testAnswer}`]
    if (form === 'read') return [`${name}: ${modem.settings.flags[name] ?? atStart}`]
    modem.settings.flags[name] = text === '' ? atStart : text
    return []
  }
}

function identity(value: (modem: ModemContext) => string): CommandHandler {
  return (modem, { form }) => (form === 'test' ? [] : [value(modem)])
}

/** Identity that is read from the SIM, which may be locked or missing. */
function cardIdentity(prefix: string, value: (modem: ModemContext) => string): CommandHandler {
  return (modem, { form }) => {
    if (form === 'test') return []
    requireCard(modem)
    return [prefix + value(modem)]
  }
}

function requireCard(modem: ModemContext): void {
  const { state } = modem.card
  if (state === 'absent') throw cmeError(10)
  if (state === 'pin') throw cmeError(11)
  if (state === 'puk' || state === 'blocked') throw cmeError(12)
}

/** The SIM's serial number, under the one name that this modem has for it. */
function serialNumber(name: ModemContext['profile']['iccidCommand']): CommandHandler {
  return (modem, { form }) => {
    if (modem.profile.iccidCommand !== name) throw plainError(modem.profile.unknownCommand)
    if (form === 'test') return []
    // EF_ICCID is always readable (TS 31.102 §4.1), before the PIN, too.
    if (modem.card.state === 'absent') throw cmeError(10)
    return [`${name}: ${modem.card.iccid}`]
  }
}

/** How many tries are left, in the one way that this modem tells it. */
function pinCounter(
  name: NonNullable<ModemContext['profile']['pinCounter']>,
  lines: (card: ModemContext['card']) => readonly string[],
): CommandHandler {
  return (modem, { form }) => {
    if (modem.profile.pinCounter !== name) throw plainError(modem.profile.unknownCommand)
    if (form === 'test') return []
    if (modem.card.state === 'absent') throw cmeError(10)
    return lines(modem.card)
  }
}

const accept: CommandHandler = () => []

const hangUp: CommandHandler = ({ calls }) => {
  calls.hangUp()
  return []
}

const pin: CommandHandler = (modem, { form, text }) => {
  const { card } = modem
  if (form === 'test') return []
  if (card.state === 'absent') throw cmeError(10)
  if (card.state === 'blocked') throw cmeError(13)
  if (form === 'read') {
    return [`+CPIN: ${card.state === 'ready' ? 'READY' : card.state === 'pin' ? 'SIM PIN' : 'SIM PUK'}`]
  }
  const [first = '', second] = parameters(text)
  if (card.state === 'ready') throw cmeError(3)
  if (card.state === 'puk') {
    if (second === undefined) throw cmeError(12)
    if (!card.unblock(first, second)) throw cmeError(16)
  } else if (!card.verify(first)) {
    throw cmeError(card.pinTriesLeft === 0 ? 12 : 16)
  }
  modem.radioChanged()
  return []
}

const functionality: CommandHandler = (modem, { form, text }) => {
  if (form === 'test') return ['+CFUN: (0,1,4),(0,1)']
  if (form === 'read') return [`+CFUN: ${modem.settings.cfun}`]
  const [level, reset] = integers(text)
  if (level !== 0 && level !== 1 && level !== 4) throw cmeError(50)
  if (reset === 1) {
    modem.restart()
    return []
  }
  modem.settings.cfun = level
  modem.radioChanged()
  return []
}

const READ_BINARY = 176
const GET_RESPONSE = 192

/** AT+CRSM: transparent files of the SIM, as a SIM of 51.011 tells them; all else it has not. */
const restrictedAccess: CommandHandler = (modem, { form, text }) => {
  if (form === 'test') return []
  requireCard(modem)
  const [command, name = 0, , , length = 0] = integers(text)
  const file = modem.card.file(name)
  if (file === undefined) return ['+CRSM: 148,4']
  if (command === GET_RESPONSE) {
    const head = Buffer.alloc(15)
    head.writeUInt16BE(file.length, 2)
    head.writeUInt16BE(name, 4)
    return [`+CRSM: 144,0,"${head.toString('hex').toUpperCase()}"`]
  }
  if (command !== READ_BINARY) return ['+CRSM: 109,0']
  if (length > file.length) return ['+CRSM: 103,0']
  return [`+CRSM: 144,0,"${file.subarray(0, length).toString('hex').toUpperCase()}"`]
}

export const GENERAL_COMMANDS: CommandTable = {
  '': accept,
  E: (modem, { text }) => {
    modem.settings.echo = text === '1'
    return []
  },
  V: (modem, { text }) => {
    modem.settings.verbose = text === '1'
    return []
  },
  Z: (modem) => {
    modem.settings.echo = modem.profile.echoAtStart
    modem.settings.verbose = true
    return []
  },
  '&F': (modem) => {
    modem.settings.echo = modem.profile.echoAtStart
    modem.settings.verbose = true
    return []
  },
  I: ({ profile }) => [`${profile.manufacturer} ${profile.model}`, `Revision: ${profile.revision}`],
  Q: accept,
  X: accept,
  S: accept,
  A: ({ calls }) => {
    if (!calls.answer()) throw plainError('NO CARRIER')
    return []
  },
  H: hangUp,
  '+CHUP': hangUp,
  M: accept,
  L: accept,
  '&C': accept,
  '&D': accept,
  '&K': accept,
  '&W': accept,
  '+CGMI': identity(({ profile }) => profile.manufacturer),
  '+GMI': identity(({ profile }) => profile.manufacturer),
  '+CGMM': identity(({ profile }) => profile.model),
  '+GMM': identity(({ profile }) => profile.model),
  '+CGMR': identity(({ profile }) => profile.revision),
  '+GMR': identity(({ profile }) => profile.revision),
  '+CGSN': (modem, { form, text }) => {
    if (form === 'test') return ['+CGSN: (0,1)']
    return [form === 'set' && text === '1' ? `+CGSN: "${modem.imei}"` : modem.imei]
  },
  '+GSN': identity(({ imei }) => imei),
  '+CIMI': cardIdentity('', ({ card }) => card.imsi),
  '+CCID': serialNumber('+CCID'),
  '+ICCID': serialNumber('+ICCID'),
  '+QCCID': serialNumber('+QCCID'),
  '^ICCID': serialNumber('^ICCID'),
  '#CCID': serialNumber('#CCID'),
  '+CNUM': cardIdentity('', ({ card }) => `+CNUM: ,"${card.number}",145`),
  '+CMEE': (modem, { form, text }) => {
    if (form === 'test') return ['+CMEE: (0-2)']
    if (form === 'read') return [`+CMEE: ${modem.settings.cmee}`]
    const [level] = integers(text)
    if (level !== 0 && level !== 1 && level !== 2) throw cmeError(50)
    modem.settings.cmee = level
    return []
  },
  '+CSCS': (modem, { form, text }) => {
    if (form === 'test') return ['+CSCS: ("IRA","GSM","UCS2")']
    if (form === 'read') return [`+CSCS: "${modem.settings.cscs}"`]
    const [set] = parameters(text)
    if (set !== 'IRA' && set !== 'GSM' && set !== 'UCS2') throw cmeError(3)
    modem.settings.cscs = set
    return []
  },
  '+CPIN': pin,
  '+CPINR': pinCounter('+CPINR', ({ pinTriesLeft, pukTriesLeft }) => [
    `+CPINR: SIM PIN,${pinTriesLeft},3`,
    `+CPINR: SIM PUK,${pukTriesLeft},10`,
  ]),
  '+QPINC': pinCounter('+QPINC', ({ pinTriesLeft, pukTriesLeft }) => [`+QPINC: "SC",${pinTriesLeft},${pukTriesLeft}`]),
  '+SPIC': pinCounter('+SPIC', ({ pinTriesLeft, pukTriesLeft }) => [`+SPIC: ${pinTriesLeft},${pukTriesLeft},0,10`]),
  '^CPIN': pinCounter('^CPIN', (card) => {
    const state = card.state === 'pin' ? 'SIM PIN' : card.state === 'puk' ? 'SIM PUK' : 'READY'
    return [`^CPIN: ${state},${card.pinTriesLeft},${card.pukTriesLeft},${card.pinTriesLeft},10,3`]
  }),
  '#PCT': pinCounter('#PCT', ({ pinTriesLeft }) => [`#PCT: ${pinTriesLeft}`]),
  '+CFUN': functionality,
  '+CRSM': restrictedAccess,
  '+CPAS': () => ['+CPAS: 0'],
  '+CLIP': flag('+CLIP', '(0,1)', '0'),
  '+CRC': flag('+CRC', '(0,1)', '0'),
  '+CMER': flag('+CMER', '(0-3),(0),(0),(0,1),(0,1)', '0,0,0,0,0'),
  '+CGDCONT': flag('+CGDCONT', '(1-16),"IPV4V6"', '1,"IPV4V6","internet"'),
}
