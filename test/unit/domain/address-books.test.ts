/** Address books as people's phones and programs write them, and as nobody should. */
import { describe, expect, it, test } from 'vitest'
import { readCsvBook } from '../../../src/domain/csv-book.ts'
import { ENTRIES_MAX, isVcard, readVcards, writeVcard } from '../../../src/domain/vcard.ts'
import { Random } from '../at/random.ts'

const card = (...lines: string[]) => ['BEGIN:VCARD', ...lines, 'END:VCARD', ''].join('\r\n')
const people = (text: string) => readVcards(text).map(({ name, addresses }) => [name, ...addresses])

const PIECES = [
  'BEGIN:VCARD',
  'END:VCARD',
  'FN;QUOTED-PRINTABLE:=',
  'TEL',
  ':',
  ';',
  '"',
  '=',
  '\\',
  ' x',
  '\r\n',
  '\n',
]
const CHARACTERS = ['a', 'é', '漢', '👩‍👧', ',', ';', ':', '\\', '"', '\n', ' ', '=', '\\n', 'BEGIN:VCARD']

const anyText = (random: Random, longest: number) =>
  Array.from({ length: random.below(longest) }, () => random.pick(CHARACTERS)).join('')

describe('vCard', () => {
  test.each<[string, string, string[][]]>([
    ['3.0', card('VERSION:3.0', 'FN:Ana Lima', 'TEL;TYPE=CELL:+1 555 0101'), [['Ana Lima', '+1 555 0101']]],
    [
      '4.0 with a tel: URI',
      card('VERSION:4.0', 'FN:Ana', 'TEL;VALUE=uri:tel:+1-555-0101;ext=7'),
      [['Ana', '+1-555-0101']],
    ],
    ['groups', card('item1.FN:Ana', 'item1.TEL:1', 'item1.X-ABLABEL:x'), [['Ana', '1']]],
    ['several numbers, each once', card('FN:Ana', 'TEL:1', 'TEL:2', 'TEL:1'), [['Ana', '1', '2']]],
    ['no fax machines', card('FN:Ana', 'TEL;TYPE=WORK,FAX:1', 'TEL;HOME;FAX:2', 'TEL;HOME:3'), [['Ana', '3']]],
    ['folded lines', card('FN:An', ' a Li', '\tma', 'TEL:1', ' 2'), [['Ana Lima', '12']]],
    ['escapes', card('FN:Lima\\, Ana\\; \\\\o/', 'TEL:1'), [['Lima, Ana; \\o/', '1']]],
    ['N without FN', card('N:Lima;Ana;Maria;Dr.;', 'TEL:1'), [['Ana Maria Lima', '1']]],
    ['N with an escaped separator', card('N:Li\\;ma;Ana;;;', 'TEL:1'), [['Ana Li;ma', '1']]],
    ['a firm', card('ORG:Acme;Sales', 'TEL:1'), [['Acme', '1']]],
    ['lower case, and bare line feeds', 'begin:vcard\nfn:Ana\ntel:1\nend:vcard\n', [['Ana', '1']]],
    ['a byte order mark', `\uFEFF${card('FN:Ana', 'TEL:1')}`, [['Ana', '1']]],
    ['quoted parameters with a colon', card('FN;X="a:b;c":Ana', 'TEL:1'), [['Ana', '1']]],
    [
      '2.1 with quoted-printable over two lines',
      card('VERSION:2.1', 'N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:;J=C3=\r\n=BCrgen;;;', 'TEL;CELL:1'),
      [['Jürgen', '1']],
    ],
    ['2.1 in another charset', card('FN;QUOTED-PRINTABLE;CHARSET=ISO-8859-1:J=FCrgen', 'TEL:1'), [['Jürgen', '1']]],
    ['a charset that nobody knows', card('FN;QUOTED-PRINTABLE;CHARSET=X-NONE:J=C3=BCrgen', 'TEL:1'), [['Jürgen', '1']]],
    ['an account where there is no number', card('FN:Ana', 'IMPP:signal:abc'), [['Ana', 'signal:abc']]],
    ['a number before an account', card('FN:Ana', 'IMPP:signal:abc', 'TEL:1'), [['Ana', '1']]],
    [
      'a card within a card',
      card('FN:Ana', 'AGENT:', 'BEGIN:VCARD', 'FN:Bo', 'TEL:2', 'END:VCARD', 'TEL:1'),
      [['Ana', '1']],
    ],
    ['a card that does not end', `${card('FN:Ana', 'TEL:1')}BEGIN:VCARD\r\nFN:Bo\r\nTEL:2`, [['Ana', '1']]],
    ['ends without a beginning', `END:VCARD\r\n${card('FN:Ana', 'TEL:1')}`, [['Ana', '1']]],
    ['nobody’s name', card('TEL:1'), [['', '1']]],
  ])('%s', (_what, text, expected) => {
    expect(people(text)).toEqual(expected)
  })

  it('says where each card begins', () => {
    expect(readVcards(`\r\n${card('FN:Ana')}${card('FN:Bo')}`).map(({ line }) => line)).toEqual([2, 5])
  })

  it('reads what it writes, whatever the name, and no line is longer than 75 octets', () => {
    for (let seed = 0; seed < 300; seed++) {
      const name = anyText(new Random(seed), 120)
      const text = writeVcard({ name: `x${name}x`, number: '+15550101', aci: null })
      expect([seed, ...people(text)]).toEqual([seed, [`x${name}x`, '+15550101']])
      for (const line of text.split('\r\n')) expect(new TextEncoder().encode(line).length).toBeLessThanOrEqual(75)
      expect(text.split('\r\n').filter((line) => line.startsWith('BEGIN'))).toHaveLength(1)
    }
  })

  it('never throws, whatever it is given, and takes no more people than its bound', () => {
    for (let seed = 0; seed < 500; seed++) {
      const random = new Random(seed)
      const text = Array.from({ length: random.below(60) }, () => random.pick([...PIECES, anyText(random, 5)])).join('')
      expect(readVcards(text).length).toBeLessThanOrEqual(ENTRIES_MAX + 1)
      readCsvBook(text)
    }
    expect(readVcards(card('FN:A').repeat(ENTRIES_MAX + 50))).toHaveLength(ENTRIES_MAX + 1)
    const long = '\\'.repeat(1_000_001)
    expect(people(card(`N:${long}`, `FN;${';'.repeat(1_000_000)}:Bo`, 'TEL:1'))).toHaveLength(1)
  })
})

