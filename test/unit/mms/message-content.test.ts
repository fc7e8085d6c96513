/** What a message that came says, by table; and that no part of any message of the corpus is lost. */
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { composeBody } from '../../../modem/mms/compose.ts'
import { encodePdu } from '../../../modem/mms/encode.ts'
import { wordsOfHtml } from '../../../modem/mms/html.ts'
import { messageContentOf } from '../../../modem/mms/message-content.ts'
import { decodePdu } from '../../../modem/mms/pdu.ts'
import { leavesOf } from '../../../modem/mms/presentation.ts'
import { buildSmil } from '../../../modem/mms/smil.ts'
import type { Part } from '../../../modem/mms/types.ts'
import { pngOfWbmp } from '../../../modem/mms/wbmp.ts'
import { octetsOf, readablePdus } from './corpus.ts'

const utf8 = (text: string) => new TextEncoder().encode(text)

function part(
  media: string,
  data: string | Uint8Array,
  more: Partial<Part> & { name?: string; charset?: number } = {},
) {
  const { name, charset = 106, ...rest } = more
  const params = new Map<string, string | number>(media.startsWith('text/') ? [['charset', charset]] : [])
  if (name !== undefined) params.set('name', name)
  return { media, params, headers: [], data: typeof data === 'string' ? utf8(data) : data, ...rest } satisfies Part
}

const smil = (...ids: string[]) =>
  part('application/smil', buildSmil(ids.map((id) => ({ media: [{ kind: 'ref', src: `cid:${id}` }] }))))

describe('the text of a message', () => {
  const table: readonly [rule: string, parts: readonly Part[], text: string][] = [
    ['joins texts with a line end', [part('text/plain', 'one'), part('text/plain', 'two')], 'one\ntwo'],
    [
      'takes the order of the presentation',
      [
        part('text/plain', 'second', { contentId: '<b>' }),
        part('text/plain', 'first', { contentId: '<a>' }),
        smil('a', 'b'),
      ],
      'first\nsecond',
    ],
    ['leaves out what is empty', [part('text/plain', ''), part('text/plain', ' \0\0'), part('text/plain', 'x')], 'x'],
    ['takes NULs and controls out', [part('text/plain', 'a\0b\x07\r\nc\rd\0\0')], 'ab\nc\nd'],
    ['keeps what tapbacks of other messengers say', [part('text/plain', 'Liked “an image”')], 'Liked “an image”'],
    [
      'reads the character set',
      [part('text/plain', Uint8Array.of(0x47, 0x72, 0xfc, 0xdf, 0x65), { charset: 4 })],
      'Grüße',
    ],
    [
      'undoes base64',
      [part('text/plain', 'R3LDvMOfZQ==', { headers: [{ name: 'Content-Transfer-Encoding', value: 'base64' }] })],
      'Grüße',
    ],
    [
      'undoes quoted-printable',
      [
        part('text/plain', 'Gr=C3=BC=\r\n=C3=9Fe', {
          headers: [{ name: 'content-transfer-encoding', value: 'Quoted-Printable' }],
        }),
      ],
      'Grüße',
    ],
    ['takes the words of HTML', [part('text/html', '<style>p{}</style><p>Hi &amp; bye<br>now</p>')], 'Hi & bye\nnow'],
    ['takes the words of XHTML', [part('application/vnd.wap.xhtml+xml', '<body><p>Hi</p></body>')], 'Hi'],
    [
      'takes plain text rather than its twin in HTML',
      [
        part('application/vnd.wap.multipart.alternative', utf8('-'), {
          parts: [part('text/plain', 'plain'), part('text/html', '<b>rich</b>')],
        }),
      ],
      'plain',
    ],
    ['loses no HTML that is no twin', [part('text/plain', 'plain'), part('text/html', '<b>rich</b>')], 'plain\nrich'],
  ]
  it.each(table)('%s', (_rule, parts, text) => {
    expect(messageContentOf({ parts })).toEqual({ text, files: [] })
  })

  it.each([
    ['Holiday', '[Holiday]\nhi'],
    ['Re: Holiday', '[Re: Holiday]\nhi'],
    ['  Two\r\nlines\0 ', '[Two lines]\nhi'],
    ['hi', 'hi'],
    ['', 'hi'],
    ['NoSubject', 'hi'],
    ['<no subject>', 'hi'],
    ['(No Subject)', 'hi'],
    ['Re:', 'hi'],
    ['RE: Fwd: ', 'hi'],
    ['Re: NoSubject', 'hi'],
    ['MMS', 'hi'],
    ['Multimedia message', 'hi'],
    ['Messages from Mars', '[Messages from Mars]\nhi'],
  ])('has the subject %j as %j', (subject, text) => {
    expect(messageContentOf({ subject: { text: subject }, parts: [part('text/plain', 'hi')] }).text).toBe(text)
  })

  it('makes a file of a text that nobody reads in a conversation', () => {
    const { text, files } = messageContentOf({ parts: [part('text/plain', 'x'.repeat(70_000), { name: 'log.txt' })] })
    expect([text, files.map(({ fileName, octets }) => [fileName, octets.length])]).toEqual(['', [['log.txt', 70_000]]])
  })

  it('takes hostile HTML in one go', () => {
    for (const piece of ['<p', '<script', '<!--', '</script ', '&#', '< ', '<script>', ' \n']) {
      expect(wordsOfHtml(piece.repeat(200_000)).length).toBeLessThan(2 ** 20)
    }
    const { text } = messageContentOf({ parts: [part('text/plain', `a${' '.repeat(65_000)}b`)] })
    expect(text.length).toBe(65_002)
  })
})

