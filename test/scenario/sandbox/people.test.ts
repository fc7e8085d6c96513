/** The simulated people on Signal, judged by a bare client on libsignal's own connection. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as signal from '@signalapp/libsignal-client'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { SignalPerson } from '../../../src/sandbox/people.ts'
import { SignalTestServer } from '../../../src/sandbox/signal-server.ts'
import { RawClient } from './raw-client.ts'

const gatewayNumber = '+15550000101'
const anaNumber = '+15550000201'
const delivered = 0
const read = 1

let dataDir: string
let server: SignalTestServer
let gateway: RawClient
let ana: SignalPerson

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'causeway-people-'))
  server = await SignalTestServer.start({ dataDir, nextCode: () => '482913' })
  gateway = new RawClient(server.customServer())
  await gateway.register(gatewayNumber, async () => '482913')
  await gateway.connect()
  ana = await SignalPerson.join(server.host, { name: 'Ana', e164: anaNumber })
})

afterEach(async () => {
  await gateway.disconnect().catch(() => {})
  await server.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

async function mismatch(promise: Promise<unknown>): Promise<{ missing: number[]; stale: number[]; extra: number[] }> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!signal.LibSignalErrorBase.is(error, signal.ErrorCode.MismatchedDevices)) {
    throw new Error(`expected mismatched devices, got ${String(error)}`)
  }
  const [entry] = error.entries
  return { missing: entry?.missingDevices ?? [], stale: entry?.staleDevices ?? [], extra: entry?.extraDevices ?? [] }
}

test('a text is decrypted once and answered by a sealed delivery receipt', async () => {
  await gateway.sendText(ana.aci, 'hello', 1_700_000_000_000)
  await vi.waitFor(() => expect(gateway.receipts).toEqual([{ kind: delivered, timestamps: [1_700_000_000_000] }]))
  expect(ana.texts).toEqual([
    {
      fromAci: gateway.aci,
      fromE164: gatewayNumber,
      timestampMs: 1_700_000_000_000,
      text: 'hello',
      sealed: false,
      attachments: [],
      files: [],
      viewOnce: false,
      repeats: 0,
    },
  ])
})

test('the same message sent twice counts as a repeat', async () => {
  await gateway.sendText(ana.aci, 'hello', 1_700_000_000_000)
  await gateway.sendText(ana.aci, 'hello', 1_700_000_000_000)
  await vi.waitFor(() => expect(ana.texts.map(({ repeats }) => repeats)).toEqual([1]))
})

test('read receipts follow when the person has that habit', async () => {
  ana.habits.readReceipts = true
  await gateway.sendText(ana.aci, 'hello', 1_700_000_000_000)
  await vi.waitFor(() => expect(gateway.receipts.map(({ kind }) => kind)).toEqual([delivered, read]))
})

test('the server says by itself that an unsealed message arrived, where it has that habit', async () => {
  ana.habits.serverReceipts = true
  await gateway.sendText(ana.aci, 'hello', 1_700_000_000_000)
  await vi.waitFor(() => expect(gateway.serverReceipts).toEqual([1_700_000_000_000]))
})

test('an offline phone leaves letters at the server, sends no receipt, and reads them when it is back', async () => {
  ana.goOffline()
  await gateway.sendText(ana.aci, 'first')
  await gateway.sendText(ana.aci, 'second')
  expect(ana.ledger()[0]?.waiting).toBe(2)
  expect(gateway.receipts).toEqual([])
  await ana.goOnline()
  expect(ana.texts.map(({ text }) => text)).toEqual(['first', 'second'])
  await vi.waitFor(() => expect(gateway.receipts).toHaveLength(2))
})

test.each([true, false])('a person writes to the account registered over REST (sealed: %s)', async (sealed) => {
  const sent = await ana.sendText(gatewayNumber, 'ping', { sealed })
  await sent.acknowledged
  expect(gateway.texts).toEqual([{ text: 'ping', sealed, fromAci: ana.aci }])
})

test('a person writes while the gateway is away, and the server keeps it', async () => {
  await gateway.disconnect()
  const sent = await ana.sendText(gatewayNumber, 'ping')
  await gateway.connect()
  await sent.acknowledged
  expect(gateway.texts.map(({ text }) => text)).toEqual(['ping'])
})

test('a linked device must be addressed as well, and decrypts by itself', async () => {
  await gateway.sendText(ana.aci, 'one')
  expect(await ana.addDevice()).toBe(2)
  expect((await mismatch(gateway.sendText(ana.aci, 'two'))).missing).toEqual([2])
  await gateway.sendText(ana.aci, 'two', Date.now(), [1, 2])
  await vi.waitFor(() =>
    expect(ana.ledger().map(({ texts }) => texts.map(({ text }) => text))).toEqual([['one', 'two'], ['two']]),
  )
  await ana.removeDevice(2)
  expect((await mismatch(gateway.sendText(ana.aci, 'three', Date.now(), [1, 2]))).extra).toEqual([2])
})

test('a new phone has a new identity key: the old session is stale, and the key is not the trusted one', async () => {
  await gateway.sendText(ana.aci, 'before')
  await vi.waitFor(() => expect(ana.texts).toHaveLength(1))
  const before = await ana.identityKey()
  await ana.reinstall()
  expect(await ana.identityKey()).not.toEqual(before)
  expect((await mismatch(gateway.sendText(ana.aci, 'after'))).stale).toEqual([1])
  expect(ana.texts.map(({ text }) => text)).toEqual(['before'])
})

test('who has left Signal is not found, and can be written to after the return', async () => {
  await ana.leaveSignal({ stayListed: false })
  await expect(gateway.sendText(ana.aci, 'x')).rejects.toThrow()
  await expect(ana.sendText(gatewayNumber, 'x')).rejects.toThrow('not on Signal')
  expect(server.directory.find(anaNumber)).toBeUndefined()
  await ana.returnToSignal()
  expect(server.directory.find(anaNumber)).toBeDefined()
  await gateway.sendText(ana.aci, 'welcome back')
  await vi.waitFor(() => expect(ana.texts.map(({ text }) => text)).toEqual(['welcome back']))
})

test('what cannot be decrypted is counted and does not stop the next message', async () => {
  const device = await server.host.findByNumber(anaNumber)
  if (device === undefined) throw new Error('not registered')
  await server.host.deliverRaw(device, Buffer.from([1, 2, 3, 4]))
  await gateway.sendText(ana.aci, 'fine')
  await vi.waitFor(() => expect(ana.texts).toHaveLength(1))
  expect(ana.ledger()[0]?.failures).toHaveLength(1)
})
