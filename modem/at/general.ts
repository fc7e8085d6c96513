/**
 * The general commands (3GPP TS 27.007, V.250) as values: identity, SIM, registration, signal. Pure.
 */
import { type AtCommand, plainQuery, query, setting } from './command.ts'
import { decimal, fieldsAfter, splitFields, unquote } from './fields.ts'
import { international } from './sms.ts'

/** `<stat>` of +CREG, +CGREG and +CEREG (27.007 §7.2). */
type RegistrationStat = number

export const REGISTRATION_PREFIXES = ['+CREG:', '+CGREG:', '+CEREG:'] as const
export type RegistrationPrefix = (typeof REGISTRATION_PREFIXES)[number]

/** AT+CREG? and its kin. The answer has `<n>,<stat>`, the URC `<stat>` alone or with a quoted area behind (H12). */
export function registration(prefix: RegistrationPrefix, timeoutMs: number): AtCommand<RegistrationStat> {
  return query(
    `AT${prefix.slice(0, -1)}?`,
    prefix,
    timeoutMs,
    (text) => {
      const stat = decimal(splitFields(text)[1])
      if (stat === undefined) throw new Error('no <stat>')
      return stat
    },
    (fields) => /^\d$/.test(fields[0] ?? '') && /^\d{1,2}$/.test(fields[1] ?? ''),
  )
}

/** AT+CIREG? (27.007 §8.71): whether it is registered with IMS. The URC is +CIREGU. */
export function imsRegistration(timeoutMs: number): AtCommand<boolean | undefined> {
  return query('AT+CIREG?', '+CIREG:', timeoutMs, (text) => {
    const info = decimal(splitFields(text)[1])
    return info === undefined ? undefined : info === 1
  })
}

/** AT+CPIN?: `READY`, `SIM PIN`, `SIM PUK` … (27.007 §8.3). */
export function simState(timeoutMs: number): AtCommand<string> {
  return query('AT+CPIN?', '+CPIN:', timeoutMs, (text) => unquote(text).toUpperCase())
}

/** AT+CPIN=…: never repeated by the channel, each try counts. */
export function enterPin(pin: string, timeoutMs: number): AtCommand<void> {
  return { ...setting(`AT+CPIN="${pin}"`, timeoutMs), retry: 'unsafe', wakes: true }
}

/** How to ask for the PIN tries that are left: the count is field number `field` behind `prefix`. */
export interface PinTriesWay {
  command: string
  prefix: string
  field: number
  /** Where in the same answer the tries of the PUK are; left out: it does not tell them. */
  pukField?: number | undefined
}

/** AT+CPINR (27.007 §8.65): for any module; families have more of their own, in their profiles. */
export const STANDARD_PIN_TRIES: PinTriesWay = { command: 'AT+CPINR="SIM PIN"', prefix: '+CPINR:', field: 1 }

/** Gives undefined where the answer holds no number. */
export function pinTries({ command, prefix, field }: PinTriesWay, timeoutMs: number): AtCommand<number | undefined> {
  return query(command, prefix, timeoutMs, (text) => decimal(splitFields(text)[field]))
}

/** The same of the PUK, over the standard way. */
export function pukTries(timeoutMs: number): AtCommand<number | undefined> {
  const isItsOwn = ([code]: readonly string[]) => code?.replaceAll('"', '') === 'SIM PUK'
  return query('AT+CPINR="SIM PUK"', '+CPINR:', timeoutMs, (text) => decimal(splitFields(text)[1]), isItsOwn)
}

/** AT+CFUN?: 1 is full functionality. */
export function functionality(timeoutMs: number): AtCommand<number | undefined> {
  return query('AT+CFUN?', '+CFUN:', timeoutMs, (text) => decimal(splitFields(text)[0]))
}

/** AT+CFUN=1: switches the radio on. */
export function wakeRadio(timeoutMs: number): AtCommand<void> {
  return { ...setting('AT+CFUN=1', timeoutMs), wakes: true }
}

/** AT+CFUN=4: switches the radio off, and nothing else. */
export function silenceRadio(timeoutMs: number): AtCommand<void> {
  return setting('AT+CFUN=4', timeoutMs)
}

/** AT+CFUN=1,1, or the module's own `command`: restarts the module. */
export function restartModule(timeoutMs: number, command = 'AT+CFUN=1,1'): AtCommand<void> {
  return { ...setting(command, timeoutMs), retry: 'unsafe' }
}

/** AT+CGSN and AT+GSN: every number in the answer that may be the IMEI. */
export function imei(text: 'AT+CGSN' | 'AT+GSN', timeoutMs: number): AtCommand<readonly string[]> {
  return plainQuery(text, timeoutMs, [`${text.slice(2)}:`], (line) => /\b\d{14,17}\b/.exec(line)?.[0])
}

/** AT+CIMI: every number in the answer that may be the IMSI. */
export function imsi(timeoutMs: number): AtCommand<readonly string[]> {
  return plainQuery('AT+CIMI', timeoutMs, ['+CIMI:'], (line) => /\b\d{6,15}\b/.exec(line)?.[0])
}

/** The names under which modems tell the SIM's serial number; the standard has only +CCID in later releases. */
export const ICCID_QUERIES = ['AT+CCID', 'AT+ICCID', 'AT+QCCID', 'AT^ICCID?', 'AT#CCID'] as const
/** One of the commands may be answered by the name of another. */
const ICCID_PREFIXES = ['+CCID:', '+ICCID:', '+QCCID:', '^ICCID:', '#CCID:'] as const

/** One of ICCID_QUERIES as a command: every number in the answer that may be the serial number. */
export function iccid(text: (typeof ICCID_QUERIES)[number], timeoutMs: number): AtCommand<readonly string[]> {
  return plainQuery(text, timeoutMs, ICCID_PREFIXES, (line) =>
    /\b\d{18,20}[0-9A-F]?\b/.exec(line)?.[0].replace(/F$/, ''),
  )
}

/** AT+CGMI, AT+CGMM, AT+CGMR: lines for people, hardly ever more than one. */
export function description(text: 'AT+CGMI' | 'AT+CGMM' | 'AT+CGMR', timeoutMs: number): AtCommand<readonly string[]> {
  return plainQuery(text, timeoutMs)
}

/** AT+CSQ: dBm (27.007 §8.5), undefined when not known. */
export function signalQuality(timeoutMs: number): AtCommand<number | undefined> {
  return query('AT+CSQ', '+CSQ:', timeoutMs, (text) => {
    const rssi = decimal(splitFields(text)[0])
    return rssi === undefined || rssi < 0 || rssi > 31 ? undefined : -113 + 2 * rssi
  })
}

/** AT+COPS?: the operator's name or number, undefined when none is chosen. The URC-like short form has one field. */
export function operator(timeoutMs: number): AtCommand<string | undefined> {
  return query('AT+COPS?', '+COPS:', timeoutMs, (text) => {
    const name = unquote(splitFields(text)[2])
    return name === '' ? undefined : name
  })
}

/** AT+CNUM: the SIM's own number in E.164 where it is stored as an international one. Many SIMs hold none. */
export function ownNumber(timeoutMs: number): AtCommand<string | undefined> {
  const prefix = '+CNUM:'
  return {
    text: 'AT+CNUM',
    info: [{ prefix }],
    timeoutMs,
    parse: (lines) =>
      lines
        .map((line) => fieldsAfter(line, prefix))
        .map((fields) => international(unquote(fields[1]), decimal(fields[2])))
        .find((number) => /^\+\d{5,15}$/.test(number)),
    retry: 'safe',
  }
}