describe('the files of a message', () => {
  const names = (parts: readonly Part[]) =>
    messageContentOf({ parts }).files.map(({ contentType, fileName }) => [contentType, fileName])

  it('are all parts that are no text, in the order of the presentation', () => {
    const parts = [
      smil('b', 'a'),
      part('image/jpeg', 'A', { contentId: '<a>', name: 'a.jpg' }),
      part('video/3gpp', 'B', { contentId: '<b>', name: 'b.3gp' }),
      part('application/x-unheard-of', 'C'),
    ]
    expect(names(parts)).toEqual([
      ['video/3gpp', 'b.3gp'],
      ['image/jpeg', 'a.jpg'],
      ['application/x-unheard-of', undefined],
    ])
  })

  it('have contacts and dates under the names that programs know', () => {
    expect(
      names([part('text/x-vcard', 'BEGIN:VCARD', { name: 'Ana' }), part('text/x-vcalendar', 'x', { name: 'c.vcs' })]),
    ).toEqual([
      ['text/vcard', 'Ana.vcf'],
      ['text/calendar', 'c.vcs'],
    ])
  })

  it('have a text that its sender calls an attachment', () => {
    const disposition = { type: 'attachment', params: new Map([['filename', '../../notes.txt']]) }
    expect(names([part('text/plain', 'words', { disposition })])).toEqual([['text/plain', 'notes.txt']])
  })

  it('have their octets without the encoding of mail', () => {
    const headers = [{ name: 'Content-Transfer-Encoding', value: 'base64' }]
    const { files } = messageContentOf({ parts: [part('image/gif', 'R0lGODlh', { headers })] })
    expect(Buffer.from(files[0]?.octets ?? []).toString()).toBe('GIF89a')
  })

  it('have pictures of the first phones as PNG', async () => {
    // 10 × 2, white but for the pixel in the middle of the first row.
    const wbmp = Uint8Array.of(0, 0, 10, 2, 0b11111011, 0xff, 0xff, 0xff)
    const { files } = messageContentOf({ parts: [part('image/vnd.wap.wbmp', wbmp, { name: 'logo.wbmp' })] })
    expect(files).toMatchObject([{ contentType: 'image/png', fileName: 'logo.png' }])
    const { data, info } = await sharp(files[0]?.octets)
      .toColourspace('b-w')
      .raw()
      .toBuffer({ resolveWithObject: true })
    expect([info.width, info.height]).toEqual([10, 2])
    expect([...data].map((value) => (value > 127 ? 1 : 0)).join('')).toBe('11111011111111111111')
  })

  it('keep what only calls itself a WBMP', () => {
    for (const wbmp of [
      [],
      [0],
      [1, 0, 1, 1, 0],
      [0, 0, 0x80],
      [0, 0, 9, 9, 1],
      [0, 0, 0xff, 0xff, 0xff, 0x7f, 1, 0],
    ]) {
      expect(pngOfWbmp(Uint8Array.from(wbmp))).toBeUndefined()
    }
    expect(names([part('image/vnd.wap.wbmp', 'no', { name: 'x.wbmp' })])).toEqual([['image/vnd.wap.wbmp', 'x.wbmp']])
  })

  it('compress a large WBMP into several stored blocks that others read', async () => {
    const wbmp = new Uint8Array(6 + 128 * 1024).fill(0xaa)
    wbmp.set([0, 0, 0x88, 0x00, 0x88, 0x00])
    const { width, height } = await sharp(pngOfWbmp(wbmp)).metadata()
    expect([width, height]).toEqual([1024, 1024])
    expect((await sharp(pngOfWbmp(wbmp)).stats()).channels[0]?.mean).toBeCloseTo(127.5)
  })
})

