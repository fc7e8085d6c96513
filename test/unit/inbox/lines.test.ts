/** Lines about groups in other languages say what the gateway's own words say. */
import { readFileSync } from 'node:fs'
import { describe, expect, it, test } from 'vitest'
import { type GroupChangeItem, type GroupFact, groupBeginning, groupLine } from '../../../src/domain/group.ts'
import { groupBeginningSaid, groupLineSaid, type LineSaid, type Somebody } from '../../../src/domain/group-line.ts'
import { parseMessage, writeMessage } from '../../../src/inbox/languages/icu.ts'

const catalogues = new Map(
  ['en', 'de', 'es', 'fr', 'pt', 'ar'].map((language): [string, Record<string, string>] => [
    language,
    JSON.parse(readFileSync(`src/inbox/languages/${language}.json`, 'utf8')),
  ]),
)

function written(language: string, { code, values }: LineSaid): string {
  return writeMessage(parseMessage(catalogues.get(language)?.[`line.${code}`] ?? ''), values, language)
}

const NAMES: Readonly<Record<string, string>> = { ana: 'Ana', ben: 'Ben' }
const somebody = (id: string | undefined): Somebody => {
  if (id === 'us') return 'us'
  const name = NAMES[id ?? '']
  return name === undefined ? undefined : { name }
}
const nameOf = (who: string, place: 'first' | 'inside') =>
  who === 'us' ? (place === 'first' ? 'You' : 'you') : (NAMES[who] ?? 'somebody')

const ABOUT_SOMEBODY = [
  ...(['added', 'removed', 'invited', 'uninvited', 'approved', 'refused', 'banned', 'unbanned'] as const),
  ...(['joined', 'left', 'declined', 'requested', 'withdrew'] as const),
]
const CHANGES: readonly GroupChangeItem[] = [
  ...(['created', 'avatar', 'link-reset', 'ended'] as const).map((kind) => ({ kind })),
  { kind: 'renamed', title: 'Roof' },
  { kind: 'described', text: 'All of it' },
  { kind: 'described', text: '' },
  { kind: 'timer', seconds: 0 },
  ...ABOUT_SOMEBODY.flatMap((kind) => ['us', 'ben'].map((who) => ({ kind, who }))),
  ...['us', 'ben'].flatMap((who) => [true, false].map((admin) => ({ kind: 'role' as const, who, admin }))),
  ...(['off', 'join', 'request'] as const).map((state) => ({ kind: 'link' as const, state })),
  ...(['edit', 'add'] as const).flatMap((what) =>
    (['members', 'admins'] as const).map((level) => ({ kind: 'access' as const, what, level })),
  ),
  { kind: 'announcements', on: true },
  { kind: 'announcements', on: false },
]

describe.each([['us'], ['ana'], [undefined]])('what %s did to a group', (by) => {
  it.each(CHANGES)('%o', (item) => {
    const said = groupLineSaid(item, somebody(by), somebody('who' in item ? item.who : undefined))
    expect(written('en', said)).toBe(groupLine(item, by, nameOf))
    for (const language of ['de', 'es', 'fr', 'pt', 'ar']) {
      const words = written(language, said)
      if (by === 'ana' && !['joined', 'left', 'declined', 'requested', 'withdrew'].includes(item.kind))
        expect(words).toContain('Ana')
      if ('who' in item && item.who === 'ben') expect(words).toContain('Ben')
      expect(words).not.toMatch(/[{}]|^ | {2}/)
    }
  })
})

test('a timer is told with its span', () => {
  const said = groupLineSaid({ kind: 'timer', seconds: 3600 }, somebody('ana'), undefined)
  expect(said).toMatchObject({ code: 'timer', values: { span: 'PT1H' } })
  expect(catalogues.get('en')?.['line.timer']).toContain('{span}')
})

test('how a group begins', () => {
  for (const standing of ['member', 'invited', 'requesting', 'out'] as const) {
    for (const ours of [true, false]) {
      const fact = { ours, group: { standing, title: 'Garden' } } as GroupFact
      expect(written('en', groupBeginningSaid(fact))).toBe(groupBeginning(fact))
    }
  }
})
