/** Commands of 3GPP TS 27.005: message service, storage, routing, sending, reading, acknowledging. PDU mode only. */
import { addressOf } from '../../pdu/address.ts'
import { PduError } from '../../pdu/error.ts'
import { fromHex } from '../../pdu/octets.ts'
import { type CommandCall, integers, parameters } from '../commandline.ts'
import type { CommandHandler, CommandTable, ModemContext } from '../context.ts'
import { AtFailure, cmsError } from '../failure.ts'
import { READ_ONLY_MEMORIES } from '../memories.ts'
import type { MessageStorage, Slot, SlotState } from '../storage.ts'

const STAT_ALL = 4
/** 27.005 §3.5.4: <delflag> of +CMGD, and the states that each one empties. */
const DELETED_BY_FLAG: readonly (readonly SlotState[])[] = [[], [1], [1, 3], [1, 2, 3], [0, 1, 2, 3]]
/** The longest TPDU that +CMGS takes. */
const TPDU_OCTETS_MAX = 164

/** Everything here needs an unlocked SIM and PDU mode, unless it only asks. */
function needsCard(handler: CommandHandler): CommandHandler {
  return (modem, call, line) => {
    if (call.form !== 'test') {
      const { state } = modem.card
      if (state === 'absent') throw cmsError(310)
      if (state === 'pin') throw cmsError(311)
      if (state === 'puk' || state === 'blocked') throw cmsError(316)
      if (!modem.isSmsReady) throw cmsError(modem.profile.notReady)
    }
    return handler(modem, call, line)
  }
}

function storageOf(modem: ModemContext, purpose: 0 | 1 | 2): MessageStorage {
  const storage = modem.storages.get(modem.settings.memories[purpose])
  if (storage === undefined) throw cmsError(320)
  return storage
}

/** Octets of the TPDU behind the SCA; what hostile octets make of that is shown as it is. */
function tpduLength(pduHex: string): number {
  const smscOctets = Number.parseInt(pduHex.slice(0, 2), 16)
  return Math.max(0, (pduHex.length >> 1) - 1 - (Number.isNaN(smscOctets) ? 0 : smscOctets))
}

const preferredStorage: CommandHandler = (modem, { form, text }) => {
  const names = [...modem.storages.keys()]
  const list = (chosen: readonly string[]) => `(${chosen.map((name) => `"${name}"`).join(',')})`
  const usage = (name: string) => `${modem.storages.get(name)?.used ?? 0},${modem.storages.get(name)?.size ?? 0}`
  const { memories } = modem.settings
  if (form === 'test') {
    const writable = names.filter((name) => !READ_ONLY_MEMORIES.has(name))
    return [`+CPMS: ${list(names)},${list(writable)},${list(writable)}`]
  }
  if (form === 'read') return [`+CPMS: ${memories.map((name) => `"${name}",${usage(name)}`).join(',')}`]
  const wanted = parameters(text)
  if (!modem.profile.cpmsArguments.includes(wanted.length)) throw cmsError(302)
  for (const [purpose, name] of wanted.entries()) {
    if (name === undefined) continue
    if (!modem.storages.has(name) || (purpose > 0 && READ_ONLY_MEMORIES.has(name))) throw cmsError(302)
  }
  for (const [purpose, name] of wanted.entries()) if (name !== undefined) memories[purpose] = name
  return [`+CPMS: ${memories.map(usage).join(',')}`]
}

const newMessageIndications: CommandHandler = (modem, { form, text }) => {
  const names = ['mode', 'mt', 'bm', 'ds', 'bfr'] as const
  const { cnmi: range } = modem.profile
  const { cnmi } = modem.settings
  if (form === 'test') return [`+CNMI: ${names.map((name) => `(${range[name].join(',')})`).join(',')}`]
  if (form === 'read') return [`+CNMI: ${names.map((name) => cnmi[name]).join(',')}`]
  const wanted = integers(text)
  if (wanted.length > names.length) throw cmsError(302)
  const changed = { ...cnmi }
  for (const [at, name] of names.entries()) {
    const value = wanted[at]
    if (value === undefined) continue
    if (!range[name].includes(value)) throw cmsError(303)
    changed[name] = value
  }
  const isRefused = modem.profile.cnmiRefused.some((refused) =>
    names.every((name) => refused[name] === undefined || refused[name] === changed[name]),
  )
  if (isRefused) throw cmsError(303)
  modem.settings.cnmi = changed
  modem.routingChanged()
  return []
}

