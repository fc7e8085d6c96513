/**
 * The network's own book of every TPDU it accepted and what became of it: the judge of the durability tests.
 * Only the network writes it. It lives in memory and forgets the oldest settled entries beyond `LEDGER_ENTRIES_MAX`.
 */

/** More than any test or sandbox day needs; an entry is some 500 bytes. */
const LEDGER_ENTRIES_MAX = 200_000

/** `taken`: the recipient's phone or modem acknowledged it. */
export type LedgerOutcome = 'pending' | 'taken' | 'failed' | 'expired'

/** One SMS-SUBMIT (or injected SMS-DELIVER): one part of a text. */
export interface LedgerEntry {
  /** 1, 2, 3 … in the order of acceptance. */
  readonly id: number
  /** E.164, short code or alphanumeric sender. */
  readonly from: string
  readonly to: string
  /** Text of this part; undefined for data. */
  readonly text: string | undefined
  readonly part: { readonly reference: number; readonly total: number; readonly sequence: number } | undefined
  /** As accepted, upper-case hex without SCA. */
  readonly tpduHex: string
  readonly messageReference: number
  readonly reportRequested: boolean
  readonly acceptedAtMs: number
  readonly validUntilMs: number
  outcome: LedgerOutcome
  /** TP-ST, once settled. */
  status: number | undefined
  settledAtMs: number | undefined
  /** How often the network offered it to the recipient. */
  offers: number
  /** Status reports about it that the sender's modem took. */
  reportsTaken: number
}

/** One whole text, all its parts counted. */
export interface LedgerText {
  from: string
  to: string
  /** Undefined as long as parts are missing, or for data. */
  text: string | undefined
  total: number
  /** How often each part was accepted; `counts[0]` is part 1. All 1: once and only once. */
  counts: readonly number[]
  /** How often each part was taken by the recipient. */
  taken: readonly number[]
}

export interface LedgerFilter {
  from?: string
  to?: string
}

export class Ledger {
  private readonly book: LedgerEntry[] = []
  private nextId = 1
  /** Entries that had to be forgotten to stay within the bound. */
  forgotten = 0

  /** Opens an entry. Called by the network at the moment of acceptance. */
  open(entry: Omit<LedgerEntry, 'id' | 'outcome' | 'status' | 'settledAtMs' | 'offers' | 'reportsTaken'>): LedgerEntry {
    const opened: LedgerEntry = {
      ...entry,
      id: this.nextId++,
      outcome: 'pending',
      status: undefined,
      settledAtMs: undefined,
      offers: 0,
      reportsTaken: 0,
    }
    this.book.push(opened)
    if (this.book.length > LEDGER_ENTRIES_MAX) {
      this.forgotten += this.book.splice(0, LEDGER_ENTRIES_MAX >> 2).length
    }
    return opened
  }

  /** Everything accepted, oldest first, optionally of one sender or for one recipient. */
  entries(filter: LedgerFilter = {}): readonly LedgerEntry[] {
    return this.book.filter(
      (entry) =>
        (filter.from === undefined || entry.from === filter.from) &&
        (filter.to === undefined || entry.to === filter.to),
    )
  }

  /**
   * The same, put together to whole texts with a count per part. Parts belong together by sender, recipient, reference
   * and total. A part that comes again with the same content counts as doubled; one with other content begins a new text
   * (the reference was used again). Two single texts are told apart by `count`, not listed twice.
   */
  texts(filter: LedgerFilter = {}): readonly LedgerText[] {
    const groups: Group[] = []
    const open = new Map<string, Group>()
    for (const entry of this.entries(filter)) {
      const part = entry.part ?? { reference: -1, total: 1, sequence: 1 }
      const content = entry.text ?? entry.tpduHex
      const key = [entry.from, entry.to, part.reference, part.total, entry.part === undefined ? content : ''].join('\n')
      let group = open.get(key)
      const known = group?.content[part.sequence - 1]
      if (group === undefined || (known !== undefined && known !== content)) {
        group = {
          from: entry.from,
          to: entry.to,
          isText: true,
          content: Array(part.total),
          counts: Array(part.total).fill(0),
          taken: Array(part.total).fill(0),
        }
        open.set(key, group)
        groups.push(group)
      }
      const index = part.sequence - 1
      group.content[index] = content
      group.isText &&= entry.text !== undefined
      group.counts[index] = (group.counts[index] ?? 0) + 1
      group.taken[index] = (group.taken[index] ?? 0) + (entry.outcome === 'taken' ? 1 : 0)
    }
    return groups.map(({ from, to, isText, content, counts, taken }) => ({
      from,
      to,
      text: isText && counts.every((count) => count > 0) ? content.join('') : undefined,
      total: counts.length,
      counts,
      taken,
    }))
  }

  /** How often this text was accepted whole for `to` (the least count of its parts), and the most of any part. */
  count(to: string, text: string): { whole: number; most: number } {
    const same = this.texts({ to }).filter((candidate) => candidate.text === text)
    return {
      whole: same.reduce((sum, { counts }) => sum + Math.min(...counts), 0),
      most: same.reduce((sum, { counts }) => sum + Math.max(...counts), 0),
    }
  }
}

interface Group {
  from: string
  to: string
  isText: boolean
  content: (string | undefined)[]
  counts: number[]
  taken: number[]
}
