/** Gathers the facts that `planRoute` judges: rows, lanes and settings become `RouteFacts`. */

import { currentStanding, fallbackAfter } from '../domain/contact.ts'
import { isGroupId } from '../domain/ids.ts'
import { type LaneUse, quotaLeft } from '../domain/lane-choice.ts'
import { asPlainText } from '../domain/plain-text.ts'
import { type LegTransport, NOT_ON_SIGNAL, type Refusal, type RouteFacts, type TransportFact } from '../domain/route.ts'
import type { LiveValues } from '../domain/settings.ts'
import { valuesKept } from '../domain/told.ts'
import type { Lane } from '../domain/transport.ts'
import { asClause } from '../domain/words.ts'
import { refusals } from '../store/attempts.ts'
import type { Database } from '../store/database.ts'
import type { ContactRow, MessageRow } from '../store/tables/mailbox.ts'

export interface RoutingSettings extends LiveValues {
  /** Two-letter country for numbers in national format. */
  region: string | undefined
  validityMs: number
  /** Send a text again when it cannot be known whether it left. May double it. */
  resendWhenUncertain: boolean
  /** New groups of phone numbers get a text for each in place of MMS. */
  textsApart?: boolean
  /** A text of more parts goes as one picture message where that is possible; undefined: never. */
  longTextParts?: number | undefined
}

/** The other side of a conversation, for the rule book: a person, or what stands for a group there. */
export type Party = ContactRow & {
  /** A group of phone numbers; `apart`: each gets a text of their own. */
  phoneGroup?: { numbers: readonly string[]; apart: boolean }
}

type MessageFacts = Pick<
  MessageRow,
  | 'id'
  | 'policy'
  | 'text_approved'
  | 'leg'
  | 'since_leg'
  | 'tries'
  | 'timer_s'
  | 'fallback_code'
  | 'fallback_reason'
  | 'fallback_values_json'
  | 'fallback_after_ms'
  | 'attachments'
  | 'view_once'
  | 'flash'
  | 'pinned_lane'
  | 'text'
  | 'subject_chars'
  | 'quote_json'
>

/** The facts about this message and this person now. */
export async function gatherFacts(
  db: Database,
  settings: RoutingSettings,
  lanes: readonly Lane[],
  nowMs: number,
  message: MessageFacts,
  contact: Party,
  partsOf: (text: string) => number,
): Promise<RouteFacts> {
  const { phoneGroup } = contact
  const isGroup = phoneGroup === undefined && isGroupId(contact.id)
  return {
    mode: settings.mode,
    policy: message.policy ?? contact.policy ?? settings.defaultPolicy,
    contact: {
      textable: phoneGroup !== undefined || contact.e164 !== null || /^\d+$/.test(contact.sender ?? ''),
      signalable: isGroup || contact.e164 !== null || contact.aci !== null || contact.pni !== null,
      standing: currentStanding(contact.signal_standing, contact.signal_next_check_at_ms, nowMs),
      verified: contact.verified === 1,
      identityChanged: contact.identity_changed_at_ms !== null,
      group: isGroup,
      ...(phoneGroup === undefined ? {} : { numbers: phoneGroup.apart ? ('apart' as const) : ('together' as const) }),
    },
    encryptedOnly: encryptedOnly(message, isGroup),
    flash: message.flash === 1,
    hasMedia: message.attachments > 0,
    ratherMms: whyMms(message, settings.longTextParts, partsOf),
    signal: transportFact(lanes, 'signal'),
    sms: transportFact(lanes, 'sms', message.pinned_lane),
    mms: transportFact(lanes, 'mms', message.pinned_lane),
    textApproved: message.text_approved === 1,
    refused: wasTried(message) ? await refusedBy(db, message) : {},
    silent: silenceOf(message),
    fallbackAfterMs: fallbackAfter(message.fallback_after_ms, contact.fallback_after_ms, settings.fallbackAfterMs),
  }
}

/**
 * Lanes as the rules of this house let them be used: a roaming modem may have to wait, and so has one whose quota is
 * used up. `useOf` tells what a lane has sent; undefined while that is being counted.
 */
