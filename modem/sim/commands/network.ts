/** Commands about the network: registration, operator, signal, USSD (27.007 §7). */
import { integers, parameters } from '../commandline.ts'
import { COVERAGE_STAT, type CommandHandler, type CommandTable } from '../context.ts'
import { cmeError } from '../failure.ts'
import { isServed } from '../radio.ts'

/** Location area and cell that registration reports show with <n> 2. */
export const CELL = '"1A2B","01C3D4E5",7'

const OPERATOR_LONG = 'Causeway Simulated'
const OPERATOR_SHORT = 'CwSim'
const OPERATOR_NUMERIC = '26299'
const ACCESS_LTE = 7

function registration(name: '+CREG' | '+CGREG' | '+CEREG'): CommandHandler {
  return (modem, { form, text }) => {
    if (form === 'test') return [`${name}: (0-2)`]
    const n = modem.settings.creg[name]
    if (form === 'read') {
      const stat = COVERAGE_STAT[modem.coverage]
      const isRegistered = stat === 1 || stat === 5 || stat === 6
      return [`${name}: ${n},${stat}${n === 2 && isRegistered ? `,${CELL}` : ''}`]
    }
    const [wanted = 0] = integers(text)
    if (wanted !== 0 && wanted !== 1 && wanted !== 2) throw cmeError(50)
    modem.settings.creg[name] = wanted
    return []
  }
}

/** IMS (27.007 §8.71): registered wherever it is served, on a profile that has it. */
const ims: CommandHandler = (modem, { form, text }) => {
  if (form === 'test') return ['+CIREG: (0-2)']
  const registered = isServed(modem.coverage) ? 1 : 0
  if (form === 'read') return [`+CIREG: ${modem.settings.flags['+CIREG'] ?? '0'},${registered}`]
  modem.settings.flags['+CIREG'] = String(integers(text)[0] ?? 0)
  return []
}

const operator: CommandHandler = (modem, { form, text }) => {
  if (form === 'test') {
    return [`+COPS: (2,"${OPERATOR_LONG}","${OPERATOR_SHORT}","${OPERATOR_NUMERIC}",${ACCESS_LTE}),,(0-4),(0-2)`]
  }
  if (form === 'read') {
    const stat = COVERAGE_STAT[modem.coverage]
    if (stat !== 1 && stat !== 5 && stat !== 6) return ['+COPS: 0']
    const names = [OPERATOR_LONG, OPERATOR_SHORT, OPERATOR_NUMERIC]
    return [`+COPS: 0,${modem.settings.copsFormat},"${names[modem.settings.copsFormat]}",${ACCESS_LTE}`]
  }
  const [mode, format] = integers(text)
  if (mode === 3 && (format === 0 || format === 1 || format === 2)) modem.settings.copsFormat = format
  return []
}

const ussd: CommandHandler = (modem, { form, text }) => {
  if (form === 'test') return ['+CUSD: (0-2)']
  if (form === 'read') return [`+CUSD: ${modem.settings.flags['+CUSD'] ?? '0'}`]
  const [n, request] = parameters(text)
  if (n !== '0' && n !== '1' && n !== '2') throw cmeError(50)
  if (n !== '2') modem.settings.flags['+CUSD'] = n
  if (n === '2') modem.ussd.end()
  else if (request !== undefined) modem.ussd.request(request)
  return []
}

export const NETWORK_COMMANDS: CommandTable = {
  '+CREG': registration('+CREG'),
  '+CGREG': registration('+CGREG'),
  '+CEREG': registration('+CEREG'),
  '+CIREG': ims,
  '+COPS': operator,
  '+CSQ': (modem, { form }) => (form === 'test' ? ['+CSQ: (0-31,99),(0-7,99)'] : [`+CSQ: ${modem.signalQuality},99`]),
  '+CUSD': ussd,
}
