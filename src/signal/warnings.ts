/**
 * What a person should know of a Signal account that works: a clock that is off, a phone that is about to lapse, a
 * protocol library that gets old. Pure.
 */

import type { Credentials } from './credentials.ts'

/** The pinned protocol library and the day of its publication; moves with the pin in package.json. */
export const library = { version: '0.103.0', publishedAtMs: Date.UTC(2026, 8, 19) } as const

const dayMs = 24 * 3600_000
/** Signal's own clients expire after some 90 days, and the servers may change with them. */
const ageWarningDays = 60
const ageErrorDays = 80
/** Signal drops a linked device after 45 days without a connection, by the server’s published source. */
const idleWarningDays = 14
/** Of a server's notice that is not known here. */
const ALERT_CHARS_MAX = 100
/** The server's name for a phone that has not been online for weeks. */
const idlePrimary = 'idle-primary-device'

export interface SignalWarning {
  code:
    | 'signal.clock_skew'
    | 'signal.linked_idle.phone'
    | 'signal.linked_idle.here'
    | 'signal.prekeys_low'
    | 'signal.protocol_age'
    | 'signal.alert'
  severity: 'warning' | 'error'
  /** What is in the words, for those who say it in another language. */
  values: Readonly<Record<string, string | number>>
  /** In words: what it is, and what to do. */
  what: string
  fix: string
}

type LinkedFacts = Pick<Credentials, 'deviceId' | 'signedOutAtMs' | 'keysRotatedAtMs'>

/** `skewMs`: our clock minus the server's, where it is off by more than is tolerated. `alerts`: as the server names them. */
export function warningsOf(facts: {
  skewMs: number | undefined
  alerts: readonly string[]
  /** How few of our one-time keys the server has, where they could not be filled up. */
  preKeysLeft: number | undefined
  /** Until when this process was connected; left out: it was not. */
  metAtMs?: number | undefined
  account: LinkedFacts
  /** Signal's own servers turn old clients away; others take what they take. */
  isOfficial: boolean
  nowMs: number
}): SignalWarning[] {
  const { skewMs, alerts, preKeysLeft, isOfficial, nowMs } = facts
  return [
    ...(skewMs === undefined ? [] : [clockSkew(skewMs)]),
    ...alerts.map(alertWarning),
    ...idleHere(facts),
    ...(preKeysLeft === undefined ? [] : [preKeysLow(preKeysLeft)]),
    ...(isOfficial ? age(nowMs) : []),
  ]
}

function clockSkew(skewMs: number): SignalWarning {
  const seconds = Math.round(Math.abs(skewMs) / 1000)
  return {
    code: 'signal.clock_skew',
    severity: 'warning',
    values: { seconds, side: skewMs > 0 ? 'ahead' : 'behind' },
    what: `The clock of this machine is ${seconds} s ${skewMs > 0 ? 'ahead of' : 'behind'} Signal’s; message times depend on it.`,
    fix: 'Set it right: timedatectl set-ntp true.',
  }
}

function alertWarning(alert: string): SignalWarning {
  if (alert === idlePrimary) {
    return {
      code: 'signal.linked_idle.phone',
      severity: 'warning',
      values: {},
      what: 'The phone of this account has not been online for weeks; when its account lapses, this device goes with it.',
      fix: 'Open Signal on the phone while it has a connection.',
    }
  }
  return {
    code: 'signal.alert',
    severity: 'warning',
    values: { alert: alert.slice(0, ALERT_CHARS_MAX) },
    what: `Signal’s server has a notice for this account: ${alert.slice(0, ALERT_CHARS_MAX)}.`,
    fix: 'Look into Signal on the phone, or update Causeway, which may know it by then.',
  }
}

/** Of a linked device that is not connected, for how long over restarts: within two days, by the age of its keys. */
function idleHere({
  metAtMs,
  account,
  nowMs,
}: {
  metAtMs?: number | undefined
  account: LinkedFacts
  nowMs: number
}): SignalWarning[] {
  const lastMs = Math.max(metAtMs ?? 0, account.keysRotatedAtMs)
  const days = Math.floor((nowMs - lastMs) / dayMs)
  if (account.deviceId === 1 || account.signedOutAtMs !== undefined || lastMs === 0 || days < idleWarningDays) return []
  return [
    {
      code: 'signal.linked_idle.here',
      severity: 'warning',
      values: { days },
      what: `This linked device has not been connected to Signal for ${days} days; after about 45 the account drops it.`,
      fix: 'Check the way to the internet. Once it is dropped: causeway signal link.',
    },
  ]
}

function preKeysLow(left: number): SignalWarning {
  return {
    code: 'signal.prekeys_low',
    severity: 'warning',
    values: { left },
    what: `One-time keys of ours that are left at Signal’s server: ${left}. New ones could not be handed in; messages arrive all the same.`,
    fix: 'It is tried again by itself; if it stays, see the log for “looking after pre-keys”.',
  }
}

function age(nowMs: number): SignalWarning[] {
  const days = Math.floor((nowMs - library.publishedAtMs) / dayMs)
  if (days < ageWarningDays) return []
  return [
    {
      code: 'signal.protocol_age',
      severity: days >= ageErrorDays ? 'error' : 'warning',
      values: { days, version: library.version },
      what: `The protocol library (${library.version}) is ${days} days old; Signal turns old ones away at some time after 90.`,
      fix: 'Update Causeway.',
    },
  ]
}
