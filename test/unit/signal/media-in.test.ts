/** What comes with a message as a file: stickers are pictures, voice notes are marked, nonsense of a pointer is left out. */
import { expect, test } from 'vitest'
import { mediaOf } from '../../../src/signal/attachments-in.ts'

const pointer = { cdnKey: 'k', cdnNumber: 3, contentType: 'image/webp', size: 9 }

test('a sticker is a picture of the message, beside what else is attached', () => {
  const { attachments } = mediaOf({
    attachments: [{ ...pointer, contentType: 'image/png' }],
    sticker: { emoji: '🦔', data: pointer },
  })
  expect(attachments.map(({ contentType, sticker }) => [contentType, sticker])).toEqual([
    ['image/png', false],
    ['image/webp', true],
  ])
  expect(mediaOf({ sticker: { emoji: '🦔' } }).attachments).toEqual([])
})

test('a voice note, and what is to be looked at once, say so', () => {
  const { attachments, viewOnce } = mediaOf({ isViewOnce: true, attachments: [{ ...pointer, flags: 1 }] })
  expect(attachments.map(({ voice, gif }) => [voice, gif])).toEqual([[true, false]])
  expect(viewOnce).toBe(true)
})

test('sizes and types that make no sense are none', () => {
  const odd = { ...pointer, width: 0xffff_ffff, height: 0, contentType: 'image/png\r\nset-cookie: a' }
  expect(mediaOf({ attachments: [odd] }).attachments[0]).toMatchObject({
    contentType: 'image/png',
    width: undefined,
    height: undefined,
  })
})
