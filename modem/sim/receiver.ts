/**
 * What the modem does with messages and reports that the network offers: store and notify, or hand on at once, as +CNMI says
 * (27.005 §3.4.1), and the acknowledgement by +CNMA (§3.4.4).
 *
 * Choices where the standard leaves room: with nobody attached a message to be handed on is stored instead, and a report is
 * refused, so that the service centre keeps it. With CSMS=0 what was written to the TE counts as taken, whoever read it. With
 * CSMS=1 a missing +CNMA (time-out, or the TE goes) is an RP-ERROR and switches routing off until the TE sets +CNMI again.
 */
import { addressOf } from '../pdu/address.ts'
import { pduHex } from '../pdu/encode.ts'
import { PduError } from '../pdu/error.ts'
import { decodeTpdu } from '../pdu/tpdu.ts'
import { isWanted } from './broadcast.ts'
import type { SimClock } from './clock.ts'
import type { FaultPhase, FaultStack } from './faults.ts'
import type { ModemProfile } from './profile.ts'
import type { Settings } from './settings.ts'
import type { OfferOutcome, ReportFate } from './station.ts'
import type { MessageStorage } from './storage.ts'

/** Indications kept while +CNMI mode is 0; the oldest falls out. */
const BUFFERED_MAX = 32
/** How late a slow report is where the fault does not say. */
const SLOW_REPORT_MS = 5_000
const MTI_MASK = 3
const MTI_STATUS_REPORT = 2

export interface ReceiverHost {
  readonly clock: SimClock
  readonly profile: ModemProfile
  readonly faults: FaultStack
  readonly settings: Settings
  readonly storages: ReadonlyMap<string, MessageStorage>
  readonly isAttached: boolean
  readonly networkSmsc: string
  readonly cnmaTimeoutMs: number
  unsolicited(text: string): void
  /** A step at which faults may cut the wire or restart the modem. */
  phase(phase: FaultPhase, command: string): void
}

export class Receiver {
  private readonly host: ReceiverHost
  private awaited: ((outcome: OfferOutcome) => void) | undefined
  private readonly buffered: string[] = []
  private fullWasSaid = false

  constructor(host: ReceiverHost) {
    this.host = host
  }

  /** A TPDU from the network, one at a time. */
  offer(tpdu: Uint8Array): Promise<OfferOutcome> {
    const isReport = ((tpdu[0] ?? 0) & MTI_MASK) === MTI_STATUS_REPORT
    const pdu = pduHex(tpdu, addressOf(this.host.networkSmsc))
    return isReport ? this.report(tpdu, pdu) : this.message(tpdu, pdu)
  }

  /** +CNMA. False when nothing is outstanding. */
  acknowledge(isPositive: boolean): boolean {
    const { awaited } = this
    if (awaited === undefined) return false
    awaited(isPositive ? 'taken' : 'not-acknowledged')
    return true
  }

  /** The TE set +CNMI: buffered indications are flushed (<bfr> 0) or dropped (1). */
  routingChanged(): void {
    const { settings } = this.host
    settings.routingSuspended = false
    if (settings.cnmi.mode === 0) return
    const buffered = this.buffered.splice(0)
    if (settings.cnmi.bfr === 0) for (const text of buffered) this.host.unsolicited(text)
  }

  /** Nobody will acknowledge any more. */
  listenerGone(): void {
    if (this.awaited === undefined) return
    this.suspendRouting()
    this.awaited('not-acknowledged')
  }

  /** A message was put into a slot, by the network or otherwise. */
  stored(memory: string, index: number): void {
    if (this.host.settings.cnmi.mt !== 0) this.indicate(`\r\n+CMTI: "${memory}",${index}\r\n`)
  }

  /** There is room again, so that the next message that does not fit is worth saying. */
  roomMade(): void {
    this.fullWasSaid = false
  }

  /** A page of a cell broadcast; handed on, stored or dropped as <bm> says, nobody acknowledges it. */
  page(messageId: number, pageHex: string): void {
    const { settings, isAttached, storages } = this.host
    if (!isWanted(settings.broadcasts, messageId)) return
    if (settings.cnmi.bm === 1) {
      const slot = storages.get('BM')?.add(pageHex, 0)
      if (slot !== undefined) this.indicate(`\r\n+CBMI: "BM",${slot.index}\r\n`)
      return
    }
    const isDirect = settings.cnmi.bm === 2 || settings.cnmi.bm === 3
    if (!isDirect || !isAttached) return
    this.indicateWithBody(`+CBM: ${pageHex.length >> 1}`, pageHex)
  }

