import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Rig, startRig } from '../http/rig.ts'
import { run, start } from './run.ts'

let rig: Rig

beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig.stop())

const here = (...words: string[]) => run([...words, '--socket', rig.socketPath])
const add = async (address: string, name: string) =>
  (await rig.call('POST', '/api/v1/contacts', { local: true, json: { address, name } })).body.id
const isThere = async (id: string) => (await rig.call('GET', `/api/v1/contacts/${id}`, { local: true })).status === 200

describe('contacts delete', () => {
  test('says what it would delete, and does nothing, until somebody means it', async () => {
    const id = await add('+15550000301', 'Eve')
    const asked = await here('contacts', 'delete', 'eve')
    expect([asked.code, asked.out]).toEqual([64, ''])
    expect(asked.err).toMatch(/^This deletes Eve with all messages and files, .* Repeat it with --yes\.\n$/)
    expect(await isThere(id)).toBe(true)
    const done = await here('contacts', 'delete', 'eve', '--yes')
    expect([done.code, done.err]).toEqual([0, ''])
    expect(done.out).toMatch(/^Eve is deleted\. /)
    expect(await isThere(id)).toBe(false)
    const again = await here('contacts', 'delete', 'eve', '--yes')
    expect([again.code, again.err]).toEqual([1, 'There is no contact named eve; give a number.\n'])
  })

  test('takes a number or an id, and says as JSON who it was', async () => {
    const [byNumber, byId] = [await add('+15550000302', 'Fay'), await add('+15550000303', 'Gus')]
    const first = await here('contacts', 'delete', '+15550000302', '--yes', '--json')
    expect(JSON.parse(first.out)).toEqual({ id: byNumber, deleted: true })
    expect(JSON.parse((await here('contacts', 'delete', byId, '--yes', '--json')).out).id).toBe(byId)
    expect([await isThere(byNumber), await isThere(byId)]).toEqual([false, false])
  })

  test('is refused while something is still to leave', async () => {
    const id = await add('+15550000304', 'Hal')
    const json = { to: '+15550000304', text: 'x' }
    const sent = await rig.call('POST', '/api/v1/messages', { local: true, json })
    const refused = await here('contacts', 'delete', 'hal', '--yes')
    expect([refused.code, refused.err]).toEqual([1, expect.stringMatching(/\(wrong-state\)\n$/)])
    expect(await isThere(id)).toBe(true)
    await here('cancel', sent.body.id)
    expect((await here('contacts', 'delete', 'hal', '--yes')).code).toBe(0)
  })

  test('a name cannot steer the terminal', async () => {
    const id = await add('+15550000305', 'Ivy\u001b[2J')
    const asked = await here('contacts', 'delete', id)
    const done = await here('contacts', 'delete', id, '--yes')
    for (const text of [asked.err, done.out, (await here('contacts', 'list')).out]) expect(text).not.toContain('\u001b')
    expect(done.out).toMatch(/^Ivy�\[2J is deleted/)
  })
})

describe('what is neither one nor the other is wrong usage', () => {
  test('group announcements is on or off', async () => {
    const ended = await here('group', 'announcements', 'Garden', 'perhaps')
    expect([ended.code, ended.err]).toEqual([64, 'perhaps: say on or off.\n'])
  })

  test('sim --help says how it is called where no sandbox runs, too', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'causeway-sim-'))
    const ended = await run(['sim', '--help'], { cwd: elsewhere })
    expect([ended.code, ended.err]).toEqual([0, ''])
    expect(ended.out).toMatch(/^Usage: causeway sim ACTION[\s\S]*No sandbox runs here/)
    expect((await run(['sim', 'text', 'ben', 'hi'], { cwd: elsewhere })).code).toBe(69)
    rmSync(elsewhere, { recursive: true })
  })
})

describe('logs', () => {
  const written = ['begins', 'wrong', 'ends']
  beforeAll(() => {
    const lines = written.map((message, index) => ({
      n: index + 1,
      atMs: 0,
      level: message === 'wrong' ? ('warn' as const) : ('info' as const),
      message,
      fields: { id: 'msg_1' },
    }))
    rig.ports.logLines = {
      since: (after, level) => lines.filter((one) => one.n > after && (level === 'info' || one.level === level)),
    }
  })

  test('shows the last lines, of a level and graver', async () => {
    const all = await here('logs')
    expect([all.code, all.err]).toEqual([0, ''])
    expect(all.out.split('\n')[0]).toBe('1970-01-01 00:00:00  info   begins  id=msg_1')
    expect((await here('logs', '--limit', '1')).out).toMatch(/^[^\n]*ends[^\n]*\n$/)
    const grave = await here('logs', '--level', 'warn', '--json')
    expect(JSON.parse(grave.out)).toMatchObject({ n: 2, level: 'warn', message: 'wrong' })
    expect((await here('logs', '--level', 'loud')).err).toMatch(/\?level/)
  })

  test('follows: what comes is shown, each line once, also when the gateway counts anew', async () => {
    const { since } = rig.ports.logLines
    let lines = since(0, 'info')
    rig.ports.logLines = { since: (after) => lines.filter(({ n }) => n > after) }
    const child = start(['logs', '-f', '--socket', rig.socketPath])
    let out = ''
    let told = () => {}
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      out += text
      told()
    })
    const until = async (words: string) => {
      while (!out.includes(words)) {
        await new Promise<void>((resolve) => {
          told = resolve
        })
      }
    }
    const line = (n: number, message: string) => ({ n, atMs: 0, level: 'info' as const, message, fields: {} })
    await until('ends')
    lines = [...lines, line(4, 'fourth')]
    await until('fourth')
    lines = [line(1, 'started again')]
    await until('started again')
    child.kill('SIGINT')
    await new Promise((resolve) => child.once('close', resolve))
    expect(child.exitCode).toBe(0)
    const messages = out
      .trimEnd()
      .split('\n')
      .map((text) => text.split('  ')[2]?.trim())
    expect(messages).toEqual(['begins', 'wrong', 'ends', 'fourth', 'started again'])
  })
})
