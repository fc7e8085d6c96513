/**
 * Rows as the API shows them: snake_case, RFC 3339 in UTC with milliseconds, null for "not known". Pure.
 */

import { formatDuration } from '../domain/duration.ts'
import type { GroupDetails } from '../domain/group.ts'
import { wantsPlayable } from '../domain/media.ts'
import type { TextRange } from '../domain/ranges.ts'
import type { LiveValues } from '../domain/settings.ts'
import { apartFromSubject } from '../domain/subject.ts'
import { type ToldValues, valuesKept } from '../domain/told.ts'
import type { Quote } from '../domain/transport.ts'
import type { WaitingState } from '../domain/waiting.ts'
import type { Reaction } from '../store/amendments.ts'
import { detailsOf } from '../store/groups.ts'
import type { ConversationView } from '../store/mailbox.ts'
import { numbersOf } from '../store/phone-groups.ts'
import type {
  ContactRow,
  DataMessageRow,
  EventRow,
  GroupRow,
  MessageRow,
  OwnChangeRow,
  RecipientRow,
} from '../store/tables/mailbox.ts'
import type { AttachmentRow } from '../store/tables/media.ts'
import type { AttemptRow } from '../store/tables/sending.ts'

/** ms since epoch → RFC 3339. */
export function time(ms: number | null | undefined): string | null {
  return ms === null || ms === undefined ? null : new Date(ms).toISOString()
}

/** What a person is written to as. */
function addressOf(contact: Pick<ContactRow, 'e164' | 'sender' | 'aci'>): string | null {
  return contact.e164 ?? contact.sender ?? (contact.aci === null ? null : `signal:${contact.aci}`)
}

function authorView({ author_aci: aci, author_address: address }: MessageRow, { authors }: GroupColumns) {
  if (address !== null) return addressView(address, authors)
  return aci === null ? null : personView(aci, authors)
}

function addressView(address: string, known: readonly ContactColumns[]) {
  const person = known.find(({ e164, sender }) => e164 === address || sender === address)
  return person === undefined ? { id: null, name: null, address } : refOf(person)
}

function personView(aci: string, known: readonly ContactColumns[]) {
  const person = known.find((one) => one.aci === aci)
  return person === undefined ? { id: null, name: null, address: `signal:${aci}` } : refOf(person)
}

/** The picture only where it was asked for. */
export type ContactColumns = Pick<ContactRow, 'id' | 'name' | 'profile_name' | 'e164' | 'sender' | 'aci'> &
  Partial<Pick<ContactRow, 'avatar_id'>>

/** A group as the other side of a conversation, with those who wrote into it. */
export interface GroupColumns {
  group: Pick<GroupRow, 'id' | 'title'>
  authors: readonly ContactColumns[]
}

/** The owner's name for them goes before their own. */
function refOf(contact: ContactColumns) {
  return { id: contact.id, name: contact.name ?? contact.profile_name, address: addressOf(contact) }
}

/** Those in force, what the configuration says, and which of them people changed. */
export function settingsView(settings: SettingsInForce, longTextParts: number | undefined) {
  return {
    ...liveView(settings),
    long_text_parts: longTextParts ?? null,
    configured: liveView(settings.configured),
    chosen: Object.keys(settings.chosen).map((name) => SETTING_NAMES[name as keyof LiveValues]),
  }
}

interface SettingsInForce extends Readonly<LiveValues> {
  chosen: Partial<LiveValues>
  configured: LiveValues
}

/** As they are written in the configuration. */
export const SETTING_NAMES = {
  mode: 'mode',
  fallbackAfterMs: 'fallback.after',
  defaultPolicy: 'fallback.default',
  whenRoaming: 'fallback.when_roaming',
  quietHours: 'fallback.quiet_hours',
  timeZone: 'fallback.time_zone',
} as const satisfies Record<keyof LiveValues, string>

function liveView({ mode, fallbackAfterMs, defaultPolicy, whenRoaming, quietHours, timeZone }: LiveValues) {
  const fallback = {
    after: formatDuration(fallbackAfterMs),
    default: defaultPolicy,
    when_roaming: whenRoaming,
    quiet_hours: quietHours,
    time_zone: timeZone,
  }
  return { mode, fallback }
}

/** So much of what tells one picture from another stands in its address, for caches alone. */
const PORTRAIT_TAG_CHARS = 8

/** Where a picture is; another one has another address. */
export function portraitUrl(path: string, tag: string): string {
  return `${path}/avatar?v=${tag.slice(-PORTRAIT_TAG_CHARS)}`
}

