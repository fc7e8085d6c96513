/** What the doctor finds is said whole in every language, with the values that a finding hands out and no others. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { DOCTOR_WORDS } from '../../../src/doctor/found.ts'
import type { Sentence, Sentences } from '../../../src/doctor/sentences.ts'
import { argumentNames, parseMessage } from '../../../src/inbox/languages/icu.ts'
import { warningsOf } from '../../../src/signal/warnings.ts'

const FOLDER = 'src/inbox/languages'
const catalogues = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json'))
  .map((name): [string, Record<string, string>] => [name, JSON.parse(readFileSync(`${FOLDER}/${name}`, 'utf8'))])

const table: Sentences = DOCTOR_WORDS
const codes = Object.keys(table)

/** The values that a sentence takes: a finding cannot be made without them (`found` is typed so). */
function taken(sentence: Sentence | undefined): string[] {
  if (typeof sentence !== 'function') return []
  const names: string[] = []
  const values = new Proxy({}, { get: (_, name) => names.push(String(name)) })
  sentence(values as never)
  return names
}

const handedOut = (code: string) => [...taken(table[code]?.what), ...taken(table[code]?.fix)]
const namesIn = (message: string | undefined) => (message === undefined ? [] : argumentNames(parseMessage(message)))

/** Keys whose sentence wants a value that is not handed out. */
const beyond = (words: Record<string, string>, key: string, values: readonly string[]) =>
  namesIn(words[key]).flatMap((name) => (values.includes(name) ? [] : [`${key} {${name}}`]))

describe('the doctor’s table', () => {
  it('holds every code that its sources name, and no other', () => {
    const sources = ['backups', 'certificate', 'host', 'outward', 'redis', 'running', 'schema']
      .map((name) => readFileSync(`src/doctor/${name}.ts`, 'utf8'))
      .join()
    expect(codes.length).toBeGreaterThan(70)
    expect(codes.filter((code) => !sources.includes(`'${code}'`))).toEqual([])
    // Nothing is found past the table; that no code is outside of it the types see to.
    expect(sources).not.toMatch(/severity: '/)
  })

  it('shows to a test what a sentence takes', () => {
    expect(handedOut('disk.low')).toEqual(['bytes', 'directory'])
    expect(handedOut('queue.paused.modem')).toEqual(['modem', 'since', 'lane'])
  })
})

describe.each(catalogues)('%s', (_, words) => {
  it('says every finding and its next step, and none that there is not', () => {
    const wanted = codes.flatMap((code) => [
      `found.${code}`,
      ...(table[code]?.fix === undefined ? [] : [`fix.${code}`]),
    ])
    expect(wanted.filter((key) => words[key] === undefined)).toEqual([])
    const has = Object.keys(words).filter((key) => /^(found|fix)\./.test(key))
    expect(has.filter((key) => !wanted.includes(key))).toEqual([])
  })

  it('says it with values that the finding hands out', () => {
    const wrong = codes.flatMap((code) =>
      ['found', 'fix'].flatMap((place) => beyond(words, `${place}.${code}`, handedOut(code))),
    )
    expect(wrong).toEqual([])
  })

  it('names the modem, the count and the time that the English sentence names', () => {
    const mute = codes.flatMap((code) => {
      const said = namesIn(words[`found.${code}`])
      return taken(table[code]?.what)
        .filter((name) =>
          ['modem', 'count', 'held', 'since', 'taken_at', 'bytes', 'dbm', 'used', 'total'].includes(name),
        )
        .filter((name) => !said.includes(name))
        .map((name) => `${code} {${name}}`)
    })
    expect(mute).toEqual([])
  })

  it('says the warnings about the Signal account with theirs', () => {
    const nowMs = Date.UTC(2040, 0, 1)
    const alerts = ['idle-primary-device', 'other']
    const account = { deviceId: 2, signedOutAtMs: undefined, keysRotatedAtMs: 1 }
    const warnings = warningsOf({ skewMs: 9e5, alerts, preKeysLeft: 0, account, isOfficial: true, nowMs })
    expect(warnings).toHaveLength(6)
    const wrong = warnings.flatMap(({ code, values }) =>
      words[`warn.${code}`] === undefined ? [code] : beyond(words, `warn.${code}`, Object.keys(values)),
    )
    expect(wrong).toEqual([])
  })
})
