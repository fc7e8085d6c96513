/** Router, real Redis, real BullMQ, real database; the two transports are the contract fakes of the unit tests. */

import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createIds } from '../../../src/domain/ids.ts'
import type { MessageState } from '../../../src/domain/message.ts'
import { RedisOutbox } from '../../../src/routing/outbox.ts'
import { PrivateRedis } from '../../../src/routing/redis.ts'
import { Router } from '../../../src/routing/router.ts'
import type { Database } from '../../../src/store/database.ts'
import { EventLog } from '../../../src/store/events.ts'
import { getMessage, listMessages } from '../../../src/store/mailbox.ts'
import { freshDatabase } from '../../fresh-database.ts'
import { mediaRig } from '../../unit/media-rig.ts'
import { FakeSignal, FakeSms } from '../../unit/routing/fake-transports.ts'
import { ANA, ANA_ACI, BEN } from '../../unit/routing/world.ts'

const quiet = () => {}
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet }
const KEY = new Uint8Array(32).fill(3)

class House {
  readonly directory = mkdtempSync(join(tmpdir(), 'causeway-outbox-'))
  readonly sms = new FakeSms(Date.now)
  readonly signal = new FakeSignal(new Map([[ANA, ANA_ACI]]))
  db!: Database
  router!: Router
  redis!: PrivateRedis
  outbox!: RedisOutbox

  async up(): Promise<void> {
    const directory = join(this.directory, 'redis')
    this.redis = await PrivateRedis.start({ directory, runtimeDirectory: this.directory, log })
    await this.boot()
  }

  async boot(): Promise<void> {
    this.db = await freshDatabase({ path: join(this.directory, 'causeway.db'), key: KEY })
    this.outbox = new RedisOutbox({ redis: { path: this.redis.socketPath }, prefix: 'causeway', log })
    this.router = new Router({
      media: await mediaRig(),
      db: this.db,
      events: new EventLog(this.db, Date.now),
      outbox: this.outbox,
      settings: {
        mode: 'integrated',
        region: undefined,
        defaultPolicy: 'auto',
        fallbackAfterMs: 900_000,
        validityMs: 86_400_000,
        resendWhenUncertain: false,
        whenRoaming: 'ask',
        quietHours: 'off',
        timeZone: 'UTC',
      },
      ids: createIds(Date.now, (count) => crypto.getRandomValues(new Uint8Array(count))),
      clock: Date.now,
      random: Math.random,
      log,
    })
    await this.router.start([this.sms, this.signal])
  }

  async down(): Promise<void> {
    await this.router.stop()
    await this.db.destroy()
    await this.redis.stop()
    rmSync(this.directory, { recursive: true, force: true })
  }

  async all(state: MessageState): Promise<void> {
    await until(async () => (await listMessages(this.db, { limit: 200 })).data.every((row) => row.state === state))
  }

  noDouble(count: number): void {
    const keys = this.sms.network.map(({ messageId, part }) => `${messageId} ${part}`)
    expect(new Set(keys).size).toBe(keys.length)
    expect(keys).toHaveLength(count)
  }

  /** Raw replies of the server, as one string. */
  ask(command: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.redis.socketPath, () => socket.end(`${command}\r\n`))
      let reply = ''
      socket.on('data', (chunk) => {
        reply += chunk.toString('latin1')
      })
      socket.once('close', () => resolve(reply))
      socket.once('error', reject)
    })
  }
}

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  for (let round = 0; round < 2400; round++) {
    if (await what()) return
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error('it never came')
}

let house: House
beforeEach(async () => {
  house = new House()
  await house.up()
})
afterEach(() => house.down())

