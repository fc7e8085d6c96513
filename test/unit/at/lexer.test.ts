import { describe, expect, test } from 'vitest'
import { AtLexer, LINE_BYTES_MAX, type Token } from '../../../modem/at/lexer.ts'
import { Random } from './random.ts'

/** Lines as themselves, a prompt as `<prompt>`, a flood as `<overlong>`. */
function read(chunks: readonly Uint8Array[], awaitPrompt = false): string[] {
  const lexer = new AtLexer()
  lexer.awaitPrompt(awaitPrompt)
  return chunks.flatMap((chunk) => lexer.push(chunk)).map(render)
}

function render(token: Token): string {
  return token.kind === 'line' ? token.text : `<${token.kind}>`
}

function octets(text: string): Uint8Array {
  return Buffer.from(text, 'latin1')
}

describe('tokens of a stream', () => {
  test.each<[rule: string, stream: string, tokens: string[]]>([
    ['lines end with \\r\\n', '\r\nOK\r\n', ['OK']],
    ['lines end with \\n alone (H7)', '+CSQ: 1,2\nOK\n', ['+CSQ: 1,2', 'OK']],
    ['lines end with \\r alone', 'AT\rOK\r', ['AT', 'OK']],
    ['lines end with \\r\\r\\n (H7)', '^RSSI:12\r\r\nOK\r\r\n', ['^RSSI:12', 'OK']],
    ['an unfinished line is no token', '\r\nO', []],
    ['NUL, 0xFF and control characters are noise (H7)', '\x00\xff\r\n\x00O\x01K\xff\r\n', ['OK']],
    ['half UTF-8 stays readable as latin-1 (H7)', '+COPS: 0,0,"\xc3\r\n', ['+COPS: 0,0,"\xc3']],
    ['a tab is kept', 'a\tb\r\n', ['a\tb']],
    ['a prompt that nobody awaits is text', '\r\n> OK\r\n', ['> OK']],
  ])('%s', (_rule, stream, tokens) => {
    expect(read([octets(stream)])).toEqual(tokens)
  })

  test.each<[rule: string, stream: string, tokens: string[]]>([
    ['the prompt has no line end (H3)', 'AT+CMGS=20\r\r\n> ', ['AT+CMGS=20', '<prompt>']],
    ['a prompt without its blank (H3)', '\r\n>', ['<prompt>']],
    ['a prompt with a line end behind it (H3)', '\r\n>\r\nOK\r\n', ['<prompt>', 'OK']],
    ['noise in front of the prompt', '\x00\xff> ', ['<prompt>']],
    ['a > inside a line is text', 'a> b\r\n> ', ['a> b', '<prompt>']],
    ['only the first prompt counts', '\r\n> \r\n> x\r\n', ['<prompt>', '> x']],
    ['a URC right behind the prompt is a line of its own', '\r\n> +CMTI: "SM",1\r\n', ['<prompt>', '+CMTI: "SM",1']],
  ])('awaiting: %s', (_rule, stream, tokens) => {
    expect(read([octets(stream)], true)).toEqual(tokens)
  })

  test('H15 a flood without line end is dropped at the cap, and what comes after its end is read', () => {
    const lexer = new AtLexer()
    const chunk = Buffer.alloc(1024, 0x41)
    const tokens = Array.from({ length: 4096 }, () => lexer.push(chunk)).flat()
    expect(tokens.map(render)).toEqual(['<overlong>'])
    expect(lexer.push(octets('\r\nOK\r\n')).map(render)).toEqual(['OK'])
  })

  test('a line of just the cap is still a line', () => {
    const line = 'A'.repeat(LINE_BYTES_MAX)
    expect(read([octets(`${line}\r\n`)])).toEqual([line])
    expect(read([octets(`${line}A\r\n`)])).toEqual(['<overlong>'])
  })

  test('switching to await forgets a stray prompt, but not the beginning of a line', () => {
    const lexer = new AtLexer()
    lexer.push(octets('\r\n> '))
    lexer.awaitPrompt(true)
    expect(lexer.push(octets('\r\n> ')).map(render)).toEqual(['<prompt>'])
    lexer.push(octets('+C'))
    lexer.awaitPrompt(true)
    expect(lexer.push(octets('SQ: 1\r\n')).map(render)).toEqual(['+CSQ: 1'])
  })

  test('noise is counted', () => {
    const lexer = new AtLexer()
    lexer.push(octets('\x00\x00OK\xff\r\n'))
    expect(lexer.noiseBytes).toBe(3)
  })
})

test('any chunking of the same octets gives the same tokens', { timeout: 120_000 }, () => {
  const pieces = [
    '\r\n',
    '\r',
    '\n',
    '\r\r\n',
    '> ',
    '>',
    'OK',
    'ERROR',
    '+CMTI: "SM",3',
    '+CMT: ,25',
    '0791',
    '\x00',
    '\xff',
    ' ',
    'é',
  ]
  for (let seed = 1; seed <= 10_000; seed += 1) {
    const random = new Random(seed)
    const stream = octets(Array.from({ length: 1 + random.below(40) }, () => random.pick(pieces)).join(''))
    const awaits = random.below(2) === 1
    const whole = read([stream], awaits)
    expect(read(random.cut(stream, 1), awaits), `seed ${seed}, one by one`).toEqual(whole)
    expect(read(random.cut(stream, 7), awaits), `seed ${seed}, in pieces`).toEqual(whole)
  }
})
