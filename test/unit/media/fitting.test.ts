/** Whole messages that fit: the PDU is really encoded and measured, and read again. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import sharp from 'sharp'
import { afterAll, describe, expect, it } from 'vitest'
import { composeBody } from '../../../modem/mms/compose.ts'
import { encodePdu } from '../../../modem/mms/encode.ts'
import { messageContentOf } from '../../../modem/mms/message-content.ts'
import { decodePdu } from '../../../modem/mms/pdu.ts'
import type { FileToFit, Fitted } from '../../../src/domain/mms-fitting.ts'
import { Fitting } from '../../../src/media/fitting.ts'
import { partName } from '../../../src/media/part-names.ts'
import { Pictures } from '../../../src/media/pictures.ts'
import { Recordings } from '../../../src/media/recordings.ts'
import { Random } from '../at/random.ts'
import { animation, photograph, picture, SECRETS } from './photographs.ts'

const KB = 1024
const pictures = new Pictures()
const directory = mkdtempSync(join(tmpdir(), 'causeway-fitting-'))
const nothingInstalled = new Recordings({ directory, find: async () => undefined })
const fitting = new Fitting({ pictures, recordings: nothingInstalled, log: pino({ level: 'silent' }) })
afterAll(async () => {
  await pictures.close()
  rmSync(directory, { recursive: true })
})

function file(fileName: string | null, contentType: string, octets: Uint8Array): FileToFit {
  return { fileName, contentType, bytes: octets.length, read: async () => octets }
}

/** As it is sent, with as many recipients and as long a subject as carriers allow. */
function encoded(text: string, { parts, notes }: Fitted): Uint8Array {
  const words = [text, ...notes.map((note) => `[${note}]`)].filter((line) => line !== '').join('\n')
  const textPart = { contentType: 'text/plain', name: 'text.txt', contentId: 'text', octets: Buffer.from(words) }
  const all = words === '' ? parts : [textPart, ...parts]
  const to = Array.from({ length: 20 }, (_, at) => ({ address: `+4477009001${10 + at}`, addressType: 'PLMN' }))
  const head = { transactionId: 'x'.repeat(40), version: '1.2', from: { insertAddress: true as const }, to }
  return encodePdu({ type: 'm-send-req', ...head, subject: { text: 'ü'.repeat(80) }, ...composeBody(all) })
}

function readBack(text: string, fitted: Fitted) {
  const pdu = decodePdu(encoded(text, fitted))
  return messageContentOf({ parts: pdu.parts ?? [] })
}

const vcard = Buffer.from('BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ana\r\nEND:VCARD\r\n')
const incompressible = (bytes: number, seed = 1) => {
  const random = new Random(seed)
  return Buffer.from(Uint8Array.from({ length: bytes }, () => random.below(256)))
}

