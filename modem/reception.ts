/**
 * Takes in what the network sent, and keeps the order that loses nothing: read, the sink has it safe, only then delete
 * (or acknowledge by +CNMA), then tell the sink that the slot is free.
 *
 *   +CMTI ─▶ queue ─▶ AT+CMGR ─▶ await sink.incoming ─▶ AT+CMGD ─▶ sink.released
 *   sweep ─▶ AT+CMGL ─▶ sink.inventory ─▶ each message as above
 *   +CMT, +CDS ─▶ await sink.incoming ─▶ AT+CNMA
 *
 * Stored messages are handled one at a time; a message that the sink refuses stays in its slot and is tried again
 * later, and holds up none of the others. One Reception lives from one start sequence to the next.
 */
import type { AtChannel } from './at/channel.ts'
import { setting } from './at/command.ts'
import { decimal, unquote } from './at/fields.ts'
import { Priority } from './at/priority.ts'
import { BROADCAST_MEMORY, type StoredMessage } from './at/sms.ts'
import type { Urc } from './at/urc.ts'
import type { IncomingPdu, ModemSink, ModemStatus } from './contract.ts'
import { inWords, isRefusal } from './refusal.ts'
import { type Clock, type Log, within } from './serial/surroundings.ts'
import type { MessageStorage, Slot, SlotReading } from './storage.ts'
import type { ModemTimings } from './timings.ts'

/** Slots told by +CMTI and not yet read. Beyond it a sweep finds them. */
const SLOTS_WAITING_MAX = 512
/** Direct messages without acknowledgement that the sink refused and that only we still have. */
const UNSAVED_DIRECT_MAX = 64

export interface ReceptionOptions {
  modemId: () => string
  storage: MessageStorage
  channel: AtChannel
  sink: ModemSink
  clock: Clock
  log: Log
  timings: ModemTimings
  /** +CNMA is wanted for what comes direct. */
  acknowledged: boolean
  learnStorage(storage: ModemStatus['storage']): void
  /** A direct message got no +CNMA: the modem may switch such indications off (27.005 §3.4.4). */
  unacknowledged(): void
}

export class Reception {
  readonly #options: ReceptionOptions
  /** Keys of slots that wait to be read. */
  readonly #waiting = new Set<string>()
  /** How often in a row the sink refused what is in a slot. */
  readonly #refusals = new Map<string, number>()
  /** What was handed on of slots that cannot be read, by key; it stays where it is, and is shown once. */
  readonly #shownUnreadable = new Map<string, IncomingPdu>()
  readonly #timers = new Set<() => void>()
  #stored: Promise<void> = Promise.resolve()
  #direct: Promise<void> = Promise.resolve()
  #sweepWaiting: Promise<void> | undefined
  #unsavedDirect = 0
  #acknowledgement = 'AT+CNMA=0'
  #stopped = false

  constructor(options: ReceptionOptions) {
    this.#options = options
  }

  /** A +CMTI, +CDSI or +CBMI. One that names no usable slot means "look yourself". */
  indicated(urc: Urc): void {
    const memory = unquote(urc.fields[0])
    const index = decimal(urc.fields[1])
    const readable = this.#options.storage.memories.includes(memory)
    // A memory that joins others (MT) would give one message two names.
    if (!readable || index === undefined || index < 0) void this.sweep()
    else this.#read({ memory, index }, true)
  }