/** Head and PDU line of an occupied slot, which is read by that. A page has no SCA. */
function readSlot(head: string, slot: Slot, isPage: boolean): string {
  const { state, pduHex, told } = slot
  if (state === 0) slot.state = 1
  const octets = isPage ? pduHex.length >> 1 : tpduLength(pduHex)
  return told?.replaceAll('{head}', head) ?? `${head}${state},,${octets}\r\n${pduHex}`
}

const readMessage: CommandHandler = (modem, { form, text }) => {
  if (form === 'test') return []
  requirePduMode(modem)
  const storage = storageOf(modem, 0)
  const [index = Number.NaN] = integers(text)
  if (!storage.holds(index)) throw cmsError(321)
  const slot = storage.slot(index)
  if (slot !== undefined) return [readSlot('+CMGR: ', slot, storage.name === 'BM')]
  if (modem.profile.emptySlot === 'error') throw cmsError(321)
  return modem.profile.emptySlot === 'length-zero' ? ['+CMGR: 0,,0'] : []
}

const listMessages: CommandHandler = (modem, { form, text }) => {
  if (form === 'test') return ['+CMGL: (0-4)']
  requirePduMode(modem)
  if (modem.profile.listing === 'refused') throw cmsError(303)
  const [wanted = 0] = integers(text)
  if (!(wanted >= 0 && wanted <= STAT_ALL)) throw cmsError(302)
  const storage = storageOf(modem, 0)
  return storage
    .slots()
    .filter(({ state }) => wanted === STAT_ALL || state === wanted)
    .map((slot) => readSlot(`+CMGL: ${slot.index},`, slot, storage.name === 'BM'))
}

const deleteMessage: CommandHandler = (modem, { form, text }) => {
  const storage = storageOf(modem, 0)
  if (form === 'test') {
    const slots = storage.slots().map(({ index }) => index)
    return [`+CMGD: (${slots.join(',')}),(0-4)`]
  }
  const [index = Number.NaN, flag = 0] = integers(text)
  const states = DELETED_BY_FLAG[flag]
  if (states === undefined) throw cmsError(302)
  if (flag === 0) {
    if (!storage.holds(index)) throw cmsError(321)
    storage.remove(index)
  } else {
    for (const slot of storage.slots()) if (states.includes(slot.state)) storage.remove(slot.index)
  }
  modem.roomMade()
  return []
}

/** Takes the body of +CMGS or +CMGW: SCA and TPDU in hex, with the length that was announced. */
async function takeBody(
  modem: ModemContext,
  call: CommandCall,
): Promise<{ tpdu: Uint8Array; pduHex: string } | undefined> {
  requirePduMode(modem)
  const [length = Number.NaN] = integers(call.text)
  if (!(length >= 1 && length <= TPDU_OCTETS_MAX)) throw cmsError(304)
  const typed = await modem.prompt(2 * length)
  if (typed === undefined) return undefined
  const pduHex = typed.replace(/[\r\n ]/g, '')
  let octets: Uint8Array
  try {
    octets = fromHex(pduHex)
  } catch (error) {
    if (error instanceof PduError) throw cmsError(304)
    throw error
  }
  const behindSmsc = 1 + (octets[0] ?? 0)
  if (octets.length - behindSmsc !== length) throw cmsError(304)
  return { tpdu: octets.subarray(behindSmsc), pduHex: pduHex.toUpperCase() }
}

const sendMessage: CommandHandler = async (modem, call) => {
  if (call.form === 'test') return []
  refuse(modem, 'prompt')
  const body = await takeBody(modem, call)
  if (body === undefined) return []
  refuse(modem, 'body')
  return [`+CMGS: ${await modem.transmit(body.tpdu)}`]
}

