/** The world of the sandbox through its console, as `causeway sim` and the tests use it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Log } from '../../../src/log.ts'
import { ControlServer } from '../../../src/sandbox/control-server.ts'
import { SandboxWorld } from '../../../src/sandbox/world.ts'
import { WorldConsole } from '../../../src/sandbox/world-console.ts'
import { RawClient } from './raw-client.ts'

const quiet: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

let dataDir: string
let socketPath: string
let world: SandboxWorld
let control: ControlServer
const clients: RawClient[] = []

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'causeway-world-'))
  socketPath = join(dataDir, 'run', 'sim.sock')
  world = await SandboxWorld.start({ dataDir, log: quiet, delays: 'none' })
  control = await ControlServer.listen(socketPath, new WorldConsole(world))
})

afterEach(async () => {
  for (const client of clients.splice(0)) await client.disconnect().catch(() => {})
  await control.close()
  await world.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

interface Reply {
  status: number
  body: { result?: unknown; error?: { code: string; message: string }; actions?: { name: string }[] }
}

function send(method: string, text?: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, method, path: '/', agent: false }, (response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => {
        body += chunk.toString('utf8')
      })
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(body) }))
    })
    outgoing.once('error', reject)
    outgoing.end(text)
  })
}

/** Carries out an action that must succeed. */
async function sim<T = unknown>(action: string, given: Record<string, unknown> = {}): Promise<T> {
  const { status, body } = await send('POST', JSON.stringify({ action, ...given }))
  expect({ status, error: body.error }).toEqual({ status: 200, error: undefined })
  return body.result as T
}

async function refusal(text: string): Promise<string> {
  const { status, body } = await send('POST', text)
  expect(status).toBeGreaterThanOrEqual(400)
  return body.error?.code ?? ''
}

/** A bare client as the gateway: registered on the first modem's number with the code that came by text. */
async function registeredGateway(): Promise<RawClient> {
  const client = new RawClient(world.server.customServer())
  clients.push(client)
  await client.register(world.gatewayNumber, async () => {
    const [text] = await vi.waitFor(async () => {
      const texts = await sim<{ text: string }[]>('ledger', { to: 'a' })
      expect(texts).toHaveLength(1)
      return texts
    })
    return (
      /(\d{3})-(\d{3})/
        .exec(text?.text ?? '')
        ?.slice(1)
        .join('') ?? ''
    )
  })
  await client.connect()
  return client
}

describe('the console', () => {
  test('tells every action with its parameters', async () => {
    const { body } = await send('GET')
    const names = body.actions?.map(({ name }) => name) ?? []
    expect(names).toEqual(expect.arrayContaining(['people', 'text', 'signal', 'unplug', 'server', 'ledger']))
    expect(new Set(names).size).toBe(names.length)
  })

  test.each([
    ['an unknown action', '{"action":"explode"}', 'unknown-action'],
    ['no action', '{"person":"ana"}', 'bad-request'],
    ['something that is not JSON', '{', 'bad-request'],
    ['something that is not an object', '[1]', 'bad-request'],
    ['a missing argument', '{"action":"leave"}', 'bad-argument'],
    ['an argument of another action', '{"action":"people","code":1}', 'bad-argument'],
    ['an argument of another kind', '{"action":"cms-error","code":"many"}', 'bad-argument'],
    ['a word that is none of the allowed', '{"action":"network","coverage":"moon"}', 'bad-argument'],
    ['an unknown person', '{"action":"leave","person":"zoe"}', 'unknown-person'],
    ['an unknown modem', '{"action":"unplug","modem":"z"}', 'unknown-modem'],
    ['Signal for somebody who never had it', '{"action":"signal","from":"ben","text":"x"}', 'impossible'],
    ['a fault without a kind', '{"action":"fault","fault":{}}', 'bad-argument'],
  ])('refuses %s', async (_what, text, code) => {
    expect(await refusal(text)).toBe(code)
  })
})

