/** For accounts whose people have no pictures. */
import type { Portraits } from '../src/domain/media.ts'

export const noPortraits: Portraits = {
  square: async () => 'no-picture',
  keep: () => Promise.reject(new Error('there is no picture to keep')),
  discard: async () => {},
}
