/** The figures in the words of a stored reason are said in every language, and old reasons without them still are whole. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { keptTold, keptValues, TOLD, valuesKept } from '../../../src/domain/told.ts'
import { argumentNames, parseMessage } from '../../../src/inbox/languages/icu.ts'

const FOLDER = 'src/inbox/languages'
const names = readdirSync(FOLDER).filter((name) => name.endsWith('.json'))
const table: Readonly<Record<string, readonly string[]>> = TOLD

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

  it('has a sentence without figures beside each', () => {
    for (const key of keys) expect([key, said(key.replace(/\.told$/, ''))]).toEqual([key, []])
    expect(keys.filter((key) => words[key.replace(/\.told$/, '')] === undefined)).toEqual([])
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
