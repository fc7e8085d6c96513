/** Commands that end in ways of their own: bodies of a length that was said, CONNECT for a prompt, results behind the OK. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AtCommand } from '../../../modem/at/command.ts'
import { setting } from '../../../modem/at/command.ts'
import { Exchange } from '../../../modem/at/exchange.ts'
import { Priority } from '../../../modem/at/priority.ts'
import { parseFinal } from '../../../modem/at/result.ts'
import { Wire } from './wire.ts'

const LIMIT_MS = 2_000
const SHORT_MS = 80
const CTRL_Z = '\x1a'

type Changes = Partial<Omit<AtCommand<readonly string[]>, 'prompt'>>

let wire: Wire
beforeEach(async () => {
  wire = await Wire.open()
})
afterEach(() => wire.close())

const run = <T>(command: AtCommand<T>) => wire.channel.run(command, Priority.poll)

function command(text: string, changes: Changes = {}): AtCommand<readonly string[]> {
  return { text, info: [], timeoutMs: LIMIT_MS, parse: (lines) => lines, retry: 'unsafe', ...changes }
}

/** One that hands over so many octets. */
function upload(body: string, flags: { isCounted?: true; isConnect?: true }, changes: Changes = {}) {
  const limits = { promptTimeoutMs: SHORT_MS, beforeBodyTimeoutMs: LIMIT_MS }
  return { ...command(`AT+UP=${body.length}`, changes), prompt: { text: body, ...flags, ...limits } }
}

/** Nothing of what was wrong before is taken for this one's. */
async function worksOn(): Promise<void> {
  const next = run(setting('AT+NEXT', LIMIT_MS))
  await wire.hears('AT+NEXT\r')
  wire.say('\r\nOK\r\n')
  await next
}

describe('a body of a length that was said', () => {
  test.each([
    ['text', 'hello'],
    ['what would end another body', `a${CTRL_Z}b\x1bc`],
    ['what looks like lines and prompts', '\r\nOK\r\n> +CMTI: "SM",1\r\nCONNECT\r\n'],
    ['all octets there are', Array.from({ length: 256 }, (_, octet) => String.fromCharCode(octet)).join('')],
  ])('goes out as it is with nothing behind it: %s', async (_what, body) => {
    const sent = run(upload(body, { isCounted: true }))
    await wire.hears(`AT+UP=${body.length}\r`)
    wire.say('\r\n> ')
    await wire.hears(body)
    await wire.settled()
    expect(wire.heard.endsWith(body)).toBe(true)
    wire.say('\r\nOK\r\n')
    await sent
    await worksOn()
  })

  test('has Ctrl-Z behind it where no length was said', async () => {
    const sent = run(upload('hello', {}))
    await wire.hears('AT+UP=5\r')
    wire.say('\r\n> ')
    await wire.hears(`hello${CTRL_Z}`)
    wire.say('\r\nOK\r\n')
    await sent
  })
})

describe('CONNECT in the place of a prompt', () => {
  test.each([['CONNECT'], ['CONNECT 150000000']])('%s asks for the body, once', async (word) => {
    const sent = run(upload('octets', { isCounted: true, isConnect: true }, { info: [{ prefix: '+UP:' }] }))
    await wire.hears('AT+UP=6\r')
    wire.say(`\r\n${word}\r\n`)
    await wire.hears('octets')
    wire.say('\r\n+UP: 6,0\r\n\r\nOK\r\n')
    await expect(sent).resolves.toEqual(['+UP: 6,0'])
    expect(wire.heard).toBe('AT+UP=6\roctets')
    await worksOn()
  })

  test('a prompt sign is none then, and what is refused gets no body', async () => {
    const sent = run(upload('octets', { isCounted: true, isConnect: true }))
    await wire.hears('AT+UP=6\r')
    wire.say('\r\n> \r\nERROR\r\n')
    await expect(sent).rejects.toMatchObject({ kind: 'error', stage: 'command' })
    expect(wire.heard).not.toContain('octets')
    await worksOn()
  })

  test('that does not come is a time-out of the prompt', async () => {
    const sent = run(upload('octets', { isCounted: true, isConnect: true }))
    await wire.answerProbe()
    await expect(sent).rejects.toMatchObject({ kind: 'prompt-timeout', stage: 'command' })
    expect(wire.heard).not.toContain('octets')
    await worksOn()
  })
})

describe('ends of a command’s own', () => {
  const finals = { 'SEND OK': 'ok', 'SEND FAIL': 'error' } as const

  test.each([
    ['SEND OK', 'resolves'],
    ['SEND FAIL', 'rejects'],
    ['OK', 'resolves'],
    ['ERROR', 'rejects'],
    ['+CME ERROR: 3', 'rejects'],
  ] as const)('%s behind the body %s', async (line, end) => {
    const sent = run(upload('octets', { isCounted: true }, { finals })).then(
      () => 'resolves',
      ({ stage }: { stage: string }) => (stage === 'body' ? 'rejects' : stage),
    )
    await wire.hears('AT+UP=6\r')
    wire.say('\r\n> ')
    await wire.hears('octets')
    wire.say(`\r\n${line}\r\n`)
    expect(await sent).toBe(end)
    await worksOn()
  })

  test.each([['SEND OK '], ['send ok'], ['+SEND OK'], ['SEND OK 1']])('“%s” is none of them', async (line) => {
    const sent = run(command('AT+SEND', { finals }))
    await wire.hears('AT+SEND\r')
    wire.say(`\r\n${line}\r\n`)
    await wire.settled()
    wire.say('\r\nSEND FAIL\r\n')
    await expect(sent).rejects.toMatchObject({ kind: 'error' })
  })

  test('end no other command', async () => {
    const other = run(command('AT+OTHER', { plainInfo: 'unmarked' }))
    await wire.hears('AT+OTHER\r')
    wire.say('\r\nSEND OK\r\n\r\nOK\r\n')
    await expect(other).resolves.toEqual(['SEND OK'])
  })
})

