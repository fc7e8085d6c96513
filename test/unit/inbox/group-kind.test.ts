import { describe, expect, it } from 'vitest'
import { type Candidate, groupKind } from '../../../src/inbox/model/group-kind.ts'

const ana: Candidate = { id: 'ana', standing: 'registered', hasNumber: true }
const dev: Candidate = { id: 'dev', standing: 'registered', hasNumber: false }
const ben: Candidate = { id: 'ben', standing: 'not-registered', hasNumber: true }
const new_: Candidate = { id: 'new', standing: 'unknown', hasNumber: true }

describe('what a group can be', () => {
  it.each([
    ['nobody', [], true, { kind: 'nobody' }],
    ['all on Signal', [ana, dev], true, { kind: 'signal' }],
    ['one who is not makes it one of numbers, and is named', [ana, ben], true, { kind: 'phone', because: ['ben'] }],
    ['who was not looked up is not on Signal', [ana, new_], true, { kind: 'phone', because: ['new'] }],
    ['one person alone is no group of numbers', [ben], true, { kind: 'few', because: ['ben'] }],
    [
      'who has no number and who is not on Signal never meet',
      [dev, ben],
      true,
      { kind: 'impossible', because: ['ben'], numberless: ['dev'] },
    ],
    ['without Signal it is one of numbers', [ana, ben], false, { kind: 'phone', because: ['ben'] }],
    ['without Signal, with everybody on it', [ana, { ...ana, id: 'two' }], false, { kind: 'phone', because: [] }],
  ] as const)('%s', (_name, people, hasSignal, verdict) => {
    expect(groupKind(people, hasSignal)).toEqual(verdict)
  })
})
