import { describe, expect, it } from 'vitest'
import type { Message } from '../../../src/inbox/api/types.ts'
import { tapbacksOf } from '../../../src/inbox/model/tapbacks.ts'

/** A text of the other side, or of ours where it begins with `>`. */
function thread(...texts: (string | Partial<Message>)[]): Message[] {
  return texts.map((given, index) => {
    const what = typeof given === 'string' ? { text: given } : given
    const isOurs = what.text?.startsWith('>') === true
    return {
      kind: 'text',
      direction: isOurs ? 'out' : 'in',
      transport: 'sms',
      author: null,
      deleted_at: null,
      ...what,
      text: (what.text ?? '').replace(/^>/, ''),
      id: `msg_${index}`,
    } as Message
  })
}

/** `msg_0 👍` for each reaction, and which texts are shown as nothing else. */
function shorthand(messages: readonly Message[]): string {
  const { to, texts } = tapbacksOf(messages)
  const chips = [...to].flatMap(([id, reactions]) => reactions.map(({ emoji }) => `${id} ${emoji}`))
  return [...chips, ...[...texts].map((id) => `(${id})`)].join(' ')
}

const EIGHT = '>See you at eight'

describe('a reaction that came as a text', () => {
  it.each([
    ['an iPhone likes', [EIGHT, 'Liked “See you at eight”'], 'msg_0 👍 (msg_1)'],
    ['an iPhone laughs', [EIGHT, 'Laughed at “See you at eight”'], 'msg_0 😂 (msg_1)'],
    ['an iPhone with any emoji', [EIGHT, 'Reacted 🔥 to “See you at eight”'], 'msg_0 🔥 (msg_1)'],
    ['a flag, a skin tone, a family', [EIGHT, 'Reacted 👩🏽‍🚒 to “See you at eight”'], 'msg_0 👩🏽‍🚒 (msg_1)'],
    [
      'Android’s Messages, with its marks',
      [EIGHT, '\u200A\u200B❤️\u200B to “\u200ASee you at eight\u200A”\u200A'],
      'msg_0 ❤️ (msg_1)',
    ],
    ['one of their own messages', ['Lines\nof theirs', 'Loved “Lines\nof theirs”'], 'msg_0 ❤️ (msg_1)'],
    [
      'the later one of the same person stands',
      [EIGHT, 'Liked “See you at eight”', 'Loved “See you at eight”'],
      'msg_0 ❤️ (msg_2)',
    ],
    [
      'of two people both stand',
      [
        EIGHT,
        { text: 'Liked “See you at eight”', author: { id: null, name: null, address: '+1' } },
        { text: 'Liked “See you at eight”', author: { id: null, name: null, address: '+2' } },
      ],
      'msg_0 👍 msg_0 👍 (msg_1) (msg_2)',
    ],
    ['taken back, both texts stay', [EIGHT, 'Liked “See you at eight”', 'Removed a like from “See you at eight”'], ''],
  ])('%s', (_name, texts, expected) => {
    expect(shorthand(thread(...texts))).toBe(expected)
  })

  it.each([
    ['it quotes what is not here', [EIGHT, 'Liked “See you at nine”']],
    ['two messages say the same', [EIGHT, EIGHT, 'Liked “See you at eight”']],
    ['a picture, which none can tell from another', [EIGHT, 'Liked an image']],
    ['somebody means it', [EIGHT, 'Loved every minute of it']],
    ['a word before the quotation', [EIGHT, 'Ben liked “See you at eight”']],
    ['we wrote it', ['See you at eight', '>Liked “See you at eight”']],
    [
      'it came over Signal, which has reactions',
      [EIGHT, { text: 'Liked “See you at eight”', transport: 'signal' as const }],
    ],
    ['the quotation comes first', ['Liked “See you at eight”', EIGHT]],
  ])('stays a text where %s', (_name, texts) => {
    expect(shorthand(thread(...texts))).toBe('')
  })
})