  /** A +CMT, +CDS or +CBM with its line. */
  direct(urc: Urc): void {
    const { body } = urc
    if (body === undefined) {
      this.#options.log.warn(
        { urc: urc.name },
        'a direct message came without its PDU line; the network will repeat it',
      )
      return
    }
    const kind = urc.name === '+CDS:' ? 'status-report' : urc.name === '+CBM:' ? 'broadcast' : 'deliver'
    const pdu = this.#pdu(undefined, body, urc.bodyFits ? kind : 'unknown')
    this.#direct = this.#direct.then(() => this.#takeDirect(pdu))
  }

  /** Lists all memories and takes what is in them. Resolves when that is done; never rejects. */
  sweep(): Promise<void> {
    // One that has not begun yet will see everything that is there now.
    this.#sweepWaiting ??= this.#enqueue(async () => {
      this.#sweepWaiting = undefined
      await this.#sweepNow()
    })
    return this.#sweepWaiting
  }

  /** Nothing is deleted or acknowledged any more. Resolves when the sink holds nothing of ours any longer. */
  async stop(): Promise<void> {
    this.#stopped = true
    for (const cancel of this.#timers) cancel()
    this.#timers.clear()
    await Promise.all([this.#stored, this.#direct])
  }

  #enqueue(job: () => Promise<void>): Promise<void> {
    this.#stored = this.#stored.then(async () => {
      if (this.#stopped) return
      try {
        await job()
      } catch (error) {
        if (!this.#stopped) this.#options.log.warn({ reason: inWords(error) }, 'reading messages stopped half-way')
      }
    })
    return this.#stored
  }

  /** `isNews`: the modem has just put something there, so what was there before is gone. */
  #read(slot: Slot, isNews = false): void {
    const key = keyOf(slot)
    if (this.#waiting.has(key)) return
    if (this.#waiting.size >= SLOTS_WAITING_MAX) {
      void this.sweep()
      return
    }
    this.#waiting.add(key)
    void this.#enqueue(async () => {
      this.#waiting.delete(key)
      if (isNews) await this.#forgetUnreadable(key)
      const reading = await this.#readSlot(slot)
      if (reading === undefined) return
      if (reading.kind === 'message') await this.#take(slot.memory, reading.message)
      else if (reading.kind === 'unreadable') await this.#showUnreadable(slot)
    })
  }

  async #readSlot(slot: Slot): Promise<SlotReading | undefined> {
    try {
      return await this.#options.storage.read(slot)
    } catch (error) {
      if (this.#stopped || this.#options.channel.ended) throw error
      this.#later(slot)
      return undefined
    }
  }

  async #sweepNow(): Promise<void> {
    const { storage, sink, modemId } = this.#options
    const counts: { memory: string; used: number; total: number }[] = []
    for (const memory of storage.memories) {
      try {
        const listing = await storage.list(memory)
        if (listing.counts !== undefined) counts.push({ memory, ...listing.counts })
        const occupied = [...listing.messages.map((message) => message.index), ...listing.unreadable]
        await sink.inventory(modemId(), memory, occupied)
        const unreadable = new Set(listing.unreadable.map((index) => keyOf({ memory, index })))
        for (const [key, { slot }] of this.#shownUnreadable) {
          if (slot?.memory === memory && !unreadable.has(key)) await this.#forgetUnreadable(key)
        }
        for (const message of listing.messages) await this.#take(memory, message)
        for (const index of listing.unreadable) await this.#showUnreadable({ memory, index })
      } catch (error) {
        // One memory that cannot be read must not hide the others; a broken line ends the sweep.
        if (this.#stopped || this.#options.channel.ended) throw error
        this.#options.log.warn({ memory, reason: inWords(error) }, 'a message memory could not be looked through')
      }
    }
    this.#options.learnStorage(counts)
  }

  async #take(memory: string, message: StoredMessage): Promise<void> {
    // 2 and 3 are the owner's own drafts and sent texts: not ours to take.
    if (message.status === 2 || message.status === 3 || this.#stopped) return
    const slot = { memory, index: message.index }
    const believed = await this.#readAgain(slot, message)
    if (believed === undefined || this.#stopped) return
    const pdu = this.#pdu(slot, believed.pdu, kindOf(memory, believed) ?? 'unknown')
    if (!(await this.#safe(pdu))) {
      this.#later(slot)
      return
    }
    this.#refusals.delete(keyOf(slot))
    // Stopped meanwhile: the modem may have restarted, and this slot number may mean another message by now.
    if (this.#stopped) return
    try {
      await this.#options.storage.delete(slot)
    } catch (error) {
      if (!isRefusal(error)) throw error
      this.#options.log.warn({ memory, reason: inWords(error) }, 'a message that is safe could not be deleted')
      return
    }
    await this.#release(pdu)
  }

  /** Never rejects: the next inventory says the same. */
  async #release(pdu: IncomingPdu): Promise<void> {
    try {
      await this.#options.sink.released(pdu)
    } catch (error) {
      this.#options.log.warn({ memory: pdu.slot?.memory, reason: inWords(error) }, 'a freed slot could not be noted')
    }
  }

  /**
   * A line of the wrong length is read once more before it is believed, and the slot emptied: what was damaged on the way
   * is whole the second time. Undefined where the line broke; the slot is tried again later.
   */
  async #readAgain(slot: Slot, message: StoredMessage): Promise<StoredMessage | undefined> {
    if (kindOf(slot.memory, message) !== undefined) return message
    const reading = await this.#readSlot(slot)
    if (reading?.kind !== 'message') return reading === undefined ? undefined : message
    const isBetter = kindOf(slot.memory, reading.message) !== undefined || message.pdu === ''
    return isBetter ? reading.message : message
  }

  async #showUnreadable(slot: Slot): Promise<void> {
    const key = keyOf(slot)
    if (this.#shownUnreadable.has(key)) return
    const pdu = this.#pdu(slot, '', 'unknown')
    if (await this.#safe(pdu)) this.#shownUnreadable.set(key, pdu)
  }

  /** Somebody has emptied the slot: the next thing in it that cannot be read is another one. */
  async #forgetUnreadable(key: string): Promise<void> {
    const pdu = this.#shownUnreadable.get(key)
    if (pdu === undefined || this.#stopped) return
    this.#shownUnreadable.delete(key)
    await this.#release(pdu)
  }

  async #takeDirect(pdu: IncomingPdu): Promise<void> {
    if (this.#stopped) return
    if (!(await this.#safe(pdu))) {
      if (this.#options.acknowledged && pdu.kind !== 'broadcast') {
        this.#options.log.warn({ kind: pdu.kind }, 'not acknowledged: the network will repeat the message')
        this.#options.unacknowledged()
      } else {
        this.#keepUnsaved(pdu)
      }
      return
    }
    if (this.#options.acknowledged && pdu.kind !== 'broadcast' && !this.#stopped) await this.#acknowledge()
  }

  /** Nobody will repeat this one: try the sink again until it takes it. */
  #keepUnsaved(pdu: IncomingPdu): void {
    if (this.#unsavedDirect >= UNSAVED_DIRECT_MAX) {
      this.#options.log.error({ kind: pdu.kind }, 'a direct message was lost: too many could not be stored')
      return
    }
    this.#unsavedDirect += 1
    this.#after(this.#options.timings.sinkRetryFirstMs, () => {
      this.#unsavedDirect -= 1
      this.#direct = this.#direct.then(() => this.#takeDirect(pdu))
    })
  }

  /** +CNMA (27.005 §3.4.4). A refusal does no harm: the modem did not want one. */
  async #acknowledge(): Promise<void> {
    const { channel, timings } = this.#options
    try {
      await channel.run(
        { ...setting(this.#acknowledgement, timings.commandTimeoutMs), retry: 'unsafe' },
        Priority.acknowledge,
      )
    } catch (error) {
      if (!isRefusal(error)) return
      // Some modems know only the form of text mode.
      if (error.kind === 'error' || ['cms-302', 'cms-303', 'cms-304', 'cme-3', 'cme-4'].includes(error.label)) {
        this.#acknowledgement = this.#acknowledgement === 'AT+CNMA' ? 'AT+CNMA=0' : 'AT+CNMA'
      }
    }
  }

  /** Whether the sink has it safe. */
  async #safe(pdu: IncomingPdu): Promise<boolean> {
    const { clock, sink, timings, log } = this.#options
    try {
      const ended = await within(clock, timings.sinkTimeoutMs, sink.incoming(pdu))
      if (!ended.late) return true
      log.warn({ source: pdu.source }, 'storing an incoming message takes too long; it stays where it is')
    } catch (error) {
      log.warn({ source: pdu.source, reason: inWords(error) }, 'an incoming message could not be stored; it stays')
    }
    return false
  }

  #later(slot: Slot): void {
    const key = keyOf(slot)
    const refusals = this.#refusals.get(key) ?? 0
    this.#refusals.set(key, refusals + 1)
    const { sinkRetryFirstMs, sinkRetryMaxMs } = this.#options.timings
    this.#after(Math.min(sinkRetryMaxMs, sinkRetryFirstMs * 2 ** Math.min(refusals, 20)), () => this.#read(slot))
  }

  #after(delayMs: number, action: () => void): void {
    if (this.#stopped) return
    const cancel = this.#options.clock.after(delayMs, () => {
      this.#timers.delete(cancel)
      action()
    })
    this.#timers.add(cancel)
  }

  #pdu(slot: Slot | undefined, line: string, kind: IncomingPdu['kind']): IncomingPdu {
    const hex = /^(?:[0-9A-Fa-f]{2})*$/.test(line)
    return {
      modemId: this.#options.modemId(),
      source: slot === undefined ? 'direct' : 'stored',
      kind,
      slot,
      pduHex: hex ? line.toUpperCase() : Buffer.from(line, 'latin1').toString('hex').toUpperCase(),
      receivedAtMs: this.#options.clock.nowMs(),
    }
  }
}

/** What a slot holds; undefined for a line of the wrong length. */
function kindOf(memory: string, { fits, fitsPage, pdu }: StoredMessage): IncomingPdu['kind'] | undefined {
  if (memory === BROADCAST_MEMORY) return fitsPage ? 'broadcast' : undefined
  return fits ? tpduKind(pdu) : undefined
}

/** TP-MTI of what a modem received (23.040 §9.2.3.1), nothing more: decoding is the codec's. */
function tpduKind(pduHex: string): 'deliver' | 'status-report' | 'unknown' {
  const scaOctets = Number.parseInt(pduHex.slice(0, 2), 16)
  const first = Number.parseInt(pduHex.slice(2 * (1 + scaOctets), 2 * (2 + scaOctets)), 16)
  if (Number.isNaN(first)) return 'unknown'
  const messageType = first & 0b11
  return messageType === 0 ? 'deliver' : messageType === 2 ? 'status-report' : 'unknown'
}

function keyOf(slot: Slot): string {
  return `${slot.memory}:${slot.index}`
}
