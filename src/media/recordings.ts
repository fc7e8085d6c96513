/**
 * Films and sounds that fit, and pictures of telephones that `sharp` cannot read, by programs that may be installed:
 * `ffmpeg` with `ffprobe`, and `heif-convert`. Looked for once. The reader is chosen by the file's octets and may open that
 * file only, so that a play list in disguise reaches nothing; metadata is dropped; one file at a time. The plaintext is in a
 * folder of its own for as long as that takes.
 */
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findProgram, type Keepers, runWithin } from './program.ts'
import { type Probed, planFilm, planSound, probedOf } from './recording-plan.ts'

const PROBE_TIMEOUT_MS = 20_000
/** For each run; a Raspberry Pi takes a minute for what a desk machine does in five seconds. */
const CODE_TIMEOUT_MS = 240_000
/** A coder misses its bit rate now and then; each time it is given less. */
const TRIES_MAX = 3
const WAITING_MAX = 16
const FRAMES_PER_SECOND = 15

/** ffmpeg's name of the reader for what the octets say. */
const READERS: ReadonlyMap<string, string> = new Map([
  ['video/mp4', 'mov'],
  ['video/3gpp', 'mov'],
  ['video/quicktime', 'mov'],
  ['audio/mp4', 'mov'],
  ['audio/3gpp', 'mov'],
  ['video/webm', 'matroska'],
  ['audio/webm', 'matroska'],
  ['video/x-msvideo', 'avi'],
  ['audio/ogg', 'ogg'],
  ['audio/mpeg', 'mp3'],
  ['audio/aac', 'aac'],
  ['audio/amr', 'amr'],
  ['audio/flac', 'flac'],
  ['audio/wav', 'wav'],
])

export type NoRecording = 'not-installed' | 'unreadable' | 'too-long' | 'does-not-fit' | 'unavailable'

export interface Recording {
  contentType: string
  octets: Uint8Array
}

interface Programs extends Keepers {
  ffmpeg: string | undefined
  ffprobe: string | undefined
  heif: string | undefined
}

export interface RecordingsOptions {
  /** For files under way; made where it is not there, and emptied when the first one comes. */
  directory: string
  /** Where programs are looked for; $PATH and the usual places when left out. */
  find?: (name: string) => Promise<string | undefined>
}

export class Recordings {
  readonly #directory: string
  readonly #find: (name: string) => Promise<string | undefined>
  #ready: Promise<Programs | undefined> | undefined
  #turn: Promise<unknown> = Promise.resolve()
  #waiting = 0

  constructor({ directory, find = findProgram }: RecordingsOptions) {
    this.#directory = directory
    this.#find = find
  }

