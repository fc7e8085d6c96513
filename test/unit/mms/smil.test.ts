import { describe, expect, it } from 'vitest'
import { SMIL_OCTETS_MAX } from '../../../modem/mms/limits.ts'
import { nameOf, presentationOf } from '../../../modem/mms/presentation.ts'
import { buildSmil, scanSmil } from '../../../modem/mms/smil.ts'
import type { Part } from '../../../modem/mms/types.ts'
import { Random } from '../at/random.ts'

const octets = (text: string) => new TextEncoder().encode(text)
const part = (media: string, rest: Partial<Part> = {}): Part => ({
  media,
  params: new Map(),
  headers: [],
  data: octets('x'),
  ...rest,
})
const smilPart = (smil: string) => part('application/smil', { data: octets(smil) })
const sources = (smil: string) => scanSmil(smil).slides.map(({ media }) => media.map(({ src }) => src))

describe('SMIL', () => {
  it('that we build is read again: layout, slides, durations, every kind of medium', () => {
    const slides = [
      {
        durationMs: 3000,
        media: [
          { kind: 'img', src: 'cid:a&b<"1">', region: 'Image' },
          { kind: 'text', src: 'text_1.txt', region: 'Text' },
        ],
      },
      { durationMs: 5000, media: [{ kind: 'video', src: 'v.mp4', region: 'Image' }] },
      { durationMs: 5000, media: [{ kind: 'audio', src: 'a.m4a' }] },
      { durationMs: 5000, media: [{ kind: 'ref', src: 'card.vcf', region: 'Image' }] },
    ] as const
    expect(scanSmil(buildSmil(slides))).toEqual({
      width: '100%',
      height: '100%',
      regions: ['Image', 'Text'],
      slides,
    })
  })

  it.each<[why: string, smil: string, expected: string[][]]>([
    ['in any case, quotes and spaces', `<PAR DUR='5s'><IMG  SRC = 'a' /><text src=b></PAR>`, [['a', 'b']]],
    ['with a namespace', '<smil:par><smil:img src="a"/></smil:par>', [['a']]],
    ['outside of a par', '<body><img src="a"/><text src="b"/></body>', [['a'], ['b']]],
    ['cut in a tag', '<par><img src="a"/><text sr', [['a']]],
    ['cut in an attribute', '<par><img src="a"/><text src="b', [['a']]],
    ['with tags that never close', '<par><img src="a" <text src="b"> <par><img src="c">', [['a', 'b'], ['c']]],
    ['in a comment', '<par><!-- <img src="no"/> --><img src="a"/></par>', [['a']]],
    ['behind a comment without end', '<par><img src="a"/><!-- <img src="b"/>', [['a']]],
    ['with a > in quotes', '<par><img alt="1 > 0" src="a"/></par>', [['a']]],
    [
      'with entities that nobody knows',
      '<!DOCTYPE x [<!ENTITY e "ha">]><par><img src="&e;&amp;&#65;"/></par>',
      [['&e;&&#65;']],
    ],
    ['without a source', '<par><img/><img src=""/><text src="a"/></par>', [['a']]],
    ['of nothing', '', []],
    ['of noise', '<<>><</ par><a<b>&lt;img src="x"/&gt;', []],
  ])('is scanned %s', (_why, smil, expected) => {
    expect(sources(smil)).toEqual(expected)
  })

  it('tells durations in milliseconds where they are times', () => {
    const durations = ['5000ms', '5s', '2.5s', '7', 'indefinite', '-1s', '99999999s']
    const { slides } = scanSmil(durations.map((dur) => `<par dur="${dur}"></par>`).join(''))
    expect(slides.map(({ durationMs }) => durationMs)).toEqual([
      5000,
      5000,
      2500,
      7000,
      undefined,
      undefined,
      undefined,
    ])
  })

  it('never throws and never grows without bound, whatever it is given', () => {
    const random = new Random(5)
    const pieces = [
      '<par',
      '>',
      '<img src="',
      '"',
      "'",
      '<!--',
      '-->',
      '</',
      '&amp;',
      '<text ',
      'src=',
      'a',
      ' ',
      '<',
      '=',
    ]
    for (let round = 0; round < 2000; round++) {
      const smil = Array.from({ length: random.below(60) }, () => random.pick(pieces)).join('')
      for (const slide of scanSmil(smil).slides)
        for (const { src } of slide.media) expect(smil.length).toBeGreaterThan(src.length)
    }
    for (const piece of ['<par>', '<img src="a"/>', '<img src="', '<!--', '<', '<a '.repeat(3)]) {
      const { slides } = scanSmil(piece.repeat(200_000))
      expect(slides.reduce((count, { media }) => count + media.length, slides.length)).toBeLessThanOrEqual(2000)
    }
  })
})

