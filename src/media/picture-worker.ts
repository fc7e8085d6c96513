/**
 * Looks into pictures, on a thread of its own: the only file that imports `sharp`. A picture is hostile until proved
 * otherwise: its pixels, its frames and the time it takes are bounded, and whatever goes wrong is an answer. Metadata
 * (where it was taken, by what, when) never comes out of here, and what was turned by a note in it is turned in fact.
 */
import { parentPort } from 'node:worker_threads'
import sharp, { type Metadata, type OutputInfo, type Sharp } from 'sharp'
import { gifWithoutMetadata } from './gif-blocks.ts'
import { INPUT_PIXELS_MAX, type PictureAnswer, type PictureJob } from './picture-jobs.ts'
import { edgesFrom, firstThatFits } from './size-search.ts'

/** Longer side of a small copy, as a rule. */
const THUMBNAIL_PIXELS_MAX = 512
const SECONDS_MAX = 15
/** What is not transparent stays a PNG below this size: a drawing, a screenshot with few colours. */
const PLAIN_PNG_BYTES_MAX = 100 * 1024
/** Of what is transparent and too large: choosing few colours takes long, so that few sizes are tried. */
const FEW_COLOURS_EDGES: readonly number[] = [512, 320, 160]
/** Of an animation: which part of its frames at which longer side, in this order. */
const ANIMATIONS: readonly (readonly [share: number, edge: number])[] = [
  [1, 1024],
  [1, 480],
  [1, 320],
  [0.5, 320],
  [0.25, 240],
]
/** A guess of a copy's octets that is this many times too large is not tried. */
const HOPELESS = 3
const WHITE = '#ffffff'
/** Of a portrait, as JPEG. */
const SQUARE_QUALITY = 85

sharp.concurrency(1)
sharp.cache(false)
// Readers of vectors, documents and rare formats have no business here: only these are handed anything from outside.
sharp.block({ operation: ['VipsForeignLoad'] })
sharp.unblock({ operation: ['Jpeg', 'Png', 'Nsgif', 'Webp', 'Heif'].map((format) => `VipsForeignLoad${format}`) })

parentPort?.on('message', (job: PictureJob) => {
  void answer(job).then((said) => parentPort?.postMessage(said))
})

async function answer(job: PictureJob): Promise<PictureAnswer> {
  try {
    const metadata = await sharp(job.octets, { limitInputPixels: false }).metadata()
    const { width, height, pageHeight = height } = metadata
    if (width * pageHeight > INPUT_PIXELS_MAX) return { kind: 'refused', why: 'too-many-pixels' }
    if (job.kind === 'look') return await look(job.octets, metadata, job.edge)
    if (job.kind === 'square') return await square(job.octets, job.edge, metadata)
    return await shrink(job.octets, job.bytesMax, metadata)
  } catch {
    return { kind: 'refused', why: 'unreadable' }
  }
}

function opened(octets: Uint8Array): Sharp {
  const bounds = { limitInputPixels: INPUT_PIXELS_MAX, sequentialRead: true, failOn: 'error', pages: 1 } as const
  return sharp(octets, bounds).timeout({ seconds: SECONDS_MAX })
}

async function look(
  octets: Uint8Array,
  { autoOrient, hasAlpha }: Metadata,
  edge = THUMBNAIL_PIXELS_MAX,
): Promise<PictureAnswer> {
  const small = opened(octets).autoOrient().resize(edge, edge, { fit: 'inside', withoutEnlargement: true })
  const made = await (hasAlpha ? small.png() : small.jpeg({ quality: 75 })).toBuffer({ resolveWithObject: true })
  const { width, height } = made.info
  return { kind: 'looked', ...autoOrient, thumbnail: made.data, thumbnailSize: { width, height } }
}

async function square(octets: Uint8Array, edge: number, { autoOrient }: Metadata): Promise<PictureAnswer> {
  const side = Math.min(edge, autoOrient.width, autoOrient.height)
  const cut = opened(octets).autoOrient().resize(side, side, { fit: 'cover' }).toColourspace('srgb')
  const { data, info } = await cut.raw().toBuffer({ resolveWithObject: true })
  const plain = () => sharp(data, { raw: { width: side, height: side, channels: info.channels } })
  const isOpaque = info.channels === 1 || info.channels === 3 || (await plain().stats()).isOpaque
  const made = isOpaque ? plain().flatten({ background: WHITE }).jpeg({ quality: SQUARE_QUALITY }) : plain().png()
  const contentType = isOpaque ? 'image/jpeg' : 'image/png'
  return { kind: 'shrunk', contentType, octets: await made.toBuffer(), width: side, height: side }
}

async function shrink(octets: Uint8Array, bytesMax: number, metadata: Metadata): Promise<PictureAnswer> {
  const moving = (metadata.pages ?? 1) > 1 ? await animation(octets, bytesMax, metadata) : undefined
  if (moving !== undefined) return moving
  const base = await Base.of(octets)
  const still = metadata.format === 'jpeg' ? undefined : await drawing(base, bytesMax)
  return still ?? (await photograph(base, bytesMax)) ?? { kind: 'refused', why: 'does-not-fit' }
}

