/** The scenario files that are shipped hold, and the command line program says so, or says what does not. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { run } from '../../unit/cli/run.ts'

const shipped = join(import.meta.dirname, '../../../docs/scenarios')
const directory = mkdtempSync(join(tmpdir(), 'causeway-scenario-'))
afterAll(() => rmSync(directory, { recursive: true }))

function written(text: string): string {
  const file = join(directory, 'scenario.txt')
  writeFileSync(file, text)
  return file
}

const files = readdirSync(shipped).filter((name) => name.endsWith('.txt'))

test.concurrent.each(files)('%s holds', async (file) => {
  const ended = await run(['sim', 'run', join(shipped, file)])
  expect([ended.code, ended.err]).toEqual([0, ''])
  expect(ended.out).toMatch(/All \d+ steps held\.\n$/)
})

test('a file that does not hold ends with 1 and says which line, what was seen, and that in JSON as well', async () => {
  const file = written('# nobody writes\nexpect state ready\nexpect received "hi" --within 20ms\n')
  const ended = await run(['sim', 'run', file])
  expect(ended.code).toBe(1)
  expect(ended.out).toMatch(
    /✓ +2 .* expect state ready\n✗ +3 .* expect received "hi".*\n +0 times, not 1\n1 of 2 steps/,
  )
  const machine = await run(['sim', 'run', file, '--json'])
  const results = machine.out
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text))
  expect(results).toMatchObject([
    { line: 2, passed: true },
    { line: 3, passed: false, problem: '0 times, not 1' },
  ])
  expect(machine.code).toBe(1)
})

test('a file that cannot be read ends with 64 and names each line', async () => {
  const file = written('expect state redy\nfault melt\n')
  const ended = await run(['sim', 'run', file])
  expect([ended.code, ended.out]).toEqual([64, ''])
  expect(ended.err).toMatch(/scenario\.txt:1: .*must be one of[^\n]*\n.*scenario\.txt:2: .*one of no-answer/)
  const missing = await run(['sim', 'run', join(directory, 'nowhere')])
  expect([missing.code, missing.err]).toEqual([64, expect.stringMatching(/cannot be read/)])
})

test('its help says everything that a line can be', async () => {
  const { out } = await run(['sim', 'run', '--help'])
  for (const name of [
    'modem <name>',
    'fault <fault> [--…]',
    '--delay-ms',
    'send <text> <to>',
    'expect took <text>',
    'after TIME',
  ]) {
    expect(out).toContain(name)
  }
})
