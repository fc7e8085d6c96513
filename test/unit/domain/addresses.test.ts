import { describe, expect, it } from 'vitest'
import { addressDigits, parseAddress, parseSender } from '../../../src/domain/address.ts'
import { CausewayError } from '../../../src/domain/errors.ts'

const ACI = '0e5a4d3b-1c2d-4e5f-8a9b-0c1d2e3f4a5b'

function codeOf(input: string, region?: string): string {
  try {
    parseAddress(input, region)
    return 'taken'
  } catch (error) {
    return CausewayError.is(error) ? error.code : String(error)
  }
}

describe('recipients', () => {
  const numbers: [string, string | undefined, string][] = [
    ['+15550000201', undefined, '+15550000201'],
    ['+1 555 000 0201', undefined, '+15550000201'],
    ['+1 (555) 000-0201', undefined, '+15550000201'],
    ['5550000201', 'US', '+15550000201'],
    ['0151 12345678', 'DE', '+4915112345678'],
    ['+49 (0)151 12345678', undefined, '+4915112345678'],
    ['004915112345678', 'DE', '+4915112345678'],
    ['07911 123456', 'GB', '+447911123456'],
    ['+999999999999', undefined, '+999999999999'],
  ]
  it.each(numbers)('%s read in %s is %s', (input, region, e164) => {
    expect(parseAddress(input, region)).toEqual({ kind: 'e164', e164 })
  })

  it('short codes are an address of their own, never a number with a country code', () => {
    expect(parseAddress('32665', 'DE')).toEqual({ kind: 'short-code', code: '32665' })
    expect(parseAddress('242 733', undefined)).toEqual({ kind: 'short-code', code: '242733' })
  })

  it('signal:<aci> names an account, in any case of letters', () => {
    expect(parseAddress(`signal:${ACI.toUpperCase()}`, undefined)).toEqual({ kind: 'signal', aci: ACI })
    expect(codeOf('signal:ana')).toBe('invalid-number')
  })

  it.each(['', '   ', 'MyBank', '+123', '+0155512345', '+1234567890123456', '0151 12345678', 'x'.repeat(80), '12'])(
    '"%s" is no recipient',
    (input) => {
      expect(codeOf(input)).toBe('invalid-number')
    },
  )

  it.each([
    ['112', undefined],
    ['1-1-2', 'DE'],
    ['+112', undefined],
    ['911', 'US'],
    ['999', 'GB'],
    ['114', 'FR'],
    ['*112#', 'DE'],
  ])('%s is an emergency number and refused', (input, region) => {
    expect(codeOf(input, region)).toBe('emergency-number')
  })

  it('a regional emergency number is a short code elsewhere', () => {
    expect(parseAddress('114', 'SE')).toEqual({ kind: 'short-code', code: '114' })
  })
})

describe('senders', () => {
  it.each([
    ['+15550000201', undefined, { kind: 'e164', e164: '+15550000201' }],
    ['015112345678', 'DE', { kind: 'e164', e164: '+4915112345678' }],
    ['32665', 'DE', { kind: 'short-code', code: '32665' }],
    ['112', 'DE', { kind: 'short-code', code: '112' }],
    ['MyBank', 'DE', { kind: 'alphanumeric', sender: 'MyBank' }],
    ['', 'DE', { kind: 'alphanumeric', sender: 'unknown' }],
    ['015112345678', undefined, { kind: 'alphanumeric', sender: '015112345678' }],
  ] as const)('"%s" read in %s', (input, region, address) => {
    expect(parseSender(input, region)).toEqual(address)
  })

  it('a report names the recipient by the same digits, in international or national form', () => {
    expect(addressDigits('+4915112345678', 'DE')).toBe('4915112345678')
    expect(addressDigits('015112345678', 'DE')).toBe('4915112345678')
    expect(addressDigits('32665', 'DE')).toBe('32665')
  })
})
