/** Quectel's TCP commands as the EC2x manual has them: QICSGP, QIACT, QIOPEN, QISTATE, QISEND, QIRD, QICLOSE, QIDNSGIP. */
import { integers, parameters } from '../commandline.ts'
import type { CommandHandler, CommandTable } from '../context.ts'
import { cmeError, plainError } from '../failure.ts'
import { resolveSimulated } from '../sockets.ts'

const SEND_BYTES_MAX = 1_460
const RECEIVE_BYTES_MAX = 1_500
/** +QIOPEN and +QIURC errors of the manual. */
const NO_SOCKET = 566
const NOT_FOUND = 565
const STATE = { opening: 1, connected: 2, closing: 4 } as const

/** Only on modules of this family. */
function quectel(handler: CommandHandler): CommandHandler {
  return (modem, call, line) => {
    if (modem.profile.sockets !== 'quectel') throw plainError(modem.profile.unknownCommand)
    return call.form === 'test' ? [] : handler(modem, call, line)
  }
}

export const QUECTEL_SOCKET_COMMANDS: CommandTable = {
  '+QICSGP': quectel(({ settings }, { text }) => {
    const [context, , apn] = parameters(text)
    if (context === undefined || apn === undefined) throw cmeError(50)
    settings.sockets.apns.set(context, apn)
    return []
  }),
  '+QICFG': quectel(({ settings }, { text }) => {
    const [name, ...values] = parameters(text)
    if (name === 'dataformat') settings.flags['+QICFG'] = values.join(',')
    return []
  }),
  '+QIACT': quectel(({ settings, coverage }, { form, text }) => {
    const { sockets } = settings
    if (form === 'read') {
      return sockets.isActive ? [...sockets.apns.keys()].map((context) => `+QIACT: ${context},1,1,"10.64.1.2"`) : []
    }
    if (sockets.isActive || !sockets.apns.has(text.trim())) throw plainError('ERROR')
    if (coverage !== 'home' && coverage !== 'roaming') throw cmeError(30)
    sockets.isActive = true
    return []
  }),
  '+QIDEACT': quectel(({ settings }) => {
    settings.sockets.closeAll()
    return []
  }),
  '+QIOPEN': quectel((modem, { text }) => {
    const [, id, , host, port] = parameters(text)
    if (id === undefined || host === undefined || port === undefined) throw cmeError(50)
    void modem.settings.sockets.open(Number(id), host, Number(port)).then((connected) => {
      modem.clock.after(0, () => modem.notify(`+QIOPEN: ${id},${connected ? 0 : NO_SOCKET}`))
    })
    return []
  }),
  '+QISTATE': quectel(({ settings }, { text }) => {
    const [, id = 0] = integers(text)
    const [state, place] = [settings.sockets.state(id), settings.sockets.place(id)]
    if (state === undefined || place === undefined) return []
    return [`+QISTATE: ${id},"TCP","${place.address}",${place.port},0,${STATE[state]},3,0,0,"usbat"`]
  }),
  '+QISEND': quectel(async ({ settings }, { text }, line) => {
    const [id = 0, length = 0] = integers(text)
    if (!(length > 0 && length <= SEND_BYTES_MAX) || settings.sockets.state(id) !== 'connected')
      throw plainError('ERROR')
    const sent = await settings.sockets.send(id, await line.octets(length))
    line.endWith(sent ? 'SEND OK' : 'SEND FAIL')
    return []
  }),
  '+QIRD': quectel(({ settings }, { text }) => {
    const [id = 0, bytesMax = RECEIVE_BYTES_MAX] = integers(text)
    if (settings.sockets.state(id) === undefined) throw plainError('ERROR')
    const octets = settings.sockets.take(id, Math.min(bytesMax, RECEIVE_BYTES_MAX))
    const isHex = settings.flags['+QICFG']?.endsWith(',1') ?? false
    const data = octets.toString(isHex ? 'hex' : 'latin1')
    return octets.length === 0 ? ['+QIRD: 0'] : [`+QIRD: ${octets.length}\r\n${isHex ? data.toUpperCase() : data}`]
  }),
  '+QICLOSE': quectel(({ settings }, { text }) => {
    settings.sockets.close(integers(text)[0] ?? 0)
    return []
  }),
  '+QIDNSGIP': quectel((modem, { text }) => {
    const [, name = ''] = parameters(text)
    if (!modem.settings.sockets.isActive) throw plainError('ERROR')
    const address = resolveSimulated(name)
    modem.clock.after(1, () => {
      if (address === undefined) modem.notify(`+QIURC: "dnsgip",${NOT_FOUND}`)
      else {
        modem.notify('+QIURC: "dnsgip",0,1,600')
        modem.notify(`+QIURC: "dnsgip","${address}"`)
      }
    })
    return []
  }),
}
