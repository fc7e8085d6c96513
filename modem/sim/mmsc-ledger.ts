/**
 * The MMSC's own book of every request that reached it and every push that it sent: the judge of what arrived how often.
 * Only the MMSC writes it. It forgets the oldest beyond its bound.
 */
import type { MmsType } from '../mms/types.ts'
import type { MmscFaultKind } from './mmsc-faults.ts'

const ENTRIES_MAX = 50_000

export interface MmscRequest {
  /** 1, 2, 3 … in the order of arrival. */
  readonly id: number
  readonly atMs: number
  /** Whose bearer it came over. */
  readonly from: string
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Octets of its body. */
  readonly bytes: number
  /** Of the PDU in its body; undefined for a GET, or a body that is none. */
  readonly type: MmsType | undefined
  readonly transactionId: string | undefined
  /** X-Mms-Status of an m-notifyresp-ind. */
  readonly status: number | undefined
  fault: MmscFaultKind | undefined
}

export interface MmscPush {
  readonly atMs: number
  readonly to: string
  readonly type: 'm-notification-ind' | 'm-delivery-ind' | 'm-read-orig-ind'
  readonly transactionId: string | undefined
  /** Text messages that it took. */
  readonly segments: number
}

export interface MmscRequestFilter {
  from?: string
  method?: 'GET' | 'POST'
  type?: MmsType
  transactionId?: string
}

export class MmscLedger {
  private readonly book: MmscRequest[] = []
  private readonly pushed: MmscPush[] = []
  private nextId = 1

  open(request: Omit<MmscRequest, 'id' | 'fault'>): MmscRequest {
    const entry: MmscRequest = { ...request, id: this.nextId++, fault: undefined }
    this.book.push(entry)
    if (this.book.length > ENTRIES_MAX) this.book.shift()
    return entry
  }

  push(push: MmscPush): void {
    this.pushed.push(push)
    if (this.pushed.length > ENTRIES_MAX) this.pushed.shift()
  }

  /** Oldest first. */
  requests(filter: MmscRequestFilter = {}): readonly MmscRequest[] {
    return this.book.filter(
      (entry) =>
        (filter.from ?? entry.from) === entry.from &&
        (filter.method ?? entry.method) === entry.method &&
        (filter.type ?? entry.type) === entry.type &&
        (filter.transactionId ?? entry.transactionId) === entry.transactionId,
    )
  }

  pushes(filter: { to?: string; type?: MmscPush['type'] } = {}): readonly MmscPush[] {
    return this.pushed.filter((push) => (filter.to ?? push.to) === push.to && (filter.type ?? push.type) === push.type)
  }
}