function refuse(modem: ModemContext, where: 'prompt' | 'body'): void {
  const fault = modem.faults.take('error', '+CMGS', ({ at }) => (at ?? 'body') === where)
  if (fault !== undefined) throw new AtFailure(fault.family, fault.code)
}

const writeMessage: CommandHandler = async (modem, call) => {
  if (call.form === 'test') return []
  const body = await takeBody(modem, call)
  if (body === undefined) return []
  const slot = storageOf(modem, 1).add(body.pduHex, 2)
  if (slot === undefined) throw cmsError(322)
  return [`+CMGW: ${slot.index}`]
}

const acknowledge: CommandHandler = async (modem, { form, text }) => {
  if (form === 'test') return ['+CNMA: (0-2)']
  const [n = 0, length = 0] = integers(text)
  if (n !== 0 && n !== 1 && n !== 2) throw cmsError(302)
  if (length > 0) await modem.prompt(2 * length)
  if (!modem.acknowledge(n !== 2)) throw cmsError(340)
  return []
}

function requirePduMode(modem: ModemContext): void {
  if (modem.settings.cmgf !== 0) throw cmsError(303)
}

/** A number setting with `=?`, `?` and `=`. */
function number(
  name: string,
  values: (modem: ModemContext) => readonly number[],
  read: (modem: ModemContext) => number,
  write: (modem: ModemContext, value: number) => readonly string[],
): CommandHandler {
  return (modem, { form, text }) => {
    if (form === 'test') return [`${name}: (${values(modem).join(',')})`]
    if (form === 'read') return [`${name}: ${read(modem)}`]
    const [value = 0] = integers(text)
    if (!values(modem).includes(value)) throw cmsError(303)
    return write(modem, value)
  }
}

const service: CommandHandler = (modem, { form, text }) => {
  const values = modem.profile.csms1 ? [0, 1] : [0]
  if (form === 'test') return [`+CSMS: (${values.join(',')})`]
  if (form === 'read') return [`+CSMS: ${modem.settings.csms},1,1,1`]
  const [value = 0] = integers(text)
  if (!values.includes(value)) throw cmsError(303)
  modem.settings.csms = value
  return ['+CSMS: 1,1,1']
}

const serviceCentre: CommandHandler = (modem, { form, text }) => {
  if (form === 'test') return []
  if (form === 'read') return [`+CSCA: "${modem.smsc}",${modem.smsc.startsWith('+') ? 145 : 129}`]
  const [smsc] = parameters(text)
  try {
    addressOf(smsc ?? '')
  } catch (error) {
    if (error instanceof PduError) throw cmsError(304)
    throw error
  }
  modem.smsc = smsc ?? ''
  return []
}

export const MESSAGE_COMMANDS: CommandTable = {
  '+CMGF': number(
    '+CMGF',
    () => [0, 1],
    ({ settings }) => settings.cmgf,
    ({ settings }, value) => {
      settings.cmgf = value
      return []
    },
  ),
  '+CSMS': service,
  '+CPMS': needsCard(preferredStorage),
  '+CNMI': needsCard(newMessageIndications),
  '+CSCA': needsCard(serviceCentre),
  '+CMGR': needsCard(readMessage),
  '+CMGL': needsCard(listMessages),
  '+CMGD': needsCard(deleteMessage),
  '+CMGS': needsCard(sendMessage),
  '+CMGW': needsCard(writeMessage),
  '+CMMS': number(
    '+CMMS',
    ({ profile }) => (profile.cmms ? [0, 1, 2] : []),
    ({ settings }) => settings.cmms,
    ({ settings }, value) => {
      settings.cmms = value
      if (value === 0) settings.linkHeldUntilMs = 0
      return []
    },
  ),
  '+CNMA': acknowledge,
  '+CSCB': (modem, { form, text }) => {
    if (form === 'test') return ['+CSCB: (0,1)']
    if (form === 'read') {
      const { mode = 1, ids = '' } = modem.settings.broadcasts ?? {}
      return [`+CSCB: ${mode},"${ids}",""`]
    }
    const [mode, ids = ''] = parameters(text)
    if (mode !== '0' && mode !== '1') throw cmsError(302)
    modem.settings.broadcasts = { mode: Number(mode), ids }
    return []
  },
}
