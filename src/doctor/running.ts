/** What can be said about a running gateway, from what it knows of its modems, its Signal account and its queue. Pure. */
import type { Finding, FindingAction } from '../domain/finding.ts'
import { type Pause, pauseWords } from '../domain/pause.ts'

export interface ModemFacts {
  id: string
  label: string | undefined
  state: string
  reason: string | undefined
  registration: string
  networks?: { circuit: string | undefined; eps: string | undefined; ims: boolean | undefined }
  signalDbm: number | undefined
  smsc: string | undefined
  storage: readonly { memory: string; used: number; total: number }[]
  /** Everything was tried, in vain. */
  recoveryExhausted?: boolean
  /** Picture messages: whether they can be used, and how many wait because they are not set up. */
  mms?: {
    available?: boolean
    reason?: string | undefined
    /** It sends, and cannot fetch what is announced. */
    sendsOnly?: boolean
    /** What can be seen to stand in the way of its bearer, with what to do. */
    obstacle?: string | undefined
    missed: number
  }
  number?: string | undefined
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
    warnings: readonly { code: string; severity: 'warning' | 'error'; what: string; fix: string }[]
  }
  /** What people have told the queue to leave where it is. */
  paused?: readonly Pause[]
  /** Outgoing messages that are not settled, by state. */
  waiting: readonly { state: string; count: number }[]
  /** Since when the oldest message that may be sent could have left; undefined: there is none. */
  waitingSinceMs: number | undefined
  components: readonly { component: string; status: 'pass' | 'warn' | 'fail'; detail: string | undefined }[]
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

const LOW_SIGNAL_DBM = -105
const STORAGE_SHARE_WARNING = 0.9
const BACKLOG_WARNING = 100
/** A message that could go and has not gone for so long is stuck. */
const STALLED_MS = 15 * 60_000

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
  const id = component === 'database' ? 'db.integrity' : `${component}.down`
  if (status === 'pass') return { id, severity: 'ok', what: `${capital(component)} is well.`, fix: undefined }
  return {
    id,
    severity: status === 'fail' ? 'error' : 'warning',
    what: `${capital(component)}: ${detail ?? status}.`,
    fix: 'See the log: journalctl -u causeway, or what it wrote to the terminal.',
  }
}

/** Modem state → what it means here. Those that are not listed are well. */
const MODEM_STATES: Readonly<Record<string, Omit<Finding, 'what'> & { what: string }>> = {
  absent: {
    id: 'modem.absent',
    severity: 'error',
    what: 'is not there',
    fix: 'Plug it in; if it is, see dmesg and try another cable or power supply.',
  },
  starting: { id: 'modem.healing', severity: 'info', what: 'is starting', fix: undefined },
  resyncing: {
    id: 'modem.healing',
    severity: 'warning',
    what: 'lost step and is finding its way back',
    fix: undefined,
  },
  'sim-locked': {
    id: 'modem.sim_pin',
    severity: 'error',
    what: 'has a SIM that wants its PIN',
    fix: 'Hand it in: causeway modem pin, or in the inbox under Settings, Modems; or put it under modems[].pin. After three wrong ones the SIM wants its PUK, in a phone.',
  },
  'no-sim': {
    id: 'modem.no_sim',
    severity: 'error',
    what: 'has no SIM',
    fix: 'Put one in, contacts towards the modem.',
  },
  searching: {
    id: 'modem.not_registered',
    severity: 'warning',
    what: 'is not registered with a network',
    fix: 'Check antenna and place; a new SIM may need minutes, or a plan that is active.',
  },
  failed: {
    id: 'modem.failed',
    severity: 'error',
    what: 'gave up',
    fix: 'Do what the reason says, then: causeway modem reset.',
  },
}

/** On LTE alone texts need IMS, unless the network hands them over to 2G, which no command tells. */
function hasNoWayForTexts({ networks }: ModemFacts): boolean {
  const isServed = (registration: string | undefined) => registration === 'home' || registration === 'roaming'
  return isServed(networks?.eps) && networks?.ims === false && ['none', 'denied'].includes(networks.circuit ?? '')
}

const MMS_DOCS = 'Then: causeway mms test. See “Picture messages” in the README and hardware.md.'

