/**
 * Files whose transfer stands still in the middle when the gateway is killed, and files for which there is no room on a
 * file system that is really full. The content server is a stub of ours: Signal's mock server knows neither ranges nor
 * slowness. Judges: what lies at that server, what Ana's phone got, and what the gateway gives out.
 */
import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { House, type HouseOptions } from '../../../src/sandbox/house.ts'
import { openAttachment, sealAttachment } from '../../../src/signal/attachments.ts'
import { systemRandom } from '../../../src/signal/clock.ts'
import { type CdnStub, openCdn } from '../../unit/signal/cdn-stub.ts'

interface FileView {
  id: string
  state: string
  code: string | null
  bytes: number
}

const options: HouseOptions & { config: Record<string, unknown> } = { config: {} }
let house: House
let cdn: CdnStub

beforeAll(async () => {
  cdn = await openCdn()
  house = await House.open(options)
  const server = house.world.server.configSection()
  options.config = { signal: { server: { ...server, cdn_urls: { '0': cdn.url, '2': cdn.url, '3': cdn.url } } } }
  Reflect.set(house.world.server.host, 'getAttachmentUploadForm', async (_folder: string, key: string) => ({
    cdn: 3,
    key,
    headers: {},
    signedUploadLocation: `${cdn.url}/tus`,
  }))
  await restart()
  // Whom we have written to is no stranger, whose files would wait for us to let them in.
  await house.reaches(await house.send(house.world.person('ana').number, 'hello'), 'delivered')
})
afterAll(async () => {
  await house?.close()
  await cdn?.close()
})

async function restart(): Promise<void> {
  await house.stop()
  await house.start()
  await house.signalConnected()
}

const sha256 = (octets: Uint8Array) => createHash('sha256').update(octets).digest('hex')
const ana = () => {
  const person = house.world.person('ana').signal
  if (person === undefined) throw new Error('Ana is on Signal')
  return person
}
const files = () => join(house.directory, 'data/files')

function raw(method: string, path: string, body?: Buffer): Promise<{ status: number; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const socketPath = join(house.directory, 'run/api.sock')
    const outgoing = request({ socketPath, method, path, agent: false }, (response) => {
      // From here on the answer is what counts: of a refused upload the last write fails where the other side has gone.
      outgoing.off('error', reject).on('error', () => {})
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }))
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/** Ana sends a file that lies at our content server. */
async function anaSends(key: string, content: Buffer): Promise<void> {
  const { blob, pointer } = sealAttachment(content, systemRandom)
  cdn.files.set(key, blob)
  const { attachmentIdentifier: _, ...whole } = await house.world.server.host.files.put(Buffer.alloc(1), planted)
  await ana().sendMessage(house.world.gatewayNumber, {
    attachments: [
      {
        ...whole,
        key: new Uint8Array(pointer.key),
        digest: new Uint8Array(pointer.digest),
        size: pointer.size,
        attachmentIdentifier: { cdnKey: key },
      },
    ],
  })
}
const planted = { contentType: 'application/octet-stream', fileName: null, voice: false }

async function arrived(): Promise<FileView[]> {
  const messages = (await house.messages('&direction=in')) as unknown as { attachments: FileView[] }[]
  return messages.flatMap(({ attachments }) => attachments)
}

async function here(content: Buffer): Promise<void> {
  await house.eventually('the file is here', async () => (await arrived()).at(-1)?.state === 'here')
  const { body } = await raw('GET', `/api/v1/media/${(await arrived()).at(-1)?.id}`)
  expect(sha256(body)).toBe(sha256(content))
}

