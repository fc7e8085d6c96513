/** SIMCom's MMS commands of 2G modules, as their manual has them: SAPBR and CMMS…; a part comes behind CONNECT. */
import { integers, parameters } from '../commandline.ts'
import type { CommandHandler, CommandTable } from '../context.ts'
import { embeddedFile, sendEmbedded } from '../embedded-mms.ts'
import { cmeError, plainError } from '../failure.ts'

const PART_BYTES_MAX = 307_200
const NOT_INITIALISED = 171
const SENDING_FAILED = 178

/** Only on modules of this family. */
function simcom(handler: CommandHandler): CommandHandler {
  return (modem, call, line) => {
    if (modem.profile.mms !== 'simcom') throw plainError(modem.profile.unknownCommand)
    return call.form === 'test' ? [] : handler(modem, call, line)
  }
}

const accept = simcom(() => [])

/** Only while a message is edited. */
function editing(handler: CommandHandler): CommandHandler {
  return simcom((modem, call, line) => {
    if (!modem.settings.mms.isOpen) throw cmeError(NOT_INITIALISED)
    return handler(modem, call, line)
  })
}

export const SIMCOM_MMS_COMMANDS: CommandTable = {
  '+SAPBR': simcom(({ settings: { sockets }, coverage }, { text }) => {
    const [kind, profile = '', name, value = ''] = parameters(text)
    if (kind === '3' && name === 'APN') sockets.apns.set(profile, value)
    if (kind === '0') sockets.closeAll()
    if (kind !== '1') return []
    if (sockets.isActive || !sockets.apns.has(profile) || coverage === 'none') throw plainError('ERROR')
    sockets.isActive = true
    return []
  }),
  '+CMMSINIT': accept,
  '+CMMSTERM': accept,
  '+CMMSCID': accept,
  '+CMMSSENDCFG': accept,
  '+CMMSCURL': simcom(({ settings }, { text }) => {
    settings.mms.mmsc = `http://${parameters(text)[0] ?? ''}`
    return []
  }),
  '+CMMSPROTO': simcom(({ settings }, { text }) => {
    const [host = '', port = ''] = parameters(text)
    settings.mms.proxy = { host, port: Number(port) }
    return []
  }),
  '+CMMSEDIT': simcom(({ settings: { mms } }, { text }) => {
    Object.assign(mms, { to: [], subject: '', text: '', files: [], isOpen: integers(text)[0] === 1 })
    return []
  }),
  '+CMMSDOWN': editing(async ({ settings: { mms } }, { text }, line) => {
    const [kind = '', length = '', , name = 'picture.jpg'] = parameters(text)
    const bytes = Number(length)
    if (!(bytes > 0 && bytes <= PART_BYTES_MAX) || (kind === 'PIC' && mms.files.length > 0)) throw cmeError(50)
    const octets = await line.octets(bytes, '\r\nCONNECT\r\n')
    if (kind === 'TITLE') mms.subject = octets.toString('utf8')
    else if (kind === 'TEXT') mms.text = octets.toString('utf8')
    else mms.files.push(embeddedFile(name, octets))
    return []
  }),
  '+CMMSRECP': editing(({ settings }, { text }) => {
    settings.mms.to.push(parameters(text)[0] ?? '')
    return []
  }),
  '+CMMSSEND': editing(async ({ settings: { mms, sockets } }) => {
    if (mms.to.length === 0 || !sockets.isActive) throw cmeError(NOT_INITIALISED)
    const answer = await sendEmbedded(mms)
    if (!answer?.isTaken) throw cmeError(SENDING_FAILED)
    return []
  }),
}
