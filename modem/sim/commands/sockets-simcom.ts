/** SIMCom's TCP commands as the SIM7600 manual has them: CGSOCKCONT, NETOPEN, CIPOPEN, CIPSEND, CIPRXGET, CIPCLOSE, CDNSGIP. */
import { integers, parameters } from '../commandline.ts'
import type { CommandHandler, CommandTable } from '../context.ts'
import { cmeError, plainError } from '../failure.ts'
import { resolveSimulated } from '../sockets.ts'

const SEND_BYTES_MAX = 1_500
/** Of hex. */
const RECEIVE_BYTES_MAX = 750
const OPEN_FAILED = 10
const NO_NAME = 10

/** Only on modules of this family. */
function simcom(handler: CommandHandler): CommandHandler {
  return (modem, call, line) => {
    if (modem.profile.sockets !== 'simcom') throw plainError(modem.profile.unknownCommand)
    return call.form === 'test' ? [] : handler(modem, call, line)
  }
}

const accept = simcom(() => [])

export const SIMCOM_SOCKET_COMMANDS: CommandTable = {
  '+CGSOCKCONT': simcom(({ settings }, { text }) => {
    const [context, , apn] = parameters(text)
    if (context === undefined || apn === undefined) throw cmeError(50)
    settings.sockets.apns.set(context, apn)
    return []
  }),
  '+CSOCKAUTH': accept,
  '+CSOCKSETPN': accept,
  '+CIPMODE': accept,
  '+NETOPEN': simcom((modem, { form }) => {
    const { sockets } = modem.settings
    if (form === 'read') return [`+NETOPEN: ${sockets.isActive ? 1 : 0}`]
    if (sockets.isActive) {
      modem.notify('+IP ERROR: Network is already opened')
      throw plainError('ERROR')
    }
    const serves = (modem.coverage === 'home' || modem.coverage === 'roaming') && sockets.apns.size > 0
    modem.clock.after(1, () => {
      sockets.isActive = serves
      modem.notify(`+NETOPEN: ${serves ? 0 : 1}`)
    })
    return []
  }),
  '+NETCLOSE': simcom((modem) => {
    modem.settings.sockets.closeAll()
    modem.clock.after(1, () => modem.notify('+NETCLOSE: 0'))
    return []
  }),
  '+CIPOPEN': simcom((modem, { form, text }) => {
    const { sockets } = modem.settings
    if (form === 'read') {
      const place = sockets.state(0) === 'connected' ? sockets.place(0) : undefined
      return [place === undefined ? '+CIPOPEN: 0' : `+CIPOPEN: 0,"TCP","${place.address}",${place.port},-1`]
    }
    const [id, , host, port] = parameters(text)
    if (id === undefined || host === undefined || port === undefined) throw cmeError(50)
    void sockets.open(Number(id), host, Number(port)).then((connected) => {
      modem.clock.after(0, () => modem.notify(`+CIPOPEN: ${id},${connected ? 0 : OPEN_FAILED}`))
    })
    return []
  }),
  '+CIPSEND': simcom(async (modem, { text }, line) => {
    const { sockets } = modem.settings
    const [id = 0, length = 0] = integers(text)
    if (!(length > 0 && length <= SEND_BYTES_MAX) || sockets.state(id) !== 'connected') throw plainError('ERROR')
    const sent = await sockets.send(id, await line.octets(length))
    modem.clock.after(1, () => modem.notify(`+CIPSEND: ${id},${length},${sent ? length : -1}`))
    return []
  }),
  '+CIPRXGET': simcom((modem, { text }) => {
    const { sockets } = modem.settings
    const [mode, id = 0, bytesMax = RECEIVE_BYTES_MAX] = integers(text)
    if (mode === 4) return [`+CIPRXGET: 4,${id},${sockets.waiting(id)}`]
    if (mode !== 3) return []
    if (sockets.waiting(id) === 0) {
      modem.notify('+IP ERROR: No data')
      throw plainError('ERROR')
    }
    const octets = sockets.take(id, Math.min(bytesMax, RECEIVE_BYTES_MAX))
    const hex = octets.toString('hex').toUpperCase()
    return [`+CIPRXGET: 3,${id},${octets.length},${sockets.waiting(id)}\r\n${hex}`]
  }),
  '+CIPCLOSE': simcom((modem, { text }) => {
    const [id = 0] = integers(text)
    if (!modem.settings.sockets.close(id)) throw plainError('ERROR')
    modem.clock.after(1, () => modem.notify(`+CIPCLOSE: ${id},0`))
    return []
  }),
  '+CDNSGIP': simcom(({ settings }, { text }) => {
    const [name = ''] = parameters(text)
    const address = settings.sockets.isActive ? resolveSimulated(name) : undefined
    return [address === undefined ? `+CDNSGIP: 0,${NO_NAME}` : `+CDNSGIP: 1,"${name}","${address}"`]
  }),
}
