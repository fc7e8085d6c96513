import { expect, test } from 'vitest'
import { numberList, splitFields } from '../../../modem/at/fields.ts'
import { indicationLadder } from '../../../modem/indications.ts'

const offered = (text: string) => splitFields(text).map(numberList)

test.each<[rule: string, answer: string, acknowledged: boolean, reportMemory: boolean, best: string]>([
  ['reports come direct where they are acknowledged', '(0-2),(0-3),(0,2),(0-2),(0,1)', true, true, '2,1,2,1,0'],
  ['reports are stored where they are not', '(0-2),(0-3),(0,2),(0-2),(0,1)', false, true, '2,1,2,2,0'],
  [
    'reports come direct all the same where they cannot be read',
    '(0-2),(0-3),(0,2),(0-2),(0,1)',
    false,
    false,
    '2,1,2,1,0',
  ],
  ['a fifth value comes from the list', '(0,1,2),(0,1),(0),(0,2),(1)', true, false, '2,1,0,2,1'],
  ['a modem that can only be told by itself', '(2),(0,1),(0,2,3),(0,2),(0)', true, true, '2,1,2,2,0'],
  ['a mode of its own', '(1),(0,1),(0),(0),(0)', true, true, '1,1,0,0,0'],
  ['one that only hands on directly', '(0-2),(0,2),(0),(0,1),(0)', true, true, '2,2,0,1,0'],
])('%s', (_rule, answer, acknowledged, reportMemory, best) => {
  expect(indicationLadder(offered(answer), { acknowledged, reportMemory })[0]?.join(',')).toBe(best)
})

test('without an answer the proven ladder is tried: direct reports, stored ones, none', () => {
  const ladder = indicationLadder([], { acknowledged: true, reportMemory: true }).map((rung) => rung.join(','))
  const at = (rung: string) => ladder.indexOf(rung)
  expect(at('2,1,2,1,0')).toBe(0)
  expect(at('2,1,2,2,0')).toBeGreaterThan(at('2,1,2,1,0'))
  expect(at('2,1,2,0,0')).toBeGreaterThan(at('2,1,2,2,0'))
  expect(ladder.length).toBeLessThanOrEqual(16)
})
