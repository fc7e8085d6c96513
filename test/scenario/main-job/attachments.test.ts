/**
 * Pictures and other files through the whole gateway, over the command line and the API, to and from phones on Signal's
 * mock server. Judges: what the phone decrypted, and what the gateway gives out.
 */
import { createHash, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { House } from '../../../src/sandbox/house.ts'
import { run } from '../../unit/cli/run.ts'

interface FileView {
  id: string
  state: string
  code: string | null
  reason: string | null
  content_type: string
  file_name: string | null
  bytes: number
  width: number | null
  thumbnail_url: string | null
}

let house: House
let picture: Buffer

beforeAll(async () => {
  const { default: sharp } = await import('sharp')
  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const
  picture = await sharp({ create: { width: 900, height: 600, channels: 3, background: '#286', noise } })
    .jpeg()
    .toBuffer()
  house = await House.open({ mms: false })
  writeFileSync(join(house.directory, 'look.jpg'), picture)
})
afterAll(() => house?.close())

const sha256 = (octets: Uint8Array) => createHash('sha256').update(octets).digest('hex')
const ana = () => {
  const person = house.world.person('ana').signal
  if (person === undefined) throw new Error('Ana is on Signal')
  return person
}
const cli = (...words: string[]) => run([...words, '--socket', join(house.directory, 'run/api.sock')])

/** Octets over the Unix socket. */
function raw(method: string, path: string, headers: Record<string, string> = {}, body?: Buffer) {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: Buffer }>((resolve, reject) => {
    const socketPath = join(house.directory, 'run/api.sock')
    const outgoing = request({ socketPath, method, path, headers, agent: false }, (response) => {
      // From here on the answer is what counts: of a refused upload the last write fails where the other side has gone.
      outgoing.off('error', reject).on('error', () => {})
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      )
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

const handIn = async (content: Buffer, query = '') =>
  JSON.parse(String((await raw('POST', `/api/v1/media${query}`, {}, content)).body)) as FileView

/** The files of the newest message that came. */
async function newest(): Promise<FileView[]> {
  const messages = await house.messages('&direction=in')
  return (messages.at(-1) as unknown as { attachments?: FileView[] } | undefined)?.attachments ?? []
}

async function arrives(sha: string): Promise<FileView> {
  let found: FileView | undefined
  await house.eventually('the file is here', async () => {
    for (const file of await newest()) {
      if (file.state === 'here' && sha256((await raw('GET', `/api/v1/media/${file.id}`)).body) === sha) found = file
    }
    return found !== undefined
  })
  if (found === undefined) throw new Error('unreachable')
  return found
}

describe('a picture that goes', () => {
  it('is sent from the command line, and Ana’s phone has it whole', async () => {
    const sent = await cli(
      'send',
      house.world.person('ana').number,
      '--attach',
      join(house.directory, 'look.jpg'),
      'look',
      '--wait',
    )
    expect(sent).toMatchObject({ code: 0 })
    const text = ana().texts.at(-1)
    expect(text).toMatchObject({ text: 'look', attachments: ['image/jpeg'] })
    expect(text?.files).toEqual([
      {
        contentType: 'image/jpeg',
        fileName: 'look.jpg',
        voice: false,
        bytes: picture.length,
        sha256: sha256(picture),
        problem: undefined,
      },
    ])
    expect((await cli('messages')).out).toMatch(/\[picture look\.jpg, [\d.]+ kB, att_/)
  })

  it('fails for somebody who is not on Signal: no text leaves without it', async () => {
    const ben = house.world.person('ben')
    const { id: file } = await handIn(picture)
    const id = await house.send(ben.number, 'look here', { media: [file] })
    const message = await house.reaches(id, 'failed')
    expect(message).toMatchObject({ code: 'media-needs-mms', reason: expect.stringMatching(/not on Signal.*MMS/) })
    expect(ben.phone.inbox).toEqual([])
  })

  it('is one file however often the same request is repeated, and belongs to one message', async () => {
    const key = { 'idempotency-key': 'one-file' }
    const [first, again] = [
      await raw('POST', '/api/v1/media', key, picture),
      await raw('POST', '/api/v1/media', key, picture),
    ]
    expect(first.status).toBe(201)
    expect(again.headers['idempotency-replayed']).toBe('true')
    expect(JSON.parse(String(again.body))).toMatchObject({ id: JSON.parse(String(first.body)).id })
    const { id } = JSON.parse(String(first.body)) as FileView
    await house.send(house.world.person('ana').number, '', { media: [id] })
    await expect(house.send(house.world.person('ana').number, '', { media: [id] })).rejects.toThrow(/422/)
    await expect(house.send(house.world.person('ana').number, '')).rejects.toThrow(/422/)
  })
})

describe('what is sent to be looked at once', () => {
  const path = () => join(house.directory, 'look.jpg')

  it('says so to the phone, and is wiped here when it has left', async () => {
    const to = house.world.person('ana').number
    const sent = await cli('send', to, '--attach', path(), '--view-once', '--wait', '--json')
    expect(sent).toMatchObject({ code: 0 })
    const text = ana().texts.at(-1)
    expect(text).toMatchObject({ text: '', viewOnce: true })
    expect(text?.files[0]?.sha256).toBe(sha256(picture))
    const { id } = JSON.parse(sent.out) as { id: string }
    const file = async () => (await house.message(id)) as unknown as { attachments: FileView[] }
    await house.eventually('it is gone here', async () => (await file()).attachments[0]?.state === 'gone')
    expect((await file()).attachments[0]).toMatchObject({ code: 'sent-once', thumbnail_url: null })
    await expect(house.api.call('PATCH', `/api/v1/messages/${id}`, { text: 'words' })).rejects.toThrow(/409/)
  })

  it('is one file without words', async () => {
    const to = house.world.person('ana').number
    const { id } = await handIn(picture)
    await expect(house.send(to, 'words', { media: [id], view_once: true })).rejects.toThrow(/422/)
    await expect(house.send(to, 'words', { view_once: true })).rejects.toThrow(/422/)
    expect(await cli('send', to, 'words', '--view-once')).toMatchObject({ code: 64 })
  })
})

it('a voice message is one on the phone', async () => {
  const path = join(house.directory, 'voice.m4a')
  writeFileSync(path, Buffer.concat([Buffer.from('\0\0\0\x20ftypM4A '), randomBytes(5_000)]))
  expect(await cli('send', house.world.person('ana').number, '--attach', path, '--voice', '--wait')).toMatchObject({
    code: 0,
  })
  expect(ana().texts.at(-1)?.files).toMatchObject([{ contentType: 'audio/mp4', voice: true, problem: undefined }])
})

describe('a picture that comes', () => {
  it('is shown at once, fetched, known by its octets, and has a small copy', async () => {
    await ana().sendFile(house.world.gatewayNumber, {
      content: picture,
      contentType: 'image/png',
      fileName: '../x/a.jpg',
    })
    const file = await arrives(sha256(picture))
    expect(file).toMatchObject({ content_type: 'image/jpeg', file_name: 'a.jpg', bytes: picture.length, width: 900 })
    const small = await raw('GET', file.thumbnail_url ?? '')
    expect(small).toMatchObject({ status: 200, headers: { 'content-type': 'image/jpeg' } })
    expect(small.body.subarray(0, 2).toString('hex')).toBe('ffd8')
    const part = await raw('GET', `/api/v1/media/${file.id}`, { range: 'bytes=100-199' })
    expect(part).toMatchObject({ status: 206, headers: { 'content-range': `bytes 100-199/${picture.length}` } })
    expect(part.body.equals(picture.subarray(100, 200))).toBe(true)
    const target = join(house.directory, 'got.jpg')
    expect(await cli('attachments', 'get', file.id, '-o', target)).toMatchObject({ code: 0 })
    expect(sha256(readFileSync(target))).toBe(sha256(picture))
  })

  it('that is no picture is kept as what it is, and lies encrypted on the disk', async () => {
    const content = Buffer.from('%PDF-1.7 words that nobody should read on the disk'.repeat(50))
    await ana().sendFile(house.world.gatewayNumber, { content, contentType: 'image/png', fileName: 'a.png' })
    expect(await arrives(sha256(content))).toMatchObject({ content_type: 'application/pdf', thumbnail_url: null })
    const files = join(house.directory, 'data/files')
    for (const name of readdirSync(files).filter((one) => one.startsWith('blb_'))) {
      expect(readFileSync(join(files, name)).includes('nobody should read')).toBe(false)
    }
  })

  it('to be looked at once is given out once', async () => {
    const file = { content: randomBytes(2_000), contentType: 'application/octet-stream' }
    const before = new Set((await newest()).map((one) => one.id))
    await ana().sendFile(house.world.gatewayNumber, file, { viewOnce: true })
    const arrived = async () => (await newest()).find((one) => one.state === 'here' && !before.has(one.id))
    await house.eventually('it is here', async () => (await arrived()) !== undefined)
    const { id } = (await arrived()) ?? { id: '' }
    const seen = await raw('GET', `/api/v1/media/${id}`, { range: 'bytes=0-1' })
    expect(seen.body.equals(file.content)).toBe(true)
    await house.eventually('it is gone', async () => (await newest())[0]?.state === 'gone')
    expect(await raw('GET', `/api/v1/media/${id}`)).toMatchObject({ status: 409 })
  })

  it('goes when its author takes the message back', async () => {
    const content = randomBytes(3_000)
    const sentMs = await ana().sendFile(
      house.world.gatewayNumber,
      { content, contentType: 'image/gif' },
      { text: 'oops' },
    )
    const { id } = await arrives(sha256(content))
    await ana().deleteText(house.world.gatewayNumber, sentMs)
    await house.eventually('it is gone', async () => (await newest())[0]?.state === 'gone')
    expect(await raw('GET', `/api/v1/media/${id}`)).toMatchObject({ status: 409 })
  })

  it('and is forged says so once, and is never shown', async () => {
    const stored = await house.world.server.host.files.put(picture, {
      contentType: 'image/jpeg',
      fileName: null,
      voice: false,
    })
    await ana().sendMessage(house.world.gatewayNumber, { attachments: [{ ...stored, digest: randomBytes(32) }] })
    await house.eventually('it failed', async () => (await newest())[0]?.state === 'failed')
    const [file] = await newest()
    expect(file).toMatchObject({ code: 'signal-attachment', reason: expect.stringMatching(/digest is wrong/) })
    expect(await raw('GET', `/api/v1/media/${file?.id}`)).toMatchObject({ status: 409 })
    expect(await raw('POST', `/api/v1/media/${file?.id}/fetch`)).toMatchObject({ status: 202 })
    await house.eventually('it failed again', async () => (await newest())[0]?.state === 'failed')
  })
})

it('the echo bot sends a picture back', async () => {
  const { id: file } = await handIn(picture, '?file_name=echo.jpg')
  await house.send(house.world.person('echo').number, 'hear me', { media: [file] })
  expect(await arrives(sha256(picture))).toMatchObject({ file_name: 'echo.jpg' })
})

it('kill −9 while files come and go: nothing is lost, nothing comes twice, no orphan stays', async () => {
  const contents = Array.from({ length: 6 }, () => randomBytes(3_000_000))
  const before = ana().texts.length
  const out: string[] = []
  for (const content of contents.slice(0, 3)) {
    const { id } = await handIn(content)
    out.push(await house.send(house.world.person('ana').number, '', { media: [id] }))
  }
  for (const content of contents.slice(3)) {
    await ana().sendFile(house.world.gatewayNumber, { content, contentType: 'application/octet-stream' })
    await house.kill()
    await house.start()
  }
  for (const id of out) await house.reaches(id, 'delivered')
  const got = ana()
    .texts.slice(before)
    .flatMap(({ files }) => files)
  expect(got.map((file) => file.sha256).sort()).toEqual(contents.slice(0, 3).map(sha256).sort())
  await house.eventually('all that came is here', async () => {
    const messages = (await house.messages('&direction=in')) as unknown as { attachments: FileView[] }[]
    const files = messages.slice(-3).flatMap(({ attachments }) => attachments)
    return files.length === 3 && files.every(({ state }) => state === 'here')
  })
  await house.stop()
  expect(readdirSync(join(house.directory, 'data/files/partial'))).toEqual([])
  expect(readdirSync(join(house.directory, 'data/files/tmp'))).toEqual([])
  await house.start()
  const messages = (await house.messages('&direction=in')) as unknown as { attachments: FileView[] }[]
  const files = messages.slice(-3).flatMap(({ attachments }) => attachments)
  const sums = await Promise.all(files.map(async ({ id }) => sha256((await raw('GET', `/api/v1/media/${id}`)).body)))
  expect(sums.sort()).toEqual(contents.slice(3).map(sha256).sort())
})