describe('kill −9 in the middle of', () => {
  it('a download: it goes on where it was, and the file comes whole, once', async () => {
    const content = randomBytes(2_000_000)
    const before = (await arrived()).length
    cdn.holdAfter = [1_000_000]
    await anaSends('down', content)
    await house.eventually('a part has come', () =>
      readdirSync(join(files(), 'partial')).some((name) => statSync(join(files(), 'partial', name)).size > 500_000),
    )
    await house.kill()
    await house.start()
    await here(content)
    expect(await arrived()).toHaveLength(before + 1)
    const asked = cdn.requests.filter((line) => line.startsWith('GET /attachments/down'))
    expect(asked).toHaveLength(2)
    expect(Number(/bytes=(\d+)-$/.exec(asked[1] ?? '')?.[1])).toBeGreaterThan(500_000)
  })

  it('an upload: it goes on where the server is, and one message with the whole file leaves', async () => {
    // More than sockets take in on their own.
    const content = randomBytes(24_000_000)
    const { id } = JSON.parse(String((await raw('POST', '/api/v1/media', content)).body)) as FileView
    const before = ana().texts.length
    const pointers: unknown[] = []
    const stop = ana().onText((_text, attached) => pointers.push(...attached))
    cdn.holdAfter = [1_000_000]
    const message = await house.send(house.world.person('ana').number, 'whole', { media: [id] })
    const there = () => [...cdn.uploads.values()].at(-1) ?? Buffer.alloc(0)
    await house.eventually('a part is there', () => there().length >= 1_000_000)
    const { transferred_bytes: transferred } = JSON.parse(String((await raw('GET', `/api/v1/media/${id}/info`)).body))
    expect(transferred).toBeGreaterThan(900_000)
    await house.kill()
    await house.start()
    await house.reaches(message, 'delivered')
    stop()
    const methods = cdn.requests.filter((line) => line.includes('/tus')).map((line) => line.split(' ')[0])
    expect(methods).toEqual(['POST', 'HEAD', 'PATCH'])
    expect(ana().texts.slice(before)).toMatchObject([{ text: 'whole', repeats: 0 }])
    expect(pointers).toHaveLength(1)
    expect(sha256(openAttachment(there(), pointers[0] as Parameters<typeof openAttachment>[1]))).toBe(sha256(content))
  })
})

/** A file system of so many octets at this place, which needs the right to mount. */
function mount(place: string, bytes: number): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes},mode=700`, 'tmpfs', place], { stdio: 'ignore' })
}
const unmount = (place: string) => execFileSync('umount', [place], { stdio: 'ignore' })

function canMount(): boolean {
  const place = mkdtempSync(join(tmpdir(), 'cw-mount-'))
  try {
    mount(place, 1 << 20)
    unmount(place)
    return true
  } catch {
    return false
  } finally {
    rmSync(place, { recursive: true })
  }
}

describe.skipIf(!canMount())('on a file system that is full', () => {
  beforeAll(async () => {
    await house.stop()
    mount(files(), 2 << 20)
    await restart()
  })
  afterAll(async () => {
    await house.stop()
    unmount(files())
    await house.start()
  })

  it('a file that comes waits with the reason, its words are there, and it is fetched once there is room', async () => {
    const content = randomBytes(4_000_000)
    await anaSends('large', content)
    await house.eventually('it says why', async () => (await arrived()).at(-1)?.code === 'storage-full')
    expect((await arrived()).at(-1)).toMatchObject({ state: 'waiting' })
    await ana().sendText(house.world.gatewayNumber, 'words need no room')
    await house.eventually('words come all the same', async () =>
      (await house.messages('&direction=in')).some(({ text }) => text === 'words need no room'),
    )
    const refused = await raw('POST', '/api/v1/media', randomBytes(3_000_000))
    expect(refused.status).toBe(507)
    expect(JSON.parse(String(refused.body))).toMatchObject({ code: 'storage-full' })
    execFileSync('mount', ['-o', 'remount,size=16777216', files()])
    expect((await raw('POST', `/api/v1/media/${(await arrived()).at(-1)?.id}/fetch`)).status).toBe(202)
    await here(content)
    expect((await raw('POST', '/api/v1/media', randomBytes(3_000_000))).status).toBe(201)
    expect(readdirSync(join(files(), 'tmp'))).toEqual([])
    expect(readdirSync(join(files(), 'partial'))).toEqual([])
  })
})