export function usableLanes(
  lanes: readonly Lane[],
  settings: RoutingSettings,
  useOf: (lane: string) => LaneUse | undefined,
  nowMs: number,
): readonly Lane[] {
  return lanes.map((lane) => {
    const { roaming } = lane
    if (settings.whenRoaming === 'never' && roaming === true) {
      const reason = 'the modem is roaming, and texts wait until it is home'
      return { ...lane, available: false, code: 'roaming', reason }
    }
    if (settings.whenRoaming === 'always' && roaming === true) return withQuota({ ...lane, roaming: false })
    return withQuota(lane)
  })

  function withQuota(lane: Lane): Lane {
    const { available, rules } = lane
    if (!available || (rules?.dailyTexts === undefined && rules?.monthlyTexts === undefined)) return lane
    const use = useOf(lane.id)
    if (use === undefined) {
      return { ...lane, available: false, code: 'counting', reason: 'what it has sent is being counted' }
    }
    const quota = quotaLeft(rules, use, nowMs)
    if (quota === undefined) return lane
    return quota.left > 0
      ? { ...lane, quota }
      : { ...lane, quota, available: false, code: 'quota-exceeded', reason: `${quota.words} is used up` }
  }
}

function transportFact(lanes: readonly Lane[], transport: LegTransport, pinned: string | null = null): TransportFact {
  const all = lanes.filter((lane) => lane.transport === transport)
  if (all.length === 0) return { kind: 'absent' }
  const own = pinned === null ? all : all.filter(({ id }) => id === pinned)
  // Another one would be another number: it waits, until its validity ends.
  if (own.length === 0) return { kind: 'unavailable', reason: 'the modem that was chosen for it is not there' }
  const open = own.filter(({ available }) => available)
  if (open.length > 0) return { kind: 'available', roaming: open.every(({ roaming }) => roaming === true) }
  return { kind: 'unavailable', reason: own[0]?.reason ?? 'not ready' }
}

/** Why it would rather be a picture message than a text. */
function whyMms(
  { text, subject_chars: subject, quote_json: quote }: MessageFacts,
  longTextParts: number | undefined,
  partsOf: (text: string) => number,
): string | undefined {
  if (subject !== null) return 'it has a subject'
  if (longTextParts === undefined || text === '') return undefined
  const parts = partsOf(asPlainText(text, quote === null ? undefined : JSON.parse(quote)))
  if (parts <= longTextParts) return undefined
  const count = Number.isFinite(parts) ? `${parts} parts` : 'more parts than there can be'
  return `as a text it would take ${count}, and ${longTextParts} are allowed (mms.long_text_parts)`
}

/** Why it must not leave as anything but an encrypted message. */
function encryptedOnly({ timer_s: timer, view_once: once }: MessageFacts, isGroup: boolean): string | undefined {
  if (isGroup) return 'a message to a Signal group never goes as a text'
  if (once === 1) return 'it is to be looked at once, and would stay with them for ever'
  return timer === null ? undefined : 'it is to disappear, and a text would stay with them for ever'
}

/** It has attempts since its plan began. */
function wasTried({ tries, leg, since_leg }: MessageFacts): boolean {
  return tries > 0 || (leg ?? since_leg) > since_leg
}

async function refusedBy(db: Database, message: MessageFacts): Promise<RouteFacts['refused']> {
  const refused: Partial<Record<LegTransport, Refusal>> = {}
  for (const { transport, code, detail } of await refusals(db, message.id, message.since_leg)) {
    refused[transport] =
      code === 'not-on-signal'
        ? NOT_ON_SIGNAL
        : { code: code ?? 'refused', reason: asClause(detail ?? 'it was refused') }
  }
  return refused
}

/** Code of a text that a person did not want to wait for. */
export const TEXT_WANTED = 'text-wanted'

/** Why Signal is not gone back to. */
const LEFT_SIGNAL: ReadonlySet<string> = new Set(['no-receipt', 'signal-unreachable', TEXT_WANTED])

/** Signal had its time with this message and gave no proof, could not be reached, or was not to be waited for. */
function silenceOf({ fallback_code, fallback_reason, fallback_values_json: json }: MessageFacts): Refusal | undefined {
  if (!LEFT_SIGNAL.has(fallback_code ?? '')) return undefined
  const code = fallback_code ?? ''
  return { code, reason: fallback_reason ?? code, values: json === null ? undefined : valuesKept(json, code) }
}
