import { describe, expect, it } from 'vitest'
import { codeInText } from '../../../src/service/enrollment-codes.ts'

describe('a verification code is read from a text that names Signal, and from no other', () => {
  it.each([
    ['Your SIGNAL code is: 482-913\n\nDo not share this code with anyone.', '482913'],
    ['<#> Your Signal verification code: 482913 doDiFGKPO1r', '482913'],
    ['Signal 482 913', '482913'],
    ['Ihr SIGNAL-Code lautet: 482‑913', '482913'],
    ['Your bank code is 482-913', undefined],
    ['Signal will call you at +15550000101', undefined],
    ['Signal says hello', undefined],
    ['Signal 4829131', undefined],
  ])('%s', (text, code) => {
    expect(codeInText(text)).toBe(code)
  })
})