/** Where their picture is. */
function portraitOf({ id, avatar_id: picture = null }: ContactColumns): string | null {
  return picture === null ? null : portraitUrl(`/api/v1/contacts/${id}`, picture)
}

/** `other` is the other side of the message's conversation, `attachments` are the message's own. */
export function messageView(
  message: MessageRow,
  other: ContactColumns | GroupColumns | undefined,
  attachments: readonly AttachmentRow[] = [],
) {
  const isGroup = other !== undefined && 'group' in other
  return {
    id: message.id,
    conversation_id: message.conversation_id,
    contact: other === undefined || isGroup ? null : refOf(other),
    group: isGroup ? { id: other.group.id, title: other.group.title } : null,
    author: isGroup ? authorView(message, other) : null,
    direction: message.direction,
    kind: message.notice === null ? message.kind : 'notice',
    notice: message.notice,
    origin: message.origin,
    text: message.text,
    subject: apartFromSubject(message).subject ?? null,
    attachments: attachments.map((file) => ({
      ...attachmentView(file),
      // What a picture message had no room for may have gone over Signal since.
      left_out: message.transport === 'mms' ? file.left_out : null,
    })),
    flash: message.flash === 1,
    incomplete: message.incomplete === 1,
    replaced_by: message.replaced_by,
    severity: message.severity,
    edited_at: time(message.edited_at_ms),
    deleted_at: time(message.deleted_at_ms),
    quote: quoteView(message, isGroup ? other.authors : []),
    ranges: rangesView(message),
    preview: message.preview_json === null ? null : JSON.parse(message.preview_json),
    disappears_after: message.timer_s === null ? null : formatDuration(message.timer_s * 1_000),
    disappears_at: time(message.expires_at_ms),
    disappeared_at: time(message.disappeared_at_ms),
    reactions: reactionsView(message),
    status: message.state,
    code: message.code,
    reason: message.reason,
    transport: message.transport,
    lane: message.lane,
    encrypted: message.encrypted === 1,
    policy: message.policy,
    modem: message.pinned_lane,
    priority: message.priority,
    fallback:
      message.fallback_from === null
        ? null
        : {
            from: message.fallback_from,
            code: message.fallback_code,
            reason: message.fallback_reason,
            values: valuesKept(message.fallback_values_json, message.fallback_code),
            at: time(message.fallback_at_ms),
          },
    fallback_after: message.fallback_after_ms === null ? null : formatDuration(message.fallback_after_ms),
    twin: message.twin_transport === null ? null : { transport: message.twin_transport, at: time(message.twin_at_ms) },
    metadata: message.notice !== null || message.metadata_json === null ? {} : JSON.parse(message.metadata_json),
    values: valuesOf(message),
    valid_until: time(message.valid_until_ms),
    scheduled_at: time(message.scheduled_at_ms),
    created_at: time(message.created_at_ms),
    updated_at: time(message.updated_at_ms),
    sent_at: time(message.sent_at_ms),
    delivered_at: time(message.delivered_at_ms),
    read_at: time(message.read_at_ms),
    attempts_url: `/api/v1/messages/${message.id}/attempts`,
  }
}

/** What is in the words of a line that nobody wrote, or of why a message is as it is, for those who say it in another language. */
function valuesOf({ notice, metadata_json: json, values_json: told, code }: MessageRow): ToldValues {
  if (notice === null) return valuesKept(told, code)
  return json === null ? {} : JSON.parse(json)
}

/** What of it is `null` is not known; `url` is there when the content is. */
export function attachmentView(row: AttachmentRow) {
  const url = `/api/v1/media/${row.id}`
  return {
    id: row.id,
    message_id: row.message_id,
    content_type: row.content_type,
    file_name: row.file_name,
    bytes: row.bytes,
    width: row.width,
    height: row.height,
    voice: row.voice === 1,
    gif: row.gif === 1,
    sticker: row.sticker === 1,
    view_once: row.view_once === 1,
    caption: row.caption,
    blurhash: row.blurhash,
    state: row.state,
    code: row.code,
    reason: row.reason,
    values: valuesKept(row.values_json, row.code),
    left_out: row.left_out,
    url: row.state === 'here' ? url : null,
    thumbnail_url: row.thumbnail_id === null ? null : `${url}/thumbnail`,
    playable_url:
      row.state === 'here' && row.view_once === 0 && wantsPlayable(row.content_type) ? `${url}/playable` : null,
  }
}