function examineMms(name: string, { mms, state, number }: ModemFacts): Finding[] {
  if (mms === undefined) return []
  if (mms.available === undefined) {
    if (mms.missed === 0) return []
    const what = `${name}: ${mms.missed} picture messages wait at the carrier, and MMS is not set up for this modem.`
    const fix = `Write “mms: {}” under the modem (its carrier is looked up), or the carrier’s settings; then causeway mms fetch. ${MMS_DOCS}`
    return [{ id: 'modem.mms_apn', severity: 'warning', what, fix }]
  }
  const findings: Finding[] = []
  if (!mms.available && state === 'ready') {
    const what = `${name}: picture messages cannot be used (${mms.reason ?? 'no reason is known'}).`
    findings.push({ id: 'modem.mms_apn', severity: 'warning', what, fix: MMS_DOCS })
  }
  if (mms.obstacle !== undefined && mms.reason?.includes(mms.obstacle) !== true) {
    const what = `${name}: the connection for picture messages cannot be dialled (${mms.obstacle}).`
    findings.push({ id: 'modem.mms_bearer', severity: 'warning', what, fix: MMS_DOCS })
  }
  if (mms.sendsOnly === true) {
    const what = `${name}: picture messages go and do not come, since its bearer is embedded (experimental); you are told of each that waits at the carrier.`
    const fix = `To receive them take another one: modems[].mms.bearer interface, modem-socket or ppp. ${MMS_DOCS}`
    findings.push({ id: 'modem.mms_send_only', severity: 'warning', what, fix })
  }
  if (number === undefined && state === 'ready') {
    const what = `${name}: its own number is not known, so messages to several people are shown between two.`
    findings.push({ id: 'modem.mms_own_number', severity: 'warning', what, fix: 'Write it under modems[].number.' })
  }
  return findings
}

function examineModem(modem: ModemFacts): Finding[] {
  const name = modem.label ?? modem.id
  const state = MODEM_STATES[modem.state]
  const findings: Finding[] = []
  if (state !== undefined) {
    const reason = modem.reason === undefined ? '' : ` (${modem.reason})`
    const action = modem.state === 'failed' ? restart(modem) : modem.state === 'sim-locked' ? PIN : undefined
    const isDenied = modem.state === 'searching' && modem.registration === 'denied'
    findings.push({
      ...state,
      severity: isDenied ? 'error' : state.severity,
      what: `${name} ${state.what}${reason}.`,
      ...(action === undefined ? {} : { action }),
    })
  }
  if (modem.signalDbm !== undefined && modem.signalDbm < LOW_SIGNAL_DBM) {
    const fix = 'Move the antenna, or use a better one.'
    findings.push({ id: 'modem.low_signal', severity: 'warning', what: `${name} hears ${modem.signalDbm} dBm.`, fix })
  }
  for (const { memory, used, total } of modem.storage) {
    if (total === 0 || used / total < STORAGE_SHARE_WARNING) continue
    findings.push({
      id: 'modem.storage_full',
      severity: used >= total ? 'error' : 'warning',
      what: `${name}: ${used} of ${total} places for messages are taken in ${memory}.`,
      fix: 'Delete what is not ours in it: causeway modem at, AT+CMGL=4 and AT+CMGD.',
    })
  }
  findings.push(...examineMms(name, modem))
  if (modem.recoveryExhausted === true) {
    findings.push({
      id: 'modem.recovery_exhausted',
      severity: 'error',
      what: `${name}: all that can be done from here was done, in vain; it is tried again in an hour.`,
      fix: 'Unplug it and plug it in again; look at its power supply, which is the usual cause.',
      action: restart(modem),
    })
  }
  if (modem.simChangedAtMs !== undefined) {
    findings.push({
      id: 'modem.sim_changed',
      severity: 'warning',
      what: `${name} has another SIM than before, since ${new Date(modem.simChangedAtMs).toISOString()}.`,
      fix: 'If that was you, see that modems[].number and the Signal account still fit; restart the gateway to have this forgotten.',
    })
  }
  if (modem.state !== 'ready') return findings
  if (modem.smsc === undefined) {
    const fix = 'Ask the operator for its number and set it: AT+CSCA="+…".'
    findings.push({ id: 'modem.no_smsc', severity: 'warning', what: `${name} knows no message centre.`, fix })
  }
  if (hasNoWayForTexts(modem)) {
    findings.push({
      id: 'modem.no_ims',
      severity: 'warning',
      what: `${name} is on LTE only and not registered with IMS: texts may neither go nor come.`,
      fix: 'Ask the operator whether the SIM has SMS over IMS or SGs, and see hardware.md for the module’s carrier profile.',
    })
  }
  if (findings.length > 0) return findings
  return [{ id: 'modem.ready', severity: 'ok', what: `${name} is ready.`, fix: undefined }]
}

