/**
 * The memory `MT` (27.005 §3.1): several memories seen as one, numbered one behind the other. Holds nothing itself.
 */
import { MessageStorage, type Slot, type SlotState } from './storage.ts'

export class JoinedStorage extends MessageStorage {
  private readonly parts: readonly MessageStorage[]

  constructor(name: string, parts: readonly MessageStorage[]) {
    const size = parts.reduce((sum, part) => sum + part.size, 0)
    super(name, size, parts[0]?.firstIndex ?? 0)
    this.parts = parts
  }

  override get used(): number {
    return this.parts.reduce((sum, part) => sum + part.used, 0)
  }

  override get isFull(): boolean {
    return this.parts.every((part) => part.isFull)
  }

  override slot(index: number): Slot | undefined {
    const place = this.place(index)
    const slot = place?.part.slot(place.index)
    return place === undefined || slot === undefined ? undefined : seenAs(slot, index)
  }

  override slots(): readonly Slot[] {
    return this.parts.flatMap((part) =>
      part.slots().map((slot) => seenAs(slot, slot.index - part.firstIndex + this.offset(part))),
    )
  }

  override add(pduHex: string, state: SlotState): Slot | undefined {
    for (const part of this.parts) {
      const slot = part.add(pduHex, state)
      if (slot !== undefined) return seenAs(slot, slot.index - part.firstIndex + this.offset(part))
    }
    return undefined
  }

  override put(index: number, pduHex: string, state: SlotState, told?: string): Slot {
    const place = this.place(index)
    if (place === undefined) throw new RangeError(`${this.name} has no slot ${index}`)
    return seenAs(place.part.put(place.index, pduHex, state, told), index)
  }

  override remove(index: number): boolean {
    const place = this.place(index)
    return place?.part.remove(place.index) ?? false
  }

  private place(index: number): { part: MessageStorage; index: number } | undefined {
    const part = this.parts.find((candidate) => {
      const first = this.offset(candidate)
      return index >= first && index < first + candidate.size
    })
    return part === undefined ? undefined : { part, index: index - this.offset(part) + part.firstIndex }
  }

  /** The joined number of a part's first slot. */
  private offset(part: MessageStorage): number {
    let first = this.firstIndex
    for (const each of this.parts) {
      if (each === part) break
      first += each.size
    }
    return first
  }
}

/** The same slot under another number; what is done to it is done to the slot itself. */
function seenAs(slot: Slot, index: number): Slot {
  return {
    index,
    pduHex: slot.pduHex,
    told: slot.told,
    get state() {
      return slot.state
    },
    set state(state: SlotState) {
      slot.state = state
    },
  }
}
