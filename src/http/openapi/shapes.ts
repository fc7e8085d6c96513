/**
 * What the API answers, as schemas: the views of `views.ts` and of the routes, field by field. A test holds real answers
 * against them, strictly, so that neither has a field that the other lacks.
 */
import { z } from 'zod'
import { CONTACT_POLICIES } from '../../domain/contact.ts'
import { MESSAGE_STATES } from '../../domain/message.ts'
import { ANSWERS, INCOMING_STATES } from '../../domain/mms-incoming.ts'
import { MMS_TEST_STEPS } from '../../domain/mms-test.ts'
import { PRIORITIES } from '../../domain/priority.ts'
import { SCOPES } from '../scopes.ts'

/** Every schema with a name; `document.ts` makes components of them. */
export const shapes = z.registry<{ id: string }>()

export function shape<Fields extends z.ZodRawShape>(id: string, fields: Fields) {
  return z.strictObject(fields).register(shapes, { id })
}

/** `{data, next_cursor}`. */
export function page<Row extends z.ZodType>(id: string, row: Row) {
  return shape(id, {
    data: z.array(row),
    next_cursor: text.nullable().describe('`cursor` of the next page; null: there is none.'),
  })
}

export function list<Row extends z.ZodType>(id: string, row: Row) {
  return shape(id, { data: z.array(row) })
}

export const text = z.string()
export const flag = z.boolean()
export const at = z.iso.datetime().describe('UTC with milliseconds.')
export const maybe = text.nullable()
export const maybeAt = at.nullable()
export const count = z.int().min(0)

export const problem = shape('Problem', {
  type: text.describe('`urn:causeway:problem:<code>`'),
  title: text,
  status: z.int(),
  detail: text.optional(),
  instance: text,
  code: text.describe('Stable; tells one problem from another.'),
  errors: z
    .array(
      z.strictObject({
        pointer: text.describe('JSON pointer into the body, or `?name` of a query parameter.'),
        code: text,
        message: text,
      }),
    )
    .optional(),
})

const contactRef = shape('ContactRef', { id: text, name: maybe, address: maybe })

const attachmentFields = {
  id: text,
  message_id: maybe,
  content_type: text,
  file_name: maybe,
  bytes: count.nullable(),
  width: count.nullable(),
  height: count.nullable(),
  voice: flag,
  gif: flag,
  sticker: flag,
  view_once: flag,
  caption: maybe,
  blurhash: maybe,
  state: z.enum(['waiting', 'fetching', 'here', 'failed', 'gone']),
  code: maybe,
  reason: maybe,
  left_out: z
    .enum(['too-large', 'unreadable', 'not-shrunk'])
    .nullable()
    .describe('Why the picture message has left without it; null: it went along.'),
  url: maybe,
  thumbnail_url: maybe,
  playable_url: maybe.describe('Of a recording that browsers do not play: a copy that they do.'),
}

const attachment = shape('Attachment', attachmentFields)

const groupRef = shape('GroupRef', { id: text, title: text })
/** Somebody in a group, whom we need not know. */
const personRef = shape('PersonRef', { id: maybe, name: maybe, address: maybe })

