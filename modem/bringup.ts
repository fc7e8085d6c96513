/**
 * The start sequence: from an open port of unknown state to a modem in PDU mode that tells of new messages. Driven by
 * what the modem says it can (`=?` answers), never by who made it. Draining the storage and calling it ready is left
 * to `living.ts`.
 */
import { setting } from './at/command.ts'
import { functionality, imsi, operator, ownNumber, signalQuality, wakeRadio } from './at/general.ts'
import { errorClass } from './at/result.ts'
import {
  BROADCAST_MEMORY,
  type NewMessageIndication,
  offeredIndications,
  offeredMemories,
  offeredServices,
  selectedMemory,
  selectMemories,
  serviceCentre,
  setIndication,
} from './at/sms.ts'
import type { ModemStatus } from './contract.ts'
import { saidTwice, tellIccid, tellImei, tellOf } from './identity-answers.ts'
import { indicationLadder } from './indications.ts'
import type { PinDesk } from './pin-desk.ts'
import type { ModemProfile } from './profile.ts'
import { isRefusal, unlessRefused } from './refusal.ts'
import { unlockSim } from './sim-unlock.ts'
import type { StartSteps } from './start-steps.ts'

/** How this modem is to be used, learnt by the start sequence. */
export interface Capabilities {
  /** AT+CSMS=1 holds: what comes direct must be acknowledged by +CNMA. */
  acknowledged: boolean
  memories: MemoryLayout
  indication: NewMessageIndication
}

export interface MemoryLayout {
  /** Those to look for messages in, without overlap; the preferred one last, so that it stays selected. */
  readable: readonly string[]
  /** Where the network's messages go, and what is selected for writing too. */
  preferred: string
}

/** The module at the port must be left alone, or is of no use for texts. */
export class UnusableModule extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'UnusableModule'
  }
}

export interface BringUpOptions {
  pins: PinDesk
  /** Asked with the IMEI before anything is done to the SIM; throws UnusableModule when the module must be left alone. */
  admit(imei: string | undefined): void
  /** Asked once the module has said what it is: what is special about it. */
  profile(facts: { manufacturer: string | undefined; model: string | undefined }): ModemProfile
  /** Told what is learnt, as it is learnt. */
  learn(facts: Partial<ModemStatus>): void
}

/** Why a modem without PDU mode is of no use. */
const NO_PDU_MODE = 'the modem has no PDU mode (AT+CMGF=0 is refused): it cannot be used for texts'

/** Runs the sequence. Rejects with SimBarrier, UnusableModule or AtError. */
export async function bringUp(steps: StartSteps, options: BringUpOptions): Promise<Capabilities> {
  await steps.handshake()
  await quietAndNumeric(steps)
  const { imei, profile } = await identify(steps, options)
  for (const { command } of profile.startCommands) await optional(steps, command)
  await fullFunctionality(steps)
  await unlockSim(steps, { desk: options.pins, imei, triesWays: profile.pinTries, learn: options.learn })
  await untilSmsReady(steps)
  const acknowledged = await messageService(steps)
  if ((await optional(steps, 'AT+CMGF=0')) === false) throw new UnusableModule(NO_PDU_MODE)
  const memories = await messageMemories(steps, options, profile)
  const indication = await newMessageIndications(steps, acknowledged, memories, profile)
  for (const text of ['AT+CLIP=1', 'AT+CRC=1', 'AT+CUSD=1']) await optional(steps, text)
  for (const text of ['AT+CREG=2', 'AT+CGREG=2', 'AT+CEREG=2', 'AT+CIREG=1', 'AT+COPS=3,0']) await optional(steps, text)
  await describeSim(steps, options)
  return { acknowledged, memories, indication }
}

/** Whether the modem took the setting. */
async function optional(steps: StartSteps, text: string): Promise<boolean> {
  const done = await unlessRefused(steps.run(setting(text, steps.timings.slowCommandTimeoutMs)).then(() => true))
  return done ?? false
}

async function quietAndNumeric(steps: StartSteps): Promise<void> {
  await optional(steps, 'ATE0')
  await optional(steps, 'ATV1')
  await optional(steps, 'AT+CMEE=1')
}

async function identify(
  steps: StartSteps,
  options: BringUpOptions,
): Promise<{ imei: string | undefined; profile: ModemProfile }> {
  const { commandTimeoutMs } = steps.timings
  const ask = steps.run.bind(steps)
  const number = await tellImei(ask, commandTimeoutMs)
  options.admit(number)
  const manufacturer = await tellOf(ask, 'AT+CGMI', commandTimeoutMs)
  const model = await tellOf(ask, 'AT+CGMM', commandTimeoutMs)
  const profile = options.profile({ manufacturer, model })
  options.learn({
    imei: number,
    manufacturer,
    model,
    revision: await tellOf(ask, 'AT+CGMR', commandTimeoutMs),
    profile: profile.id,
  })
  return { imei: number, profile }
}

