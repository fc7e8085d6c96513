/**
 * Whether the kernel sends what has this source address by this interface or not at all: pure, over what `ip -j rule` and
 * `ip -j route show table …` print. A source address alone selects no interface on Linux, so there must be a rule for it
 * that comes before all others, and a table of its own that ends in a way to nowhere: without that end, packets of an
 * interface that goes down fall through to the default route.
 */

/** Before `main` (32766) and before what VPNs put there (around 32764). */
export const RULE_PRIORITY = 264
/** The worst there is but one, so that any other way is better. */
const NOWHERE_METRIC = 4_278_198_272
/** The table of an interface: this and its index. */
const TABLE_BASE = 264_000

export interface RouteNeed {
  readonly interfaceName: string
  readonly interfaceIndex: number
  readonly source: string
  /** Of an interface that is no point-to-point link. */
  readonly gateway: string | undefined
}

/** The table that the first rule for this source names; else why there is none. */
export function tableFor(source: string, rules: unknown): { readonly table: string } | { readonly reason: string } {
  for (const rule of objects(rules).sort((left, right) => Number(left.priority) - Number(right.priority))) {
    if (rule.table === 'local') continue
    if (
      rule.src === source &&
      isWholeAddress(rule.srclen, source) &&
      Object.keys(rule).every((key) => PLAIN.has(key))
    ) {
      return rule.table === 'main' || rule.table === 'default' || typeof rule.table !== 'string'
        ? { reason: 'the rule for its address names no table of its own' }
        : { table: rule.table }
    }
    if (typeof rule.src === 'string' && rule.src !== 'all' && rule.srclen === undefined) continue
    return { reason: 'no rule for its address stands before those for all' }
  }
  return { reason: 'there is no rule for its address' }
}

/** Why packets of this table might leave by another interface, or not at all; undefined where it is as it should be. */
export function flawOf(interfaceName: string, routes: unknown): string | undefined {
  const all = objects(routes)
  const nowhere = (route: JsonRecord) => NOWHERE.has(String(route.type))
  if (!all.some((route) => route.dst === 'default' && nowhere(route)))
    return 'its table does not end in a way to nowhere'
  if (all.some((route) => !nowhere(route) && route.dev !== interfaceName))
    return 'its table has ways by another interface'
  if (!all.some((route) => !nowhere(route))) return 'its table has no way by it'
  return undefined
}

/** By which interface a packet to one address leaves, of `ip -j route get`. */
export function deviceOf(routes: unknown): string | undefined {
  const device = objects(routes)[0]?.dev
  return typeof device === 'string' ? device : undefined
}

/**
 * What makes it so, as arguments of `ip` behind the family. A rule of ours for an address that the interface had before,
 * or for this address on an interface before this one, is taken away; what serves the present one stays for as long as the address does, since the last packets of a closed
 * connection need it, too.
 */
export function commandsFor(need: RouteNeed, rules: unknown): readonly (readonly string[])[] {
  const table = String(TABLE_BASE + need.interfaceIndex)
  const stale = objects(rules).filter(
    ({ priority, src, table: other }) =>
      priority === RULE_PRIORITY && typeof src === 'string' && (other === table || src === need.source),
  )
  return [
    ['route', 'replace', 'unreachable', 'default', 'metric', String(NOWHERE_METRIC), 'table', table],
    [
      ...['route', 'replace', 'default'],
      ...(need.gateway === undefined ? [] : ['via', need.gateway]),
      ...['dev', need.interfaceName, 'metric', '1', 'table', table],
      ...(need.gateway === undefined ? [] : ['onlink']),
    ],
    ...stale.map((rule) => ruleCommand('del', String(rule.src), String(rule.table))),
    ruleCommand('add', need.source, table),
  ]
}

const PLAIN: ReadonlySet<string> = new Set(['priority', 'src', 'srclen', 'table', 'protocol'])
const NOWHERE: ReadonlySet<string> = new Set(['unreachable', 'blackhole', 'prohibit'])

function ruleCommand(verb: 'add' | 'del', source: string, table: string): readonly string[] {
  return ['rule', verb, 'from', source, 'lookup', table, 'priority', String(RULE_PRIORITY)]
}

function isWholeAddress(length: unknown, source: string): boolean {
  return length === undefined || length === (source.includes(':') ? 128 : 32)
}

type JsonRecord = Readonly<Record<string, unknown>>

function objects(json: unknown): JsonRecord[] {
  return Array.isArray(json)
    ? json.filter((entry): entry is JsonRecord => typeof entry === 'object' && entry !== null)
    : []
}
