/** The files of messages: fetched when they may be, tried again when they must be, and told of once. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { CausewayError } from '../../../src/domain/errors.ts'
import { createIds } from '../../../src/domain/ids.ts'
import { contentTypeOf, type MediaTarget, safeFileName } from '../../../src/domain/media.ts'
import type { Transport } from '../../../src/domain/transport.ts'
import type { RoutingOptions } from '../../../src/routing/engine.ts'
import { contentOf } from '../../../src/routing/media.ts'
import { Router } from '../../../src/routing/router.ts'
import type { Database } from '../../../src/store/database.ts'
import { EventLog } from '../../../src/store/events.ts'
import { freshDatabase } from '../../fresh-database.ts'
import { photograph, SECRETS } from '../media/photographs.ts'
import { mediaRig } from '../media-rig.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }
let directory: string
let db: Database
let media: RoutingOptions['media']
let router: Router
let nowMs: number
/** What the network does with each fetch, in order; content after that. */
let fates: (CausewayError | Buffer)[]
let fetches: number
let underWay: number
let mostUnderWay: number
let gate: Promise<void>

const content = randomBytes(5_000)
const away = () => new CausewayError({ code: 'signal-unreachable', message: 'No network.', retry: 'same-transport' })

const signal: Transport = {
  name: 'signal',
  lanes: () => [],
  onLanes: () => () => {},
  reach: async () => [],
  send: () => Promise.reject(new Error('nothing is sent here')),
  approveIdentity: async () => {},
  async fetch(_pointer, target: MediaTarget) {
    fetches += 1
    mostUnderWay = Math.max(mostUnderWay, ++underWay)
    try {
      await gate
      const fate = fates.shift() ?? content
      if (fate instanceof CausewayError) throw fate
      const writer = await target.create()
      await writer.write(fate)
      return await writer.finish()
    } finally {
      underWay -= 1
    }
  },
}

async function start(): Promise<void> {
  media = await mediaRig(join(directory, 'files'))
  router = new Router({
    db,
    media,
    events: new EventLog(db, () => nowMs),
    outbox: { attempt: async () => {}, deadline: async () => {}, start: async () => {}, stop: async () => {} },
    settings: {
      mode: 'integrated',
      region: undefined,
      defaultPolicy: 'auto',
      fallbackAfterMs: 1,
      validityMs: 1,
      resendWhenUncertain: false,
      whenRoaming: 'ask',
      quietHours: 'off',
      timeZone: 'UTC',
    },
    ids: createIds(() => Date.now(), randomBytes),
    clock: () => nowMs,
    random: () => 0,
    log: silent,
  })
  await router.start([signal])
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'causeway-desk-'))
  db = await freshDatabase({ path: join(directory, 'causeway.db'), key: new Uint8Array(32).fill(7) })
  nowMs = 1_800_000_000_000
  fates = []
  fetches = 0
  underWay = 0
  mostUnderWay = 0
  gate = Promise.resolve()
  await start()
})
afterEach(async () => {
  await router.stop()
  await db.destroy()
  rmSync(directory, { recursive: true, force: true })
})

let sent = 0
const facts = (bytes: number | undefined) => ({
  contentType: 'image/png',
  fileName: undefined,
  bytes,
  width: undefined,
  height: undefined,
  voice: false,
  borderless: false,
  gif: false,
  sticker: false,
  caption: undefined,
  blurhash: undefined,
  pointer: new Uint8Array([1]),
})

/** A file that the owner sent from another device. */
async function mirrored(viewOnce: boolean): Promise<void> {
  sent += 1
  const at = nowMs + sent
  const nothing = { quote: undefined, timerS: undefined }
  const to = { e164: '+15550000201', aci: '9d0652a3-dcc3-4d11-975f-74d61598733f', pni: undefined }
  const shown = {
    transport: 'signal',
    lane: 'signal',
    to,
    toSelf: false,
    text: '',
    sentAtMs: at,
    startedAtMs: at,
  } as const
  await router.sink.mirror({ ...nothing, ...shown, media: [facts(content.length)], viewOnce, dedupeKey: `m${sent}` })
}

