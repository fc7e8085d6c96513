/** Quectel's MMS commands as public code uses them: QMMSCFG, QMMSEDIT, QMMSEND, and files in RAM by QFUPL and QFDEL. */
import { integers, parameters } from '../commandline.ts'
import type { CommandHandler, CommandTable } from '../context.ts'
import { embeddedFile, sendEmbedded } from '../embedded-mms.ts'
import { cmeError, plainError } from '../failure.ts'

const FILE_BYTES_MAX = 400_000
/** What the manual calls an unknown error and a network error. */
const UNKNOWN = 751
const NO_NETWORK = 765

/** Only on modules of this family. */
function quectel(handler: CommandHandler): CommandHandler {
  return (modem, call, line) => {
    if (modem.profile.mms !== 'quectel') throw plainError(modem.profile.unknownCommand)
    return call.form === 'test' ? [] : handler(modem, call, line)
  }
}

export const QUECTEL_MMS_COMMANDS: CommandTable = {
  '+QFUPL': quectel(async ({ settings }, { text }, line) => {
    const [name = '', length = ''] = parameters(text)
    const bytes = Number(length)
    if (!name.startsWith('RAM:') || !(bytes > 0 && bytes <= FILE_BYTES_MAX)) throw cmeError(400)
    settings.mms.stored.set(name, await line.octets(bytes, '\r\nCONNECT\r\n'))
    return [`+QFUPL: ${bytes},0`]
  }),
  '+QFDEL': quectel(({ settings }) => {
    if (settings.mms.stored.size === 0) throw cmeError(405)
    settings.mms.stored.clear()
    return []
  }),
  '+QMMSCFG': quectel(({ settings }, { text }) => {
    const [name, value = '', port] = parameters(text)
    if (name === 'mmsc') settings.mms.mmsc = value
    if (name === 'proxy') settings.mms.proxy = { host: value, port: Number(port) }
    return []
  }),
  '+QMMSEDIT': quectel(({ settings: { mms } }, { text }) => {
    const [field = '', , value = ''] = parameters(text)
    if (field === '0') Object.assign(mms, { to: [], subject: '', text: '', files: [] })
    else if (field === '1') mms.to.push(value)
    else if (field === '4') mms.subject = Buffer.from(value, 'latin1').toString('utf8')
    else if (field === '5') {
      const data = mms.stored.get(value)
      if (data === undefined) throw cmeError(763)
      if (value === 'RAM:text.txt') mms.text = data.toString('utf8')
      else mms.files.push(embeddedFile(value.slice(4), data))
    } else throw cmeError(756)
    return []
  }),
  '+QMMSEND': quectel((modem, { text }) => {
    const { mms, sockets } = modem.settings
    if (!(integers(text)[0] ?? 0) || mms.to.length === 0 || !sockets.isActive) throw cmeError(UNKNOWN)
    void sendEmbedded(mms).then((answer) => {
      const fields =
        answer === undefined ? `${NO_NETWORK}` : answer.isTaken || answer.status !== 200 ? `0,${answer.status}` : '766'
      modem.clock.after(0, () => modem.notify(`+QMMSEND: ${fields}`))
    })
    return []
  }),
}
