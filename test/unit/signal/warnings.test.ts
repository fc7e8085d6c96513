/** What a person is told of an account that works, and that the library's age is kept with its pin. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { library, warningsOf } from '../../../src/signal/warnings.ts'

const day = 24 * 3600_000
const account = { deviceId: 2, signedOutAtMs: undefined, keysRotatedAtMs: 0 }
const nowMs = library.publishedAtMs
const quiet = { skewMs: undefined, alerts: [], preKeysLeft: undefined, account, isOfficial: true, nowMs }
const codes = (more: Partial<Parameters<typeof warningsOf>[0]>) =>
  warningsOf({ ...quiet, ...more }).map(({ code, severity }) => `${code} ${severity}`)

test('the age is that of the library which is pinned', () => {
  const { dependencies } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'))
  expect(library.version).toBe(dependencies['@signalapp/libsignal-client'])
})

test.each([
  [59, []],
  [60, ['signal.protocol_age warning']],
  [79, ['signal.protocol_age warning']],
  [80, ['signal.protocol_age error']],
])('at %i days of age: %j', (days, expected) => {
  expect(codes({ nowMs: library.publishedAtMs + days * day })).toEqual(expected)
})

test('a server of somebody’s own does not turn old clients away', () => {
  expect(codes({ isOfficial: false, nowMs: library.publishedAtMs + 1000 * day })).toEqual([])
})

test('which way the clock is off is said', () => {
  expect(warningsOf({ ...quiet, skewMs: -300_000 })[0]?.what).toMatch(/300 s behind/)
  expect(warningsOf({ ...quiet, skewMs: 300_000 })[0]?.what).toMatch(/300 s ahead/)
})

test('an idle phone has its own words, an alert of later times is passed on', () => {
  expect(codes({ alerts: ['idle-primary-device', 'what-is-this'] })).toEqual([
    'signal.linked_idle.phone warning',
    'signal.alert warning',
  ])
})

test('one-time keys that could not be filled up are told of with their number, also when there is none left', () => {
  expect(codes({ preKeysLeft: 0 })).toEqual(['signal.prekeys_low warning'])
  expect(warningsOf({ ...quiet, preKeysLeft: 7 })[0]).toMatchObject({ values: { left: 7 } })
})

test.each<[string, Partial<Parameters<typeof warningsOf>[0]>, string[]]>([
  ['long without a connection', { account: { ...account, keysRotatedAtMs: nowMs - 14 * day } }, ['14']],
  ['for some days', { account: { ...account, keysRotatedAtMs: nowMs - 13 * day } }, []],
  ['connected, though its keys are old', { account: { ...account, keysRotatedAtMs: 1 }, metAtMs: nowMs }, []],
  ['that lost its connection long ago', { metAtMs: nowMs - 20.5 * day }, ['20']],
  ['of which nothing is known, as after a restore', {}, []],
  ['that was dropped', { account: { ...account, keysRotatedAtMs: 1, signedOutAtMs: 2 } }, []],
  ['that is the primary one', { account: { ...account, keysRotatedAtMs: 1, deviceId: 1 } }, []],
])('a linked device %s: %j', (_what, facts, days) => {
  const said = warningsOf({ ...quiet, ...facts }).filter(({ code }) => code === 'signal.linked_idle.here')
  expect(said.map(({ values }) => String(values['days']))).toEqual(days)
})
