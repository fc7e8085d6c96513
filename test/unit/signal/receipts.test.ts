/** Receipts that are owed: what ails one person does not keep those of others back, and a lost connection keeps all. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CausewayError } from '../../../src/domain/errors.ts'
import { OwnTimestamps, systemClock } from '../../../src/signal/clock.ts'
import { ReceiptDesk } from '../../../src/signal/receipts.ts'
import type { Sender } from '../../../src/signal/sender.ts'
import { type Database, openDatabase } from '../../../src/store/database.ts'

const [ana, ben, cleo] = ['a', 'b', 'c'].map((letter) => `${letter}0000000-0000-4000-8000-000000000101`) as [
  string,
  string,
  string,
]
const silent = { debug() {}, info() {}, warn() {}, error() {} }

let db: Database
let sent: string[]
let failures: Map<string, string>
let desk: ReceiptDesk

beforeEach(async () => {
  db = await openDatabase({ path: ':memory:', key: new Uint8Array(32) })
  sent = []
  failures = new Map()
  const send = async ({ to }: { to: string }) => {
    const code = failures.get(to)
    if (code !== undefined) throw new CausewayError({ code, message: code, retry: 'same-transport' })
    sent.push(to)
    return { sealed: true }
  }
  desk = new ReceiptDesk({
    db,
    sender: { send } as unknown as Sender,
    clock: systemClock,
    timestamps: new OwnTimestamps(systemClock),
    log: silent,
    self: 'self',
    signal: new AbortController().signal,
  })
  await db.transaction().execute(async (tx) => {
    for (const [index, aci] of [ana, ben, cleo].entries()) await desk.owe(tx, 'delivered', aci, 1_000 + index)
  })
})
afterEach(() => db.destroy())

const owed = async () =>
  (await db.selectFrom('signal_receipts_due').select('aci').orderBy('timestamp_ms').execute()).map(({ aci }) => aci)

test('whoever cannot be written to for now is passed over, and has theirs the next time', async () => {
  failures.set(ana, 'signal-rate-limited')
  await desk.flush()
  expect(sent).toEqual([ben, cleo])
  expect(await owed()).toEqual([ana])
  failures.clear()
  await desk.flush()
  expect(sent).toEqual([ben, cleo, ana])
  expect(await owed()).toEqual([])
})

test('without a connection nothing is tried further, and nothing is lost', async () => {
  failures.set(ana, 'signal-unreachable')
  await desk.flush()
  expect(sent).toEqual([])
  expect(await owed()).toEqual([ana, ben, cleo])
})
