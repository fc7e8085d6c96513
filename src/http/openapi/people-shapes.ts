/** What the routes of conversations, contacts and groups answer, as schemas; see `shapes.ts`. */
import { z } from 'zod'
import { CONTACT_POLICIES } from '../../domain/contact.ts'
import { message } from './message-shapes.ts'
import { count, flag, maybe, maybeAt, page, shape, text } from './shapes.ts'

const conversation = shape('Conversation', {
  id: text,
  contact: z
    .strictObject({ id: text, name: maybe, address: maybe, avatar_url: maybe })
    .nullable()
    .describe('Of a group: null.'),
  group: z
    .strictObject({
      id: text,
      title: text,
      kind: z.enum(['signal', 'phone']),
      texts_apart: flag.nullable(),
      avatar_url: maybe,
    })
    .nullable(),
  state: z.enum(['open', 'request', 'blocked']),
  unread: count,
  disappears_after: maybe,
  waiting: z.array(z.strictObject({ type: text, count: count.nullable(), since: maybeAt })),
  muted: flag,
  archived: flag,
  pinned: flag,
  sms_lane: maybe,
  last_message: message.nullable(),
  last_message_at: maybeAt,
  created_at: maybeAt,
})

const capability = z.strictObject({ standing: text, checked_at: maybeAt, next_check_at: maybeAt })

const contact = shape('Contact', {
  id: text,
  name: maybe,
  address: maybe,
  avatar_url: maybe.describe('Their picture on Signal, once they were let in.'),
  profile_name: maybe,
  number: maybe,
  sender: maybe,
  aci: maybe,
  policy: z.enum(CONTACT_POLICIES).nullable(),
  fallback_after: maybe.describe(
    'Time without a delivery receipt over Signal before a text follows; null: as the settings have it.',
  ),
  modem: maybe.describe('The modem that texts to them leave through, where it can.'),
  verified: flag,
  identity_changed_at: maybeAt,
  blocked: flag,
  blocked_at: maybeAt,
  signal: capability,
  version: count,
  created_at: maybeAt,
  updated_at: maybeAt,
})

const imported = shape('ImportResult', {
  dry_run: flag,
  new: count,
  changed: count,
  same: count,
  refused: count,
  people: z.array(
    z.strictObject({
      line: count,
      name: maybe,
      address: maybe,
      result: z.enum(['new', 'changed', 'same', 'refused']),
      contact_id: maybe,
      code: maybe.describe(
        'Why it was refused, or what became of a name: `no-number`, `invalid-number`, `emergency-number`, `twice`, `no-replies`, `keeps-name`, `was-called`.',
      ),
      reason: maybe,
    }),
  ),
})

const traffic = shape('Traffic', {
  contact_id: text,
  days: count,
  transports: z.array(
    z.strictObject({
      transport: z.enum(['signal', 'sms', 'mms']),
      sent: count,
      received: count,
      failed: count,
      last_at: maybeAt,
    }),
  ),
})

const inGroup = { contact_id: maybe, aci: maybe, name: maybe, address: maybe, avatar_url: maybe }

const group = shape('Group', {
  id: text,
  kind: z.enum(['signal', 'phone']).describe('`phone`: a set of phone numbers, over MMS or with a text for each.'),
  conversation_id: maybe,
  title: text,
  texts_apart: flag.nullable().describe('Of a group of phone numbers: each member gets a text of their own.'),
  description: text,
  standing: z.enum(['member', 'invited', 'requesting', 'out', 'ended']),
  admin: flag,
  announcements_only: flag,
  timer_seconds: count,
  who_edits: z.enum(['members', 'admins']),
  who_adds: z.enum(['members', 'admins']),
  link: z.enum(['off', 'join', 'request']),
  link_url: maybe,
  avatar_url: maybe,
  members: z.array(z.strictObject({ ...inGroup, admin: flag })),
  invited: z.array(z.strictObject(inGroup)),
  requesting: z.array(z.strictObject(inGroup)),
  banned: z.array(z.strictObject(inGroup)).describe('Come back by no link, only by being added.'),
  blocked: flag.describe('Nothing more of it is shown, and nothing is sent there.'),
  revision: count,
  created_at: maybeAt,
  updated_at: maybeAt,
})

const recipient = z.strictObject({
  aci: maybe,
  address: text,
  name: maybe,
  status: z.enum(['sent', 'delivered', 'read', 'unregistered', 'failed']),
  detail: maybe,
  at: maybeAt,
})

export const peopleAnswers = {
  conversation,
  conversations: page('ConversationPage', conversation),
  unread: shape('Unread', { messages: count, conversations: count }),
  contact,
  splitContact: shape('SplitContact', { contact, taken: contact }),
  imported,
  traffic,
  contacts: page('ContactPage', contact),
  group,
  groups: page('GroupPage', group),
  recipients: page('Recipients', recipient),
  identity: shape('Identity', {
    contact_id: text,
    safety_number: maybe,
    scannable: maybe,
    verified: flag,
    changed_at: maybeAt,
    history: z.array(
      z.strictObject({
        event: z.enum(['first_seen', 'changed', 'approved', 'verified', 'unverified']),
        at: maybeAt,
        by: z
          .strictObject({ kind: z.enum(['user', 'token', 'local', 'device']), id: maybe, name: maybe })
          .nullable()
          .describe('Whose word it was; `local`: at the machine itself, `device`: another one of the same account.'),
      }),
    ),
  }),
  matches: shape('Comparison', { matches: flag }),
  capabilities: shape('Capabilities', { signal: capability }),
}