const messageFields = {
  id: text,
  conversation_id: text,
  contact: contactRef.nullable().describe('Null in a group.'),
  group: groupRef.nullable(),
  author: personRef.nullable().describe('Who wrote it into the group.'),
  direction: z.enum(['in', 'out']),
  kind: z.enum(['text', 'call', 'broadcast', 'notice']),
  notice: maybe,
  origin: z.enum(['here', 'other-device']),
  text,
  subject: maybe.describe(
    'Of a picture message, or of one that was sent with a subject: it is the first line of `text`.',
  ),
  attachments: z.array(attachment),
  flash: flag,
  incomplete: flag.describe('A long text of which parts are missing; […] stands for each until it comes.'),
  replaced_by: maybe,
  severity: maybe,
  edited_at: maybeAt,
  deleted_at: maybeAt,
  quote: z
    .strictObject({ author: z.enum(['us', 'them']), person: personRef.nullable(), sent_at: maybeAt, text })
    .nullable(),
  ranges: z.array(z.strictObject({ start: count, length: count, style: text.optional(), mention: text.optional() })),
  preview: z.looseObject({ url: text, title: text }).nullable(),
  disappears_after: maybe,
  disappears_at: maybeAt,
  disappeared_at: maybeAt,
  reactions: z.array(z.strictObject({ aci: text, emoji: text, at: maybeAt, ours: flag })),
  status: z.enum(MESSAGE_STATES),
  code: maybe,
  reason: maybe.describe('Why it is in this state, in words.'),
  transport: z.enum(['sms', 'mms', 'signal']).nullable(),
  lane: maybe,
  encrypted: flag,
  policy: z.enum(CONTACT_POLICIES).nullable(),
  modem: maybe.describe('Chosen for its text; null: the router chooses.'),
  priority: z.enum(PRIORITIES),
  fallback: z.strictObject({ from: text, code: maybe, reason: maybe, at: maybeAt }).nullable(),
  fallback_after: maybe,
  twin: z.strictObject({ transport: text, at: maybeAt }).nullable(),
  metadata: z.record(text, z.unknown()),
  valid_until: maybeAt,
  scheduled_at: maybeAt,
  created_at: maybeAt,
  updated_at: maybeAt,
  sent_at: maybeAt,
  delivered_at: maybeAt,
  read_at: maybeAt,
  attempts_url: text,
}
export const message = shape('Message', messageFields)
const newMessage = shape('NewMessage', {
  ...messageFields,
  segments: z.strictObject({ count, encoding: z.enum(['gsm7', 'ucs2']) }).nullable(),
})
const attempts = shape('Attempts', {
  data: z.array(
    z.strictObject({
      id: text,
      n: count,
      leg: count,
      transport: text,
      lane: text,
      started_at: maybeAt,
      ended_at: maybeAt,
      result: maybe,
      code: maybe,
      detail: maybe,
    }),
  ),
  plan: z.array(z.strictObject({ leg: count, transport: text, consent: text, code: text, reason: text })),
  changes: z.array(
    z.strictObject({ kind: text, status: text, code: maybe, reason: maybe, created_at: maybeAt, settled_at: maybeAt }),
  ),
})

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

const inGroup = { aci: maybe, name: maybe, address: maybe }
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
  revision: count,
  created_at: maybeAt,
  updated_at: maybeAt,
})
const picture = shape('AnnouncedPicture', {
  id: text,
  lane: text,
  from: maybe,
  subject: maybe,
  bytes: count.nullable(),
  state: z.enum(INCOMING_STATES),
  code: maybe,
  reason: maybe.describe('Why it is not here, in words.'),
  tries: count,
  next_try_at: maybeAt,
  answer: z.enum(ANSWERS).nullable().describe('What the carrier is told of it.'),
  answered: flag.nullable().describe('Whether the carrier has that.'),
  expires_at: maybeAt,
  received_at: maybeAt,
  updated_at: maybeAt,
})
const mmsTest = shape('MmsTest', {
  modem: text,
  number: text,
  carrier: text.describe('Whose settings are tried.'),
  state: z.enum(['running', 'passed', 'failed']),
  steps: z.array(z.strictObject({ step: z.enum(MMS_TEST_STEPS), ok: flag, detail: text })),
  started_at: maybeAt,
})
const recipient = z.strictObject({
  aci: maybe,
  address: text,
  name: maybe,
  status: z.enum(['sent', 'delivered', 'read', 'unregistered', 'failed']),
  detail: maybe,
  at: maybeAt,
})

