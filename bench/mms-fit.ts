/**
 * How long it takes to make a photograph of 12 megapixels fit into a picture message of 300 KB, 600 KB and 1 MB, and what
 * comes out: octets of the encoded PDU, and pixels of its longer side. The photograph is a seeded gradient with noise, which
 * is harder than what cameras make.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import pino from 'pino'
import sharp from 'sharp'
import { composeBody } from '../modem/mms/compose.ts'
import { encodePdu } from '../modem/mms/encode.ts'
import { Fitting } from '../src/media/fitting.ts'
import { Pictures } from '../src/media/pictures.ts'
import { Recordings } from '../src/media/recordings.ts'
import type { Benchmark } from './benchmark.ts'

const WIDTH = 4000
const HEIGHT = 3000
/** Of each channel, around the gradient. */
const NOISE = 48
const LIMITS = { fit300Kb: 300 * 1024, fit600Kb: 600 * 1024, fit1Mb: 1024 * 1024 } as const

async function photograph(): Promise<Buffer> {
  const pixels = Buffer.alloc(WIDTH * HEIGHT * 3)
  let state = 1
  for (let y = 0, at = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      for (const base of [(x * 200) / WIDTH, (y * 200) / HEIGHT, ((x ^ y) & 127) + 40]) {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
        pixels[at++] = base + ((state >>> 16) % NOISE)
      }
    }
  }
  return await sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
    .jpeg({ quality: 90 })
    .toBuffer()
}

async function run() {
  const octets = await photograph()
  const directory = mkdtempSync(join(tmpdir(), 'causeway-bench-'))
  const pictures = new Pictures()
  const recordings = new Recordings({ directory })
  const fitting = new Fitting({ pictures, recordings, log: pino({ level: 'silent' }) })
  const file = { contentType: 'image/jpeg', fileName: 'photo.jpg', bytes: octets.length, read: async () => octets }
  const measured: Record<string, number> = { photographKb: Math.round(octets.length / 1024) }
  try {
    // The thread starts with the first picture; that is paid once.
    await fitting.fit({ text: '', files: [file], bytesMax: 20 * 1024, step: 0 })
    for (const [name, bytesMax] of Object.entries(LIMITS)) {
      const startMs = performance.now()
      const { parts } = await fitting.fit({ text: 'Look', files: [file], bytesMax, step: 0 })
      measured[`${name}Ms`] = Math.round(performance.now() - startMs)
      const head = { type: 'm-send-req', transactionId: 'T', version: '1.2', from: { insertAddress: true } } as const
      const pdu = encodePdu({ ...head, to: [{ address: '+447700900123' }], ...composeBody(parts) })
      if (parts.length !== 1 || pdu.length > bytesMax) throw new Error(`${name}: ${pdu.length} octets do not fit`)
      const { width, height } = await sharp(parts[0]?.octets).metadata()
      measured[`${name}Octets`] = pdu.length
      measured[`${name}Pixels`] = Math.max(width, height)
    }
    return measured
  } finally {
    await pictures.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

export const benchmarks: readonly Benchmark[] = [
  {
    name: 'mms-fit',
    ideal: {
      fit300KbMs: 300,
      fit600KbMs: 300,
      fit1MbMs: 300,
      fit300KbPixels: 2048,
      fit600KbPixels: 2048,
      fit1MbPixels: 2048,
    },
    run,
  },
]
