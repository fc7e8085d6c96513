/** Films and sounds that fit, by the real programs; skipped by name where they are not installed. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, describe, expect, it } from 'vitest'
import { contentTypeOf } from '../../../src/domain/media.ts'
import { type Probed, planFilm, planSound, probedOf } from '../../../src/media/recording-plan.ts'
import { Recordings } from '../../../src/media/recordings.ts'
import { picture } from './photographs.ts'

const KB = 1024
const has = (program: string) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
const place = mkdtempSync(join(tmpdir(), 'causeway-recordings-'))
const directory = join(place, 'work')
const recordings = new Recordings({ directory })
afterAll(() => rmSync(place, { recursive: true }))

/** A file that ffmpeg makes of its own test pictures and tones. */
function made(name: string, ...parameters: string[]): Buffer {
  const file = join(place, name)
  const { status, stderr } = spawnSync('ffmpeg', ['-v', 'error', '-y', ...parameters, file])
  if (status !== 0) throw new Error(String(stderr))
  return readFileSync(file)
}

function probe(octets: Uint8Array): { probed: Probed | undefined; all: string } {
  const file = join(place, 'probe')
  writeFileSync(file, octets)
  const { stdout } = spawnSync('ffprobe', ['-v', 'error', '-show_format', '-show_streams', '-of', 'json', file])
  return { probed: probedOf(String(stdout)), all: String(stdout) }
}

const film = (seconds: number) => ['-f', 'lavfi', '-i', `testsrc2=size=640x360:rate=25:duration=${seconds}`]
const tone = (seconds: number) => ['-f', 'lavfi', '-i', `sine=frequency=440:duration=${seconds}`]
const place51 = [
  '-metadata',
  'location=+51.4778-000.0015/',
  '-metadata',
  'title=SECRET-TITLE',
  '-movflags',
  'use_metadata_tags',
]

describe.skipIf(!has('ffmpeg') || !has('ffprobe'))('with ffmpeg', () => {
  it('a film is made to fit, in a form that phones play, and says nothing of its place', async () => {
    const octets = made('film.mp4', ...film(4), ...tone(4), ...place51, '-c:v', 'libx264', '-b:v', '2M', '-c:a', 'aac')
    expect(octets.includes('51.4778')).toBe(true)
    const bytesMax = 120 * KB
    expect(octets.length).toBeGreaterThan(bytesMax)
    const small = await recordings.shrink('video/mp4', octets, bytesMax)
    if (typeof small === 'string') throw new Error(small)
    expect(small.octets.length).toBeLessThanOrEqual(bytesMax)
    expect(small.contentType).toBe('video/mp4')
    const { probed, all } = probe(small.octets)
    expect(probed).toMatchObject({ video: { codec: 'h264', width: 480, height: 270 }, audio: { codec: 'aac' } })
    expect(all).toMatch(/"profile": "(Constrained )?Baseline"/)
    for (const secret of ['51.4778', 'SECRET-TITLE', 'Lavf'])
      expect(Buffer.from(small.octets).includes(secret)).toBe(false)
  })

  it('a film that fits keeps its pictures, and loses what it says of itself', async () => {
    const octets = made('ok.mp4', ...film(1), ...place51, '-c:v', 'libx264', '-b:v', '200k')
    const same = await recordings.shrink('video/mp4', octets, octets.length)
    if (typeof same === 'string') throw new Error(same)
    expect(probe(same.octets).probed?.video).toEqual({ codec: 'h264', width: 640, height: 360 })
    expect(Buffer.from(same.octets).includes('51.4778')).toBe(false)
  })

  it('a film that is too long is refused', async () => {
    const octets = made('long.mp4', ...film(20), '-c:v', 'libx264', '-preset', 'ultrafast', '-b:v', '500k')
    expect(await recordings.shrink('video/mp4', octets, 100 * KB)).toBe('too-long')
  })

  it('a voice message of Ogg becomes one that phones play', async () => {
    const octets = made('voice.ogg', ...tone(3), '-c:a', 'flac', '-f', 'ogg')
    const small = await recordings.shrink('audio/ogg', octets, 20 * KB)
    if (typeof small === 'string') throw new Error(small)
    expect([small.contentType, probe(small.octets).probed?.audio?.codec]).toEqual(['audio/mp4', 'aac'])
    expect(small.octets.length).toBeLessThanOrEqual(20 * KB)
  })

  it('a sound that Signal does not play is made playable', async () => {
    const octets = made('heard.wav', ...tone(1))
    const heard = await recordings.playable('audio/wav', octets)
    expect(heard).toMatchObject({ contentType: 'audio/mp4' })
  })

  it('what a phone records as AMR is made playable, though it would fit as it is', async () => {
    // Frames of 12.2 kbit/s (RFC 4867 §5.3): 50 a second.
    const frame = Buffer.concat([Buffer.from([0x3c]), Buffer.alloc(31, 0x55)])
    const octets = Buffer.concat([Buffer.from('#!AMR\n'), ...Array.from({ length: 50 }, () => frame)])
    const heard = await recordings.playable('audio/amr', octets)
    expect(heard).toMatchObject({ contentType: 'audio/mp4' })
    if (typeof heard === 'string') throw new Error(heard)
    expect(probe(heard.octets).probed).toMatchObject({ audio: { codec: 'aac' } })
  })

  it('an old film of a phone is made playable', async () => {
    const octets = made('old.3gp', ...film(1), '-c:v', 'h263', '-s', '176x144', '-an')
    const seen = await recordings.playable('video/3gpp', octets)
    expect(seen).toMatchObject({ contentType: 'video/mp4' })
    if (typeof seen === 'string') throw new Error(seen)
    expect(probe(seen.octets).probed).toMatchObject({ video: { codec: 'h264' } })
  })

  it('a play list in disguise reaches nothing', async () => {
    const secret = join(place, 'secret.mp4')
    writeFileSync(secret, made('secret-source.mp4', ...film(1), '-c:v', 'libx264'))
    const list = Buffer.from(`#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://${secret}\n#EXT-X-ENDLIST\n`)
    const concat = Buffer.from(`ffconcat version 1.0\nfile ${secret}\n`)
    for (const octets of [list, concat]) {
      for (const type of ['video/mp4', 'video/webm', 'audio/ogg', 'audio/mpeg']) {
        expect(await recordings.shrink(type, octets, 500 * KB)).toBe('unreadable')
      }
    }
  })

  it('damaged files are refused, and nothing is left behind', async () => {
    mkdirSync(directory, { recursive: true })
    const octets = made('cut.mp4', ...film(1), '-c:v', 'libx264')
    for (const bad of [octets.subarray(0, octets.length / 2), Buffer.from('no film'), Buffer.alloc(0)]) {
      expect(await recordings.shrink('video/mp4', bad, 50 * KB)).toBe('unreadable')
    }
    expect(await recordings.shrink('application/pdf', octets, 50 * KB)).toBe('unreadable')
    expect(readdirSync(directory)).toEqual([])
  })
})