describe('a message', () => {
  it.each([300 * KB, 600 * KB, 1024 * KB])('with a photograph fits into a PDU of %i octets', async (bytesMax) => {
    const photo = await photograph(1500, 1100, { noise: 120 })
    expect(photo.length).toBeGreaterThan(300 * KB)
    const fitted = await fitting.fit({
      text: 'Look',
      files: [file('IMG_1.JPG', 'image/jpeg', photo)],
      bytesMax,
      step: 0,
    })
    const pdu = encoded('Look', fitted)
    expect(pdu.length).toBeLessThanOrEqual(bytesMax)
    expect(fitted.notes).toEqual([])
    for (const secret of SECRETS) expect(Buffer.from(pdu).includes(secret)).toBe(false)
    expect(readBack('Look', fitted)).toMatchObject({
      text: 'Look',
      files: [{ contentType: 'image/jpeg', fileName: 'IMG_1.jpg' }],
    })
  })

  it('is smaller with each step down, and says so when nothing is left', async () => {
    const files = [file('a.jpg', 'image/jpeg', await photograph(1000, 800, { noise: 200 }))]
    const sizes: number[] = []
    for (const step of [0, 1, 2, 3, 99]) {
      const fitted = await fitting.fit({ text: '', files, bytesMax: 200 * KB, step })
      sizes.push(encoded('', fitted).length)
    }
    expect(sizes).toEqual([...sizes].sort((left, right) => right - left))
    expect(sizes.at(-1)).toBeLessThan(40 * KB)
    const hopeless = await fitting.fit({ text: '', files, bytesMax: 3 * KB, step: 0 })
    expect(hopeless.notes).toHaveLength(1)
    expect(readBack('', hopeless).text).toMatch(/^\[a\.jpg, \d+ KB: it cannot be made small enough/)
  })

  it('shares its room: what small files leave goes to the large one', async () => {
    const large = file('large.jpg', 'image/jpeg', await photograph(1200, 900, { noise: 200, seed: 2 }))
    const small = file('small.jpg', 'image/jpeg', await picture(60, 40).jpeg().toBuffer())
    const bytesMax = 120 * KB
    const fitted = await fitting.fit({ text: 'x', files: [large, small], bytesMax, step: 0 })
    expect(fitted.parts.map(({ name }) => name)).toEqual(['large.jpg', 'small.jpg'])
    expect(fitted.parts[0]?.octets.length).toBeGreaterThan(bytesMax / 2)
    expect(encoded('x', fitted).length).toBeLessThanOrEqual(bytesMax)
  })

  it('has contacts, dates and documents as they are, by what they are', async () => {
    const files = [
      file('Änne.vcf', 'application/octet-stream', vcard),
      file('when.ics', 'text/calendar', Buffer.from('BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n')),
      file('list.txt', 'text/plain', Buffer.from('milk\nbread')),
      file('../../etc/x\u202e.pdf', 'image/jpeg', Buffer.from('%PDF-1.7 …')),
    ]
    const { parts, notes } = await fitting.fit({ text: '', files, bytesMax: 100 * KB, step: 0 })
    expect(notes).toEqual([])
    expect(parts.map(({ contentType, name }) => `${contentType} ${name}`)).toEqual([
      'text/x-vcard Anne.vcf',
      'text/x-vcalendar when.vcs',
      'text/plain list.txt',
      'application/pdf x.pdf',
    ])
    expect(Buffer.from(parts[0]?.octets ?? []).equals(vcard)).toBe(true)
  })

  it('never drops a file in silence', async () => {
    const files = [
      file('book.pdf', 'application/pdf', Buffer.concat([Buffer.from('%PDF-'), incompressible(400 * KB)])),
      file(null, 'image/jpeg', Buffer.from('\xff\xd8\xff nothing more', 'latin1')),
      file('nothing.bin', 'application/octet-stream', Buffer.alloc(0)),
      { ...file('film.mov', 'video/quicktime', Buffer.alloc(0)), bytes: 500 * 2 ** 20 },
      file('a.vcf', 'text/vcard', vcard),
    ]
    const fitted = await fitting.fit({ text: 'Here', files, bytesMax: 300 * KB, step: 0 })
    expect(fitted.parts.map(({ name }) => name)).toEqual(['a.vcf'])
    expect(fitted.notes).toEqual([
      'book.pdf, 401 KB: it is too large for a picture message, and cannot be made smaller',
      'file 2, 16 octets: it is damaged, or not what it says it is',
      'nothing.bin, 0 octets: it is empty',
      'film.mov, 500.0 MB: it is too large for a picture message, and cannot be made smaller',
    ])
    expect(fitted.leftOut).toEqual([
      { file: 0, reason: 'too-large' },
      { file: 1, reason: 'unreadable' },
      { file: 2, reason: 'unreadable' },
      { file: 3, reason: 'too-large' },
    ])
    expect(readBack('Here', fitted).text.split('\n')).toEqual(['Here', ...fitted.notes.map((note) => `[${note}]`)])
  })

  it('has films as they are where nobody can make them smaller, if they fit', async () => {
    const mp4 = (bytes: number) => Buffer.concat([Buffer.from('\0\0\0\x18ftypisom'), incompressible(bytes)])
    const files = [file('short.mp4', 'video/mp4', mp4(20 * KB)), file('long.mp4', 'video/mp4', mp4(400 * KB))]
    const { parts, notes } = await fitting.fit({ text: '', files, bytesMax: 300 * KB, step: 0 })
    expect(parts.map(({ name }) => name)).toEqual(['short.mp4'])
    expect(notes).toEqual([expect.stringMatching(/^long\.mp4, 401 KB: it is too large as it is/)])
  })

  it('that is a text alone goes as it is, or with a word where it is too long', async () => {
    const short = await fitting.fit({ text: 'Hi', files: [], bytesMax: 300 * KB, step: 0 })
    expect(short).toEqual({ parts: [], notes: [], leftOut: [] })
    const long = await fitting.fit({ text: 'x'.repeat(400 * KB), files: [], bytesMax: 300 * KB, step: 0 })
    expect(long.notes).toHaveLength(1)
    expect(long.parts).toEqual([])
  })

  it('has stickers and animations in forms that phones show', async () => {
    const sticker = await picture(128, 128, { channels: 4, noise: 10 }).webp().toBuffer()
    const files = [
      file('sticker.webp', 'image/webp', sticker),
      file('cat.gif', 'image/gif', await animation(60, 40, 4)),
    ]
    const { parts } = await fitting.fit({ text: '', files, bytesMax: 300 * KB, step: 0 })
    expect(parts.map(({ contentType, name }) => `${contentType} ${name}`)).toEqual([
      'image/png sticker.png',
      'image/gif cat.gif',
    ])
    expect((await sharp(parts[0]?.octets).metadata()).hasAlpha).toBe(true)
  })
})

describe('any files, in any room', () => {
  it('make a PDU that is not too large, with every file in it or in a note', { timeout: 300_000 }, async () => {
    const photo = await photograph(500, 400, { noise: 150 })
    const kinds: ((seed: number) => Promise<FileToFit>)[] = [
      async () => file('photo.jpg', 'image/jpeg', photo),
      async (seed) => file('draw.png', 'image/png', await picture(90, 70, { seed }).png().toBuffer()),
      async () => file('card.vcf', 'text/vcard', vcard),
      async (seed) => file('bin', 'application/zip', incompressible(1 + seed * 997, seed)),
      async (seed) => file('broken.jpg', 'image/jpeg', photo.subarray(0, 200 + seed)),
      async (seed) => file('фото.png', 'image/png', await picture(200, 30, { seed, channels: 4 }).png().toBuffer()),
      async () => file(null, 'application/octet-stream', Buffer.alloc(0)),
    ]
    for (let seed = 1; seed <= 40; seed++) {
      const random = new Random(seed)
      const files: FileToFit[] = []
      for (let count = random.below(8); count > 0; count--) files.push(await random.pick(kinds)(random.below(60)))
      const text = 'ä'.repeat(random.below(300))
      const bytesMax = (4 + random.below(120)) * KB
      const fitted = await fitting.fit({ text, files, bytesMax, step: random.below(3) })
      expect(encoded(text, fitted).length, `seed ${seed}`).toBeLessThanOrEqual(bytesMax)
      expect(fitted.parts.length + fitted.notes.length, `seed ${seed}`).toBe(files.length)
      for (const key of ['name', 'contentId'] as const) {
        expect(new Set(fitted.parts.map((part) => part[key])).size, `seed ${seed}`).toBe(fitted.parts.length)
      }
    }
  })
})

describe('the name of a part', () => {
  it.each([
    ['photo.HEIC', 'image/jpeg', 'photo.jpg'],
    ['Grüße aus Köln.png', 'image/png', 'Gru_e aus Koln.png'],
    ['写真.jpg', 'image/jpeg', 'image3.jpg'],
    [null, 'video/mp4', 'video3.mp4'],
    ['/etc/passwd', 'application/zip', 'passwd.bin'],
    ['a.tar.gz', 'application/gzip', 'a.tar.gz'],
    ['..', 'text/x-vcard', 'file3.vcf'],
    ['a;"b".jpg', 'image/jpeg', 'a_b.jpg'],
  ])('of %j, %s is %j', (given, contentType, name) => {
    expect(partName(given, contentType, 3, new Set())).toBe(name)
  })

  it('is unlike all others of the message', () => {
    const taken = new Set<string>()
    expect(['A.jpg', 'a.jpg', 'a.png', 'a.jpg'].map((name) => partName(name, 'image/jpeg', 1, taken))).toEqual([
      'A.jpg',
      'a-2.jpg',
      'a-3.jpg',
      'a-4.jpg',
    ])
  })
})
