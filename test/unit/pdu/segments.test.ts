import { describe, expect, it } from 'vitest'
import { addressOf } from '../../../modem/pdu/address.ts'
import { ESCAPE } from '../../../modem/pdu/alphabet.ts'
import { encodeSubmit } from '../../../modem/pdu/encode.ts'
import { PduError } from '../../../modem/pdu/error.ts'
import {
  countSegments,
  type Part,
  reassemble,
  type Segment,
  type SplitOptions,
  segmentOf,
  split,
} from '../../../modem/pdu/segments.ts'
import { decodeTpdu } from '../../../modem/pdu/tpdu.ts'
import { packUserData } from '../../../modem/pdu/userdata.ts'
import { Random } from '../at/random.ts'

const address = addressOf('+447700900456')
const options: SplitOptions = { reference: 7 }

/** Over the air: octets, decoded, kept as JSON. */
function received(part: Part): Segment {
  const tpdu = decodeTpdu(encodeSubmit({ ...part, address }), 'mo')
  if (tpdu.type !== 'submit') throw new Error(tpdu.type)
  return JSON.parse(JSON.stringify(segmentOf(tpdu)))
}

const arrived = (parts: readonly Part[]) => reassemble(parts.map(received)).text

describe('how many parts a text needs', () => {
  const counts: readonly [what: string, text: string, parts: number, alphabet: string, unitsLeft: number][] = [
    ['nothing', '', 1, 'gsm7', 160],
    ['160 letters', 'a'.repeat(160), 1, 'gsm7', 0],
    ['161 letters', 'a'.repeat(161), 2, 'gsm7', 145],
    ['306 letters', 'a'.repeat(306), 2, 'gsm7', 0],
    ['307 letters', 'a'.repeat(307), 3, 'gsm7', 152],
    ['80 euro signs', '€'.repeat(80), 1, 'gsm7', 0],
    ['81 euro signs', '€'.repeat(81), 2, 'gsm7', 143],
    ['70 Cyrillic letters', 'ж'.repeat(70), 1, 'ucs2', 0],
    ['71 Cyrillic letters', 'ж'.repeat(71), 2, 'ucs2', 63],
    ['35 emoji', '😀'.repeat(35), 1, 'ucs2', 0],
    ['36 emoji', '😀'.repeat(36), 2, 'ucs2', 61],
    ['letters of the default alphabet', 'àéüß'.repeat(40), 1, 'gsm7', 0],
  ]

  it.each(counts)('%s', (_what, text, parts, alphabet, unitsLeft) => {
    expect(countSegments(text)).toMatchObject({ parts, alphabet, unitsLeft })
    expect(split(text, options)).toHaveLength(parts)
  })

  it('names the character that forced UCS-2', () => {
    expect(countSegments('50 € for “this” 😀').forcedBy).toEqual({ character: '“', index: 9 })
    expect(countSegments('hi 😀').forcedBy).toEqual({ character: '😀', index: 3 })
    expect(countSegments('{}€').forcedBy).toBeNull()
  })

  it('is one more with the long reference where that just does not fit', () => {
    const text = 'a'.repeat(306)
    expect(countSegments(text, { referenceBits: 16 })).toMatchObject({ parts: 3, unitsPerPart: 152 })
    expect(split(text, { reference: 65_535, referenceBits: 16 })[2]?.concat).toEqual({
      ref: 65_535,
      total: 3,
      seq: 3,
      refBits: 16,
    })
  })

  it('is at most 255, and the reference must fit', () => {
    expect(split('a'.repeat(153 * 255), options)).toHaveLength(255)
    expect(() => split('a'.repeat(153 * 255 + 1), options)).toThrow(PduError)
    expect(() => split('ж'.repeat(1_000_000), options)).toThrow(PduError)
    for (const reference of [256, -1, 0.5]) expect(() => split('a', { reference })).toThrow(PduError)
  })
})

