/** The figures in the words of a stored reason are said in every language, and old reasons without them still are whole. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { keptTold, keptValues, REFUSED, TOLD, valuesKept } from '../../../src/domain/told.ts'
import { argumentNames, parseMessage } from '../../../src/inbox/languages/icu.ts'
import { sentenceKeys } from '../../../src/inbox/languages/reason-names.ts'
import { codesTold, codesUntold } from './codes.ts'

const FOLDER = 'src/inbox/languages'
const names = readdirSync(FOLDER).filter((name) => name.endsWith('.json'))
const table: Readonly<Record<string, readonly string[]>> = TOLD

const ROOMS = ['http', 'routing', 'signal', 'store', 'transports', 'service', 'backup', 'media', 'domain'].map(
  (room) => `src/${room}`,
)
/** What the answer to a request can carry figures with. */
const refused = new Set([...Object.keys(REFUSED), ...codesTold(ROOMS)])

/** Refusals with something in their words that says nothing to whoever reads them on a screen. */
const NOT_TOLD: Readonly<Record<string, string>> = {
  'what is inside of us or of Signal, for whoever looks for a fault':
    'signal-attachment signal-upload-lost signal-link-envelope signal-link-refused signal-pin-service signal-captcha-refused group-refused blob-damaged',
  'English words of another place, whose own code says them':
    'mms-unreachable modem-unavailable no-text storage-full wrong-state signal-not-primary',
  'not on a screen, or seen there already':
    'forbidden merged not-found config-listen db-key db-migration backup-missing backup-folder at-error signal-directory signal-busy signal-device-unknown signal-account-present mention-outside mention-overlaps mention-unmarked mention-not-member range-outside no-such-range restore-not-empty restore-key-file',
  'beside it as retry_after': 'too-many-tries signal-registration-wait',
}

describe.each(names)('%s', (name) => {
  const words: Record<string, string> = JSON.parse(readFileSync(`${FOLDER}/${name}`, 'utf8'))
  const keys = Object.keys(words).filter((key) => key.endsWith('.told'))
  const codeOf = (key: string) => key.split('.').at(-2) ?? ''
  const said = (key: string) => argumentNames(parseMessage(words[key] ?? ''))

  it('says every figure that is kept with a reason, and asks for no other', () => {
    expect(Object.keys(table).filter((code) => !keys.some((key) => codeOf(key) === code))).toEqual([])
    expect(keys.map((key) => [key, said(key)])).toEqual(
      keys.map((key) => [key, [...(table[codeOf(key)] ?? [])].sort()]),
    )
  })

  it('says the figures of a refused request wherever it says the request was refused', () => {
    for (const code of ['media-too-large', 'too-large', 'group-words', 'too-big']) expect(refused).toContain(code)
    const silent = [...refused].filter((code) => {
      const key = sentenceKeys(code, 'problem').find((one) => one in words)
      return key === undefined || !(`${key}.told` in words)
    })
    expect(silent).toEqual([])
  })

  it('has a sentence without figures beside each', () => {
    for (const key of keys) expect([key, said(key.replace(/\.told$/, ''))]).toEqual([key, []])
    expect(keys.filter((key) => words[key.replace(/\.told$/, '')] === undefined)).toEqual([])
  })
})

describe('a refusal with a figure in its words', () => {
  it('hands the figure out beside them', () => {
    const spared = Object.values(NOT_TOLD).flatMap((codes) => codes.split(' '))
    const untold = codesUntold(ROOMS)
    expect([...untold].filter((code) => !spared.includes(code))).toEqual([])
    expect(spared.filter((code) => !untold.has(code))).toEqual([])
  })
})

describe('the values of a reason', () => {
  it('are read for its own code alone', () => {
    const { code, values_json: json } = keptTold('validity-expired', { after: 'P1D' })
    expect(valuesKept(json, code)).toEqual({ after: 'P1D' })
    expect([valuesKept(json, 'undelivered'), valuesKept(json, null), valuesKept(null, code)]).toEqual([{}, {}, {}])
  })

  it('are nothing where an error brings none', () => {
    expect(keptValues('internal', undefined)).toBeNull()
  })
})