/** Somebody's message with so many files. */
async function comes(count: number, bytes: number | undefined = content.length): Promise<void> {
  sent += 1
  await router.sink.message({
    transport: 'signal',
    lane: 'signal',
    from: { address: '+15550000201', aci: '9d0652a3-dcc3-4d11-975f-74d61598733f', pni: undefined, name: undefined },
    text: '',
    sentAtMs: nowMs + sent,
    receivedAtMs: nowMs,
    encrypted: true,
    dedupeKey: `k${sent}`,
    media: Array.from({ length: count }, () => facts(bytes)),
  })
}

const rows = () => db.selectFrom('attachments').selectAll().orderBy('id').execute()
const states = async () => (await rows()).map(({ state }) => state)
const settle = (wanted: string[]) => vi.waitFor(async () => expect(await states()).toEqual(wanted))
const told = async () =>
  (await db.selectFrom('events').select('type').where('type', 'like', 'attachment.%').execute()).map(({ type }) => type)

it('what the owner sent from another device is fetched as well; what was to be looked at once is not', async () => {
  await mirrored(false)
  await settle(['here'])
  const [message] = await db.selectFrom('messages').selectAll().execute()
  expect(message).toMatchObject({ direction: 'out', origin: 'other-device', attachments: 1 })
  await mirrored(true)
  await settle(['here', 'gone'])
  expect(fetches).toBe(1)
})

describe('a file that came', () => {
  it('is there with its message before it is fetched, and its type is what its octets say', async () => {
    let open = () => {}
    gate = new Promise((resolve) => {
      open = resolve
    })
    await comes(1)
    expect(await db.selectFrom('messages').select(['state', 'attachments']).execute()).toEqual([
      { state: 'received', attachments: 1 },
    ])
    open()
    await settle(['here'])
    expect(await rows()).toMatchObject([{ content_type: 'application/octet-stream', bytes: content.length }])
    expect(await told()).toEqual(['attachment.here'])
  })

  it('larger than what is fetched unasked waits until somebody asks', async () => {
    await comes(1, 300_000)
    expect(await rows()).toMatchObject([{ state: 'waiting', due_at_ms: null }])
    expect(fetches).toBe(0)
    const [row] = await rows()
    await router.media.fetch(row?.id ?? '')
    await settle(['here'])
  })

  it('that cannot be had now is tried again with growing waits, and that is told once', async () => {
    fates = [away(), away(), away()]
    await comes(1)
    const waits: number[] = []
    for (let times = 1; times <= 3; times++) {
      await vi.waitFor(async () => expect((await rows())[0]).toMatchObject({ state: 'waiting', tries: times }))
      const [row] = await rows()
      waits.push((row?.due_at_ms ?? 0) - nowMs)
      nowMs = row?.due_at_ms ?? 0
      router.media.poke()
    }
    await settle(['here'])
    expect(waits).toEqual([5_000, 10_000, 20_000])
    expect(await told()).toEqual(['attachment.waiting', 'attachment.here'])
  })

  it('that cannot be had at all says why once, and may be asked for again', async () => {
    fates = [new CausewayError({ code: 'signal-attachment', message: 'Its digest is wrong.', retry: 'never' })]
    await comes(1)
    await settle(['failed'])
    expect(await rows()).toMatchObject([{ code: 'signal-attachment', reason: 'Its digest is wrong.', blob_id: null }])
    expect(await told()).toEqual(['attachment.failed'])
    await router.media.fetch((await rows())[0]?.id ?? '')
    await settle(['here'])
  })

  it('is one of two at a time, however many come', async () => {
    let open = () => {}
    gate = new Promise((resolve) => {
      open = resolve
    })
    await comes(7)
    await vi.waitFor(() => expect(fetches).toBe(2))
    open()
    await settle(Array(7).fill('here'))
    expect(mostUnderWay).toBe(2)
  })

  it('for which there is no room waits; nothing that is here is lost', async () => {
    await comes(1)
    await settle(['here'])
    fates = [new CausewayError({ code: 'storage-full', message: 'The disk is full.', retry: 'same-transport' })]
    await comes(1)
    await vi.waitFor(async () => expect((await rows())[1]).toMatchObject({ state: 'waiting', code: 'storage-full' }))
    expect(await states()).toEqual(['here', 'waiting'])
    nowMs += 3_600_000
    router.media.poke()
    await settle(['here', 'here'])
  })

  it('whose fetching a crash cut off is fetched after it, and its orphans are gone', async () => {
    await comes(1, 300_000)
    await db.updateTable('attachments').set({ state: 'fetching' }).execute()
    const writer = await media.blobs.create()
    await writer.write(content)
    await writer.finish()
    await router.stop()
    await start()
    await settle(['here'])
    expect(readdirSync(join(directory, 'files')).filter((name) => name.startsWith('blb_'))).toHaveLength(1)
  })

  it('makes its message a later one with all that becomes of it, that no answer of before is taken for the newer', async () => {
    const changedAt = async () =>
      (await db.selectFrom('messages').select('updated_at_ms').executeTakeFirstOrThrow()).updated_at_ms
    let open = () => {}
    gate = new Promise((resolve) => {
      open = resolve
    })
    await comes(1)
    nowMs += 1_000
    open()
    await settle(['here'])
    expect(await changedAt()).toBe(nowMs)
    nowMs += 1_000
    await router.media.wipe((await rows())[0]?.id ?? '')
    expect(await changedAt()).toBe(nowMs)
  })

  it('is removed when somebody says so, with its file', async () => {
    await comes(1)
    await settle(['here'])
    await router.media.wipe((await rows())[0]?.id ?? '')
    await settle(['gone'])
    await vi.waitFor(() =>
      expect(readdirSync(join(directory, 'files')).filter((name) => name.startsWith('blb_'))).toEqual([]),
    )
    await expect(router.media.fetch((await rows())[0]?.id ?? '')).rejects.toMatchObject({ code: 'wrong-state' })
  })
})

