/** The sandbox as a whole: a real gateway as its child, set up through its API, and gone when the sandbox stops. */
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { get, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Log } from '../../../src/log.ts'
import type { Sandbox } from '../../../src/sandbox/sandbox.ts'
import { startSandbox } from '../../../src/sandbox/sandbox.ts'

const cli = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url))
const quiet: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const startTimeoutMs = 180_000
const settled = { timeout: 60_000, interval: 100 }

let dataDir: string
let sandbox: Sandbox

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'causeway-sandbox-'))
  sandbox = await startSandbox(
    {
      dataDir,
      httpListen: '127.0.0.1:0',
      log: quiet,
      progress: () => {},
      program: [process.execPath, '--import', 'tsx', cli],
    },
    new AbortController().signal,
  )
}, startTimeoutMs)

afterAll(async () => {
  await sandbox?.stop()
  rmSync(dataDir, { recursive: true, force: true })
}, startTimeoutMs)

async function send(to: string, text: string): Promise<string> {
  const { id } = await sandbox.api.call<{ id: string }>('POST', '/api/v1/messages', { to, text })
  return id
}

async function settlesAs(id: string, status: string): Promise<void> {
  await vi.waitFor(async () => {
    const message = await sandbox.api.call<{ status: string }>('GET', `/api/v1/messages/${id}`)
    expect(message.status).toBe(status)
  }, settled)
}

test('everybody is a contact with a name', async () => {
  const { data } = await sandbox.api.call<{ data: { name: string }[] }>('GET', '/api/v1/contacts')
  expect(data.map(({ name }) => name)).toEqual(expect.arrayContaining(['Ana', 'Ben', 'Chloe', 'Dev', 'Echo']))
})

test('what Ana gets is encrypted and delivered', async () => {
  const { number, signal, phone } = sandbox.world.person('ana')
  await settlesAs(await send(number, 'by Signal'), 'delivered')
  expect(signal?.texts.map(({ text, repeats }) => [text, repeats])).toEqual([['by Signal', 0]])
  expect(phone.inbox).toEqual([])
})

test('what Ben gets is a text, delivered by its status report', async () => {
  const { number, phone } = sandbox.world.person('ben')
  await settlesAs(await send(number, 'by text'), 'delivered')
  expect(phone.inbox.map(({ text }) => text)).toEqual(['by text'])
})

test('what Chloe gets is a text, since she has left Signal', async () => {
  const { number, phone } = sandbox.world.person('chloe')
  await settlesAs(await send(number, 'hello Chloe'), 'delivered')
  expect(phone.inbox.map(({ text }) => text)).toEqual(['hello Chloe'])
})

test('what Dev gets after a new phone is held until the new safety number is approved', async () => {
  const { number, signal } = sandbox.world.person('dev')
  await settlesAs(await send(number, 'old phone'), 'delivered')
  await signal?.reinstall()
  const id = await send(number, 'new phone')
  await settlesAs(id, 'held')
  const path = `/api/v1/contacts?address=${encodeURIComponent(number)}`
  const { data } = await sandbox.api.call<{ data: { id: string }[] }>('GET', path)
  await sandbox.api.call('POST', `/api/v1/contacts/${data[0]?.id}/identity/approve`, {})
  await settlesAs(id, 'delivered')
  expect(signal?.texts.map(({ text, repeats }) => [text, repeats])).toEqual([
    ['old phone', 0],
    ['new phone', 0],
  ])
})

test('a captcha that Signal asks for is shown with its page, and solving it sends what was held', async () => {
  const { number, signal } = sandbox.world.person('ana')
  sandbox.world.server.faults.demandCaptcha('sandbox-challenge', true)
  const id = await send(number, 'after the captcha')
  await settlesAs(id, 'held')
  const account = await sandbox.api.call<{ state: string; challenge: unknown }>('GET', '/api/v1/signal/account')
  expect(account).toMatchObject({
    state: 'challenged',
    challenge: { page_url: expect.stringMatching(/^https:.*challenge/) },
  })
  await sandbox.api.call('POST', '/api/v1/signal/challenge', { token: 'signalcaptcha://signal-hcaptcha.x.challenge.y' })
  await settlesAs(id, 'delivered')
  expect(signal?.texts.filter(({ text }) => text === 'after the captcha')).toHaveLength(1)
})

test('Ana is told when the conversation was read, and seen to be typing', async () => {
  const { signal, number } = sandbox.world.person('ana')
  const { timestampMs } = (await signal?.sendText(sandbox.world.numberOf('a'), 'have you read this?')) ?? {}
  await signal?.sendTyping(sandbox.world.numberOf('a'), true)
  const unread = await vi.waitFor(async () => {
    const { data } = await sandbox.api.call<{ data: { id: string; unread: number; contact: { address: string } }[] }>(
      'GET',
      '/api/v1/conversations',
    )
    const found = data.find(({ unread, contact }) => unread > 0 && contact.address === number)
    if (found === undefined) throw new Error('nothing unread')
    return found
  }, settled)
  await sandbox.api.call('POST', `/api/v1/conversations/${unread.id}/read`, {})
  await vi.waitFor(() => {
    const read = signal?.receipts.filter(({ kind }) => kind === 'read').flatMap((receipt) => receipt.timestampsMs)
    expect(read).toContain(timestampMs)
  }, settled)
  await vi.waitFor(async () => {
    const { data } = await sandbox.api.call<{ data: { type: string; conversation_id: string }[] }>(
      'GET',
      '/api/v1/events?after=0&limit=500',
    )
    expect(data).toContainEqual(expect.objectContaining({ type: 'conversation.typing', conversation_id: unread.id }))
  }, settled)
})