describe('people', () => {
  test('are Ana, Ben, Chloe, Dev and a bot, and Chloe is still listed though she left', async () => {
    const people = await sim<{ name: string; signal: string }[]>('people')
    expect(people.map(({ name, signal }) => `${name} ${signal}`)).toEqual([
      'Ana online',
      'Ben none',
      'Chloe left',
      'Dev online',
      'Echo online',
    ])
    expect(world.server.directory.find('+15550000203')).toBeDefined()
    expect(world.server.directory.find('+15550000202')).toBeUndefined()
  })

  test('send texts to a modem', async () => {
    await sim('text', { from: 'ben', text: 'call me', to: 'b' })
    await vi.waitFor(async () => {
      const texts = await sim<{ text: string; to: string }[]>('ledger', { from: 'ben' })
      expect(texts.map(({ text, to }) => [text, to])).toEqual([['call me', '+15550000102']])
    })
  })

  test('write over Signal to the account that was registered with a code by text', async () => {
    const gateway = await registeredGateway()
    await sim('signal', { from: 'ana', text: 'hello' })
    await sim('signal', { from: 'dev', text: 'hi', sealed: 'false' })
    await vi.waitFor(() => expect(gateway.texts).toHaveLength(2))
    expect(gateway.texts.map(({ text, sealed }) => [text, sealed])).toEqual(
      expect.arrayContaining([
        ['hello', true],
        ['hi', false],
      ]),
    )
  })

  test('the bot echoes what comes by Signal', async () => {
    const gateway = await registeredGateway()
    await gateway.sendText(world.signalPerson('echo').aci, 'ping')
    await vi.waitFor(() => expect(gateway.texts.map(({ text }) => text)).toEqual(['ping']))
  })

  test('the bot echoes what comes by text', async () => {
    world.person('ben').phone.send(world.person('echo').number, 'ping')
    await vi.waitFor(() => expect(world.person('ben').phone.inbox.map(({ text }) => text)).toEqual(['ping']))
  })

  test('go offline and come back, over Signal and as a phone', async () => {
    const gateway = await registeredGateway()
    await sim('offline', { person: 'ana', on: 'both' })
    await gateway.sendText(world.signalPerson('ana').aci, 'are you there')
    world.person('ben').phone.send(world.person('ana').number, 'hey')
    expect(await sim('inbox', { person: 'ana' })).toMatchObject({
      signal: 'offline',
      phone: 'off',
      texts: [],
      devices: [{ waiting: 1, texts: [] }],
    })
    await sim('online', { person: 'ana', on: 'both' })
    await vi.waitFor(async () =>
      expect(await sim('inbox', { person: 'ana' })).toMatchObject({
        texts: [{ text: 'hey' }],
        devices: [{ waiting: 0, texts: [{ text: 'are you there', repeats: 0 }] }],
      }),
    )
  })

  test('leave Signal, return, and get a new phone with another key', async () => {
    await sim('return', { person: 'chloe' })
    expect(world.signalPerson('chloe').onSignal).toBe(true)
    await sim('leave', { person: 'ana', listed: false })
    expect(world.server.directory.find(world.person('ana').number)).toBeUndefined()
    const before = await world.signalPerson('dev').identityKey()
    await sim('change-key', { person: 'dev' })
    expect(await world.signalPerson('dev').identityKey()).not.toEqual(before)
  })
})

describe('the Signal server', () => {
  test('is stopped and started again from the console, and heal starts it, too', async () => {
    await sim('server', { state: 'stopped' })
    expect(world.server.listening).toBe(false)
    await sim('server', { state: 'running' })
    expect(world.server.listening).toBe(true)
    await sim('server', { state: 'stopped' })
    await sim('heal')
    expect(world.server.listening).toBe(true)
  })

  test('challenges and rate limits from the console', async () => {
    const gateway = await registeredGateway()
    const { aci } = world.signalPerson('ana')
    await sim('rate-limit', { times: 1, retry_after: 9 })
    await expect(gateway.sendText(aci, 'x')).rejects.toMatchObject({ retryAfterSecs: 9 })
    await sim('challenge')
    await expect(gateway.sendText(aci, 'x')).rejects.toThrow()
    await sim('heal')
    await gateway.sendText(aci, 'x')
  })
})

describe('the modems', () => {
  test('lose the network, are unplugged, filled and healed', async () => {
    expect(await sim('network', { modem: 'a', coverage: 'searching' })).toMatchObject({ coverage: 'searching' })
    await sim('unplug', { modem: 'b' })
    await sim('cms-error', { modem: 'b', code: '38' })
    expect(await sim('fill-sim', { modem: 'a' })).toMatchObject({
      storage: expect.arrayContaining([expect.objectContaining({ memory: 'SM' })]),
    })
    expect(world.modem('a').modem.storage('SM').isFull).toBe(true)
    await sim('empty-sim', { modem: 'a' })
    expect(world.modem('a').modem.storage('SM').used).toBe(0)
    await sim('heal')
    const modems = await sim<{ coverage: string; faults: unknown[] }[]>('modems')
    expect(modems.map(({ coverage, faults }) => [coverage, faults])).toEqual([
      ['home', []],
      ['home', []],
    ])
  })
})
