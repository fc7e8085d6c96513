/**
 * Message storage of the modem and its SIM: numbered slots of limited size, 3GPP TS 27.005 §3.2.2 (+CPMS) and §3.4 (+CMGR …).
 * Knows nothing of what the octets mean.
 */

/** `<stat>` of 27.005: 0 received unread, 1 received read, 2 stored unsent, 3 stored sent. */
export type SlotState = 0 | 1 | 2 | 3

export interface Slot {
  readonly index: number
  state: SlotState
  /** SCA and TPDU as +CMGR gives them, upper-case hex; anything at all when injected. */
  readonly pduHex: string
  /**
   * What the modem says in place of head and PDU line when it is asked for this slot, for memories gone bad; `{head}` is
   * `+CMGL: <index>,` or `+CMGR: `.
   */
  readonly told?: string | undefined
}

export class MessageStorage {
  readonly name: string
  readonly size: number
  /** Number of the first slot: 0 on Huawei sticks and SIM7600, 1 on most others. */
  readonly firstIndex: number
  private readonly occupied = new Map<number, Slot>()

  constructor(name: string, size: number, firstIndex: number) {
    this.name = name
    this.size = size
    this.firstIndex = firstIndex
  }

  get used(): number {
    return this.occupied.size
  }

  get isFull(): boolean {
    return this.occupied.size >= this.size
  }

  holds(index: number): boolean {
    return Number.isInteger(index) && index >= this.firstIndex && index < this.firstIndex + this.size
  }

  slot(index: number): Slot | undefined {
    return this.occupied.get(index)
  }

  /** In order of their numbers. */
  slots(): readonly Slot[] {
    return [...this.occupied.values()].sort((a, b) => a.index - b.index)
  }

  /** Puts a PDU into the lowest free slot; undefined when full. */
  add(pduHex: string, state: SlotState): Slot | undefined {
    for (let index = this.firstIndex; index < this.firstIndex + this.size; index++) {
      if (!this.occupied.has(index)) return this.put(index, pduHex, state)
    }
    return undefined
  }

  /** Writes into a slot, whatever was there. */
  put(index: number, pduHex: string, state: SlotState, told?: string): Slot {
    const slot: Slot = { index, state, pduHex, told }
    this.occupied.set(index, slot)
    return slot
  }

  /** Empties a slot; false when it was empty. */
  remove(index: number): boolean {
    return this.occupied.delete(index)
  }
}