describe('where a text is broken', () => {
  it('never inside an escape', () => {
    for (let before = 140; before < 160; before++) {
      const text = `${'a'.repeat(before)}€{[]}${'b'.repeat(200)}`
      const parts = split(text, options)
      expect(arrived(parts)).toBe(text)
      for (const part of parts) expect(part.data.at(-1)).not.toBe(ESCAPE)
    }
  })

  it('never inside a grapheme that fits into a part', () => {
    const graphemes = ['👨‍👩‍👧‍👦', '🇬🇧', 'e\u0301', '👍🏽', 'नि', '한', '🏴󠁧󠁢󠁥󠁮󠁧󠁿']
    for (const grapheme of graphemes) {
      for (let before = 50; before < 68; before++) {
        const text = 'ж'.repeat(before) + grapheme.repeat(8)
        const parts = split(text, options)
        expect(arrived(parts)).toBe(text)
        for (const part of parts) expect(part.text.replace(/^ж+/, '').length % grapheme.length).toBe(0)
      }
    }
    const lines = `${'a'.repeat(152)}\r\n${'b'.repeat(100)}`
    expect(split(lines, options).map((part) => part.text)).toEqual(['a'.repeat(152), `\r\n${'b'.repeat(100)}`])
  })

  it('between characters where one grapheme alone is longer than a part', () => {
    const zalgo = `ж${'\u0301'.repeat(200)}${'😀\u200d'.repeat(40)}😀`
    const parts = split(zalgo, options)
    expect(arrived(parts)).toBe(zalgo)
    for (const part of parts) expect(part.text).not.toMatch(/\p{Surrogate}/u)
  })
})

describe('national tables', () => {
  const turkish = 'Şişli’de ılık bir gün, ağaçların altında çay içtik. İğde ve şeftali aldık; güneş batıyordu. '
  const plainTurkish = turkish.replace('’', "'")
  const hindi = 'नमस्ते दुनिया आप कैसे हैं आज मौसम बहुत अच्छा है और हम सब बाहर घूमने जा रहे हैं शाम को मिलते हैं ठीक है'

  it('are used only where they were allowed and save a part', () => {
    expect(countSegments(plainTurkish)).toMatchObject({ alphabet: 'ucs2', parts: 2 })
    expect(countSegments(plainTurkish, { nationalLanguages: [1] })).toMatchObject({ alphabet: 'gsm7', parts: 1 })
    expect(countSegments('ş', { nationalLanguages: [1] })).toMatchObject({ alphabet: 'ucs2', parts: 1 })
    expect(countSegments(hindi)).toMatchObject({ alphabet: 'ucs2', parts: 2 })
    expect(countSegments(hindi, { nationalLanguages: [6] })).toMatchObject({
      alphabet: 'gsm7',
      parts: 1,
      shift: { locking: 6, single: 0 },
    })
  })

  it('carry the text there in one part and in many', () => {
    const samples: readonly [language: number, text: string][] = [
      [1, plainTurkish],
      [2, 'Ándale, está aquí el niño de la canción más bonita. ¿Cómo estás tú? '],
      [3, 'Não há razões para preocupações: às três horas começa a sessão. Vovô está lá. '],
      [4, 'আমি ভাল আছি তুমি কেমন আছ '],
      [6, hindi],
      [7, 'ನಾನು ಚೆನ್ನಾಗಿದ್ದೇನೆ ನೀವು ಹೇಗಿದ್ದೀರಿ '],
      [11, 'நான் நலம் நீங்கள் எப்படி இருக்கிறீர்கள் '],
      [13, 'میں ٹھیک ہوں آپ کیسے ہیں '],
    ]
    for (const [language, sample] of samples) {
      for (const times of [1, 3, 9]) {
        const text = sample.repeat(times)
        const parts = split(text, { ...options, nationalLanguages: [language] })
        expect(arrived(parts)).toBe(text)
        expect(parts.length).toBeLessThanOrEqual(split(text, options).length)
        if (times === 9) expect(parts[0]?.alphabet).toBe('gsm7')
      }
    }
  })
})

describe('transliteration', () => {
  it('happens on request, and only where it saves a part', () => {
    const quoted = `“${'It’s here – at last… '.repeat(6)}”`
    expect(countSegments(quoted)).toMatchObject({ alphabet: 'ucs2', parts: 2 })
    const [part, ...more] = split(quoted, { ...options, transliterate: true })
    expect(more).toEqual([])
    expect(part?.text).toBe(`"${"It's here - at last... ".repeat(6)}"`)
    expect(split('It’s', { ...options, transliterate: true })[0]?.text).toBe('It’s')
  })

  it('takes marks off Latin letters and leaves other scripts alone', () => {
    const text = 'Žluťoučký kůň příšerně úpěl ďábelské ódy. Łódź, Œuvre, naïve ê '.repeat(3)
    const plain = split(text, { ...options, transliterate: true })
      .map((part) => part.text)
      .join('')
    expect(plain).toBe(
      'Zlutoucky kun príserne úpel dábelské ódy. Lódz, OEuvre, naive e '
        .repeat(3)
        .replaceAll('í', 'i')
        .replaceAll('ú', 'u')
        .replaceAll('á', 'a')
        .replaceAll('ó', 'o'),
    )
    const mixed = 'Привет “мир” '.repeat(12)
    expect(
      split(mixed, { ...options, transliterate: true })
        .map((part) => part.text)
        .join(''),
    ).toBe(mixed)
  })
})