const recoveryStep = z.strictObject({ step: text, reason: text, at: maybeAt })
const modem = shape('Modem', {
  id: text,
  port: text,
  label: maybe,
  state: text,
  reason: maybe,
  manufacturer: maybe,
  model: maybe,
  revision: maybe,
  profile: maybe,
  imei: maybe,
  imsi: maybe,
  iccid: maybe,
  sim_lock: z
    .strictObject({
      wants: z.enum(['pin', 'puk', 'other']),
      tries_left: count.nullable().describe('Of the PIN.'),
      tries_told: flag.describe('The module told it; else it follows from our own entries.'),
    })
    .nullable()
    .describe('What the SIM waits for, in the states `sim-locked` and `starting`; null: nothing.'),
  number: maybe,
  operator: maybe,
  registration: text,
  networks: z.strictObject({ circuit: maybe, packet: maybe, eps: maybe, ims: flag.nullable() }),
  signal_dbm: z.number().nullable(),
  smsc: maybe,
  storage: z.array(z.strictObject({ memory: text, used: count, total: count })),
  recovery: z.strictObject({
    counts: z.record(text, count),
    last: recoveryStep.nullable(),
    history: z.array(recoveryStep),
    hard_resets_at: z.array(maybeAt),
  }),
  since: maybeAt,
  mms: z
    .strictObject({
      available: flag,
      reason: maybe,
      bytes_max: count.nullable(),
      carrier: maybe,
      bearer: z.enum(['interface', 'modem-socket', 'ppp', 'embedded']),
      sends_only: flag,
      candidates: z.array(z.strictObject({ id: text, name: text })),
    })
    .nullable()
    .describe(
      'Picture messages through it; null: not set up. `candidates`: carriers that fit its SIM as well as each other, one of which the configuration must name. `sends_only`: what is announced cannot be fetched that way.',
    ),
  texts: z
    .strictObject({
      available: flag,
      reason: maybe,
      today: count.nullable(),
      daily_quota: count.nullable(),
      this_month: count.nullable(),
      monthly_quota: count.nullable(),
      per_minute: count.nullable(),
      cost_per_part: z.number().nullable(),
      prefixes: z.array(text),
    })
    .nullable(),
})

const signal = shape('SignalAccount', {
  state: text,
  reason: maybe,
  number: maybe,
  aci: maybe,
  device_id: count.nullable(),
  username: maybe,
  username_link: maybe,
  discovery: z.strictObject({ new_numbers_today: count, remembered_numbers: count, wait_until: maybeAt }).nullable(),
  since: maybeAt,
  registration: z.looseObject({ step: text }).nullable(),
  link: z.looseObject({ step: text }).nullable(),
  warnings: z.array(z.strictObject({ code: text, severity: text, what: text, fix: text })),
  challenge: z.strictObject({ page_url: text, retry_at: maybeAt }).nullable(),
})

const eventFields = {
  message_id: maybe,
  conversation_id: maybe,
  contact_id: maybe,
  message: message.optional().describe('As it is now; left out for tokens without `messages:read`.'),
}

const webhookFields = {
  id: text,
  url: text,
  description: text,
  events: z.array(text),
  active: flag,
  status: z.enum(['working', 'failing', 'paused', 'disabled']),
  code: maybe,
  reason: maybe,
  failing_since: maybeAt,
  last_delivered_at: maybeAt,
  previous_secret_until: maybeAt,
  version: count,
  created_at: maybeAt,
  updated_at: maybeAt,
}
const webhook = shape('Webhook', webhookFields)
const deliveryFields = {
  id: text.describe('What the receiver sees as `webhook-id`.'),
  webhook_id: text,
  event_id: count.nullable(),
  type: text,
  event_at: maybeAt,
  status: z.enum(['due', 'delivered', 'failed']),
  attempts: count,
  next_attempt_at: maybeAt,
  http_status: z.int().nullable(),
  code: maybe,
  reason: maybe,
  created_at: maybeAt,
  settled_at: maybeAt,
}
const delivery = shape('WebhookDelivery', deliveryFields)

const token = { id: text, name: text, scopes: z.array(z.enum(SCOPES)) }

