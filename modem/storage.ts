/**
 * The modem's message memories: select, list, read, delete. Knows which memory is selected, and changes it only inside
 * the held channel, so that no slot number is ever used with another memory's selection.
 */
import type { AtChannel, Run } from './at/channel.ts'
import { Priority } from './at/priority.ts'
import { AtError } from './at/result.ts'
import {
  deleteMessage,
  listMessages,
  readMessage,
  type StorageCounts,
  type StoredMessage,
  selectMemories,
} from './at/sms.ts'
import type { MemoryLayout } from './bringup.ts'
import { isRefusal } from './refusal.ts'
import type { ModemTimings } from './timings.ts'

export interface Slot {
  memory: string
  index: number
}

/** What a whole memory holds. */
export interface MemoryListing {
  messages: readonly StoredMessage[]
  /** Slots that hold something which cannot be read. */
  unreadable: readonly number[]
  counts: StorageCounts | undefined
}

/** What reading one slot gave. */
export type SlotReading = { kind: 'message'; message: StoredMessage } | { kind: 'empty' } | { kind: 'unreadable' }

/** Habits of a module that are learnt once and kept over reopening. */
export interface StorageHabits {
  /** Memories where AT+CMGL is refused or hangs. */
  readonly unlisted: Set<string>
  /** How many messages the modem counts in a memory beyond what it lists and what its slots hold. */
  readonly miscounted: Map<string, number>
}

/** Slots asked one by one where listing fails: none of the known memories is larger. */
const SLOTS_MAX = 512
/** 27.005: invalid memory index. Said of empty slots. */
const INVALID_INDEX = 'cms-321'

export class MessageStorage {
  readonly #channel: AtChannel
  readonly #layout: MemoryLayout
  readonly #habits: StorageHabits
  readonly #timings: ModemTimings
  #selected: string | undefined

  constructor(channel: AtChannel, layout: MemoryLayout, habits: StorageHabits, timings: ModemTimings) {
    this.#channel = channel
    this.#layout = layout
    this.#habits = habits
    this.#timings = timings
  }

  get memories(): readonly string[] {
    return this.#layout.readable
  }

  /** Everything in one memory. Rejects with AtError when the memory cannot be selected or the line breaks. */
  async list(memory: string): Promise<MemoryListing> {
    if (!this.#habits.unlisted.has(memory)) {
      try {
        return await this.#completed(memory, await this.#listAtOnce(memory))
      } catch (error) {
        if (!isRefusal(error) && !(error instanceof AtError && error.kind === 'timeout')) throw error
        if (this.#channel.ended) throw error
      }
    }
    return this.#listBySlot(memory)
  }

  /** One slot. Rejects with AtError when the line breaks. */
  read(slot: Slot): Promise<SlotReading> {
    return this.#channel.hold(Priority.inbound, async (run) => {
      await this.#select(run, slot.memory)
      return this.#readSelected(run, slot.index)
    })
  }

  delete(slot: Slot): Promise<void> {
    return this.#channel.hold(Priority.inbound, async (run) => {
      await this.#select(run, slot.memory)
      await run(deleteMessage(slot.index, this.#timings.slowCommandTimeoutMs))
    })
  }

  #listAtOnce(memory: string): Promise<MemoryListing> {
    return this.#channel.hold(Priority.inbound, async (run) => {
      const counts = await this.#reselect(run, memory)
      const messages = await run(listMessages(this.#timings.listTimeoutMs))
      return { messages, unreadable: [], counts }
    })
  }

  /**
   * A list that ended too soon, as behind a PDU line that reads as a final result, with what the other slots hold. Where
   * the modem merely counts wrongly that is found out once.
   */
  async #completed(memory: string, listing: MemoryListing): Promise<MemoryListing> {
    const { messages, counts } = listing
    const missing = (counts?.used ?? 0) - messages.length
    if (missing <= (this.#habits.miscounted.get(memory) ?? 0)) return listing
    const listed = new Set(messages.map(({ index }) => index))
    const others = await this.#walk(memory, counts, listed)
    this.#habits.miscounted.set(memory, Math.max(0, missing - others.messages.length - others.unreadable.length))
    return { messages: [...messages, ...others.messages], unreadable: others.unreadable, counts }
  }

  async #listBySlot(memory: string): Promise<MemoryListing> {
    const counts = await this.#channel.hold(Priority.inbound, (run) => this.#reselect(run, memory))
    const found = await this.#walk(memory, counts, new Set())
    // Only a walk that went through proves that listing was at fault and not the memory or the line.
    this.#habits.unlisted.add(memory)
    return { ...found, counts }
  }

  /** Every slot but those in `known`, each with a turn of its own so that a submission need not wait for all of them. */
  async #walk(
    memory: string,
    counts: StorageCounts | undefined,
    known: ReadonlySet<number>,
  ): Promise<Pick<MemoryListing, 'messages' | 'unreadable'>> {
    const messages: StoredMessage[] = []
    const unreadable: number[] = []
    // Slots begin at 0 or at 1 (B.6): ask for both ends.
    const last = Math.min(counts?.total ?? 0, SLOTS_MAX)
    for (let index = 0; index <= last; index += 1) {
      if (known.has(index)) continue
      const reading = await this.read({ memory, index })
      if (reading.kind === 'message') messages.push(reading.message)
      else if (reading.kind === 'unreadable') unreadable.push(index)
    }
    return { messages, unreadable }
  }

  async #readSelected(run: Run, index: number): Promise<SlotReading> {
    try {
      const message = await run(readMessage(index, this.#timings.slowCommandTimeoutMs))
      return message === undefined ? { kind: 'empty' } : { kind: 'message', message }
    } catch (error) {
      if (!isRefusal(error)) throw error
      return error.label === INVALID_INDEX ? { kind: 'empty' } : { kind: 'unreadable' }
    }
  }

  async #select(run: Run, memory: string): Promise<void> {
    if (this.#selected !== memory) await this.#reselect(run, memory)
  }

  async #reselect(run: Run, memory: string): Promise<StorageCounts | undefined> {
    this.#selected = undefined
    const { slowCommandTimeoutMs } = this.#timings
    let counts: readonly StorageCounts[]
    try {
      counts = await run(selectMemories([memory], slowCommandTimeoutMs))
    } catch (error) {
      if (!isRefusal(error)) throw error
      const { preferred } = this.#layout
      counts = await run(selectMemories([memory, preferred, preferred], slowCommandTimeoutMs))
    }
    this.#selected = memory
    return counts[0]
  }
}
