/** `docs/api.md` from the table of routes and the shapes beside them. */
import { z } from 'zod'
import { STATE_FACES } from '../../../src/domain/states.ts'
import { WEBHOOK_EVENTS } from '../../../src/domain/webhook.ts'
import type { Route } from '../../../src/http/route.ts'
import { routes } from '../../../src/http/routes.ts'
import { ROLE_SCOPES, SCOPES } from '../../../src/http/scopes.ts'

interface Node {
  type?: string
  description?: string
  default?: unknown
  enum?: unknown[]
  properties?: Record<string, Node>
  items?: Node
  anyOf?: Node[]
  required?: string[]
}

export function apiReference(): string {
  const states = Object.values(STATE_FACES).map(({ glyph, word, meaning }) => `| \`${word}\` | ${glyph} | ${meaning} |`)
  return `${INTRODUCTION}
${states.join('\n')}

## Scopes

${SCOPES.map((scope) => `\`${scope}\``).join(', ')}. \`admin\` includes all others. \`public\` wants nothing,
\`signed-in\` a person with a session, or an admin.

| role | scopes |
|---|---|
${Object.entries(ROLE_SCOPES)
  .map(([role, scopes]) => `| \`${role}\` | ${scopes.map((scope) => `\`${scope}\``).join(', ')} |`)
  .join('\n')}

## Routes

${routes.map(section).join('\n')}`
}