async function fullFunctionality(steps: StartSteps): Promise<void> {
  const level = await unlessRefused(steps.run(functionality(steps.timings.commandTimeoutMs)))
  if (level === undefined || level === 1) return
  await unlessRefused(steps.run(wakeRadio(steps.timings.slowCommandTimeoutMs)))
}

/** The first OK to AT+CPMS? says that the SMS part has started; until then modems answer with all kinds of errors. */
async function untilSmsReady(steps: StartSteps): Promise<void> {
  const triesWithoutReasonMax = 3
  const deadlineMs = steps.nowMs() + steps.timings.smsReadyMs
  for (let withoutReason = 0; ; ) {
    try {
      await steps.run(selectedMemory(steps.timings.slowCommandTimeoutMs))
      return
    } catch (error) {
      if (!isRefusal(error)) throw error
      if (errorClass(error.label) !== 'not-ready') withoutReason += 1
      if (withoutReason >= triesWithoutReasonMax || steps.nowMs() >= deadlineMs) return
    }
    await steps.pause(steps.timings.notReadyRetryMs)
  }
}

/** Phase 2+ service, so that direct messages wait for +CNMA (27.005 §3.2.1). Gives whether it holds. */
async function messageService(steps: StartSteps): Promise<boolean> {
  const offered = await unlessRefused(steps.run(offeredServices(steps.timings.commandTimeoutMs)))
  if (offered !== undefined && offered.size > 0 && !offered.has(1)) return false
  return optional(steps, 'AT+CSMS=1')
}

/** Larger and faster first; `MT` is the two others seen as one, so it serves only where they are not to be had. */
const MEMORY_ORDER = ['ME', 'SM', 'MT'] as const

async function messageMemories(
  steps: StartSteps,
  options: BringUpOptions,
  profile: ModemProfile,
): Promise<MemoryLayout> {
  const { commandTimeoutMs, slowCommandTimeoutMs } = steps.timings
  const offered = (await unlessRefused(steps.run(offeredMemories(commandTimeoutMs)))) ?? []
  const reading = offered[0] ?? []
  const receiving = offered[2] ?? offered[1] ?? reading
  const order: readonly string[] = profile.memories?.order ?? MEMORY_ORDER
  const known = receiving.length === 0 ? order : order.filter((name) => receiving.includes(name))
  for (const name of known) {
    // All three must be named, or the network's messages go elsewhere; some modems take only two or one.
    for (const naming of [[name, name, name], [name, name], [name]]) {
      const counts = await unlessRefused(steps.run(selectMemories(naming, slowCommandTimeoutMs)))
      if (counts === undefined) continue
      if (counts[0]?.total === 0) break
      if (counts[0] !== undefined) options.learn({ storage: [{ memory: name, ...counts[0] }] })
      return { readable: readable(reading, name), preferred: name }
    }
  }
  const current = await unlessRefused(steps.run(selectedMemory(slowCommandTimeoutMs)))
  const preferred = current ?? 'SM'
  return { readable: readable(reading, preferred), preferred }
}

function readable(offered: readonly string[], preferred: string): readonly string[] {
  const apart = preferred === 'MT' ? ['SR', BROADCAST_MEMORY] : ['SR', BROADCAST_MEMORY, 'SM', 'ME']
  return [...apart.filter((name) => name !== preferred && offered.includes(name)), preferred]
}

async function newMessageIndications(
  steps: StartSteps,
  acknowledged: boolean,
  memories: MemoryLayout,
  profile: ModemProfile,
): Promise<NewMessageIndication> {
  const { commandTimeoutMs } = steps.timings
  const offered = (await unlessRefused(steps.run(offeredIndications(commandTimeoutMs)))) ?? []
  const ladder = indicationLadder(offered, {
    acknowledged,
    reportMemory: memories.readable.includes('SR'),
    broadcastMemory: memories.readable.includes(BROADCAST_MEMORY),
    first: profile.indications?.first ?? [],
    direct: profile.directDelivery !== undefined,
  })
  for (const rung of ladder) {
    if (await unlessRefused(steps.run(setIndication(rung, commandTimeoutMs)).then(() => true))) return rung
  }
  // Polling finds the messages all the same.
  return [0, 0, 0, 0, 0]
}

async function describeSim(steps: StartSteps, options: BringUpOptions): Promise<void> {
  const { commandTimeoutMs, slowCommandTimeoutMs } = steps.timings
  options.learn({
    imsi: await saidTwice(steps.run.bind(steps), imsi(commandTimeoutMs)),
    iccid: await tellIccid(steps.run.bind(steps), commandTimeoutMs),
    number: await unlessRefused(steps.run(ownNumber(slowCommandTimeoutMs))),
    smsc: (await unlessRefused(steps.run(serviceCentre(slowCommandTimeoutMs)))) || undefined,
    signalDbm: await unlessRefused(steps.run(signalQuality(commandTimeoutMs))),
    operator: await unlessRefused(steps.run(operator(slowCommandTimeoutMs))),
  })
}