  /** A copy of at most `bytesMax` octets without metadata, or why there is none. @param contentType by its octets */
  async shrink(contentType: string, octets: Uint8Array, bytesMax: number): Promise<Recording | NoRecording> {
    const reader = READERS.get(contentType)
    if (reader === undefined) return 'unreadable'
    return await this.#inTurn(octets, async (work) => {
      const probed = await work.probe(reader)
      if (probed === undefined || typeof probed === 'string') return probed ?? 'unreadable'
      const kept = octets.length <= bytesMax ? await work.without(reader, contentType, probed, bytesMax) : undefined
      if (kept !== undefined) return kept
      return probed.video === undefined
        ? await work.sound(reader, probed, bytesMax)
        : await work.film(reader, probed, bytesMax)
    })
  }

  /** What browsers play, of a film or a sound that they do not (AMR, 3GP, AVI). @param contentType by its octets */
  async playable(contentType: string, octets: Uint8Array): Promise<Recording | NoRecording> {
    const reader = READERS.get(contentType)
    if (reader === undefined) return 'unreadable'
    return await this.#inTurn(octets, async (work) => {
      const probed = await work.probe(reader)
      if (typeof probed === 'string') return probed
      // A film whose streams browsers know wants no more than another container.
      const kept =
        contentType === 'audio/amr' ? undefined : await work.without(reader, contentType, probed, PLAYABLE_BYTES_MAX)
      if (kept !== undefined) return kept
      return probed.video === undefined
        ? await work.sound(reader, probed, PLAYABLE_BYTES_MAX)
        : await work.film(reader, probed, PLAYABLE_BYTES_MAX)
    })
  }

  /** The JPEG of a HEIC, upright; its metadata is still in it. */
  async jpegOfHeic(octets: Uint8Array): Promise<Uint8Array | NoRecording> {
    return await this.#inTurn(octets, (work) => work.heic())
  }

  async #inTurn<T>(octets: Uint8Array, task: (work: Work) => Promise<T>): Promise<T | NoRecording> {
    if (this.#waiting >= WAITING_MAX) return 'unavailable'
    this.#waiting += 1
    const turn = this.#turn
      .then(async () => {
        this.#ready ??= this.#prepare()
        const programs = await this.#ready
        if (programs === undefined) return 'not-installed' as const
        const folder = await mkdtemp(join(this.#directory, 'file-'))
        try {
          await writeFile(join(folder, INPUT), octets, { mode: 0o600 })
          return await task(new Work(programs, folder))
        } finally {
          await rm(folder, { recursive: true, force: true })
        }
      })
      .catch(() => 'unavailable' as const)
      .finally(() => {
        this.#waiting -= 1
      })
    this.#turn = turn
    return await turn
  }

  async #prepare(): Promise<Programs | undefined> {
    const [prlimit, nice] = [await this.#find('prlimit'), await this.#find('nice')]
    if (prlimit === undefined || nice === undefined) return undefined
    // What a crash left behind is plaintext.
    await rm(this.#directory, { recursive: true, force: true })
    await mkdir(this.#directory, { recursive: true, mode: 0o700 })
    const [ffmpeg, ffprobe] = [await this.#find('ffmpeg'), await this.#find('ffprobe')]
    const heif = (await this.#find('heif-dec')) ?? (await this.#find('heif-convert'))
    return { prlimit, nice, ffmpeg, ffprobe, heif }
  }
}

const PLAYABLE_BYTES_MAX = 16 * 2 ** 20
const INPUT = 'input'
const OUTPUT = 'output'

/** One file in its folder. */
class Work {
  readonly #programs: Programs
  readonly #folder: string

  constructor(programs: Programs, folder: string) {
    this.#programs = programs
    this.#folder = folder
  }

  async probe(reader: string): Promise<Probed | NoRecording> {
    const { ffmpeg, ffprobe } = this.#programs
    if (ffmpeg === undefined || ffprobe === undefined) return 'not-installed'
    const shown = ['-show_format', '-show_streams', '-print_format', 'json']
    const command = [ffprobe, '-v', 'error', '-protocol_whitelist', 'file', ...shown, '-f', reader, INPUT]
    const said = await runWithin(this.#programs, command, { cwd: this.#folder, timeoutMs: PROBE_TIMEOUT_MS })
    return probedOf(said ?? '') ?? 'unreadable'
  }

  /** The same streams in a fresh container, where phones play them. */
  async without(
    reader: string,
    contentType: string,
    { video, audio }: Probed,
    bytesMax: number,
  ): Promise<Recording | undefined> {
    if (contentType === 'audio/amr') return { contentType, octets: await readFile(join(this.#folder, INPUT)) }
    if (contentType === 'audio/mpeg' && video === undefined) {
      const bare = ['-map', '0:a:0', '-c', 'copy', '-id3v2_version', '0', '-write_xing', '0', '-f', 'mp3']
      return await this.#output(await this.#run(reader, bare), contentType, bytesMax)
    }
    const isPlayed =
      (video === undefined || video.codec === 'h264') &&
      (audio === undefined || audio.codec === 'aac') &&
      reader === 'mov'
    if (!isPlayed) return undefined
    const done = await this.#run(reader, [...STREAMS, '-c', 'copy', '-movflags', '+faststart', '-f', 'mp4'])
    return await this.#output(done, video === undefined ? 'audio/mp4' : 'video/mp4', bytesMax)
  }

  async sound(reader: string, probed: Probed, bytesMax: number): Promise<Recording | NoRecording> {
    for (let attempt = 0, room = bytesMax; attempt < TRIES_MAX; attempt++, room *= 0.85) {
      const bits = planSound(probed, room)
      if (bits === undefined) return attempt === 0 ? 'too-long' : 'does-not-fit'
      const rate = bits < 24_000 ? '16000' : '24000'
      const coded = ['-map', '0:a:0', '-c:a', 'aac', '-ac', '1', '-ar', rate, '-b:a', String(bits)]
      const done = await this.#run(reader, [...coded, '-movflags', '+faststart', '-f', 'mp4'])
      if (!done) return 'unreadable'
      const made = await this.#output(done, 'audio/mp4', bytesMax)
      if (made !== undefined) return made
    }
    return 'does-not-fit'
  }

  async film(reader: string, probed: Probed, bytesMax: number): Promise<Recording | NoRecording> {
    for (let attempt = 0, room = bytesMax; attempt < TRIES_MAX; attempt++, room *= 0.85) {
      const plan = planFilm(probed, room)
      if (plan === undefined) return attempt === 0 ? 'too-long' : 'does-not-fit'
      const { videoBitsPerSecond: bits, audioBitsPerSecond, longEdge } = plan
      const size = `scale='if(gt(iw,ih),min(${longEdge},trunc(iw/2)*2),-2)':'if(gt(iw,ih),-2,min(${longEdge},trunc(ih/2)*2))'`
      const coded = ['-c:v', 'libx264', '-profile:v', 'baseline', '-pix_fmt', 'yuv420p', '-preset', 'veryfast']
      const rates = ['-b:v', String(bits), '-maxrate', String(bits * 2), '-bufsize', String(bits * 4), '-threads', '2']
      const film = ['-vf', `fps=${FRAMES_PER_SECOND},${size}`, ...coded, ...rates, '-passlogfile', 'passes']
      const looked = await this.#run(reader, ['-map', '0:v:0', ...film, '-pass', '1', '-an', '-f', 'null'])
      const sound =
        audioBitsPerSecond === 0
          ? ['-an']
          : ['-c:a', 'aac', '-ac', '1', '-ar', '24000', '-b:a', String(audioBitsPerSecond)]
      const done =
        looked &&
        (await this.#run(reader, [...STREAMS, ...film, '-pass', '2', ...sound, '-movflags', '+faststart', '-f', 'mp4']))
      if (!done) return 'unreadable'
      const made = await this.#output(done, 'video/mp4', bytesMax)
      if (made !== undefined) return made
    }
    return 'does-not-fit'
  }

  async heic(): Promise<Uint8Array | NoRecording> {
    const { heif } = this.#programs
    if (heif === undefined) return 'not-installed'
    const bounds = { cwd: this.#folder, timeoutMs: PROBE_TIMEOUT_MS }
    const said = await runWithin(this.#programs, [heif, '-q', '92', INPUT, `${OUTPUT}.jpg`], bounds)
    return said === undefined ? 'unreadable' : await readFile(join(this.#folder, `${OUTPUT}.jpg`))
  }

  async #run(reader: string, parameters: readonly string[]): Promise<boolean> {
    const { ffmpeg = '' } = this.#programs
    const quiet = ['-nostdin', '-hide_banner', '-loglevel', 'error', '-y', '-protocol_whitelist', 'file']
    const bare = [
      '-map_metadata',
      '-1',
      '-map_chapters',
      '-1',
      '-fflags',
      '+bitexact',
      '-flags:v',
      '+bitexact',
      '-flags:a',
      '+bitexact',
    ]
    const command = [ffmpeg, ...quiet, '-f', reader, '-i', INPUT, ...bare, ...parameters, OUTPUT]
    return (await runWithin(this.#programs, command, { cwd: this.#folder, timeoutMs: CODE_TIMEOUT_MS })) !== undefined
  }

  async #output(done: boolean, contentType: string, bytesMax: number): Promise<Recording | undefined> {
    const file = join(this.#folder, OUTPUT)
    if (!done || (await stat(file)).size > bytesMax) return undefined
    return { contentType, octets: await readFile(file) }
  }
}

/** The first film and the first sound, no subtitles, no covers. */
const STREAMS: readonly string[] = ['-map', '0:v:0?', '-map', '0:a:0?', '-sn', '-dn']