/** The picture upright, at most as large as is ever sent, in plain octets: what all copies are made from. */
class Base {
  readonly info: OutputInfo
  readonly #pixels: Buffer

  private constructor(pixels: Buffer, info: OutputInfo) {
    this.#pixels = pixels
    this.info = info
  }

  static async of(octets: Uint8Array): Promise<Base> {
    const [edge = 0] = edgesFrom(Number.POSITIVE_INFINITY)
    const { data, info } = await opened(octets)
      .autoOrient()
      .resize(edge, edge, { fit: 'inside', withoutEnlargement: true })
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true })
    return new Base(data, info)
  }

  get edges(): readonly number[] {
    return edgesFrom(Math.max(this.info.width, this.info.height))
  }

  /** Whether anything shines through. */
  async isTransparent(): Promise<boolean> {
    const hasAlpha = this.info.channels === 2 || this.info.channels === 4
    return hasAlpha && !(await this.#open().stats()).isOpaque
  }

  copy(edge: number): Sharp {
    return this.#open()
      .resize(edge, edge, { fit: 'inside', withoutEnlargement: true })
      .timeout({ seconds: SECONDS_MAX })
  }

  /** What `edge` makes of width and height. */
  sizeAt(edge: number): { width: number; height: number } {
    const { width, height } = this.info
    const factor = Math.min(1, edge / Math.max(width, height))
    return { width: Math.max(1, Math.round(width * factor)), height: Math.max(1, Math.round(height * factor)) }
  }

  #open(): Sharp {
    const { width, height, channels } = this.info
    return sharp(this.#pixels, { raw: { width, height, channels } })
  }
}

/** As JPEG, on white where it is transparent. */
async function photograph(base: Base, bytesMax: number): Promise<PictureAnswer | undefined> {
  const found = await firstThatFits(base.edges, bytesMax, (edge, quality) =>
    base.copy(edge).flatten({ background: WHITE }).jpeg({ quality }).toBuffer(),
  )
  if (found === undefined) return undefined
  return { kind: 'shrunk', contentType: 'image/jpeg', octets: found.octets, ...base.sizeAt(found.edge) }
}

/** As PNG, where it is transparent or small; else undefined. */
async function drawing(base: Base, bytesMax: number): Promise<PictureAnswer | undefined> {
  const isTransparent = await base.isTransparent()
  const most = isTransparent ? bytesMax : Math.min(bytesMax, PLAIN_PNG_BYTES_MAX)
  const png = async (edge: number, few: boolean): Promise<PictureAnswer | undefined> => {
    const options = few ? { palette: true, effort: 1 } : { compressionLevel: 6 }
    const octets = await base.copy(edge).png(options).toBuffer()
    if (octets.length > most) return undefined
    return { kind: 'shrunk', contentType: 'image/png', octets, ...base.sizeAt(edge) }
  }
  const [whole = 0] = base.edges
  const exact = await png(whole, false)
  if (exact !== undefined || !isTransparent) return exact
  for (const edge of FEW_COLOURS_EDGES.filter((edge) => edge < whole || edge === FEW_COLOURS_EDGES[0])) {
    const found = await png(edge, true)
    if (found !== undefined) return found
  }
  return undefined
}

/** As GIF that moves; undefined where no number of frames that is worth it fits. */
async function animation(
  octets: Uint8Array,
  bytesMax: number,
  { format, width, height, pages = 1, pageHeight = height }: Metadata,
): Promise<PictureAnswer | undefined> {
  const clean = format === 'gif' ? gifWithoutMetadata(octets) : undefined
  if (clean !== undefined && clean.length <= bytesMax) {
    return { kind: 'shrunk', contentType: 'image/gif', octets: clean, width, height: pageHeight }
  }
  const longEdge = Math.max(width, pageHeight)
  for (const [share, edge] of ANIMATIONS) {
    const frames = Math.ceil(pages * share)
    const factor = Math.min(1, edge / longEdge)
    // All frames are in memory together.
    if (frames < 2 || width * pageHeight * frames > INPUT_PIXELS_MAX) continue
    if (octets.length * share * factor * factor > bytesMax * HOPELESS) continue
    const { data, info } = await sharp(octets, { limitInputPixels: INPUT_PIXELS_MAX, pages: frames })
      .resize(edge, edge, { fit: 'inside', withoutEnlargement: true })
      .gif()
      .timeout({ seconds: SECONDS_MAX })
      .toBuffer({ resolveWithObject: true })
    if (data.length > bytesMax) continue
    const shownHeight = info.pageHeight ?? info.height
    return { kind: 'shrunk', contentType: 'image/gif', octets: data, width: info.width, height: shownHeight }
  }
  return undefined
}
