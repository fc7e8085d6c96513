/**
 * A file of 100 MB through the whole gateway, both ways over Signal's mock server: how fast, what of the processor it
 * takes, and how much more memory the gateway holds for it than before. The mock server and the person's phone live in this
 * process and share the machine, so the time on the wall is theirs, too; the gateway's own is `…CpuMsPerMb`.
 */
import { randomFillSync } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { House } from '../src/sandbox/house.ts'
import type { Benchmark, Measured } from './benchmark.ts'

const FILE_BYTES = 100_000_000
const PIECE_BYTES = 1_000_000
const WAIT_MS = 300_000
const MEGABYTE = 1_000_000
/** `/proc/PID/stat` counts in these on Linux. */
const TICKS_PER_SECOND = 100

interface Leg {
  mbPerSecond: number
  cpuMsPerMb: number
  rssGrowthMb: number
}

interface File {
  id: string
  state: string
}

/** What a process took for `work`: its peak of resident memory is the kernel's own, above what it held before. */
async function leg(pid: number, work: () => Promise<void>, bytes = FILE_BYTES): Promise<Leg> {
  const memory = (field: string) =>
    Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024
  const cpuMs = () => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return ((Number(fields[11]) + Number(fields[12])) * 1_000) / TICKS_PER_SECOND
  }
  // proc(5): 5 sets the peak back to what is held now.
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
  const before = { rss: memory('VmRSS'), cpuMs: cpuMs(), atMs: performance.now() }
  await work()
  const megabytes = bytes / MEGABYTE
  return {
    mbPerSecond: Math.round(megabytes / ((performance.now() - before.atMs) / 1_000)),
    cpuMsPerMb: Math.round(((cpuMs() - before.cpuMs) / megabytes) * 10) / 10,
    rssGrowthMb: Math.round(memory('VmHWM') - before.rss),
  }
}

/** One request at the gateway's own socket; resolves with its status and what it answered, or with its length only. */
function ask(
  house: House,
  method: string,
  path: string,
  headers: Record<string, string | number>,
  pieces: Iterable<Buffer> = [],
): Promise<{ status: number; bytes: number; head: string }> {
  return new Promise((resolve, reject) => {
    const socketPath = join(house.directory, 'run/api.sock')
    const outgoing = request({ socketPath, method, path, headers, agent: false }, (response) => {
      let bytes = 0
      let head = ''
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (head.length < PIECE_BYTES && method === 'POST') head += chunk.toString('latin1')
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, bytes, head }))
    })
    outgoing.on('error', reject)
    const left = pieces[Symbol.iterator]()
    const more = () => {
      for (let next = left.next(); next.done !== true; next = left.next()) {
        if (!outgoing.write(next.value)) return void outgoing.once('drain', more)
      }
      outgoing.end()
    }
    more()
  })
}

function* pieces(): Generator<Buffer> {
  const piece = randomFillSync(Buffer.alloc(PIECE_BYTES))
  for (let left = FILE_BYTES; left > 0; left -= PIECE_BYTES) yield piece
}

/** The newest file that came. The first message that ever came is the text with the verification code. */
async function newest(house: House): Promise<File | undefined> {
  const messages = (await house.messages('&direction=in')) as unknown as { attachments: File[] }[]
  return messages.flatMap(({ attachments }) => attachments).at(-1)
}

async function readBack(house: House, pid: number, id: string): Promise<[Leg, Leg]> {
  const path = `/api/v1/media/${id}`
  const whole = await leg(pid, async () => {
    const { bytes } = await ask(house, 'GET', path, {})
    if (bytes !== FILE_BYTES) throw new Error(`${bytes} octets came`)
  })
  const half = FILE_BYTES / 2
  const ranged = await leg(
    pid,
    async () => {
      const { status, bytes } = await ask(house, 'GET', path, { range: `bytes=${half}-` })
      if (status !== 206 || bytes !== half) throw new Error(`${status}: ${bytes} octets came`)
    },
    half,
  )
  return [whole, ranged]
}

async function attachment100Mb(): Promise<Measured> {
  const house = await House.open({
    config: { log: { level: 'warn', format: 'json' }, attachments: { automatic_bytes_max: '100MB' } },
  })
  try {
    const pid = house.gatewayPid ?? 0
    const ana = house.world.person('ana')
    // What the first message costs is not the file's.
    await house.reaches(await house.send(ana.number, 'first'), 'delivered')
    let id = ''
    const handIn = await leg(pid, async () => {
      const headers = { 'content-length': FILE_BYTES }
      id = (JSON.parse((await ask(house, 'POST', '/api/v1/media', headers, pieces())).head) as File).id
    })
    const send = await leg(pid, async () => {
      const message = await house.send(ana.number, '', { media: [id] })
      const hasLeft = async () => ['sent', 'delivered', 'read'].includes((await house.message(message)).status)
      await house.eventually('it has left', hasLeft, WAIT_MS)
    })
    await house.eventually('her phone has it', () => ana.signal?.texts.at(-1)?.files.length === 1, WAIT_MS)
    const stored = await house.world.server.host.files.put(randomFillSync(Buffer.alloc(FILE_BYTES)), {
      contentType: 'application/octet-stream',
      fileName: null,
      voice: false,
    })
    const fetch = await leg(pid, async () => {
      await ana.signal?.sendMessage(house.world.gatewayNumber, { attachments: [stored] })
      await house.eventually('it is here', async () => (await newest(house))?.state === 'here', WAIT_MS)
    })
    const [read, range] = await readBack(house, pid, (await newest(house))?.id ?? '')
    return named({ handIn, send, fetch, read, range })
  } finally {
    await house.close()
  }
}

/** `handInMbPerSecond`, `handInCpuMsPerMb`, … */
function named(legs: Readonly<Record<string, Leg>>): Measured {
  const entries = Object.entries(legs).flatMap(([name, values]) =>
    Object.entries(values).map(([key, value]) => [`${name}${key[0]?.toUpperCase()}${key.slice(1)}`, value] as const),
  )
  return Object.fromEntries(entries)
}

/** The bound of memory, what a gigabit carries, and what the ciphers and hashes alone take on a small server. */
const ideal = (cpuMsPerMb: number): Leg => ({ mbPerSecond: 100, cpuMsPerMb, rssGrowthMb: 40 })

export const benchmarks: readonly Benchmark[] = [
  {
    name: 'attachment-100mb',
    ideal: named({ handIn: ideal(2), send: ideal(5), fetch: ideal(5), read: ideal(1), range: ideal(1) }),
    run: attachment100Mb,
  },
]