const INTRODUCTION = `# The HTTP API

JSON over HTTP/1.1 at \`http.listen\` (127.0.0.1:8420), and on the Unix socket \`<runtime_dir>/api.sock\`, where its owner needs
no token. Names are snake_case, times RFC 3339 in UTC with milliseconds, spans ISO 8601 (\`PT15M\`) or short (\`15m\`), unknown
values null. A running gateway describes itself: \`GET /api/openapi.json\` (OpenAPI 3.1, every answer with its fields) and, to read in
a browser, \`GET /api/\`; neither wants a token. This page is generated from the table of routes (\`npx vitest run test/unit/http/docs.test.ts -u\`).

**People** sign in to the inbox: \`POST /api/v1/session\` sets the cookie \`cw_session\` (HttpOnly, SameSite=Strict). Whatever changes
something then carries the session's \`csrf_token\` in \`X-CSRF-Token\`, from a page of ours (403 \`csrf\`, \`wrong-origin\`). A session ends
after two weeks without use, and after ninety days. Roles: \`viewer\` reads, \`sender\` also writes and changes contacts, \`admin\` does
everything. The first admin is made with the one-time setup code. Wrong tries are counted by name and by address: after five each
waits twice as long as the one before (429 with \`Retry-After\`).

**Tokens.** \`Authorization: Bearer cw_…\`, from \`causeway token create NAME --scope …\`. Only a hash is kept. Without a good
token: 401; with one that lacks the scope: 403.

**Errors** are \`application/problem+json\` (RFC 9457) with a stable \`code\`; what is wrong with a body or query is listed in
\`errors\`, each with a JSON pointer (\`/to\`) or query parameter (\`?limit\`). 400 not JSON, not UTF-8, or
not compressed as it says · 404 not there · 405 with \`Allow\` · 408 a body of JSON that takes more than 30 s · 409 not in this state ·
410 its file cannot be read any more · 412 another version · 413 more than 256 KiB of JSON · 415 not JSON by its \`Content-Type\` · 422 refused, the code
says why (also JSON nested deeper than 32, and half a character) · 429 and 503 with \`Retry-After\` where it is known, also as \`retry_after\` (seconds) in the body · 308 the contact or
conversation was joined to another one, \`merged_into\`, at \`Location\`. \`values\` has the figures and names of \`detail\` (and each of \`errors\`
those of its \`message\`) by name, where there are some: sizes in bytes, spans as ISO 8601.

**Reasons** are English sentences, and a stable \`code\` stands beside each, for whoever says it in another language: of
messages, files, attempts, webhooks and their deliveries, backups, the registration and the linking; of a modem's \`texts\`,
\`mms\`, steps of recovery and of the MMS test. Lines of a conversation that nobody wrote (\`notice\`) have what is in their words
in \`values\`, and so have the \`warnings\` of the Signal account. New codes may come at any time: fall back to the sentence.

**Repeating safely.** \`POST /api/v1/messages\` takes an \`Idempotency-Key\` (1–255 characters, kept for a day for each token). The
same key with the same request answers the message of the first time, as it is now, with \`Idempotency-Replayed: true\`; with
another request 422 (\`idempotency-mismatch\`); while the first is still being worked on 409 (\`idempotency-running\`).
Every other POST takes one as well: its answer is kept for a day and given again, but for a secret that is shown once; what was
refused frees its key. After a crash in the middle of one: 409 (\`idempotency-uncertain\`), see what became of it.

**Files.** \`POST /api/v1/media\` takes a file as its body, or files in a form (\`curl -F file=@picture.jpg\`),
\`POST /api/v1/messages\` names them in \`media\`. It goes over Signal,
or as a picture message (\`transport: mms\`) where MMS is set up for a modem; else it fails (\`media-needs-mms\`) rather than leave
without its picture. Of a message that
came, \`attachments\` says how far each file is: \`waiting\` (also for somebody to ask for it), \`fetching\`, \`here\`, \`failed\` with
the reason, \`gone\`. \`view_once\` in \`POST /api/v1/messages\` sends its one file to be looked at once, and wipes it here when it
has left (\`sent-once\`); one that came is given out once, whole, and wiped then (\`opened\`). \`?voice=true\` makes a voice message.
An edit of a message keeps what is attached. \`GET /api/v1/media/ID/info\` tells in \`transferred_bytes\` how far a transfer is; a
transfer that was cut off goes on by itself. A file for which there is no room stays \`waiting\` with \`storage-full\` and is tried
again; \`POST /api/v1/media/ID/fetch\` does it at once. 400 the body broke off · 409 not here, with the reason · 410 its
file on the gateway's disk is lost or damaged · 413 larger than \`attachments.bytes_max\` · 415 compressed · 416 no such range · 507 no room (\`storage-full\`).

**Picture messages** that carriers announce are fetched by themselves and come as messages with \`transport: mms\`. Of one that
cannot be had, or waits to be asked for, a line (\`notice: picture\`) says why; \`POST /api/v1/messages/ID/fetch\` with its id asks
for it again. A message to several numbers is in a group of \`kind: phone\`, which \`POST /api/v1/groups\` makes, too.

**Lists** answer \`{"data": […], "next_cursor": "…"}\`, with a \`Link: <…>; rel="next"\` where there is more. A cursor keeps its
place however many entries come in meanwhile.

**Changing.** Where there is a \`PATCH\`, \`GET\` answers an \`ETag\`; \`PATCH\` with \`If-Match\` is refused with 412 when somebody else
was quicker, and \`GET\` with \`If-None-Match\` answers 304 when nobody has. Files have tags, too, also for \`If-Range\`.

**Quota.** A token may make \`http.requests_per_minute\` requests (6000). Each answer says so, \`RateLimit-Policy: "token";q=6000;w=60\`,
and what is left until when, \`RateLimit: "token";r=5999;t=60\`; then 429 with \`Retry-After\`.

**Events.** \`GET /api/v1/events\` with \`Accept: text/event-stream\` is a stream: \`id\` is the number of the event, \`event\` its type,
\`data\` the same JSON as in the history. It begins with now, or behind \`Last-Event-ID\` (or \`?after\`), without gaps, and sends \`: ping\` every
15 s. Events are kept for 30 days. Where some of what happened behind that number is not there any more, or it is of another history (a backup was
restored), the stream begins with \`stream.gap\` (without an \`id\`; the history says \`gap: true\`): read anew what you need, and go on. Without that \`Accept\` it is the history as JSON. Types: \`message.<status>\`, \`message.fallback\`, \`message.twin\`,
\`message.replaced\`, \`message.edited\`, \`message.deleted\`, \`message.reaction\`, \`message.disappeared\`, \`conversation.timer\`, \`conversation.request\` (a stranger writes over Signal), \`conversation.accepted\`, \`conversation.removed\`, \`message.removed\`, \`contact.blocked\`, \`contact.unblocked\`, \`message.change_failed\` (what we did to it did not reach the other side), \`message.completed\` (the rest of a long text has come; of a text message also a part of it, \`data.missing\` tells how many are still missing), \`conversation.merged\`, \`contact.merged\` (\`data.merged\` is the id that is no more), \`contact.split\` and \`conversation.split\` (\`data\` names the new one), \`conversation.waiting\`, \`conversation.changed\` (muted, archived, pinned), \`conversation.read\` (\`data.by\`: \`here\` or \`other-device\`), \`conversation.notice\` (a line that nobody wrote), \`conversation.typing\`, \`conversation.typing_stopped\`, \`group.added\`, \`group.changed\`, \`attachment.here\`, \`attachment.waiting\` (could not be fetched yet), \`attachment.failed\`, \`attachment.gone\`, \`data.received\`, \`broadcast.received\`, \`contact.updated\`, \`contact.deleted\` (\`data.blocked\`: their number stays blocked), \`contact.capability\`, \`contact.identity_changed\`, \`contact.identity_approved\`,
\`quarantine.added\`, \`settings.mode\`, \`settings.fallback\`, \`modem.state\`, \`modem.signal_low\` (below -105 dBm), \`signal.account\`, \`signal.challenge\` (a captcha is wanted), \`queue.stalled\` (messages wait to be sent for 10 minutes), \`queue.paused\`, \`queue.resumed\` (\`data\`: \`transport\`, \`modem\`; both null: all of it), \`system.backup\` (made, or failed). Events carry ids and states; the message itself only for tokens with \`messages:read\`.

**Webhooks** follow [Standard Webhooks](https://www.standardwebhooks.com): a POST of \`{"type", "timestamp", "data"}\` with the headers
\`webhook-id\`, \`webhook-timestamp\` and \`webhook-signature\`; any of its libraries checks the signature with the secret
(\`whsec_…\`, shown when the webhook is added). Types: ${WEBHOOK_EVENTS.map((type) => `\`${type}\``).join(', ')}; the test button sends
\`webhook.test\`. \`data\` holds \`event_id\`, \`message_id\`, \`conversation_id\`, \`contact_id\`, the event's own \`details\`, and
\`message\` as \`GET /api/v1/messages/:id\` answers it at that moment. Answer 2xx within 15 s. Anything else is tried again
after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h (or as long as \`Retry-After\` says, if that is longer), always under
the same \`webhook-id\`: each event comes at least once, so drop an id that you have seen. Order is not promised; \`event_id\`
has it. 410 disables the webhook; so do 50 000 deliveries that wait while it fails. Redirects are not followed. Only a token
with the scope \`admin\` adds webhooks; they may lead into the own network, but not to link-local or metadata addresses, and a name is looked up and
checked again for each delivery.

**Health.** \`GET /healthz\`: 200 once ready, 503 before. \`GET /readyz\`: also 503 while a component fails. Neither wants a token.

**Metrics.** \`GET /metrics\`: for Prometheus, with a token of the scope \`system:read\` (or over the Unix socket): messages by
direction, transport and state, what waits, modems (state, signal, memories, recovery), the Signal account and what became of its envelopes, how long
reception takes, the size of the database. Modems are named by their labels; there is no number and no text in it.

## Message states

| status | | meaning |
|---|---|---|`

function section(row: Route): string {
  const fields = [...parameters(row.query, 'query'), ...parameters(row.body, 'body')]
  const table = fields.length === 0 ? '' : `\n| field | where | type | |\n|---|---|---|---|\n${fields.join('\n')}\n`
  return `### ${row.method} ${row.path}\n\nScope \`${row.scope}\`. ${row.summary}\n${table}`
}

function parameters(schema: z.ZodType | undefined, where: string): string[] {
  if (schema === undefined) return []
  const node = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Node
  return Object.entries(node.properties ?? {}).map(([name, field]) => {
    const required = node.required?.includes(name) === true ? ', required' : ''
    const fallback = field.default === undefined ? '' : ` Default \`${String(field.default)}\`.`
    return `| \`${name}\` | ${where}${required} | ${typeOf(field)} | ${field.description ?? ''}${fallback} |`
  })
}

function typeOf(node: Node): string {
  if (node.enum !== undefined) return node.enum.map((word) => `\`${String(word)}\``).join(', ')
  if (node.items !== undefined) return `list of ${typeOf(node.items)}`
  if (node.anyOf !== undefined) return node.anyOf.map(typeOf).join(' or ')
  return node.type ?? 'string'
}
