/** What can be said about a running gateway, from what it knows of its modems, its Signal account and its queue. Pure. */
import type { Finding, FindingAction } from '../domain/finding.ts'
import type { Pause } from '../domain/pause.ts'
import { found, idOf } from './found.ts'

export interface ModemFacts {
  id: string
  label: string | undefined
  state: string
  reason: string | undefined
  /** What the system said when its port could not be opened. */
  openFailure?: string | undefined
  registration: string
  networks?: { circuit: string | undefined; eps: string | undefined; ims: boolean | undefined }
  signalDbm: number | undefined
  smsc: string | undefined
  storage: readonly { memory: string; used: number; total: number }[]
  /** What its SIM waits for. */
  simLock?: { wants: 'pin' | 'puk' | 'other'; pukTriesLeft?: number | undefined } | undefined
  /** Everything was tried, in vain. */
  recoveryExhausted?: boolean
  /** Picture messages: whether they can be used, and how many wait because they are not set up. */
  mms?: {
    available?: boolean
    code?: string | undefined
    reason?: string | undefined
    /** It sends, and cannot fetch what is announced. */
    sendsOnly?: boolean
    /** What can be seen to stand in the way of its bearer, with what to do. */
    obstacle?: string | undefined
    missed: number
  }
  number?: string | undefined
  /** What it sent within `REPORTS`. */
  reported?: { texts: number; recipients: number; reports: number } | undefined
  /** When another SIM than before was seen in it. */
  simChangedAtMs?: number | undefined
}

export interface RunningFacts {
  mode: 'integrated' | 'data_only' | 'sms_only'
  modems: readonly ModemFacts[]
  signal: {
    state: string
    reason: string | undefined
    e164: string | undefined
    /** What gives to think although it works. */
    warnings: readonly Pick<Finding, 'code' | 'severity' | 'what' | 'fix' | 'values'>[]
  }
  /** What people have told the queue to leave where it is. */
  paused?: readonly Pause[]
  /** Outgoing messages that are not settled, by state. */
  waiting: readonly { state: string; count: number }[]
  /** Since when the oldest message that may be sent could have left; undefined: there is none. */
  waitingSinceMs: number | undefined
  components: readonly {
    component: 'database' | 'queue'
    status: 'pass' | 'warn' | 'fail'
    detail: string | undefined
  }[]
  nowMs: number
}

const PIN: FindingAction = { name: 'enter-pin', kind: 'place', path: '/settings/modems' }
const CAPTCHA: FindingAction = { name: 'solve-captcha', kind: 'place', path: '/settings/signal' }
const SIGNAL: FindingAction = { name: 'see-signal', kind: 'place', path: '/settings/signal' }
const QUEUE: FindingAction = { name: 'see-queue', kind: 'place', path: '/queue' }

function restart({ id }: ModemFacts): FindingAction {
  const path = `/api/v1/modems/${encodeURIComponent(id)}/reset`
  return { name: 'restart-modem', kind: 'request', method: 'POST', path }
}

function resume(body: object): FindingAction {
  return { name: 'resume-queue', kind: 'request', method: 'POST', path: '/api/v1/queue/resume', body }
}

const UNKNOWN = 'no reason is known'
const LOW_SIGNAL_DBM = -105
const STORAGE_SHARE_WARNING = 0.9
const BACKLOG_WARNING = 100
/** A message that could go and has not gone for so long is stuck. */
const STALLED_MS = 15 * 60_000

/** Which texts are asked whether any of them was reported on: those of so long, but not the last ones, and not more of them. */
export const REPORTS = { spanDays: 7, dueMs: 3_600_000, partsMax: 200 } as const
/** With fewer texts, or texts to one person alone, it may be the phone of that person that is off. */
const UNREPORTED_TEXTS_MIN = 10
const UNREPORTED_PEOPLE_MIN = 2

/** All findings about the gateway, those that are well too. */
export function examineRunning(facts: RunningFacts): Finding[] {
  return [
    ...facts.components.map(component),
    ...facts.modems.flatMap((modem) => examineModem(modem)),
    ...examineSignal(facts),
    ...(facts.paused ?? []).map((pause) => examinePause(pause, facts)),
    ...examineQueue(facts),
  ]
}

