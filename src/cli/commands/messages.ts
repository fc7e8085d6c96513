/** Messages: send, list, show with the ledger, decide. */
import { text as readText } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseDuration } from '../../domain/duration.ts'
import type { MessageState } from '../../domain/message.ts'
import { STATE_FACES } from '../../domain/states.ts'
import { EXIT, ExitError } from '../exit.ts'
import { type Address, call, findGateway, type GatewayOptions } from '../gateway.ts'
import type {
  AttemptJson,
  ChangeJson,
  ConversationJson,
  LegJson,
  MessageJson,
  PageJson,
  RecipientJson,
} from '../json.ts'
import { conversationWith, recipientFor } from '../people.ts'
import {
  clock,
  excerpt,
  json,
  line,
  messageRow,
  otherSide,
  printable,
  shown,
  state,
  table,
  textNow,
  waiting,
  way,
  why,
  writer,
} from '../print.ts'
import { handIn } from './attachments.ts'
import { pick } from './modem.ts'

type Options = GatewayOptions & { json?: boolean }

export interface SendOptions extends Options {
  policy?: string
  /** `urgent`, `normal` or `bulk`. */
  priority?: string
  fallbackAfter?: string
  /** Id, label, number or port of a modem. */
  modem?: string
  validity?: string
  idempotencyKey?: string
  /** Paths of files. */
  attach?: readonly string[]
  /** The file is to be looked at once. */
  viewOnce?: boolean
  /** One line above the text. */
  subject?: string
  /** To be shown at once, as a text. */
  flash?: boolean
  /** The files are voice messages. */
  voice?: boolean
  /** A span; `true` when none was given. */
  wait?: string | true
}

const POLL_MIN_MS = 100
const POLL_MAX_MS = 2_000
const WAIT_MS = 60_000

/** Nothing changes any more without a person, a receipt, or time. */
const SETTLED: readonly MessageState[] = ['held', 'uncertain', 'delivered', 'read', 'failed', 'expired', 'canceled']

export async function send(to: string, words: readonly string[], options: SendOptions): Promise<number> {
  const waitMs = options.wait === undefined ? 0 : options.wait === true ? WAIT_MS : parseDuration(options.wait)
  if (waitMs === undefined) throw new ExitError(EXIT.usage, `--wait ${options.wait}: write a span like 30s or PT5M.`)
  const files = options.attach ?? []
  if (words.length === 0 && files.length === 0)
    throw new ExitError(EXIT.usage, 'Say what to send: a text, or --attach FILE.')
  if (options.viewOnce === true && (files.length !== 1 || words.length > 0))
    throw new ExitError(EXIT.usage, '--view-once goes with one --attach FILE and no words.')
  if (options.flash === true && files.length > 0)
    throw new ExitError(EXIT.usage, '--flash goes with a text alone, without --attach.')
  if (options.subject !== undefined && (options.flash === true || options.viewOnce === true))
    throw new ExitError(EXIT.usage, '--subject goes with neither --flash nor --view-once.')
  const text = words.length === 1 && words[0] === '-' ? (await readText(process.stdin)).trimEnd() : words.join(' ')
  const gateway = await findGateway(options)
  const body = {
    ...(to.startsWith('cnv_') ? { conversation_id: to } : { to: await recipientFor(gateway, to) }),
    text: text === '' ? undefined : text,
    subject: options.subject,
    media: files.length === 0 ? undefined : await handIn(gateway, files, options),
    view_once: options.viewOnce,
    flash: options.flash,
    policy: options.policy,
    priority: options.priority,
    modem: options.modem === undefined ? undefined : (await pick(gateway, options.modem)).id,
    fallback_after: options.fallbackAfter,
    validity: options.validity,
  }
  const headers: Record<string, string> =
    options.idempotencyKey === undefined ? {} : { 'idempotency-key': options.idempotencyKey }
  let message = await call<MessageJson>(gateway, 'POST', '/api/v1/messages', body, headers)
  const { segments } = message
  if (waitMs > 0) message = await settled(gateway, message, waitMs)
  if (options.json === true) json(message)
  else {
    line(
      `${state(message)}  ${way(message)}${message.transport === null ? '' : '  '}to ${otherSide(message)}  ${message.id}`,
    )
    const reason = why(message)
    if (reason !== undefined) line(printable(reason))
    if (segments != null && segments.count > 1) line(`${segments.count} parts as a text (${segments.encoding})`)
  }
  if (waitMs === 0) return EXIT.ok
  return exitFor(message.status)
}

async function settled(gateway: Address, message: MessageJson, waitMs: number): Promise<MessageJson> {
  let pollMs = POLL_MIN_MS
  for (let waitedMs = 0; waitedMs < waitMs && !SETTLED.includes(message.status); waitedMs += pollMs) {
    pollMs = Math.min(pollMs * 1.5, POLL_MAX_MS)
    await sleep(pollMs)
    message = await call(gateway, 'GET', `/api/v1/messages/${message.id}`)
  }
  return message
}

function exitFor(status: MessageState): number {
  if (status === 'failed' || status === 'expired' || status === 'canceled') return EXIT.failed
  return status === 'sent' || status === 'delivered' || status === 'read' ? EXIT.ok : EXIT.warnings
}

export async function list(options: Options & { limit: string; status?: string; with?: string }): Promise<void> {
  const gateway = await findGateway(options)
  const query = new URLSearchParams({ limit: options.limit })
  if (options.status !== undefined) query.set('status', options.status)
  if (options.with !== undefined) {
    query.set('conversation_id', (await conversationWith(gateway, options.with)).id)
  }
  const { data } = await call<PageJson<MessageJson>>(gateway, 'GET', `/api/v1/messages?${query}`)
  if (options.json === true) {
    for (const message of data) json(message)
  } else if (data.length === 0) line('No messages.')
  else table(data.toReversed().map(messageRow))
}

