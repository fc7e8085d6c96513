import { expect, test } from 'vitest'
import { decimal, nameList, numberList, splitFields, unquote } from '../../../modem/at/fields.ts'

test('a comma inside quotes or brackets does not divide fields', () => {
  expect(splitFields('1,"a,b",(0-2,4),,x')).toEqual(['1', '"a,b"', '(0-2,4)', '', 'x'])
})

test('quotes that never end and brackets that never open give fields all the same', () => {
  expect(splitFields('"a,b')).toEqual(['"a,b'])
  expect(splitFields('1),2')).toEqual(['1)', '2'])
})

test('unquoting leaves bare fields as they are', () => {
  expect([unquote('"SM"'), unquote('SM'), unquote(undefined)]).toEqual(['SM', 'SM', ''])
})

test('only decimal fields are numbers', () => {
  expect(['7', '"7"', '-1', '', '1A', '99999999999'].map(decimal)).toEqual([7, 7, -1, undefined, undefined, undefined])
})

test('ranges of a test answer are bounded', () => {
  expect([...numberList('(0-2,4)')]).toEqual([0, 1, 2, 4])
  expect([...numberList('nonsense')]).toEqual([])
  expect(numberList('(0-99999)').size).toBe(256)
})

test('names of a test answer', () => {
  expect(nameList('("SM","ME")')).toEqual(['SM', 'ME'])
  expect(nameList(undefined)).toEqual([])
})
