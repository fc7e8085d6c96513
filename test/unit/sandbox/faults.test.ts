import { describe, expect, test } from 'vitest'
import { SignalFaults } from '../../../src/sandbox/faults.ts'

describe('faults of the Signal server', () => {
  test('refuse as often as they were told, and say when to come back', () => {
    const faults = new SignalFaults()
    faults.refuseSends({ status: 429, times: 2, retryAfterSeconds: 5 })
    const refusals = [faults.onSend(false), faults.onSend(true), faults.onSend(false)]
    expect(refusals.map((refusal) => refusal?.status)).toEqual([429, 429, undefined])
    expect(refusals[0]?.headers).toEqual({ 'retry-after': '5' })
  })

  test('refuse for ever until healed', () => {
    const faults = new SignalFaults()
    faults.refuseConnections({ status: 503 })
    expect([faults.onConnect(), faults.onConnect()].map((refusal) => refusal?.status)).toEqual([503, 503])
    faults.heal()
    expect(faults.onConnect()).toBeUndefined()
  })

  test('a challenge meets unsealed sends, and sealed ones are sent back to be unsealed', () => {
    const faults = new SignalFaults()
    faults.demandCaptcha('token')
    expect(faults.onSend(false)).toMatchObject({ status: 428, body: { token: 'token', options: ['captcha'] } })
    expect(faults.onSend(true)?.status).toBe(401)
  })

  test('a challenge is over when its own token comes back with a solution, unless it cannot be solved', () => {
    const faults = new SignalFaults()
    faults.demandCaptcha('token')
    expect(faults.onChallengeSolution('other', 'solved')).toBe(428)
    expect(faults.onChallengeSolution('token', '')).toBe(428)
    expect(faults.onChallengeSolution('token', 'solved')).toBe(200)
    expect(faults.onSend(false)).toBeUndefined()
    faults.demandCaptcha('token', false)
    expect(faults.onChallengeSolution('token', 'solved')).toBe(413)
    expect(faults.challenged).toBe(true)
  })

  test('lose as many answers as they were told', () => {
    const faults = new SignalFaults()
    faults.loseSendAnswers(1)
    expect([faults.onSendAnswer(), faults.onSendAnswer()]).toEqual(['lose', 'answer'])
  })
})