function component({ component, status, detail }: RunningFacts['components'][number]): Finding {
  const isDatabase = component === 'database'
  if (status === 'pass') return found(isDatabase ? 'db.integrity.ok' : 'queue.down.ok', 'ok', {})
  const code = isDatabase ? 'db.integrity' : 'queue.down'
  return found(code, status === 'fail' ? 'error' : 'warning', { reason: detail ?? status })
}

/** On LTE alone texts need IMS, unless the network hands them over to 2G, which no command tells. */
function hasNoWayForTexts({ networks }: ModemFacts): boolean {
  const isServed = (registration: string | undefined) => registration === 'home' || registration === 'roaming'
  return isServed(networks?.eps) && networks?.ims === false && ['none', 'denied'].includes(networks.circuit ?? '')
}

function examineMms(modem: string, { mms, state, number }: ModemFacts): Finding[] {
  if (mms === undefined) return []
  if (mms.available === undefined) {
    return mms.missed === 0 ? [] : [found('modem.mms_apn.missed', 'warning', { modem, count: mms.missed })]
  }
  const findings: Finding[] = []
  if (!mms.available && state === 'ready') {
    const code = mms.code === undefined ? {} : { reason_code: mms.code }
    findings.push(found('modem.mms_apn', 'warning', { modem, reason: mms.reason ?? UNKNOWN, ...code }))
  }
  if (mms.obstacle !== undefined && mms.reason?.includes(mms.obstacle) !== true) {
    findings.push(found('modem.mms_bearer', 'warning', { modem, reason: mms.obstacle }))
  }
  if (mms.sendsOnly === true) findings.push(found('modem.mms_send_only', 'warning', { modem }))
  if (number === undefined && state === 'ready') findings.push(found('modem.mms_own_number', 'warning', { modem }))
  return findings
}

/** What its state means here; undefined: it is well. */
function examineState(facts: ModemFacts, modem: string): Finding | undefined {
  const why = facts.reason === undefined ? { modem } : { modem, reason: facts.reason }
  switch (facts.state) {
    case 'absent':
      // Said of its port: `port.busy`.
      if (facts.openFailure === 'busy') return undefined
      return found('modem.absent', 'error', { reason: UNKNOWN, ...why })
    case 'starting':
      return found('modem.healing.starting', 'info', why)
    case 'resyncing':
      return found('modem.healing', 'warning', why)
    case 'sim-locked':
      return facts.simLock?.wants === 'puk'
        ? examinePuk(modem, facts.simLock.pukTriesLeft)
        : found('modem.sim_pin', 'error', why, PIN)
    case 'no-sim':
      return found('modem.no_sim', 'error', why)
    case 'searching':
      return facts.registration === 'denied'
        ? found('modem.not_registered.denied', 'error', why)
        : found('modem.not_registered', 'warning', why)
    case 'failed':
      return found('modem.failed', 'error', { reason: UNKNOWN, ...why }, restart(facts))
    default:
      return undefined
  }
}

function examineReports(modem: string, { reported }: ModemFacts): Finding[] {
  const isSilent =
    reported !== undefined &&
    reported.reports === 0 &&
    reported.texts >= UNREPORTED_TEXTS_MIN &&
    reported.recipients >= UNREPORTED_PEOPLE_MIN
  return isSilent ? [found('modem.no_dlr', 'info', { modem, count: reported.texts, days: REPORTS.spanDays })] : []
}

function examinePuk(modem: string, tries: number | undefined): Finding {
  if (tries === undefined) return found('modem.sim_puk', 'error', { modem })
  return found('modem.sim_puk.tries', 'error', { modem, tries })
}