describe('the outbox', () => {
  it('carries messages over both transports, and a stuck modem holds up nobody else', async () => {
    let free = () => {}
    const stuck = new Promise<void>((resolve) => {
      free = resolve
    })
    house.sms.before = ({ lane }) => (lane === 'mdm_1' ? stuck : undefined)
    await house.router.submit({ to: BEN, text: 'stuck' })
    await until(() => house.sms.sends.length === 1)
    house.sms.setAvailable(false, 'mdm_1')
    const others = [
      await house.router.submit({ to: ANA, text: 'encrypted' }),
      await house.router.submit({ to: '+15550000103', text: 'other' }),
    ]
    for (const { message } of others)
      await until(async () => (await getMessage(house.db, message.id))?.state === 'sent')
    free()
    await house.all('sent')
    house.noDouble(2)
  })

  it('of what waits for a modem the urgent goes first and the bulk last, of equals the oldest, and one person’s in order', async () => {
    house.sms.setAvailable(false, 'mdm_2')
    let free = () => {}
    const stuck = new Promise<void>((resolve) => {
      free = resolve
    })
    house.sms.before = ({ text }) => (text === 'under way' ? stuck : undefined)
    await house.router.submit({ to: BEN, text: 'under way' })
    await until(() => house.sms.sends.length === 1)
    const to = (n: number) => `+1555000020${n}`
    const queued = [
      ['bulk', to(1), 'bulk 1'],
      ['normal', to(2), 'normal 1'],
      ['bulk', to(3), 'first to him'],
      ['urgent', to(4), 'urgent 1'],
      ['urgent', to(3), 'urgent, second to him'],
      ['normal', to(5), 'normal 2'],
      ['urgent', to(6), 'urgent 2'],
    ] as const
    for (const [priority, number, text] of queued) await house.router.submit({ to: number, text, priority })
    // The second to one person is no job before the first has left.
    const waiting = () => house.ask('ZCARD causeway:lane-mdm_1:prioritized')
    await until(async () => (await waiting()).startsWith(`:${queued.length - 1}`))
    free()
    await house.all('sent')
    expect(house.sms.sends.map(({ text }) => text)).toEqual([
      'under way',
      'urgent 1',
      'urgent 2',
      'normal 1',
      'normal 2',
      'bulk 1',
      'first to him',
      'urgent, second to him',
    ])
  })

  it('jobs carry ids: no text and no number is in Redis', async () => {
    house.sms.setAvailable(false)
    await house.router.submit({ to: BEN, text: 'a very secret sentence', scheduledAtMs: Date.now() + 3_600_000 })
    house.sms.before = () => {
      throw new Error('broken, so that a job waits')
    }
    house.sms.setAvailable(true)
    await house.router.submit({ to: '+15550000103', text: 'another secret sentence' })
    await until(() => house.sms.sends.length > 0)
    await until(async () => (await house.ask('KEYS causeway:lane-mdm_1:msg_*')).includes('msg_'))
    const keys = (await house.ask('KEYS *')).split('\r\n').filter((line) => line.startsWith('causeway:'))
    const hashes: string[] = []
    for (const key of keys.filter((name) => name.includes('msg_'))) hashes.push(await house.ask(`HGETALL ${key}`))
    expect(hashes.join()).toContain('messageId')
    for (const secret of ['secret', '5550000', 'broken']) expect(hashes.join() + keys.join()).not.toContain(secret)
  })

  it('tells how its Redis is set up, as that changes, and nothing of one that is gone', async () => {
    const ours = { appendOnly: true, maxMemoryPolicy: 'noeviction', maxMemoryBytes: 0 }
    expect(await house.outbox.setUp()).toEqual(ours)
    await house.ask('CONFIG SET maxmemory-policy allkeys-lru')
    expect(await house.outbox.setUp()).toEqual({ ...ours, maxMemoryPolicy: 'allkeys-lru' })
    await house.redis.stop()
    expect(await house.outbox.setUp()).toBeUndefined()
  })

  it('a fallback comes at its time by a delayed job', async () => {
    // Long enough for Signal to have taken it on a busy machine: else it is unreachable, which is another reason.
    const { message } = await house.router.submit({ to: ANA, text: 'hello', fallbackAfterMs: 5_000 })
    await until(async () => (await getMessage(house.db, message.id))?.transport === 'sms')
    await house.all('sent')
    house.noDouble(1)
    expect((await getMessage(house.db, message.id))?.fallback_code).toBe('no-receipt')
  })

  it('64 at once to one person, 16 people at once: all go, each once, in order', async () => {
    await house.router.submit({ to: ANA, text: 'first' })
    await house.all('sent')
    await Promise.all(Array.from({ length: 64 }, (_, index) => house.router.submit({ to: ANA, text: `n${index}` })))
    await Promise.all(
      Array.from({ length: 16 }, (_, index) => house.router.submit({ to: `+155500004${10 + index}`, text: 'hi' })),
    )
    await house.all('sent')
    house.noDouble(16)
    const times = house.signal.sends.map(({ timestampMs }) => timestampMs)
    expect(times).toHaveLength(65)
    expect([...times].sort((a, b) => a - b)).toEqual(times)
  })
})