/** `person` is there for a member of a group. */
function quoteView({ quote_json: json }: MessageRow, authors: readonly ContactColumns[]) {
  if (json === null) return null
  const { ours, timestampMs, text, authorAci }: Quote = JSON.parse(json)
  const person = authorAci === undefined ? null : personView(authorAci, authors)
  return { author: ours ? 'us' : 'them', person, sent_at: time(timestampMs), text }
}

function rangesView({ ranges_json: json }: MessageRow) {
  const ranges: TextRange[] = json === null ? [] : JSON.parse(json)
  return ranges.map(({ start, length, ...range }) =>
    range.kind === 'style' ? { start, length, style: range.style } : { start, length, mention: range.aci },
  )
}

function reactionsView({ reactions_json: json }: MessageRow) {
  const reactions: Reaction[] = json === null ? [] : JSON.parse(json)
  return reactions.map(({ aci, emoji, at_ms: atMs, ours }) => ({ aci, emoji, at: time(atMs), ours: ours === true }))
}

export function attemptView(attempt: AttemptRow) {
  return {
    id: attempt.id,
    n: attempt.n,
    leg: attempt.leg,
    transport: attempt.transport,
    lane: attempt.lane,
    started_at: time(attempt.started_at_ms),
    ended_at: time(attempt.ended_at_ms),
    result: attempt.result,
    code: attempt.code,
    detail: attempt.detail,
  }
}

export function ownChangeView(change: OwnChangeRow) {
  return {
    kind: change.kind,
    status: change.state,
    code: change.code,
    reason: change.reason,
    created_at: time(change.created_at_ms),
    settled_at: time(change.settled_at_ms),
  }
}

/** With a person or a group; the other is null. */
export function conversationView({ conversation, contact, group, lastMessage, attachments }: ConversationView) {
  const other = group === undefined ? contact : { group, authors: [] }
  return {
    id: conversation.id,
    contact: contact === undefined ? null : { ...refOf(contact), avatar_url: portraitOf(contact) },
    group: group === undefined ? null : groupRefView(group),
    state:
      (contact !== undefined && contact.blocked_at_ms !== null) ||
      (group !== undefined && detailsOf(group).blocked === true)
        ? 'blocked'
        : conversation.request_at_ms !== null
          ? 'request'
          : 'open',
    unread: conversation.unread,
    disappears_after: conversation.timer_s === 0 ? null : formatDuration(conversation.timer_s * 1_000),
    waiting: waitingView(JSON.parse(conversation.waiting_json ?? '{}')),
    muted: conversation.muted === 1,
    archived: conversation.archived === 1,
    pinned: conversation.pinned === 1,
    sms_lane: conversation.sms_lane,
    last_message: lastMessage === undefined ? null : messageView(lastMessage, other, attachments),
    last_message_at: time(conversation.last_message_at_ms),
    created_at: time(conversation.created_at_ms),
  }
}

/** A group as its conversation names it. */
function groupRefView(group: GroupRow) {
  const kind = kindOf(group)
  return {
    id: group.id,
    title: group.title,
    kind,
    texts_apart: kind === 'phone' ? group.texts_apart === 1 : null,
    avatar_url: groupPortraitOf(group),
  }
}

/** Of the revision that it has now: which picture that is, only its members' devices know. */
function groupPortraitOf(group: GroupRow): string | null {
  const { avatar, revision } = detailsOf(group)
  return avatar ? portraitUrl(`/api/v1/groups/${group.id}`, `r${revision}`) : null
}

function kindOf(group: GroupRow): 'signal' | 'phone' {
  return numbersOf(group) === undefined ? 'signal' : 'phone'
}

/** `count` null: how many was not told. */
function waitingView(state: WaitingState) {
  return Object.entries(state).map(([type, { count, sinceMs }]) => ({ type, count, since: time(sinceMs) }))
}

