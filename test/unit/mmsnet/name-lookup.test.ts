/** A name that a Quectel module looks up: when its answer, which comes in pieces behind the OK, is whole, and what it says. */
import { expect, it } from 'vitest'
import { QUECTEL_SOCKETS } from '../../../modem/mms/bearer/at-quectel.ts'

const line = (rest: string) => `+QIURC: "dnsgip",${rest}`

it.each<[what: string, lines: string[], whole: boolean, addresses: string[]]>([
  ['one address', ['0,1,600', '"10.0.0.1"'], true, ['10.0.0.1']],
  ['the first of two', ['0,2,600', '"10.0.0.1"'], false, ['10.0.0.1']],
  ['two addresses', ['0,2,600', '"10.0.0.1"', '"10.0.0.2"'], true, ['10.0.0.1', '10.0.0.2']],
  ['that there are some', ['0,1,600'], false, []],
  ['that there are none', ['0,0,600'], true, []],
  ['no such name', ['565'], true, []],
  ['an address without a number before it', ['"10.0.0.1"'], false, ['10.0.0.1']],
  ['no number of addresses', ['0', '"10.0.0.1"'], false, ['10.0.0.1']],
  ['something else', ['what?'], false, []],
])('%s', (_what, rests, whole, addresses) => {
  const { lateInfoIsWhole, parse } = QUECTEL_SOCKETS.resolve('mmsc.sim')
  const lines = rests.map(line)
  expect([lateInfoIsWhole?.(lines), parse(lines)]).toEqual([whole, addresses])
})