describe('CSV', () => {
  test.each<[string, string, (string | undefined)[][] | undefined]>([
    ['names and numbers', 'Name,Phone\r\nAna,+1 555\r\n', [['Ana', '+1 555']]],
    ['no line end at the end', 'Name,Phone\nAna,1', [['Ana', '1']]],
    ['quotation marks', 'Name,Phone\n"Lima, ""Ana""\n2nd",1\n', [['Lima, "Ana"\n2nd', '1']]],
    ['semicolons', 'Vorname;Nachname;Mobiltelefon\nAna;Lima;1\n', [['Ana Lima', '1']]],
    ['tabs', 'Name\tTel\nAna\t1\n', [['Ana', '1']]],
    [
      'Google, with several numbers in a field',
      'First Name,Last Name,Phone 1 - Label,Phone 1 - Value,Phone 2 - Value\nAna,Lima,Mobile,1 ::: 2,3\n',
      [['Ana Lima', '1', '2', '3']],
    ],
    ['Outlook', 'First Name,Last Name,Business Phone,Home Phone,Business Fax\nAna,Lima,,2,9\n', [['Ana Lima', '2']]],
    ['an apostrophe of a spreadsheet', "Name,Phone\nAna,'+15550101\n", [['Ana', '+15550101']]],
    ['fields that are missing', 'Phone,Name\n1\n', [['', '1']]],
    ['empty lines', 'Name,Phone\n\n,\nAna,1\n', [['Ana', '1']]],
    ['a mark that is never closed', 'Name,Phone\nAna,1\n"Bo', [['Ana', '1'], ['Bo']]],
    ['no heading that names numbers', 'Ana,1\n', undefined],
    ['nothing', '', undefined],
  ])('%s', (_what, text, expected) => {
    expect(readCsvBook(text)?.map(({ name, addresses }) => [name, ...addresses])).toEqual(expected)
  })

  it('reads back whatever fields were quoted', () => {
    for (let seed = 0; seed < 300; seed++) {
      const random = new Random(seed)
      const names = Array.from({ length: random.below(8) }, () => `x${anyText(random, 20)}x`)
      const rows = names.map((name) => `"${name.replaceAll('"', '""')}",1`)
      const read = readCsvBook(['Name,Phone', ...rows].join('\r\n'))
      expect([seed, read?.map(({ name }) => name)]).toEqual([seed, names])
    }
  })

  it('says where each person begins', () => {
    expect(readCsvBook('Name,Phone\n"A\nB",1\nC,2\n')?.map(({ line }) => line)).toEqual([2, 4])
  })
})

it('the two are told apart by their first line', () => {
  expect([isVcard('\n begin:vcard'), isVcard('Name,Phone'), isVcard('')]).toEqual([true, false, false])
})