describe('a line behind the OK', () => {
  const late = (changes: Changes = {}) =>
    command('AT+ASK', { info: [{ prefix: '+ASK:' }], infoRequired: true, lateInfoMs: LIMIT_MS, ...changes })

  test('that is the only one ends the command at once', async () => {
    const asked = run(late({ lateInfoIsWhole: () => true, lateInfoMs: 60_000 }))
    await wire.hears('AT+ASK\r')
    wire.say('\r\nOK\r\n')
    await wire.settled()
    wire.say('\r\n+ASK: 0,200\r\n')
    await expect(asked).resolves.toEqual(['+ASK: 0,200'])
    await worksOn()
  })

  test('that came before the OK ends nothing: the OK does', async () => {
    const asked = run(late({ lateInfoIsWhole: () => true }))
    await wire.hears('AT+ASK\r')
    wire.say('\r\n+ASK: 0,200\r\n')
    await wire.settled()
    wire.say('\r\nOK\r\n')
    await expect(asked).resolves.toEqual(['+ASK: 0,200'])
  })

  test('that is one of several is waited for together with the others', async () => {
    const asked = run(late({ lateInfoMs: 150 }))
    await wire.hears('AT+ASK\r')
    wire.say('\r\nOK\r\n\r\n+ASK: 1\r\n\r\n+ASK: 2\r\n')
    await expect(asked).resolves.toEqual(['+ASK: 1', '+ASK: 2'])
  })

  test('that never comes leaves an answer that makes no sense, or whatever its reader makes of nothing', async () => {
    const nothing = run(late({ lateInfoMs: SHORT_MS }))
    await wire.hears('AT+ASK\r')
    wire.say('\r\nOK\r\n')
    await expect(nothing).resolves.toEqual([])
    const parse = () => {
      throw new Error('no answer')
    }
    const wanted = run(late({ lateInfoMs: SHORT_MS, lateInfoIsWhole: () => true, parse }))
    await wire.hears('AT+ASK\r')
    wire.say('\r\nOK\r\n')
    await expect(wanted).rejects.toMatchObject({ kind: 'garbled' })
    await worksOn()
  })

  test('is told as what it is when nobody waits for it any more', async () => {
    const nothing = run(late({ lateInfoMs: SHORT_MS }))
    await wire.hears('AT+ASK\r')
    wire.say('\r\nOK\r\n')
    await nothing
    wire.say('\r\n+ASK: 0,200\r\n')
    await wire.settled()
    expect(wire.told.urcs.map(({ text }) => text)).toEqual(['+ASK: 0,200'])
  })
})

describe('what a final result is to a command', () => {
  const PROMPT = { text: 'x', promptTimeoutMs: 1, beforeBodyTimeoutMs: 1 }

  test.each([
    ['plain', {}, 'command', 'OK', 'final'],
    ['plain', {}, 'command', 'CONNECT', 'final'],
    ['with a prompt', { prompt: PROMPT }, 'prompt', 'OK', 'stale'],
    ['with a prompt', { prompt: PROMPT }, 'prompt', 'CONNECT', 'final'],
    ['with CONNECT', { prompt: { ...PROMPT, isConnect: true } }, 'prompt', 'CONNECT', 'prompt'],
    ['with CONNECT', { prompt: { ...PROMPT, isConnect: true } }, 'prompt', 'OK', 'stale'],
    ['with CONNECT', { prompt: { ...PROMPT, isConnect: true } }, 'prompt', 'ERROR', 'final'],
    ['with CONNECT', { prompt: { ...PROMPT, isConnect: true } }, 'before-body', 'CONNECT', 'final'],
    ['with CONNECT', { prompt: { ...PROMPT, isConnect: true } }, 'body', 'CONNECT', 'final'],
    ['with a line that must come', { infoRequired: true }, 'command', 'OK', 'stale'],
    ['with a line that must come', { infoRequired: true }, 'command', 'ERROR', 'final'],
  ] as const)('%s: %j, in phase %s, %s is %s', (_what, changes, phase, line, judged) => {
    const exchange = new Exchange({ ...command('AT+X'), ...changes })
    exchange.phase = phase
    const result = parseFinal(line)
    if (result === undefined) throw new Error('that is a final result')
    expect(exchange.judge(result)).toBe(judged)
  })
})

test('a command whose silence says nothing is no sign of a modem that does not answer', async () => {
  for (const unjudged of [false, true]) {
    const silent = run(command('AT+SILENT', { timeoutMs: SHORT_MS, ...(unjudged ? { unjudged } : {}) }))
    await wire.answerProbe()
    await expect(silent).rejects.toMatchObject({ kind: 'timeout' })
  }
  expect(wire.told.timeouts).toEqual(['AT+SILENT'])
})