describe('joining', () => {
  const textSegment = (seq: number, total: number, alphabet: 'gsm7' | 'ucs2', data: string): Segment => ({
    seq,
    total,
    alphabet,
    language: null,
    isText: true,
    data,
  })

  it('makes a surrogate pair and an escape whole that others broke', () => {
    expect(reassemble([textSegment(2, 2, 'ucs2', 'DE000021'), textSegment(1, 2, 'ucs2', '0061D83D')]).text).toBe('a😀!')
    expect(reassemble([textSegment(1, 2, 'gsm7', '611B'), textSegment(2, 2, 'gsm7', '6562')]).text).toBe('a€b')
  })

  it('marks what is missing and leaves no half pair', () => {
    const parts = [textSegment(1, 4, 'ucs2', '0061D83D'), textSegment(3, 4, 'ucs2', '0062')]
    expect(reassemble(parts)).toEqual({ text: 'a\ufffd[…2/4]b[…4/4]', data: null, missing: [2, 4] })
    expect(reassemble(parts, () => '').text).toBe('a\ufffdb')
  })

  it('takes parts of other alphabets, the first of twins, and parts without text', () => {
    const first = textSegment(1, 2, 'gsm7', '61')
    expect(reassemble([first, textSegment(2, 2, 'ucs2', '0436'), textSegment(1, 2, 'gsm7', '62')]).text).toBe('aж')
    const data = (seq: number, hex: string): Segment => ({
      ...textSegment(seq, 2, 'gsm7', hex),
      alphabet: '8bit',
      isText: false,
    })
    expect(reassemble([data(2, '03'), data(1, '0102')])).toEqual({
      text: null,
      data: Uint8Array.of(1, 2, 3),
      missing: [],
    })
    expect(reassemble([data(1, '')])).toEqual({ text: null, data: new Uint8Array(0), missing: [2] })
  })

  it('decodes each part under its own tables', () => {
    const turkish = (seq: number, language: Segment['language']) => ({
      ...textSegment(seq, 2, 'gsm7', '401B65'),
      language,
    })
    expect(reassemble([turkish(1, null), turkish(2, { lockingShift: 1 })]).text).toBe('¡€İ€')
    expect(reassemble([turkish(1, { singleShift: 2 }), turkish(2, { lockingShift: 1 })]).text).toBe('¡€İ€')
    const shifted = (seq: number, single: number) => ({
      ...textSegment(seq, 2, 'gsm7', '1B49'),
      language: { singleShift: single },
    })
    expect(reassemble([shifted(1, 1), shifted(2, 2)]).text).toBe('İÍ')
  })

  it('refuses what is not of one message', () => {
    expect(() => reassemble([])).toThrow(PduError)
    expect(() => reassemble([textSegment(1, 2, 'gsm7', '61'), textSegment(2, 3, 'gsm7', '61')])).toThrow(PduError)
  })
})

describe('any text', () => {
  const ranges: readonly (readonly [from: number, to: number])[] = [
    [0x00, 0x7f],
    [0x20, 0x7e],
    [0xa0, 0xff],
    [0x300, 0x36f],
    [0x391, 0x3c9],
    [0x400, 0x44f],
    [0x900, 0x97f],
    [0x1f1e6, 0x1f1ff],
    [0x1f468, 0x1f469],
    [0x1f600, 0x1f64f],
    [0x200c, 0x200d],
    [0xd800, 0xdfff],
    [0xe0020, 0xe007f],
    [0x10000, 0x10ffff],
  ]

  it('arrives as it was sent, in parts of at most 140 octets without half a character', () => {
    const random = new Random(20)
    for (let round = 0; round < 1500; round++) {
      const few = Array.from({ length: 1 + random.below(3) }, () => random.pick(ranges))
      const text = Array.from({ length: random.below(random.pick([10, 200, 600])) }, () => {
        const [from, to] = random.pick(few)
        return String.fromCodePoint(from + random.below(to - from + 1))
      }).join('')
      const bits = random.pick([8, 16] as const)
      const parts = split(text, {
        reference: random.below(256),
        referenceBits: bits,
        nationalLanguages: random.pick([[], [1, 6], [3]]),
      })
      expect(arrived(parts)).toBe(text.replace(/\p{Surrogate}/gu, '\ufffd'))
      for (const part of parts) {
        expect(packUserData(part).octets.length).toBeLessThanOrEqual(140)
        expect(part.text).not.toMatch(/\p{Surrogate}/u)
        if (part.alphabet === 'gsm7') expect(part.data.at(-1)).not.toBe(ESCAPE)
        expect(part.text !== '' || parts.length === 1).toBe(true)
      }
    }
  })
})