describe('a file that is handed in', () => {
  const facts = {
    contentType: '',
    fileName: 'a.bin',
    voice: false,
    borderless: false,
    gif: false,
    caption: undefined,
    blurhash: undefined,
  }
  const octets = async function* (...parts: Buffer[]) {
    yield* parts
  }

  it('is refused when it is empty or too large, and leaves nothing', async () => {
    await expect(router.media.add(octets(), facts, 0)).rejects.toMatchObject({ code: 'media-empty' })
    const large = Array.from({ length: 20 }, () => randomBytes(60_000))
    await expect(router.media.add(octets(...large), facts, 0)).rejects.toMatchObject({ code: 'media-too-large' })
    await expect(router.media.add(octets(), facts, 1_200_000)).rejects.toMatchObject({ code: 'media-too-large' })
    expect(await rows()).toEqual([])
    expect(readdirSync(join(directory, 'files/tmp'))).toEqual([])
  })

  it('that is a photograph is kept without its place, and the same one again is the same file', async () => {
    const photo = await photograph(120, 80)
    const once = { scope: 'robin', key: 'a' }
    const { row } = await router.media.add(octets(photo), facts, 0, once)
    expect(row).toMatchObject({ content_type: 'image/jpeg', width: 80, height: 120 })
    const pieces: Uint8Array[] = []
    for await (const piece of router.media.blobs.read(await contentOf(db, row, 'content'))) pieces.push(piece)
    const kept = Buffer.concat(pieces)
    expect(SECRETS.filter((secret) => photo.includes(secret))).toEqual([...SECRETS])
    expect(SECRETS.filter((secret) => kept.includes(secret))).toEqual([])
    expect(row.bytes).toBe(kept.length)
    expect(await router.media.add(octets(photo), facts, 0, once)).toMatchObject({ row: { id: row.id }, replayed: true })
  })

  it('and never used is forgotten after a day', async () => {
    await router.media.add(octets(content), facts, 0)
    nowMs += 25 * 3_600_000
    await router.media.prune()
    expect(await rows()).toEqual([])
    await vi.waitFor(async () => expect(await db.selectFrom('blobs').selectAll().execute()).toEqual([]))
  })

  it('that pretends to be a picture, or is one of too many pixels, has no small copy and does no harm', async () => {
    const { default: sharp } = await import('sharp')
    const bomb = await sharp({ create: { width: 9_000, height: 9_000, channels: 3, background: '#fff' } })
      .png()
      .toBuffer()
    const broken = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), randomBytes(500)])
    for (const file of [bomb, broken]) {
      const { row } = await router.media.add(octets(file), facts, 0)
      expect(row).toMatchObject({ content_type: 'image/png', thumbnail_id: null, width: null })
    }
  })
})