describe.skipIf(!has('heif-enc') || !has('heif-convert'))('with libheif’s programs', () => {
  it('a picture of a telephone becomes a JPEG', async () => {
    const png = join(place, 'phone.png')
    await picture(128, 96).png().toFile(png)
    const heic = join(place, 'phone.heic')
    expect(spawnSync('heif-enc', ['-o', heic, png]).status).toBe(0)
    const octets = readFileSync(heic)
    expect(contentTypeOf(octets, undefined)).toBe('image/heic')
    const jpeg = await recordings.jpegOfHeic(octets)
    if (typeof jpeg === 'string') throw new Error(jpeg)
    expect(await sharp(jpeg).metadata()).toMatchObject({ format: 'jpeg', width: 128, height: 96 })
    expect(await recordings.jpegOfHeic(octets.subarray(0, 300))).toBe('unreadable')
  })
})

describe('without the programs', () => {
  it('says so, and writes no file', async () => {
    const nowhere = join(place, 'nowhere')
    const none = new Recordings({ directory: nowhere, find: async () => undefined })
    expect(await none.shrink('video/mp4', Buffer.from('x'), 1000)).toBe('not-installed')
    expect(await none.jpegOfHeic(Buffer.from('x'))).toBe('not-installed')
    expect(existsSync(nowhere)).toBe(false)
  })

  it('empties its folder of what a crash left', async () => {
    const folder = join(place, 'crashed')
    mkdirSync(join(folder, 'file-abc'), { recursive: true })
    writeFileSync(join(folder, 'file-abc', 'input'), 'plaintext')
    const some = new Recordings({
      directory: folder,
      find: async (name) => (/prlimit|nice/.test(name) ? '/bin/true' : undefined),
    })
    expect(await some.shrink('video/mp4', Buffer.from('x'), 1000)).toBe('not-installed')
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('bit rates', () => {
  const of = (seconds: number, audio = true): Probed => ({
    seconds,
    video: { codec: 'h264', width: 1920, height: 1080 },
    audio: audio ? { codec: 'aac' } : undefined,
  })

  it('follow from the length, and end where nobody could look at it', () => {
    expect(planFilm(of(15), 280_000)).toEqual({
      videoBitsPerSecond: 113_386,
      audioBitsPerSecond: 24_000,
      longEdge: 480,
    })
    expect(planFilm(of(5), 600_000)?.longEdge).toBe(640)
    expect(planFilm(of(24), 280_000)).toEqual({
      videoBitsPerSecond: expect.any(Number),
      audioBitsPerSecond: 24_000,
      longEdge: 320,
    })
    expect(planFilm(of(26), 280_000)).toBeUndefined()
    expect(planFilm(of(26, false), 280_000)?.audioBitsPerSecond).toBe(0)
    expect(planFilm(of(1), 10_000_000)?.videoBitsPerSecond).toBe(1_500_000)
    expect(planSound(of(60), 280_000)).toBe(34_346)
    expect(planSound(of(10), 280_000)).toBe(64_000)
    expect(planSound(of(200), 280_000)).toBeUndefined()
  })

  it('are not made from what says nothing', () => {
    for (const json of ['', '{', '[]', 'null', '{"streams":[]}', '{"format":{"duration":"-1"},"streams":[{}]}']) {
      expect(probedOf(json)).toBeUndefined()
    }
    const cover = { codec_type: 'video', codec_name: 'mjpeg', disposition: { attached_pic: 1 } }
    const json = JSON.stringify({
      format: { duration: '2.5' },
      streams: [cover, { codec_type: 'audio', codec_name: 'mp3' }],
    })
    expect(probedOf(json)).toEqual({ seconds: 2.5, video: undefined, audio: { codec: 'mp3' } })
  })
})