describe('Redis may die', () => {
  it('killed and wiped with everything queued: every message still goes out, once', async () => {
    house.sms.setAvailable(false)
    house.signal.setAvailable(false)
    for (let index = 0; index < 10; index++) {
      await house.router.submit({ to: `+155500005${10 + index}`, text: 'hi', policy: 'sms_only' })
    }
    const { message: fallback } = await house.router.submit({ to: ANA, text: 'x', policy: 'signal_only' })
    process.kill(house.redis.pid ?? 0, 'SIGKILL')
    rmSync(join(house.directory, 'redis', 'appendonlydir'), { recursive: true, force: true })
    // Taken while there is no Redis at all: the answer does not wait for it.
    await house.router.submit({ to: BEN, text: 'meanwhile', policy: 'sms_only' })
    house.sms.setAvailable(true)
    house.signal.setAvailable(true)
    await house.all('sent')
    house.noDouble(11)
    expect((await getMessage(house.db, fallback.id))?.transport).toBe('signal')
  })

  it('wiped behind our back: the reconciler makes the jobs again', async () => {
    const { message } = await house.router.submit({ to: BEN, text: 'later', scheduledAtMs: Date.now() + 1500 })
    await until(async () => (await house.ask('DBSIZE')) !== ':0\r\n')
    await house.ask('FLUSHALL')
    await house.router.reconcile()
    await until(async () => (await getMessage(house.db, message.id))?.state === 'sent')
    house.noDouble(1)
  })

  it('killed while an attempt runs: the attempt ends as it would, and is not made again', async () => {
    let free = () => {}
    house.sms.at = (step) => {
      if (step !== 'taken') return
      return new Promise<void>((resolve) => {
        free = resolve
      })
    }
    await house.router.submit({ to: BEN, text: 'hello' })
    await until(() => house.sms.network.length === 1)
    const { pid } = house.redis
    process.kill(pid ?? 0, 'SIGKILL')
    await until(() => house.redis.pid !== pid)
    await house.router.reconcile()
    free()
    await house.all('sent')
    await house.router.reconcile()
    house.noDouble(1)
  })
})

describe('stop and start', () => {
  it('stop waits for the attempt that runs; what waits goes out after the start', async () => {
    let begun = false
    house.sms.at = async (step) => {
      if (step !== 'taken' || begun) return
      begun = true
      await new Promise((resolve) => setTimeout(resolve, 300))
    }
    for (let index = 0; index < 6; index++) {
      await house.router.submit({ to: `+155500006${10 + index}`, text: 'hi', policy: 'sms_only' })
    }
    await until(() => begun)
    await house.router.stop()
    const open = await house.db.selectFrom('attempts').select('id').where('ended_at_ms', 'is', null).execute()
    expect(open).toEqual([])
    await house.db.destroy()
    await house.boot()
    await house.all('sent')
    house.noDouble(6)
  })
})
