import { expect, it } from 'vitest'
import { PinError } from '../../../modem/contract.ts'
import { pinProblem } from '../../../src/service/sim-pins.ts'

it.each<[PinError, object]>([
  [new PinError('refused', 'the SIM refused it', 2), { code: 'sim-pin-refused', values: { left: 2 } }],
  [new PinError('known-wrong', 'it was refused before', 1), { code: 'sim-pin-known-wrong', values: { left: 1 } }],
  [new PinError('refused', 'the SIM refused it'), { code: 'sim-pin-refused', values: undefined }],
  [new PinError('last-try', '1 PIN tries are left', 1), { code: 'sim-pin-last-try', values: undefined }],
  [new PinError('puk', 'the SIM is blocked', 0), { code: 'sim-puk', values: undefined }],
  [new PinError('busy', 'another one is being entered'), { code: 'sim-pin-busy', values: undefined }],
  [new PinError('unavailable', 'the modem is gone'), { code: 'modem-unavailable', values: undefined }],
])('a PIN that is not taken says how many tries are left where that is known: %s', (error, problem) => {
  expect(pinProblem(error)).toMatchObject(problem)
})

it('what is no verdict on a PIN is handed on as it is', () => {
  const error = new Error('something else')
  expect(pinProblem(error)).toBe(error)
})
