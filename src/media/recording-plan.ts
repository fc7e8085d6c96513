/**
 * How a film or a sound is made to fit: what `ffprobe` says of it, and bit rates that follow from its length. Pure. Phones
 * since 2010 play H.264 baseline with AAC in an MP4; what would come out below the least bit rates nobody could look at.
 */

export interface Probed {
  seconds: number
  video: { codec: string; width: number; height: number } | undefined
  audio: { codec: string } | undefined
}

export interface FilmPlan {
  videoBitsPerSecond: number
  audioBitsPerSecond: number
  longEdge: number
}

/** Containers have a frame of their own, and a coder is not exact. */
const PAYLOAD_SHARE = 0.92
const FILM_AUDIO_BITS = 24_000
const FILM_VIDEO_BITS_MIN = 60_000
const FILM_VIDEO_BITS_MAX = 1_500_000
const AUDIO_BITS_MIN = 12_000
const AUDIO_BITS_MAX = 64_000
/** From which bit rate on a picture of which longer side is looked at with pleasure. */
const LONG_EDGES: readonly (readonly [bits: number, edge: number])[] = [
  [500_000, 640],
  [100_000, 480],
  [0, 320],
]

/** Undefined where it is too long for so few octets. */
export function planFilm({ seconds, audio }: Probed, bytesMax: number): FilmPlan | undefined {
  const audioBitsPerSecond = audio === undefined ? 0 : FILM_AUDIO_BITS
  const left = Math.floor((PAYLOAD_SHARE * bytesMax * 8) / Math.max(seconds, 0.1)) - audioBitsPerSecond
  if (left < FILM_VIDEO_BITS_MIN) return undefined
  const videoBitsPerSecond = Math.min(FILM_VIDEO_BITS_MAX, left)
  const longEdge = LONG_EDGES.find(([bits]) => videoBitsPerSecond >= bits)?.[1] ?? 320
  return { videoBitsPerSecond, audioBitsPerSecond, longEdge }
}

/** Bits a second; undefined where it is too long for so few octets. */
export function planSound({ seconds }: Probed, bytesMax: number): number | undefined {
  const bits = Math.floor((PAYLOAD_SHARE * bytesMax * 8) / Math.max(seconds, 0.1))
  return bits < AUDIO_BITS_MIN ? undefined : Math.min(AUDIO_BITS_MAX, bits)
}

/** What `ffprobe -print_format json` wrote; undefined where that is nothing to go by. */
export function probedOf(json: string): Probed | undefined {
  const root = record(parsed(json))
  const streams = Array.isArray(root['streams']) ? root['streams'].map(record) : []
  const seconds = Number(record(root['format'])['duration'])
  const isCover = (stream: Record<string, unknown>) => record(stream['disposition'])['attached_pic'] === 1
  const video = streams.find((stream) => stream['codec_type'] === 'video' && !isCover(stream))
  const audio = streams.find((stream) => stream['codec_type'] === 'audio')
  if (!Number.isFinite(seconds) || seconds <= 0 || (video === undefined && audio === undefined)) return undefined
  return {
    seconds,
    video: video && {
      codec: String(video['codec_name']),
      width: Number(video['width']),
      height: Number(video['height']),
    },
    audio: audio && { codec: String(audio['codec_name']) },
  }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
}
