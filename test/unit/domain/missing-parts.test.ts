import { expect, it } from 'vitest'
import { missingPartsIn, missingPartsWords } from '../../../src/domain/missing-parts.ts'

it.each([
  [[2], 3, 'part 2 of 3 has not arrived'],
  [[1, 4], 5, 'parts 1, 4 of 5 have not arrived'],
])('parts %j of %i are named, and read back', (numbers, total, words) => {
  expect(missingPartsWords({ numbers, total })).toBe(words)
  expect(missingPartsIn(words)).toEqual({ numbers, total })
})

it.each([[null], [''], ['it could not leave before 14:00'], ['part of it is missing']])(
  'nothing is read out of %j',
  (reason) => {
    expect(missingPartsIn(reason)).toBeUndefined()
  },
)
