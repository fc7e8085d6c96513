/** Pure: how the Signal account is, in one state and a reason, out of all that may be under way with it. */
import type { ChatState } from './chat.ts'
import type { LinkStep, RegistrationStep, SignalState } from './contract.ts'
import { waitsFor } from './enroll-words.ts'

const signedOutReason = 'Signal has signed this account out (the number was registered elsewhere?): register again'
const unlinkedReason = 'the phone has removed this device (or its account is gone): link again'
const loadingReason = 'the Signal account is being loaded'
const linkReasons = { scan: 'a phone is to scan the code', linking: 'a phone has scanned the code' } as const

interface Present {
  /** What is on record of an account is known; until then nobody can say that there is none. */
  loaded: boolean
  registration: RegistrationStep | undefined
  link: LinkStep | undefined
  /** The account that is on record. */
  account: { deviceId: number; signedOutAtMs: number | undefined } | undefined
  /** Of the account at work. */
  chat: ChatState | undefined
  challenged: boolean
  /** What the removal of this device waits for, while it is under way. */
  departure: string | undefined
  nowMs: number
}

export function stateOf(now: Present): { state: SignalState; reason: string | undefined } {
  const { registration, link, account, chat } = now
  const signedOut = () => {
    const isLinked = account !== undefined && account.deviceId !== 1
    return { state: 'signed-out' as const, reason: isLinked ? unlinkedReason : signedOutReason }
  }
  if (now.departure !== undefined) return { state: 'disconnected', reason: now.departure }
  if (link !== undefined && link.step !== 'failed') return { state: 'linking', reason: linkReasons[link.step] }
  if (chat === undefined) {
    if (account?.signedOutAtMs !== undefined) return signedOut()
    if (account !== undefined || !now.loaded) return { state: 'disconnected', reason: loadingReason }
    if (link !== undefined) return { state: 'none', reason: link.reason }
    if (registration === undefined) return { state: 'none', reason: 'no Signal account is registered here' }
    if (registration.step === 'failed') return { state: 'none', reason: registration.reason }
    return { state: 'registering', reason: waitsFor(registration, now.nowMs) }
  }
  if (chat.state === 'signed-out') return signedOut()
  if (chat.state === 'connected') {
    if (!now.challenged) return { state: 'connected', reason: undefined }
    return { state: 'challenged', reason: 'Signal asks for a captcha before more may be sent' }
  }
  if (chat.state === 'stopped') return { state: 'disconnected', reason: chat.reason }
  return { state: chat.state, reason: chat.reason }
}
