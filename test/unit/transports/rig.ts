/** What the modems receive, from PDU to database: the real inbound side over the router's test world. */
import type { IncomingPdu } from '../../../modem/contract.ts'
import { addressOf } from '../../../modem/pdu/address.ts'
import { encodeDeliver, pduHex } from '../../../modem/pdu/encode.ts'
import { timestampOf } from '../../../modem/pdu/timestamp.ts'
import { concatElement, type InformationElement } from '../../../modem/pdu/udh.ts'
import { createIds } from '../../../src/domain/ids.ts'
import { InboundPdus } from '../../../src/store/inbound-pdus.ts'
import { SmsInbound } from '../../../src/transports/sms-inbound.ts'
import { START_MS, World } from '../routing/world.ts'

const MODEM = 'mdm_1'

export interface Received {
  from?: string
  pid?: number
  dcs?: number
  udh?: readonly InformationElement[]
  /** ASCII as septets, or octets. */
  data: string | Uint8Array
}

export class InboundRig {
  readonly world: World
  inbound: SmsInbound
  #slot = 0

  private constructor(world: World) {
    this.world = world
    this.inbound = inboundOf(world)
  }

  /** A new process on the same database. */
  async reboot(): Promise<void> {
    await this.world.reboot()
    this.inbound = inboundOf(this.world)
  }

  static async open(): Promise<InboundRig> {
    return new InboundRig(await World.open())
  }

  /** The network delivers; resolves once the modem may forget it. */
  async receive(message: Received): Promise<IncomingPdu> {
    const { from = '+15550000102', pid = 0, dcs = 0, udh = [], data } = message
    const tpdu = encodeDeliver({
      address: addressOf(from),
      pid,
      dcs,
      udh,
      data: typeof data === 'string' ? Uint8Array.from(Buffer.from(data, 'latin1')) : data,
      scts: timestampOf(START_MS, 0),
    })
    return this.take(pduHex(tpdu))
  }

  async take(hex: string, more: Partial<IncomingPdu> = {}): Promise<IncomingPdu> {
    const pdu: IncomingPdu = {
      modemId: MODEM,
      source: 'stored',
      kind: 'deliver',
      slot: { memory: 'SM', index: ++this.#slot },
      pduHex: hex,
      receivedAtMs: this.world.nowMs,
      ...more,
    }
    await this.inbound.incoming(pdu)
    return pdu
  }

  /** Texts in their order, as `text` or `text (flash)` and the like. */
  async texts(): Promise<string[]> {
    return (await this.world.all()).map(({ text, flash, replaced_by }) =>
      [text, flash === 1 && '(flash)', replaced_by !== null && '(replaced)'].filter(Boolean).join(' '),
    )
  }

  async eventTypes(): Promise<string[]> {
    return (await this.world.events.since(0, 1000)).map(({ type }) => type)
  }
}

function inboundOf(world: World): SmsInbound {
  const ids = createIds(world.clock, (count) => new Uint8Array(count).fill(3))
  return new SmsInbound(world.router.sink, new InboundPdus(world.db, ids, world.clock))
}

export function part(seq: number, total: number, ref = 9): InformationElement {
  return concatElement({ ref, total, seq, refBits: 8 })
}
