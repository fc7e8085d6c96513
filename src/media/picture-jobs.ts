/** What is asked of the thread that looks into pictures, and what it answers. One job at a time, one answer to each. */
import type { Looked } from '../domain/media.ts'

/** Of a picture that is looked at, or of all frames of an animation that is made anew: what a good camera makes. */
export const INPUT_PIXELS_MAX = 64_000_000
/** It is held in memory while it is looked at. */
export const PICTURE_BYTES_MAX = 24 * 1024 * 1024

export type PictureJob =
  /** `edge`: of the small copy, in pixels; undefined: the usual one. */
  | { kind: 'look'; octets: Uint8Array; edge: number | undefined }
  /** Smaller than `bytesMax` octets, turned upright, without metadata. */
  | { kind: 'shrink'; octets: Uint8Array; bytesMax: number }
  /** Its middle, a square of at most `edge` pixels, turned upright, without metadata. */
  | { kind: 'square'; octets: Uint8Array; edge: number }

export interface ShrunkPicture {
  contentType: 'image/jpeg' | 'image/png' | 'image/gif'
  octets: Uint8Array
  /** As it is shown. */
  width: number
  height: number
}

export type PictureRefusal = 'too-many-pixels' | 'unreadable' | 'does-not-fit'

export type PictureAnswer =
  | ({ kind: 'looked' } & Looked)
  | ({ kind: 'shrunk' } & ShrunkPicture)
  | { kind: 'refused'; why: PictureRefusal }
