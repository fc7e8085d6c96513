/**
 * The server's queue for one device: first in, first out, at most a window of letters in flight, and a letter leaves
 * only when the device has acknowledged it. What was in flight when the device went away is delivered again.
 */

/**
 * As many un-acknowledged letters as the server pushes at a device. Signal's own has up to 256 under way: with so many, a
 * device that is killed takes Node 20's HTTP/2 with it now and then (a segmentation fault in `Http2Session`, of this process).
 */
const inFlightMax = 32
/** More than any sandbox needs; a bound all the same. */
const lettersMax = 200_000

/** How an attached device is reached. */
export interface Recipient {
  /** Resolves true when the device acknowledged the letter, false (or rejects) when it did not. */
  deliver(letter: Buffer<ArrayBuffer>): Promise<boolean>
  /** All that waited at the time of attaching has been settled. */
  drained(): void
}

interface Letter {
  readonly octets: Buffer<ArrayBuffer>
  readonly acknowledged: () => void
  /** To which attachment it has been handed (it is not handed to the same one twice). */
  handedTo: Attachment | undefined
}

interface Attachment {
  readonly recipient: Recipient
  readonly backlog: Set<Letter>
  inFlight: number
  drained: boolean
}

export class Mailbox {
  inFlightMax = inFlightMax
  readonly #letters: Letter[] = []
  #attached: Attachment | undefined

  /** Letters not yet acknowledged. */
  get waiting(): number {
    return this.#letters.length
  }

  /** Queues a letter. Resolves when a device has acknowledged it, however long that takes. */
  put(octets: Buffer<ArrayBuffer>): Promise<void> {
    if (this.#letters.length >= lettersMax) throw new Error(`mailbox is full (${lettersMax} letters)`)
    return new Promise((acknowledged) => {
      this.#letters.push({ octets, acknowledged, handedTo: undefined })
      this.#pump()
    })
  }

  /** Connects a device in place of the one before. Returns what ends this attachment. */
  attach(recipient: Recipient): () => void {
    const attachment: Attachment = { recipient, backlog: new Set(this.#letters), inFlight: 0, drained: false }
    this.#attached = attachment
    this.#pump()
    this.#tellDrained(attachment)
    return () => {
      if (this.#attached === attachment) this.#attached = undefined
    }
  }

  /** Throws away what waits (the account has gone). */
  clear(): void {
    this.#letters.length = 0
  }

  #pump(): void {
    const attachment = this.#attached
    if (attachment === undefined) return
    for (const letter of this.#letters) {
      if (attachment.inFlight >= this.inFlightMax) return
      if (letter.handedTo === attachment) continue
      letter.handedTo = attachment
      attachment.inFlight += 1
      void this.#hand(attachment, letter)
    }
  }

  async #hand(attachment: Attachment, letter: Letter): Promise<void> {
    const acknowledged = await attachment.recipient.deliver(letter.octets).catch(() => false)
    attachment.inFlight -= 1
    if (acknowledged) {
      const index = this.#letters.indexOf(letter)
      if (index !== -1) this.#letters.splice(index, 1)
      letter.acknowledged()
    }
    if (this.#attached !== attachment) return
    attachment.backlog.delete(letter)
    this.#tellDrained(attachment)
    this.#pump()
  }

  #tellDrained(attachment: Attachment): void {
    if (attachment.drained || attachment.backlog.size > 0) return
    attachment.drained = true
    attachment.recipient.drained()
  }
}
