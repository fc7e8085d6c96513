import { expect, test } from 'vitest'
import { AtError, type ErrorClass, errorClass, parseFinal } from '../../../modem/at/result.ts'

test.each<[line: string, result: ReturnType<typeof parseFinal>]>([
  ['OK', { kind: 'ok' }],
  ['ERROR', { kind: 'error' }],
  ['COMMAND NOT SUPPORT', { kind: 'error' }],
  ['MODEM ERROR: 4', { kind: 'error' }],
  ['+CMS ERROR: 38', { kind: 'cms', code: 38, text: '38' }],
  ['+CME ERROR: SIM busy', { kind: 'cme', code: 14, text: 'SIM busy' }],
  ['+CME ERROR: something else', { kind: 'cme', code: undefined, text: 'something else' }],
  ['CONNECT 115200', { kind: 'connect' }],
  ['CONNECTED', undefined],
  ['OKAY', undefined],
  ['+CMTI: "SM",1', undefined],
  ['NO CARRIER', undefined],
])('%s as a final result', (line, result) => {
  expect(parseFinal(line)).toEqual(result)
})

test.each<[label: string, expected: ErrorClass]>([
  ['cms-1', 'permanent'],
  ['cms-38', 'transient'],
  ['cms-197', 'permanent'],
  ['cms-208', 'storage'],
  ['cms-301', 'not-ready'],
  ['cms-302', 'not-ready'],
  ['cms-310', 'sim'],
  ['cms-314', 'not-ready'],
  ['cms-322', 'storage'],
  ['cms-330', 'sim'],
  ['cms-331', 'transient'],
  ['cms-500', 'unknown'],
  ['cms-512', 'transient'],
  ['cms-515', 'not-ready'],
  ['cms-777', 'unknown'],
  ['cme-3', 'permanent'],
  ['cme-10', 'sim'],
  ['cme-14', 'not-ready'],
  ['cme-30', 'transient'],
  ['error', 'unknown'],
  ['timeout', 'unknown'],
])('%s is %s', (label, expected) => {
  expect(errorClass(label)).toBe(expected)
})

test('an error says its label and class', () => {
  const error = new AtError('cms', 'body', 'refused', { code: 38 })
  expect([error.label, error.class]).toEqual(['cms-38', 'transient'])
  expect(new AtError('timeout', 'body', 'late').label).toBe('timeout')
})