test('a long text arrives whole, and edits, reactions and deletions show on their message', async () => {
  const { signal } = sandbox.world.person('ana')
  const gateway = sandbox.world.numberOf('a')
  const long = 'a long text, '.repeat(500)
  await signal?.sendLongText(gateway, long)
  const { timestampMs = 0 } = (await signal?.sendText(gateway, 'tpyo')) ?? {}
  const gone = (await signal?.sendText(gateway, 'taken back soon'))?.timestampMs ?? 0
  await signal?.editText(gateway, timestampMs, 'typo')
  await signal?.react(gateway, { mine: true, timestampMs }, '🙈')
  await signal?.deleteText(gateway, gone)
  await vi.waitFor(async () => {
    const { data } = await sandbox.api.call<{ data: object[] }>('GET', '/api/v1/messages')
    const edited = {
      text: 'typo',
      edited_at: expect.any(String),
      reactions: [expect.objectContaining({ emoji: '🙈' })],
    }
    expect(data).toContainEqual(expect.objectContaining({ direction: 'in', text: long }))
    expect(data).toContainEqual(expect.objectContaining(edited))
    expect(data).toContainEqual(expect.objectContaining({ text: '', deleted_at: expect.any(String) }))
  }, settled)
  const id = await send(sandbox.world.person('ana').number, long)
  await settlesAs(id, 'delivered')
  expect(signal?.texts.at(-1)?.attachments).toEqual(['text/x-signal-plain'])
})

test('the bot echoes', async () => {
  await send(sandbox.world.person('echo').number, 'ping')
  await vi.waitFor(async () => {
    const { data } = await sandbox.api.call<{ data: { direction: string; text: string }[] }>('GET', '/api/v1/messages')
    expect(data).toContainEqual(expect.objectContaining({ direction: 'in', text: 'ping' }))
  }, settled)
})

test('the support bundle has nothing in it of anybody: no number, text, name, account, key or token', async () => {
  const { api, world } = sandbox
  const { token } = await api.call<{ token: string }>('POST', '/api/v1/tokens', { name: 'b', scopes: ['system:read'] })
  const hook = { url: 'https://hook.example/secret-path', events: ['message.received'] }
  const { secret } = await api.call<{ secret: string }>('POST', '/api/v1/webhooks', hook)
  const messages = await api.call<{ data: { text: string | null }[] }>('GET', '/api/v1/messages')
  const modems = await api.call<{ data: Record<string, unknown>[] }>('GET', '/api/v1/modems')
  const account = await api.call<{ number: string; aci: string }>('GET', '/api/v1/signal/account')
  const texts = messages.data.flatMap(({ text }) => (text !== null && text.length >= 8 ? [text] : []))
  const people = ['ana', 'ben', 'chloe', 'dev', 'echo'].map((who) => world.person(who))
  const ofModems = modems.data.flatMap(({ number, imei, imsi, iccid, smsc }) => [number, imei, imsi, iccid, smsc])
  const numbers = [account.number, ...people.map(({ number }) => number), ...ofModems]
    .filter((number) => typeof number === 'string')
    .map((number) => number.replace('+', ''))
  const key = readFileSync((await api.call<{ key_file: string }>('GET', '/api/v1/setup')).key_file, 'utf8').trim()
  expect([texts.length > 2, numbers.length > 8, key.length >= 40]).toEqual([true, true, true])

  const bundle = gunzipSync(await read('/api/v1/system/bundle')).toString('utf8')
  for (const part of ['README.txt', 'doctor.txt', 'config.txt', 'log.jsonl', 'modems.json', 'queue.json']) {
    expect(bundle).toContain(part)
  }
  expect(bundle).toContain('"registration": "home"')
  expect(bundle).toMatch(/http\.listen = 127\.0\.0\.1:0 {4}causeway\.yaml:\d/)
  const secrets = [token, secret, 'secret-path', account.aci, key, ...texts, ...numbers]
  expect(secrets.filter((said) => bundle.includes(said))).toEqual([])
  expect(bundle).not.toMatch(/\b(Ana|Ben|Chloe|Dev)\b/)
})

test(
  'stopping leaves no process behind',
  async () => {
    const group = sandbox.gatewayPid
    expect(membersOf(group)).not.toEqual([])
    await sandbox.stop()
    expect(membersOf(group)).toEqual([])
  },
  startTimeoutMs,
)

/** The octets of an answer, asked over the gateway's Unix socket. */
async function read(path: string): Promise<Buffer> {
  const [response] = (await once(get({ socketPath: join(dataDir, 'run/api.sock'), path }), 'response')) as [
    IncomingMessage,
  ]
  expect(response.statusCode).toBe(200)
  return buffer(response)
}

/** Process ids in a process group. */
function membersOf(group: number | undefined): string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.filter((pid) => groupOf(pid) === group)
}

function groupOf(pid: string): number | undefined {
  try {
    const [, rest = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')
    const [state, , group] = rest.split(' ')
    return state === 'Z' ? undefined : Number(group)
  } catch {
    return undefined
  }
}
