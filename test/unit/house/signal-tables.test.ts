/** `docs/signal-tables.md` names tests that are there, and leaves no row without one. */
import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const text = readFileSync('docs/signal-tables.md', 'utf8')
const rows = text
  .slice(0, text.indexOf('## Not there'))
  .split('\n')
  .filter((line) => line.startsWith('- '))
const named = (row: string) =>
  [...row.matchAll(/`(test\/[^`]+\.ts)`: "([^"]+)"/g)].map(([, file = '', title = '']) => [file, title] as const)

test('every row names a test', () => {
  expect(rows.length).toBeGreaterThan(60)
  expect(rows.filter((row) => named(row).length === 0)).toEqual([])
})

/** As the first argument of whatever declares it. */
function isDeclared(file: string, title: string): boolean {
  if (!existsSync(file)) return false
  const source = readFileSync(file, 'utf8')
  return ["'", '`'].some(
    (quote) => source.includes(`(${quote}${title}${quote},`) || source.includes(`(\n  ${quote}${title}${quote},`),
  )
}

test('every file and title that it names is there', () => {
  expect(rows.flatMap(named).filter(([file, title]) => !isDeclared(file, title))).toEqual([])
})

test('every file of tests that it mentions is named with a title', () => {
  const mentioned = text.match(/test\/[\w/-]+\.test\.ts/g) ?? []
  expect(mentioned.length).toBe(rows.flatMap(named).length)
})