const SIGNAL_STATES: Readonly<Record<string, Finding>> = {
  connecting: { id: 'signal.socket_down', severity: 'info', what: 'is connecting', fix: undefined },
  registering: { id: 'signal.unregistered', severity: 'info', what: 'is being registered', fix: undefined },
  linking: { id: 'signal.unregistered', severity: 'info', what: 'is being linked with a phone', fix: undefined },
  disconnected: {
    id: 'signal.socket_down',
    severity: 'warning',
    what: 'has no connection; it tries again by itself',
    fix: 'Check the way to the internet.',
  },
  challenged: {
    id: 'signal.challenge',
    severity: 'error',
    what: 'may not send until a person solves a captcha',
    fix: 'causeway signal status shows the page; then: causeway signal captcha TOKEN.',
    action: CAPTCHA,
  },
  'connected-elsewhere': {
    id: 'signal.connected_elsewhere',
    severity: 'error',
    what: 'is connected from another place',
    fix: 'Stop the other gateway with this account: two must never run.',
  },
  'signed-out': {
    id: 'signal.signed_out',
    severity: 'error',
    what: 'was signed out: the number was registered elsewhere, or the phone has removed this device',
    fix: 'If that was not you, register it again (causeway signal register) or link it again (causeway signal link).',
    action: SIGNAL,
  },
  expired: {
    id: 'signal.protocol_age',
    severity: 'error',
    what: 'uses a protocol library that the server no longer takes',
    fix: 'Update Causeway.',
  },
}

function examineSignal({ mode, signal }: RunningFacts): Finding[] {
  if (mode === 'sms_only') {
    return [
      { id: 'signal.unused', severity: 'info', what: 'Signal is not used: the mode is sms_only.', fix: undefined },
    ]
  }
  const warnings = signal.warnings.map(({ code: id, severity, what, fix }): Finding => ({ id, severity, what, fix }))
  if (signal.state === 'connected') {
    return [{ id: 'signal.connected', severity: 'ok', what: 'Signal is connected.', fix: undefined }, ...warnings]
  }
  if (signal.state === 'none') {
    const fix = 'causeway signal register NUMBER (it logs out a phone that uses Signal with this number).'
    const what = 'There is no Signal account: texts only.'
    return [{ id: 'signal.unregistered', severity: 'warning', what, fix, action: SIGNAL }]
  }
  const state = SIGNAL_STATES[signal.state]
  if (state === undefined) return []
  const reason = signal.reason === undefined ? '' : ` (${signal.reason})`
  return [{ ...state, what: `The Signal account ${state.what}${reason}.` }, ...warnings]
}

function examinePause(pause: Pause, { modems }: RunningFacts): Finding {
  const { transport, lane, sinceMs } = pause
  const name = modems.find(({ id }) => id === lane)?.label ?? lane
  const of = lane === null ? (transport === null ? '' : ` --transport ${transport}`) : ` --modem ${lane}`
  const body = lane === null ? (transport === null ? {} : { transport }) : { modem: lane }
  return {
    id: 'queue.paused',
    severity: 'warning',
    what: `${capital(`${name === null ? '' : `${name}: `}${pauseWords(pause)}`)}; nothing leaves there since ${new Date(sinceMs).toISOString()}.`,
    fix: `Let it go on: causeway queue resume${of}.`,
    action: { name: 'resume-queue', kind: 'request', method: 'POST', path: '/api/v1/queue/resume', body },
  }
}

function examineQueue({ waiting, waitingSinceMs: oldestMs, nowMs }: RunningFacts): Finding[] {
  const findings: Finding[] = []
  const of = (state: string) => waiting.filter((entry) => entry.state === state)
  const count = (state: string) => of(state).reduce((sum, entry) => sum + entry.count, 0)
  const held = count('held')
  if (held > 0) {
    const fix = 'causeway messages --status held, then: causeway approve ID, or cancel ID.'
    const what = `${held} messages wait for your decision.`
    findings.push({ id: 'queue.held', severity: 'warning', what, fix, action: QUEUE })
  }
  const uncertain = count('uncertain')
  if (uncertain > 0) {
    const what = `Of ${uncertain} messages it is not known whether they left; their status report will tell.`
    findings.push({ id: 'queue.uncertain', severity: 'info', what, fix: undefined })
  }
  const queued = count('queued')
  if (queued > 0 && oldestMs !== undefined && nowMs - oldestMs > STALLED_MS) {
    const minutes = Math.round((nowMs - oldestMs) / 60_000)
    const fix = 'See why: causeway messages --status queued, and causeway show ID.'
    const what = `A message has waited ${minutes} minutes.`
    findings.push({ id: 'queue.stalled', severity: 'warning', what, fix, action: QUEUE })
  } else if (queued > BACKLOG_WARNING) {
    const fix = 'A modem sends a text every few seconds; another modem shares the work.'
    findings.push({ id: 'queue.backlog', severity: 'warning', what: `${queued} messages wait to be sent.`, fix })
  }
  if (findings.length > 0) return findings
  return [{ id: 'queue.backlog', severity: 'ok', what: `${queued} messages wait to be sent.`, fix: undefined }]
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