describe('the order of presentation', () => {
  const text = part('text/plain', { contentId: '<t>', contentLocation: 't.txt' })
  const image = part('image/jpeg', { contentId: '<i 1>', params: new Map([['name', 'photo.jpg']]) })
  const card = part('text/x-vcard', { contentLocation: 'jo.vcf' })

  it('is that of the SMIL, by Content-ID, location or name; then what it does not name', () => {
    const smil = smilPart('<par><img src="cid:i%201"/></par><par><text src="t.txt"/></par>')
    expect(presentationOf([smil, text, card, image])).toEqual([image, text, card])
    expect(presentationOf([smilPart('<par><img src="photo.jpg"/></par>'), text, image])).toEqual([image, text])
    expect(presentationOf([smilPart('<par><img src="CID:&lt;i 1&gt;"/></par>'), text, image])).toEqual([image, text])
  })

  it('is that of the parts where the SMIL is of no use', () => {
    for (const smil of [
      '',
      '<par><img src="gone"/></par>',
      '\0\u0001',
      `${' '.repeat(SMIL_OCTETS_MAX)}<img src="photo.jpg"/>`,
    ]) {
      expect(presentationOf([text, smilPart(smil), image])).toEqual([text, image])
    }
  })

  it('shows a part once, and two of the same name both', () => {
    const twin = part('image/jpeg', { contentId: '<i 1>' })
    const smil = smilPart('<par><img src="cid:i 1"/><img src="cid:i 1"/></par>')
    expect(presentationOf([smil, text, image, twin])).toEqual([image, twin, text])
  })
})

describe('a name of a part', () => {
  it.each<[given: Partial<Part>, name: string | undefined]>([
    [{ params: new Map([['name', 'a.jpg']]), contentLocation: 'b.jpg' }, 'a.jpg'],
    [
      { disposition: { type: 'attachment', params: new Map([['filename', 'c.jpg']]) }, contentLocation: 'b.jpg' },
      'c.jpg',
    ],
    [{ contentLocation: 'b.jpg', contentId: '<d>' }, 'b.jpg'],
    [{ contentId: '<d>' }, 'd'],
    [{}, undefined],
    [{ params: new Map([['name', '../../etc/passwd']]) }, 'passwd'],
    [{ params: new Map([['name', 'C:\\Windows\\x.exe']]) }, 'x.exe'],
    [{ params: new Map([['name', '..']]), contentLocation: '.hidden' }, 'hidden'],
    [{ params: new Map([['name', 'photo\u202egpj.exe']]) }, 'photogpj.exe'],
    [{ params: new Map([['name', 'a\r\nb\0c']]) }, 'abc'],
    [{ params: new Map([['name', 'a:b?.txt']]) }, 'a_b_.txt'],
    [{ params: new Map([['name', `${'ж'.repeat(200)}.jpeg`]]) }, `${'ж'.repeat(47)}.jpeg`],
  ])('%# is safe as a file name', (given, name) => {
    expect(nameOf(part('image/jpeg', given))).toBe(name)
  })
})
