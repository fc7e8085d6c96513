import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ActionError } from '../../../src/sandbox/action.ts'
import { ControlServer } from '../../../src/sandbox/control-server.ts'
import { run } from './run.ts'

let directory: string
let socket: string
let server: ControlServer
const performed: unknown[] = []

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'causeway-sim-'))
  socket = join(directory, 'sim.sock')
  server = await ControlServer.listen(socket, {
    describe: () => ({
      actions: [
        {
          name: 'text',
          summary: 'Somebody sends a text message.',
          parameters: [
            { name: 'from', summary: 'who', kind: 'text', required: true },
            { name: 'text', summary: 'what', kind: 'text', required: true },
            { name: 'to', summary: 'which modem', kind: 'text', fallback: 'a' },
          ],
        },
        {
          name: 'challenge',
          summary: 'Asks for a captcha.',
          parameters: [
            { name: 'token', summary: 'its token', kind: 'text', fallback: 'x' },
            { name: 'for_ms', summary: 'how long', kind: 'integer' },
            { name: 'solvable', summary: 'whether', kind: 'flag', fallback: true },
          ],
        },
      ],
    }),
    perform: async (action, given) => {
      performed.push({ action, ...given })
      if (given['from'] === 'nobody') throw new ActionError('unknown-person', 'there is no nobody')
      return [{ parts: 1 }]
    },
  })
})
afterAll(async () => {
  await server.close()
  rmSync(directory, { recursive: true, force: true })
})

const sim = (...words: string[]) => run(['sim', ...words], { env: { CAUSEWAY_SIM_SOCKET: socket } })

describe('causeway sim', () => {
  test.each<[string[], object]>([
    [['text', '--from', 'ben', '--text', 'call me'], { action: 'text', from: 'ben', text: 'call me' }],
    [['text', '--from=ben', 'call me', '--to', 'b'], { action: 'text', from: 'ben', text: 'call me', to: 'b' }],
    [['text', 'ben', 'call me'], { action: 'text', from: 'ben', text: 'call me' }],
    [['challenge', '--token', 't', '--for-ms', '500'], { action: 'challenge', token: 't', for_ms: '500' }],
    [['challenge', '--solvable', 'false'], { action: 'challenge', solvable: 'false' }],
    [['challenge', '--solvable'], { action: 'challenge', solvable: 'true' }],
  ])('%j is handed over as the world wants it', async (words, expected) => {
    const ended = await sim(...words)
    expect([ended.code, ended.err]).toEqual([0, ''])
    expect(performed.at(-1)).toEqual(expected)
    expect(ended.out).toBe('parts 1\n')
  })

  test('answers JSON when asked', async () => {
    const ended = await sim('text', 'ben', 'x', '--json')
    expect(JSON.parse(ended.out)).toEqual([{ parts: 1 }])
  })

  test.each<[string[], number, RegExp]>([
    [['dance'], 64, /no action dance\. There are: text, challenge/],
    [['text', '--form', 'ben'], 64, /takes no --form.*<from> <text> \[--to\]/],
    [['text', 'a', 'b', 'c'], 64, /What is c\?/],
    [['text', '--from'], 64, /wants a value/],
    [['text', 'nobody', 'x'], 1, /there is no nobody/],
  ])('%j is told what is wrong', async (words, code, said) => {
    const ended = await sim(...words)
    expect([ended.code, ended.err]).toEqual([code, expect.stringMatching(said)])
  })

  test('its help is the world’s own table', async () => {
    for (const words of [[], ['--help'], ['help']]) {
      expect((await sim(...words)).out).toMatch(/text <from> <text> \[--to\] +Somebody sends a text message\./)
    }
    expect((await sim('challenge', '--help')).out).toMatch(/--for-ms +integer +how long/)
  })
})
