/**
 * Which modem carries a text. Pure.
 *
 * Parts of one text never leave through two modems: what has begun goes on where it began. What somebody chose a modem
 * for waits for that one, its quota included. Else, of the modems that can
 * send now and whose quotas allow the whole text, in this order: the one that has refused this text least often; one at home
 * before one that roams (where that matters); the one that the owner prefers for this person; the one that this person wrote to (they are answered from the number they know); the one with the longest of the owner's
 * prefixes, those with other prefixes last; the one that wrote to them before; the cheapest; the first configured.
 */
import type { Lane, LaneQuota, LaneRules } from './transport.ts'

/** Parts that the network took from a lane, or may have. */
export interface LaneUse {
  today: number
  thisMonth: number
}

export interface LaneWish {
  /** E.164 of the recipient, where there is one: what prefixes are compared with. */
  number: string | undefined
  /** How many parts the text takes. */
  parts: number
  /** Parts of it have left through this lane. */
  begun: string | undefined
  /** The lane that the owner prefers for them. */
  preferred?: string | undefined
  /** The lane that they last wrote to. */
  replyTo: string | undefined
  /** The lane that last carried a text of this conversation. */
  last: string | undefined
  /** The lane that somebody chose for this text: no other one will do. */
  pinned?: string | undefined
  /** How often lanes have refused this text. */
  refused?: ReadonlyMap<string, number>
}

/** `full`: only quotas are in the way; `lane` is where they renew first. `away`: no lane is there. */
export type LaneChoice =
  | { kind: 'lane'; lane: string }
  | { kind: 'full'; lane: string; untilMs: number; reason: string; values: QuotaValues }
  | { kind: 'away' }

interface QuotaValues extends Pick<LaneQuota, 'max' | 'period' | 'left'> {
  /** Of the text. */
  parts: number
}

/** The lane for a text, of the lanes of one transport. */
export function chooseLane(lanes: readonly Lane[], wish: LaneWish): LaneChoice {
  if (wish.begun !== undefined) {
    // Half a text is worth nothing: a quota that has run out in the middle does not stop the rest.
    const own = lanes.find(({ id }) => id === wish.begun)
    return own !== undefined && isThere(own) ? { kind: 'lane', lane: own.id } : { kind: 'away' }
  }
  const there = lanes.filter((lane) => isThere(lane) && (wish.pinned === undefined || lane.id === wish.pinned))
  const open = there.filter(({ quota }) => quota === undefined || quota.left >= wish.parts)
  const [first, ...others] = open
  if (first !== undefined) {
    const best = others.reduce(
      (chosen, lane) => (isBetter(rank(lane, wish), rank(chosen, wish)) ? lane : chosen),
      first,
    )
    return { kind: 'lane', lane: best.id }
  }
  const full = there.flatMap(({ id, quota }) => (quota === undefined ? [] : [{ id, quota }]))
  const soonest = full.reduce<(typeof full)[number] | undefined>(
    (a, b) => (a === undefined || b.quota.renewsAtMs < a.quota.renewsAtMs ? b : a),
    undefined,
  )
  if (soonest === undefined) return { kind: 'away' }
  const { left, renewsAtMs, words, max, period } = soonest.quota
  const reason = left <= 0 ? `${words} is used up` : `${words} has ${left} left, and this text takes ${wish.parts}`
  return {
    kind: 'full',
    lane: soonest.id,
    untilMs: renewsAtMs,
    reason,
    values: { max, period, left, parts: wish.parts },
  }
}

/** What the quotas of a lane still allow, and when the tighter one renews; undefined where there are none. */
export function quotaLeft(rules: LaneRules | undefined, use: LaneUse, nowMs: number): LaneQuota | undefined {
  const { nextDayMs, nextMonthMs } = periods(nowMs)
  const quotas: LaneQuota[] = []
  if (rules?.dailyTexts !== undefined) {
    const words = `the quota of ${rules.dailyTexts} texts a day`
    const left = Math.max(0, rules.dailyTexts - use.today)
    quotas.push({ left, renewsAtMs: nextDayMs, words, max: rules.dailyTexts, period: 'day' })
  }
  if (rules?.monthlyTexts !== undefined) {
    const words = `the quota of ${rules.monthlyTexts} texts a month`
    const left = Math.max(0, rules.monthlyTexts - use.thisMonth)
    quotas.push({ left, renewsAtMs: nextMonthMs, words, max: rules.monthlyTexts, period: 'month' })
  }
  return quotas.reduce<LaneQuota | undefined>(
    (tight, quota) =>
      tight === undefined ||
      quota.left < tight.left ||
      (quota.left === tight.left && quota.renewsAtMs > tight.renewsAtMs)
        ? quota
        : tight,
    undefined,
  )
}

/** The day and the month of this moment, in the machine's time zone; ms since epoch. */
export function periods(nowMs: number): { dayMs: number; nextDayMs: number; monthMs: number; nextMonthMs: number } {
  const now = new Date(nowMs)
  const [year, month, day] = [now.getFullYear(), now.getMonth(), now.getDate()]
  return {
    dayMs: new Date(year, month, day).getTime(),
    nextDayMs: new Date(year, month, day + 1).getTime(),
    monthMs: new Date(year, month, 1).getTime(),
    nextMonthMs: new Date(year, month + 1, 1).getTime(),
  }
}

/** Whether it could send, quotas apart. */
function isThere({ available, quota }: Lane): boolean {
  return available || quota !== undefined
}

/** Smaller is better, the first difference decides. */
function rank(
  { id, roaming, rules }: Lane,
  { number, preferred, replyTo, last, refused }: LaneWish,
): readonly number[] {
  return [
    refused?.get(id) ?? 0,
    roaming === true ? 1 : 0,
    id === preferred ? 0 : 1,
    id === replyTo ? 0 : 1,
    -prefixMatch(rules?.prefixes ?? [], number),
    id === last ? 0 : 1,
    rules?.costPerPart ?? 0,
  ]
}

/** Digits of the longest prefix that fits; 0 without prefixes, -1 where none of them fits. */
function prefixMatch(prefixes: readonly string[], number: string | undefined): number {
  if (prefixes.length === 0) return 0
  return Math.max(-1, ...prefixes.filter((prefix) => number?.startsWith(prefix)).map(({ length }) => length))
}

function isBetter(a: readonly number[], b: readonly number[]): boolean {
  for (const [index, value] of a.entries()) {
    const other = b[index] ?? 0
    if (value !== other) return value < other
  }
  return false
}