describe('the corpus', () => {
  it('loses no part of any message', () => {
    let seen = 0
    for (const each of readablePdus) {
      const pdu = decodePdu(octetsOf(each))
      if (pdu.type !== 'm-retrieve-conf' && pdu.type !== 'm-send-req') continue
      seen += 1
      const { text, files } = messageContentOf(pdu)
      const kept = leavesOf(pdu.parts).filter(({ data, media }) => data.length > 0 && media !== 'application/smil')
      const texts = kept.filter(({ media }) => media.startsWith('text/')).length
      expect(files.length, each.id).toBeGreaterThanOrEqual(kept.length - texts)
      if (texts > 0 && files.length < kept.length) expect(text, each.id).not.toBe('')
    }
    expect(seen).toBeGreaterThan(40)
  })
})

describe('a composed body', () => {
  it('comes back as it was written', () => {
    const parts = [
      { contentType: 'text/plain', name: 'text.txt', contentId: 'text', octets: utf8('Grüße 👋') },
      { contentType: 'image/jpeg', name: 'a.jpg', contentId: 'image1', octets: Uint8Array.of(1) },
      { contentType: 'text/x-vcard', name: 'b.vcf', contentId: 'file1', octets: utf8('BEGIN:VCARD') },
      { contentType: 'image/png', name: 'c.png', contentId: 'image2', octets: Uint8Array.of(2) },
    ]
    const head = { type: 'm-send-req', transactionId: 'T', version: '1.2', from: { insertAddress: true } } as const
    const pdu = decodePdu(encodePdu({ ...head, to: [{ address: '+447700900123' }], ...composeBody(parts) }))
    expect(pdu.contentType?.params.get('start')).toBe('<smil>')
    const smilText = new TextDecoder().decode(pdu.parts?.[0]?.data)
    expect(
      smilText.match(/<par.*?<\/par>/g)?.map((par) => [...par.matchAll(/src="([^"]*)"/g)].map(([, src]) => src)),
    ).toEqual([['cid:image1', 'cid:text'], ['cid:image2']])
    const { text, files } = messageContentOf({ parts: pdu.parts ?? [] })
    expect(text).toBe('Grüße 👋')
    expect(files.map(({ contentType, fileName }) => `${contentType} ${fileName}`)).toEqual([
      'image/jpeg a.jpg',
      'image/png c.png',
      'text/vcard b.vcf',
    ])
  })
})