/** `people`: what is known of those in it. Whoever is invited by number alone is `pni:…`. */
export function groupView(
  group: GroupRow,
  details: GroupDetails,
  conversationId: string | null,
  people: readonly ContactColumns[],
) {
  const person = (serviceId: string) => {
    const known = people.find(({ aci }) => aci === serviceId)
    const isPni = serviceId.startsWith('PNI:')
    const aci = isPni ? null : serviceId
    const address = isPni ? serviceId.toLowerCase() : `signal:${serviceId}`
    return {
      aci,
      name: known?.name ?? known?.profile_name ?? null,
      address: known === undefined ? address : addressOf(known),
      ...seen(known),
    }
  }
  const numbers = numbersOf(group)
  const byNumber = (address: string) => {
    const known = people.find(({ e164, sender }) => e164 === address || sender === address)
    return { aci: null, ...numberView(address, people), ...seen(known), admin: false }
  }
  return {
    id: group.id,
    kind: kindOf(group),
    conversation_id: conversationId,
    title: numbers === undefined ? details.title : group.title,
    texts_apart: numbers === undefined ? null : group.texts_apart === 1,
    description: details.description,
    standing: details.standing,
    admin: details.admin,
    announcements_only: details.announcementsOnly,
    timer_seconds: details.timerSeconds,
    who_edits: details.whoEdits,
    who_adds: details.whoAdds,
    link: details.link,
    link_url: details.linkUrl ?? null,
    avatar_url: details.avatar ? `/api/v1/groups/${group.id}/avatar` : null,
    members: numbers?.map(byNumber) ?? details.members.map(({ aci, admin }) => ({ ...person(aci), admin })),
    invited: details.invited.map(person),
    requesting: details.requesting.map(person),
    banned: (details.banned ?? []).map(person),
    blocked: details.blocked ?? false,
    revision: details.revision,
    created_at: time(group.created_at_ms),
    updated_at: time(group.updated_at_ms),
  }
}

/** Who it is among the people here, and what they look like. */
function seen(known: ContactColumns | undefined) {
  return { contact_id: known?.id ?? null, avatar_url: known === undefined ? null : portraitOf(known) }
}

function numberView(address: string, people: readonly ContactColumns[]) {
  const { name } = addressView(address, people)
  return { name, address }
}

/** What became of a message for one member of its group; `aci` is null in a group of phone numbers. */
export function recipientView(row: RecipientRow, people: readonly ContactColumns[]) {
  // Account ids are UUIDs; what else stands there is a number, a short code or a sender.
  const isAccount = /^[0-9a-f]{8}-/.test(row.aci)
  const person = people.find(({ aci }) => aci === row.aci)
  const { name, address } = isAccount
    ? { name: person?.name ?? person?.profile_name ?? null, address: `signal:${row.aci}` }
    : numberView(row.aci, people)
  return {
    aci: isAccount ? row.aci : null,
    address,
    name,
    status: row.state,
    detail: row.detail,
    at: time(row.at_ms),
  }
}

/** Octets as hex, or text; the other is null. */
export function dataMessageView(row: DataMessageRow) {
  return {
    id: row.id,
    lane: row.lane,
    from: row.from_address,
    destination_port: row.destination_port,
    source_port: row.source_port,
    pid: row.pid,
    dcs: row.dcs,
    data: row.data_hex,
    text: row.text,
    sent_at: time(row.sent_at_ms),
    received_at: time(row.received_at_ms),
  }
}

export function contactView(contact: ContactRow) {
  return {
    ...refOf(contact),
    avatar_url: portraitOf(contact),
    profile_name: contact.profile_name,
    number: contact.e164,
    sender: contact.sender,
    aci: contact.aci,
    policy: contact.policy,
    fallback_after: contact.fallback_after_ms === null ? null : formatDuration(contact.fallback_after_ms),
    modem: contact.preferred_lane,
    verified: contact.verified === 1,
    identity_changed_at: time(contact.identity_changed_at_ms),
    blocked: contact.blocked_at_ms !== null,
    blocked_at: time(contact.blocked_at_ms),
    signal: capabilityView(contact),
    version: contact.version,
    created_at: time(contact.created_at_ms),
    updated_at: time(contact.updated_at_ms),
  }
}

/** What is known of the person on Signal. */
export function capabilityView(contact: ContactRow) {
  return {
    standing: contact.signal_standing,
    checked_at: time(contact.signal_checked_at_ms),
    next_check_at: contact.signal_next_check_at_ms === 0 ? null : time(contact.signal_next_check_at_ms),
  }
}

/** `message` is there where the listener may read messages and the event is about one. */
export function eventView(event: EventRow, message: ReturnType<typeof messageView> | undefined) {
  return {
    id: event.id,
    type: event.type,
    at: time(event.at_ms),
    message_id: event.message_id,
    conversation_id: event.conversation_id,
    contact_id: event.contact_id,
    data: JSON.parse(event.data_json),
    ...(message === undefined ? {} : { message }),
  }
}