export async function show(id: string, options: Options): Promise<void> {
  const gateway = await findGateway(options)
  const path = `/api/v1/messages/${encodeURIComponent(id)}`
  const message = await call<MessageJson>(gateway, 'GET', path)
  const ledger = await call<{ data: AttemptJson[]; plan: LegJson[]; changes: ChangeJson[] }>(
    gateway,
    'GET',
    `${path}/attempts`,
  )
  if (options.json === true) {
    json({ ...message, attempts: ledger.data, plan: ledger.plan, changes: ledger.changes })
    return
  }
  line(`${message.id}  ${message.direction === 'in' ? 'from' : 'to'} ${otherSide(message)}`)
  if (message.author != null) line(`  by ${writer(message)}`)
  line(`${state(message)}  ${way(message)}`.trimEnd())
  line(`  ${STATE_FACES[message.status].meaning}`)
  const reason = why(message)
  if (reason !== undefined) line(`  Why: ${printable(reason)}`)
  if (message.fallback !== null) line(`  Was to go by ${message.fallback.from}: ${message.fallback.reason ?? ''}`)
  line(`  Text: ${printable(textNow(message))}`)
  const times = [
    ['created', message.created_at],
    ['sent', message.sent_at],
    ['delivered', message.delivered_at],
    ['read', message.read_at],
  ] as const
  for (const [what, at] of times) if (at !== null) line(`  ${what.padEnd(9)} ${clock(at)}`)
  if (message.group != null && message.direction === 'out') {
    const { data } = await call<PageJson<RecipientJson>>(gateway, 'GET', `${path}/recipients`)
    if (data.length > 0) line('Members')
    table(data.map(({ aci, name, status, detail }) => [`  ${name ?? aci}`, status, printable(detail ?? '')]))
  }
  if (ledger.plan.length > 0) {
    line('Plan')
    for (const leg of ledger.plan) {
      line(`  ${leg.leg + 1}. ${leg.transport}${leg.consent === 'ask' ? ' (asks first)' : ''}: ${leg.reason}`)
    }
  }
  if (ledger.data.length > 0) {
    line('Attempts')
    table(
      ledger.data.map(({ n, transport, lane, started_at, result, detail }) => [
        `  ${n}.`,
        clock(started_at),
        transport === lane ? transport : `${transport} ${lane}`,
        result ?? 'running',
        printable(detail ?? ''),
      ]),
    )
  }
  showChanges(ledger.changes)
}

function showChanges(changes: readonly ChangeJson[]): void {
  if (changes.length === 0) return
  line('Changes')
  table(changes.map(({ kind, status, created_at, reason }) => [`  ${kind}`, clock(created_at), status, reason ?? '']))
}

/** Decides about one message. */
export async function decide(
  action: 'approve' | 'cancel' | 'retry' | 'send-as-text',
  id: string,
  options: Options & { wait?: boolean },
): Promise<void> {
  const gateway = await findGateway(options)
  const body = action === 'approve' && options.wait === true ? { send_as: 'wait' } : undefined
  const path = `/api/v1/messages/${encodeURIComponent(id)}/${action}`
  const message = await call<MessageJson>(gateway, 'POST', path, body)
  if (options.json === true) json(message)
  else line(`${state(message)}  ${message.id}`)
}

/** Conversations; or, with somebody named, what was said with them, oldest first. */
export async function inbox(who: string | undefined, options: Options & { limit: string }): Promise<void> {
  const gateway = await findGateway(options)
  if (who === undefined) return conversations(gateway, options)
  const conversation = await conversationWith(gateway, who)
  const path = `/api/v1/conversations/${conversation.id}/messages?limit=${encodeURIComponent(options.limit)}`
  const { data } = await call<PageJson<MessageJson>>(gateway, 'GET', path)
  for (const message of data.toReversed()) {
    if (options.json === true) json(message)
    else {
      const way_ = way(message) === '' ? '' : ` by ${way(message)}`
      line(`${clock(message.created_at)}  ${writer(message)}${way_}  ${state(message)}  ${message.id}`)
      for (const words of printable(textNow(message)).split('\n')) line(`    ${words}`)
      const reason = why(message)
      if (message.direction === 'out' && reason !== undefined) line(`    (${printable(reason)})`)
    }
  }
  await call(gateway, 'POST', `/api/v1/conversations/${conversation.id}/read`)
}

async function conversations(gateway: Address, options: Options & { limit: string }): Promise<void> {
  const path = `/api/v1/conversations?limit=${encodeURIComponent(options.limit)}`
  const { data } = await call<PageJson<ConversationJson>>(gateway, 'GET', path)
  if (options.json === true) {
    for (const conversation of data) json(conversation)
    return
  }
  if (data.length === 0) line('No conversations yet.')
  table(
    data.map((conversation) => {
      const { unread, state: standing, last_message: last } = conversation
      return [
        [standing === 'open' ? '' : standing.toUpperCase(), unread > 0 ? `${unread} new` : '']
          .filter(Boolean)
          .join(' '),
        otherSide(conversation),
        last === null ? '' : clock(last.created_at),
        last === null ? '' : state(last),
        last === null ? '' : way(last),
        [waiting(conversation), last === null ? '' : excerpt(shown(last))].filter((words) => words !== '').join(' · '),
      ]
    }),
  )
}
