/**
 * Pictures: small copies, how large one is, and copies that fit into so many octets. The work is done on a thread of its
 * own (`picture-worker.ts`), which begins with the first picture (a gateway of texts does not pay for it) and ends when
 * there was none for a while. One picture at a time; one that takes too long ends the thread, not the gateway.
 */
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { isPicture, type Looked, type PictureLooks } from '../domain/media.ts'
import {
  PICTURE_BYTES_MAX,
  type PictureAnswer,
  type PictureJob,
  type PictureRefusal,
  type ShrunkPicture,
} from './picture-jobs.ts'

/** For one picture, whatever is done with it. A Raspberry Pi takes some seconds for a large photograph. */
const JOB_TIMEOUT_MS = 90_000
const IDLE_MS = 30_000
/** More are not taken on; those that wait hold their octets. */
const JOBS_WAITING_MAX = 64
/** Of JavaScript's own; pixels are bounded by `INPUT_PIXELS_MAX`. */
const HEAP_MB_MAX = 128

/** Why there is no copy that fits. */
export type NoPicture = PictureRefusal | 'too-slow' | 'unavailable'

type Answered = PictureAnswer | 'too-slow' | 'unavailable'

const ignore = () => undefined

export interface PicturesOptions {
  jobTimeoutMs?: number
  idleMs?: number
}

export class Pictures implements PictureLooks {
  readonly #jobTimeoutMs: number
  readonly #idleMs: number
  #worker: Worker | undefined
  #turn: Promise<unknown> = Promise.resolve()
  #waiting = 0
  #closed = false
  #settle: (answer: Answered) => void = ignore
  #idle: NodeJS.Timeout | undefined

  constructor({ jobTimeoutMs = JOB_TIMEOUT_MS, idleMs = IDLE_MS }: PicturesOptions = {}) {
    this.#jobTimeoutMs = jobTimeoutMs
    this.#idleMs = idleMs
  }

  /** What can be said of a picture, and a small copy of it; undefined where nothing can. Never rejects. */
  async look(
    contentType: string,
    bytes: number,
    read: () => AsyncIterable<Uint8Array>,
    edge?: number,
  ): Promise<Looked | undefined> {
    if (!isPicture(contentType) || bytes > PICTURE_BYTES_MAX) return undefined
    const answer = await this.#inTurn(async () => ({ kind: 'look', octets: await gathered(read()), edge }))
    return typeof answer === 'object' && answer.kind === 'looked' ? answer : undefined
  }

  /**
   * A copy of at most `bytesMax` octets, upright and without metadata: JPEG, PNG where it is transparent or small, GIF
   * where it moves. A word where there is none. Never rejects.
   */
  async shrink(octets: Uint8Array, bytesMax: number): Promise<ShrunkPicture | NoPicture> {
    if (octets.length > PICTURE_BYTES_MAX) return 'too-many-pixels'
    return made(await this.#inTurn(async () => ({ kind: 'shrink', octets, bytesMax })))
  }

  /** Its middle as a square of at most `edge` pixels: JPEG, PNG where it is transparent. Else as `shrink`. */
  async square(octets: Uint8Array, edge: number): Promise<ShrunkPicture | NoPicture> {
    if (octets.length > PICTURE_BYTES_MAX) return 'too-many-pixels'
    return made(await this.#inTurn(async () => ({ kind: 'square', octets, edge })))
  }

  /** Ends the thread for good; pictures under way and waiting are given up. */
  async close(): Promise<void> {
    clearTimeout(this.#idle)
    const worker = this.#worker
    this.#closed = true
    this.#settle('unavailable')
    await worker?.terminate()
  }

  async #inTurn(job: () => Promise<PictureJob>): Promise<Answered> {
    if (this.#closed || this.#waiting >= JOBS_WAITING_MAX) return 'unavailable'
    this.#waiting += 1
    const turn = this.#turn
      .then(async () => (this.#closed ? 'unavailable' : await this.#ask(await job())))
      .catch(() => 'unavailable' as const)
      .finally(() => {
        this.#waiting -= 1
      })
    this.#turn = turn
    return await turn
  }

  #ask(job: PictureJob): Promise<Answered> {
    clearTimeout(this.#idle)
    this.#worker ??= this.#start()
    const worker = this.#worker
    worker.ref()
    return new Promise((resolve) => {
      const deadline = setTimeout(() => this.#settle('too-slow'), this.#jobTimeoutMs)
      this.#settle = (answer) => {
        this.#settle = ignore
        clearTimeout(deadline)
        if (typeof answer === 'string') this.#drop(worker)
        else this.#rest(worker)
        resolve(answer)
      }
      worker.postMessage(job)
    })
  }

  #start(): Worker {
    const worker = startWorker()
    const settle = (answer: Answered) => {
      if (this.#worker === worker) this.#settle(answer)
    }
    worker.on('message', settle)
    worker.on('error', () => settle('unavailable'))
    worker.on('exit', () => {
      settle('unavailable')
      if (this.#worker === worker) this.#worker = undefined
    })
    return worker
  }

  #drop(worker: Worker): void {
    if (this.#worker === worker) this.#worker = undefined
    void worker.terminate()
  }

  /** Does not keep the process from ending while it waits for the next one. */
  #rest(worker: Worker): void {
    worker.unref()
    this.#idle = setTimeout(() => this.#drop(worker), this.#idleMs)
    this.#idle.unref()
  }
}

function made(answer: Answered): ShrunkPicture | NoPicture {
  if (typeof answer === 'string') return answer
  if (answer.kind === 'shrunk') return answer
  return answer.kind === 'refused' ? answer.why : 'unreadable'
}

function startWorker(): Worker {
  const resourceLimits = { maxOldGenerationSizeMb: HEAP_MB_MAX }
  const extension = extname(new URL(import.meta.url).pathname)
  const file = new URL(`./picture-worker${extension}`, import.meta.url)
  if (extension !== '.ts') return new Worker(file, { resourceLimits })
  // Run from its sources in a checkout, as tests do: a thread of Node 20 does not take over who reads TypeScript.
  const start = `import('tsx/esm/api').then(({ register }) => { register(); return import('${file.href}') })`
  return new Worker(start, { eval: true, resourceLimits })
}

async function gathered(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const octets: Uint8Array[] = []
  for await (const chunk of chunks) octets.push(chunk)
  return Buffer.concat(octets)
}