  /** What becomes of a status report on its way to this modem. */
  reportFate(): ReportFate {
    const fault = this.host.faults.take('report', '*')
    return {
      copies: fault?.fate === 'lost' ? 0 : fault?.fate === 'duplicate' ? 2 : 1,
      delayMs: fault?.delayMs ?? (fault?.fate === 'slow' ? SLOW_REPORT_MS : 0),
    }
  }

  /** The modem restarts. */
  reset(): void {
    this.buffered.length = 0
    this.awaited?.('not-acknowledged')
  }

  private message(tpdu: Uint8Array, pdu: string): Promise<OfferOutcome> {
    const { settings, isAttached } = this.host
    const { mt } = settings.cnmi
    const messageClass = classOf(tpdu)
    const { flash } = this.host.profile
    const isFlash = messageClass === 0 && mt !== 2
    if (isFlash && flash === 'lost') return Promise.resolve('taken')
    const isDirect = mt === 2 ? messageClass !== 2 : (mt === 3 && messageClass === 3) || (isFlash && flash === 'direct')
    if (isDirect && isAttached) return this.handOn(`+CMT: ,${tpdu.length}`, pdu)
    return Promise.resolve(this.store(messageClass === 2 ? 'SM' : settings.memories[2], pdu, '+CMTI'))
  }

  private report(tpdu: Uint8Array, pdu: string): Promise<OfferOutcome> {
    this.host.phase('before-report', '+CMGS')
    const outcome = this.routedReport(tpdu, pdu)
    this.host.phase('after-report', '+CMGS')
    return outcome
  }

  private routedReport(tpdu: Uint8Array, pdu: string): Promise<OfferOutcome> {
    const { settings, profile, storages, isAttached } = this.host
    const { ds } = settings.cnmi
    if (settings.routingSuspended) return Promise.resolve('not-acknowledged')
    if (ds === 0) return Promise.resolve(profile.unroutedReports === 'dropped' ? 'taken' : 'not-acknowledged')
    if (ds === 2) {
      return Promise.resolve(this.store(storages.has('SR') ? 'SR' : settings.memories[2], pdu, '+CDSI'))
    }
    if (!isAttached) return Promise.resolve('not-acknowledged')
    return this.handOn(`+CDS: ${tpdu.length}`, pdu)
  }

  private store(memory: string, pdu: string, indication: '+CMTI' | '+CDSI'): OfferOutcome {
    const { storages, faults, profile } = this.host
    const refused = faults.take('storage-full', '*') !== undefined
    const slot = refused ? undefined : storages.get(memory)?.add(pdu, 0)
    if (slot === undefined) {
      if (!this.fullWasSaid) for (const line of profile.fullLines) this.host.unsolicited(`\r\n${line}\r\n`)
      this.fullWasSaid = true
      return 'memory-full'
    }
    if (indication === '+CMTI') this.stored(memory, slot.index)
    else this.indicate(`\r\n+CDSI: "${memory}",${slot.index}\r\n`)
    return 'taken'
  }

  private handOn(head: string, pdu: string): Promise<OfferOutcome> {
    this.indicateWithBody(head, pdu)
    if (this.host.settings.csms === 0) return Promise.resolve('taken')
    return new Promise((resolve) => {
      const cancel = this.host.clock.after(this.host.cnmaTimeoutMs, () => {
        this.suspendRouting()
        conclude('not-acknowledged')
      })
      const conclude = (outcome: OfferOutcome) => {
        cancel()
        this.awaited = undefined
        resolve(outcome)
      }
      this.awaited = conclude
    })
  }

  private indicateWithBody(head: string, pdu: string): void {
    const late = this.host.faults.take('late-body', '*')
    if (late === undefined) {
      this.indicate(`\r\n${head}\r\n${pdu}\r\n`)
      return
    }
    this.indicate(`\r\n${head}\r\n`)
    for (const line of late.lines ?? []) this.host.unsolicited(`\r\n${line}\r\n`)
    this.host.clock.after(late.delayMs, () => this.indicate(`${pdu}\r\n`))
  }

  private indicate(text: string): void {
    if (this.host.settings.cnmi.mode !== 0) {
      this.host.unsolicited(text)
      return
    }
    this.buffered.push(text)
    if (this.buffered.length > BUFFERED_MAX) this.buffered.shift()
  }

  private suspendRouting(): void {
    const { settings } = this.host
    settings.cnmi = { ...settings.cnmi, mt: 0, ds: 0 }
    settings.routingSuspended = true
  }
}

function classOf(tpdu: Uint8Array): number | null {
  try {
    const decoded = decodeTpdu(tpdu, 'mt')
    return decoded.type === 'deliver' ? decoded.class : null
  } catch (error) {
    if (error instanceof PduError) return null
    throw error
  }
}