/** Whole answers. */
export const answers = {
  attachment,
  attachmentInfo: shape('AttachmentInfo', { ...attachmentFields, transferred_bytes: count.nullable() }),
  message,
  newMessage,
  attempts,
  messages: page('MessagePage', message),
  pictures: page('AnnouncedPicturePage', picture),
  mmsTest,
  conversation,
  conversations: page('ConversationPage', conversation),
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
  }),
  matches: shape('Comparison', { matches: flag }),
  capabilities: shape('Capabilities', { signal: capability }),
  modem,
  modems: list('Modems', modem),
  pinAccepted: shape('PinAccepted', { remembered: flag, modem }),
  ports: list(
    'SerialPorts',
    z.strictObject({
      port: text,
      usb_id: maybe,
      interface: count.nullable(),
      product: maybe,
      result: text,
      reason: maybe,
      imei: maybe,
      manufacturer: maybe,
      model: maybe,
      profile: maybe,
    }),
  ),
  transcript: shape('Transcript', { transcript: text }),
  lines: shape('AtAnswer', { lines: z.array(text) }),
  ussd: shape('UssdAnswer', { status: text, text: maybe }),
  nothing: shape('Nothing', {}),
  signal,
  username: shape('Username', { username: text, address: text }),
  profile: shape('SignalProfile', {
    name: maybe,
    about: maybe,
    emoji: maybe,
    avatar_url: maybe,
    editable: flag.describe('False on a linked device: it is changed on the phone.'),
    published: flag,
  }),
  registrationLock: shape('RegistrationLock', {
    locked: flag.nullable().describe('null where only the phone knows.'),
    editable: flag.describe('False on a linked device: the PIN is set on the phone.'),
  }),
  signalLink: shape('SignalLink', { uri: text, expires_at: maybeAt }),
  devices: list(
    'SignalDevices',
    z.strictObject({
      id: count,
      name: maybe,
      this_device: flag,
      primary: flag,
      last_seen_at: maybeAt,
      linked_at: maybeAt,
    }),
  ),
  events: shape('EventHistory', {
    data: z.array(
      shape('Event', { id: count, type: text, at: maybeAt, ...eventFields, data: z.record(text, z.unknown()) }),
    ),
    last_id: count.describe('`after` of the next request.'),
  }),
  newToken: shape('NewToken', {
    ...token,
    token: text.optional().describe('Left out where the request was repeated.'),
  }),
  tokens: list('Tokens', z.strictObject({ ...token, created_at: maybeAt, last_used_at: maybeAt, revoked_at: maybeAt })),
  health: shape('Health', {
    status: z.enum(['pass', 'warn', 'fail']),
    ready: flag,
    version: text,
    components: z.array(z.strictObject({ component: text, status: z.enum(['pass', 'warn', 'fail']), detail: maybe })),
  }),
  dataMessages: page(
    'DataMessagePage',
    z.strictObject({
      id: text,
      lane: text,
      from: text,
      destination_port: count.nullable(),
      source_port: count.nullable(),
      pid: count,
      dcs: count,
      data: maybe,
      text: maybe,
      sent_at: maybeAt,
      received_at: maybeAt,
    }),
  ),
  quarantine: page(
    'QuarantinePage',
    z.strictObject({ transport: text, lane: text, raw: text, code: text, detail: text, received_at: maybeAt }),
  ),
  webhook,
  webhooks: list('Webhooks', webhook),
  newWebhook: shape('NewWebhook', {
    ...webhookFields,
    secret: text.optional().describe('`whsec_…`. Left out where the request was repeated.'),
  }),
  delivery,
  deliveries: page('WebhookDeliveryPage', delivery),
  deliveryLog: shape('WebhookDeliveryLog', {
    ...deliveryFields,
    log: z.array(
      z.strictObject({
        n: count,
        at: maybeAt,
        took_ms: count,
        http_status: z.int().nullable(),
        code: maybe,
        reason: maybe,
      }),
    ),
  }),
}

/** What a webhook is sent. */
export const webhookBody = shape('WebhookBody', {
  type: text,
  timestamp: at,
  data: z.strictObject({
    event_id: count.optional(),
    webhook_id: text.optional().describe('Of `webhook.test`, alone.'),
    message_id: maybe.optional(),
    conversation_id: maybe.optional(),
    contact_id: maybe.optional(),
    message: message.optional(),
    details: z.record(text, z.unknown()).optional(),
  }),
})
