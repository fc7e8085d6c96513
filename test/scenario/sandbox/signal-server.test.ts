/** The sandbox's Signal server, judged by libsignal's own connection. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as signal from '@signalapp/libsignal-client'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { SignalTestServer } from '../../../src/sandbox/signal-server.ts'
import { RawClient } from './raw-client.ts'

const number = '+15550000101'

let dataDir: string
let server: SignalTestServer
let codes: { e164: string; code: string; transport: string }[]
const clients: RawClient[] = []

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'causeway-signal-'))
  codes = []
  server = await SignalTestServer.start({ dataDir, onVerificationCode: (request) => codes.push(request) })
})

afterEach(async () => {
  for (const client of clients.splice(0)) await client.disconnect().catch(() => {})
  await server.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

async function registered(e164 = number): Promise<RawClient> {
  const client = new RawClient(server.customServer())
  clients.push(client)
  await client.register(e164, async () => codes.at(-1)?.code ?? '')
  return client
}

async function connected(e164 = number): Promise<RawClient> {
  const client = await registered(e164)
  await client.connect()
  return client
}

async function code(promise: Promise<unknown>): Promise<string> {
  return await promise.then(
    () => 'resolved',
    (error) => signal.ErrorCode[error.code] ?? String(error),
  )
}

describe('registration', () => {
  test('asks for a random code of six digits, which the callback tells', async () => {
    const client = await registered()
    expect(codes).toEqual([{ e164: number, code: expect.stringMatching(/^\d{6}$/), transport: 'sms' }])
    expect(codes[0]?.code).not.toBe('111111')
    expect(client.aci).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('lists the account in the directory file', async () => {
    const client = await registered()
    const lines = readFileSync(server.directory.path, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines).toEqual([{ e164: number, aci: client.aci, pni: expect.stringMatching(/^[0-9a-f-]{36}$/) }])
  })

  test('stores the access key, so that sealed sends to the account are let in', async () => {
    const client = await registered()
    const device = await server.host.findByNumber(number)
    expect(device?.accessKey).toEqual(Buffer.from(client.profileKey.deriveAccessKey()))
  })

  test('of a number that has an account signs the former one out', async () => {
    const former = await registered()
    const latter = await registered()
    expect(await code(former.connect())).toBe('DeviceDelinked')
    expect((await server.host.findByNumber(number))?.aci).toBe(latter.aci)
  })
})

describe('delivery', () => {
  test('takes texts to accounts registered over REST and keeps them until the device has acknowledged', async () => {
    const sender = await connected()
    const receiver = await registered('+15550000102')
    for (let i = 0; i < 40; i++) await sender.sendText(receiver.aci, `text ${i}`)
    receiver.acknowledge = false
    await receiver.connect()
    await vi.waitFor(() => expect(server.host.connectionsOf(receiver.aci)).toBe(1))
    await receiver.disconnect()
    receiver.acknowledge = true
    await receiver.connect()
    await vi.waitFor(() => expect(receiver.queueEmpty).toBe(1))
    expect(receiver.texts.map(({ text }) => text)).toEqual(Array.from({ length: 40 }, (_, i) => `text ${i}`))
    expect(new Set(receiver.serverGuids).size).toBe(40)
    expect(receiver.failures).toEqual([])
  })
})

describe('stopped and started again', () => {
  test('has the same port, accounts and letters', async () => {
    const sender = await connected()
    const receiver = await registered('+15550000102')
    await sender.sendText(receiver.aci, 'before')
    const { port } = server
    await server.stop()
    await vi.waitFor(() => expect(sender.interruptions).toHaveLength(1))
    expect(await code(receiver.connect())).toBe('IoError')
    await server.start()
    expect(server.port).toBe(port)
    await receiver.connect()
    await vi.waitFor(() => expect(receiver.texts.map(({ text }) => text)).toEqual(['before']))
  })
})

describe('on command', () => {
  test.each([
    { status: 403, expected: 'DeviceDelinked' },
    { status: 499, expected: 'AppExpired' },
    { status: 503, expected: 'IoError' },
  ])('a connection is refused with $status, as $expected', async ({ status, expected }) => {
    const client = await registered()
    server.faults.refuseConnections({ status })
    expect(await code(client.connect())).toBe(expected)
    server.faults.heal()
    expect(await code(client.connect())).toBe('resolved')
  })

  test('a throttled connection says when to come back', async () => {
    const client = await registered()
    server.faults.refuseConnections({ status: 429, retryAfterSeconds: 7, times: 1 })
    await expect(client.connect()).rejects.toMatchObject({
      code: signal.ErrorCode.RateLimitedError,
      retryAfterSecs: 7,
    })
    await client.connect()
  })

  test('a send is rate limited and then goes through', async () => {
    const sender = await connected()
    const receiver = await registered('+15550000102')
    server.faults.refuseSends({ status: 429, retryAfterSeconds: 3, times: 1 })
    await expect(sender.sendText(receiver.aci, 'x')).rejects.toMatchObject({ retryAfterSecs: 3 })
    await sender.sendText(receiver.aci, 'x')
  })

  test('sending waits for a captcha until a solution for the right token came in', async () => {
    const sender = await connected()
    const receiver = await registered('+15550000102')
    server.faults.demandCaptcha('tok')
    expect(await code(sender.sendText(receiver.aci, 'x'))).toBe('RateLimitChallengeError')
    const answer = async (token: string): Promise<number> => {
      const body = new Uint8Array(Buffer.from(JSON.stringify({ type: 'captcha', token, captcha: 'solved' })))
      const headers: [string, string][] = [['content-type', 'application/json']]
      return (await sender.chat.fetch({ verb: 'PUT', path: '/v1/challenge', headers, body })).status
    }
    expect(await answer('other')).toBe(428)
    expect(server.faults.challenged).toBe(true)
    expect(await answer('tok')).toBe(200)
    await sender.sendText(receiver.aci, 'x')
  })

  test('the answer to a send is lost although the server has taken the message', async () => {
    const sender = await connected()
    const receiver = await connected('+15550000102')
    server.faults.loseSendAnswers(1)
    expect(await code(sender.sendText(receiver.aci, 'taken'))).not.toBe('resolved')
    await vi.waitFor(() => expect(receiver.texts.map(({ text }) => text)).toEqual(['taken']))
  })

  test('an account that has left is not found, signed out, and is found again when it returned', async () => {
    const sender = await connected()
    const receiver = await registered('+15550000102')
    const device = await server.host.findByNumber('+15550000102')
    if (device === undefined) throw new Error('not registered')
    await sender.sendText(receiver.aci, 'hello')
    await server.host.leave(device.aci, { stayListed: true })
    expect(await code(sender.sendText(receiver.aci, 'x'))).toBe('ServiceIdNotFound')
    expect((await sender.chat.fetch({ verb: 'GET', path: `/v2/keys/${receiver.aci}/*`, headers: [] })).status).toBe(404)
    expect(await code(receiver.connect())).toBe('DeviceDelinked')
    expect(server.directory.find('+15550000102')).toBeDefined()
    await server.host.comeBack(device.aci)
    await sender.sendText(receiver.aci, 'again')
  })

  test('connections are dropped, and a second login closes the first', async () => {
    const client = await connected()
    server.host.dropConnections()
    await vi.waitFor(() => expect(client.interruptions).toEqual(['IoError']))
    await client.connect()
    const first = client.interruptions.length
    await client.connect()
    await vi.waitFor(() => expect(client.interruptions[first]).toBe('ConnectedElsewhere'))
  })
})