it.each([
  ['../../etc/passwd', 'passwd'],
  ['C:\\photos\\a.jpg', 'a.jpg'],
  ['..', undefined],
  ['', undefined],
  ['evil\u202egpj.exe', 'evilgpj.exe'],
])('the name %j becomes %j', (name, safe) => {
  expect(safeFileName(name)).toBe(safe)
})

it.each([
  ['\xff\xd8\xff\xe0', 'text/html', 'image/jpeg'],
  ['<svg xmlns="…">', 'image/svg+xml', 'application/octet-stream'],
  ['<html>', 'text/html', 'application/octet-stream'],
  ['just words', 'text/plain; charset=utf-8', 'text/plain'],
  ['\0\0\0\x20ftypmp42', 'audio/mp4', 'audio/mp4'],
  ['\0\0\0\x20ftypmp42', 'image/png', 'video/mp4'],
])('octets %j called %s are %s', (octets, claimed, type) => {
  expect(contentTypeOf(Buffer.from(octets, 'latin1'), claimed)).toBe(type)
})

it('what was to be looked at once goes when another device of the owner has looked at it', async () => {
  await comes(1)
  await settle(['here'])
  await db.updateTable('attachments').set({ view_once: 1 }).execute()
  const author = { aci: '9d0652a3-dcc3-4d11-975f-74d61598733f', e164: undefined, pni: undefined }
  await router.sink.readElsewhere({ author, timestampsMs: [nowMs + sent], atMs: nowMs, opened: true })
  expect(await states()).toEqual(['gone'])
  expect(await told()).toContain('attachment.gone')
})

it('what came to be looked at once and never was goes after 30 days, whether it was fetched or not; nothing else does', async () => {
  await comes(2)
  await comes(1, 300_000)
  await settle(['here', 'here', 'waiting'])
  const [first, other, unfetched] = await rows()
  const ids = [first?.id ?? '', unfetched?.id ?? '']
  await db.updateTable('attachments').set({ view_once: 1 }).where('id', 'in', ids).execute()
  nowMs += 30 * 24 * 3_600_000 - 1
  await router.media.prune()
  expect(await states()).toEqual(['here', 'here', 'waiting'])
  nowMs += 1
  await router.media.prune()
  const never = { state: 'gone', code: 'never-opened', blob_id: null, pointer: null }
  expect(await rows()).toMatchObject([never, { id: other?.id, state: 'here' }, never])
  expect((await told()).filter((type) => type === 'attachment.gone')).toHaveLength(2)
  await expect(router.media.fetch(ids[1] ?? '')).rejects.toMatchObject({ code: 'wrong-state' })
})

it('is told of as looked at once, to the transport that it came by, and only where that means something', async () => {
  const viewed: [number, boolean][] = []
  signal.markViewed = async (_author, timestampMs, once) => {
    viewed.push([timestampMs, once])
    return () => {}
  }
  await comes(1)
  await settle(['here'])
  const [row] = await rows()
  await router.viewed(row?.id ?? '')
  expect(viewed).toEqual([])
  await db.updateTable('attachments').set({ voice: 1 }).execute()
  await router.viewed(row?.id ?? '')
  await router.viewed(row?.id ?? '')
  expect(viewed).toEqual([[nowMs + sent, false]])
})
