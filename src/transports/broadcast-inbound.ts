/**
 * Cell broadcasts, from pages to whole messages. Nothing has to be acknowledged, and networks repeat each page every few
 * seconds to minutes for as long as it holds; so unfinished messages wait in memory, and repeats are the sink's to know.
 */
import { broadcastSeverity } from '../../modem/broadcast.ts'
import type { IncomingPdu } from '../../modem/contract.ts'
import { type BroadcastPage, decodeBroadcast, joinPages } from '../../modem/pdu/broadcast.ts'
import type { InboundBroadcast } from '../domain/inbound-notices.ts'

/** Messages of which some page is missing; the one that has waited longest is given up. */
const UNFINISHED_MAX = 32

export class BroadcastInbound {
  readonly #unfinished = new Map<string, Map<number, BroadcastPage>>()

  /** The message when this page makes it whole. Throws PduError. */
  take({ pduHex, modemId, receivedAtMs }: IncomingPdu): InboundBroadcast | undefined {
    const pages = this.#complete(modemId, decodeBroadcast(pduHex))
    const [first] = pages
    if (first === undefined) return undefined
    const { text, language } = joinPages(pages)
    const { messageId, serial } = first
    return {
      lane: modemId,
      channel: messageId,
      serial,
      severity: broadcastSeverity(messageId),
      text: text ?? `(${pages.reduce((sum, { data }) => sum + data.length, 0)} octets of data)`,
      language: language ?? undefined,
      receivedAtMs,
    }
  }

  /** All pages in their order, or none yet. */
  #complete(modemId: string, pages: readonly BroadcastPage[]): readonly BroadcastPage[] {
    const [first] = pages
    if (first === undefined || pages.length === first.total) return pages
    const key = `${modemId}:${first.messageId}:${first.serial}:${first.dcs}:${first.total}`
    const known = this.#unfinished.get(key) ?? new Map<number, BroadcastPage>()
    for (const page of pages) known.set(page.page, page)
    this.#unfinished.delete(key)
    if (known.size === first.total) return [...known.values()].sort((a, b) => a.page - b.page)
    this.#unfinished.set(key, known)
    const [oldest] = this.#unfinished.keys()
    if (this.#unfinished.size > UNFINISHED_MAX && oldest !== undefined) this.#unfinished.delete(oldest)
    return []
  }
}
