/**
 * Messages and what hangs on one: files, attempts, changes, each member's receipt, and the events that tell of it. Binary
 * SMS too, which are no messages of a conversation. Pure.
 */
import { formatDuration } from '../domain/duration.ts'
import { wantsPlayable } from '../domain/media.ts'
import type { TextRange } from '../domain/ranges.ts'
import { apartFromSubject } from '../domain/subject.ts'
import { type ToldValues, valuesKept } from '../domain/told.ts'
import type { Reaction } from '../store/amendments.ts'
import { keptQuote } from '../store/quoted.ts'
import type { DataMessageRow, EventRow, MessageRow, OwnChangeRow, RecipientRow } from '../store/tables/mailbox.ts'
import type { AttachmentRow } from '../store/tables/media.ts'
import type { AttemptRow, LegRow } from '../store/tables/sending.ts'
import { quotedFileView } from './quoted-file-view.ts'
import { addressView, type ContactColumns, type GroupColumns, numberView, personView, refOf, time } from './views.ts'

/** `other` is the other side of the message's conversation, `attachments` are the message's own. */
export function messageView(
  message: MessageRow,
  other: ContactColumns | GroupColumns | undefined,
  /** As `shownFilesOf` has them. */
  files: readonly AttachmentRow[] = [],
) {
  const isGroup = other !== undefined && 'group' in other
  const attachments = files.filter(({ message_id: of, quoted }) => of === message.id && quoted === 0)
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
    quote: quoteView(message, isGroup ? other.authors : [], files),
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

function authorView({ author_aci: aci, author_address: address }: MessageRow, { authors }: GroupColumns) {
  if (address !== null) return addressView(address, authors)
  return aci === null ? null : personView(aci, authors)
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
function quoteView(message: MessageRow, authors: readonly ContactColumns[], files: readonly AttachmentRow[]) {
  const quote = keptQuote(message)
  if (quote === undefined) return null
  const { ours, timestampMs, text, authorAci, file } = quote
  const person = authorAci === undefined ? null : personView(authorAci, authors)
  const author = ours ? ('us' as const) : ('them' as const)
  return { author, person, sent_at: time(timestampMs), text, file: quotedFileView(file, files) }
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

export function legView({ leg, transport, consent, code, reason, values_json: values }: LegRow) {
  return { leg, transport, consent, code, reason, values: valuesKept(values, code) }
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