function examineModem(facts: ModemFacts): Finding[] {
  const modem = facts.label ?? facts.id
  const state = examineState(facts, modem)
  const findings: Finding[] = state === undefined ? [] : [state]
  if (facts.signalDbm !== undefined && facts.signalDbm < LOW_SIGNAL_DBM) {
    findings.push(found('modem.low_signal', 'warning', { modem, dbm: facts.signalDbm }))
  }
  for (const { memory, used, total } of facts.storage) {
    if (total === 0 || used / total < STORAGE_SHARE_WARNING) continue
    const severity = used >= total ? 'error' : 'warning'
    findings.push(found('modem.storage_full', severity, { modem, memory, used, total }))
  }
  findings.push(...examineMms(modem, facts))
  if (facts.recoveryExhausted === true) {
    findings.push(found('modem.recovery_exhausted', 'error', { modem }, restart(facts)))
  }
  if (facts.simChangedAtMs !== undefined) {
    const since = new Date(facts.simChangedAtMs).toISOString()
    findings.push(found('modem.sim_changed', 'warning', { modem, since }))
  }
  if (facts.state !== 'ready') return findings
  if (facts.smsc === undefined) findings.push(found('modem.no_smsc', 'warning', { modem }))
  findings.push(...examineReports(modem, facts))
  if (hasNoWayForTexts(facts)) findings.push(found('modem.no_ims', 'warning', { modem }))
  return findings.length > 0 ? findings : [found('modem.ready', 'ok', { modem })]
}

function examineSignal({ mode, signal }: RunningFacts): Finding[] {
  if (mode === 'sms_only') return [found('signal.unused', 'info', {})]
  const account = examineAccount(signal)
  // Of an account that is not there yet nothing is to be warned of.
  if (account === undefined || signal.state === 'none') return account === undefined ? [] : [account]
  return [account, ...signal.warnings.map((warning): Finding => ({ id: idOf(warning.code), ...warning }))]
}

function examineAccount({ state, reason }: RunningFacts['signal']): Finding | undefined {
  const why = reason === undefined ? {} : { reason }
  switch (state) {
    case 'connected':
      return found('signal.connected', 'ok', {})
    case 'none':
      return found('signal.unregistered', 'warning', {}, SIGNAL)
    case 'connecting':
      return found('signal.socket_down.connecting', 'info', why)
    case 'registering':
      return found('signal.unregistered.registering', 'info', why)
    case 'linking':
      return found('signal.unregistered.linking', 'info', why)
    case 'disconnected':
      return found('signal.socket_down', 'warning', { reason: UNKNOWN, ...why })
    case 'challenged':
      return found('signal.challenge', 'error', why, CAPTCHA)
    case 'connected-elsewhere':
      return found('signal.connected_elsewhere', 'error', why)
    case 'signed-out':
      return found('signal.signed_out', 'error', why, SIGNAL)
    case 'expired':
      return found('signal.protocol_age.refused', 'error', why)
    default:
      return undefined
  }
}

function examinePause({ transport, lane, sinceMs }: Pause, { modems }: RunningFacts): Finding {
  const since = new Date(sinceMs).toISOString()
  if (lane !== null) {
    const modem = modems.find(({ id }) => id === lane)?.label ?? lane
    return found('queue.paused.modem', 'warning', { modem, lane, since }, resume({ modem: lane }))
  }
  if (transport === null) return found('queue.paused', 'warning', { since }, resume({}))
  return found('queue.paused.transport', 'warning', { transport, since }, resume({ transport }))
}

function examineQueue({ waiting, waitingSinceMs: oldestMs, nowMs }: RunningFacts): Finding[] {
  const findings: Finding[] = []
  const of = (state: string) => waiting.filter((entry) => entry.state === state)
  const counted = (state: string) => of(state).reduce((sum, entry) => sum + entry.count, 0)
  const held = counted('held')
  if (held > 0) findings.push(found('queue.held', 'warning', { count: held }, QUEUE))
  const uncertain = counted('uncertain')
  if (uncertain > 0) findings.push(found('queue.uncertain', 'info', { count: uncertain }))
  const count = counted('queued')
  if (count > 0 && oldestMs !== undefined && nowMs - oldestMs > STALLED_MS) {
    const minutes = Math.round((nowMs - oldestMs) / 60_000)
    const since = new Date(oldestMs).toISOString()
    findings.push(found('queue.stalled', 'warning', { minutes, since }, QUEUE))
  } else if (count > BACKLOG_WARNING) findings.push(found('queue.backlog', 'warning', { count }))
  return findings.length > 0 ? findings : [found('queue.backlog.ok', 'ok', { count })]
}
