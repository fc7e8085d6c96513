/**
 * Who a modem is, is read from answers without a prefix. Whatever any family says unasked may stand before, inside and
 * behind such an answer, and cut it in two, and the driver still knows the module: its name, its profile, its IMEI, its
 * SIM, and therefore how to restart it.
 */
import { afterEach, describe, expect, test } from 'vitest'
import { shippedProfiles } from '../../../modem/profile.ts'
import type { Fault } from '../../../modem/sim/faults.ts'
import { FAMILIES } from '../../../modem/sim/profiles.ts'
import { until, untilState } from '../../unit/modem/bench.ts'
import { Gateway } from './gateway.ts'

/** Also lines that no table has, and one that holds a number of an IMEI's length. */
const UNLISTED = [
  '^DSFLOWQRY:00000000,0000000000000000,0',
  '+QWEIRD: 356938035643809',
  '$ODD',
  '*WHAT: 8949000000000000001',
]
const EVERYBODYS = [
  ...Object.values(FAMILIES).flatMap(({ profile: { noise, bootLines = [] } }) => [
    ...(noise?.lines ?? []),
    ...bootLines.filter((line) => /^[\^+](?:BOOT|SIMST|SRVST|QUSIM|ZUSIMR)/.test(line)),
  ]),
  ...shippedProfiles().flatMap(({ urcs }) =>
    urcs.flatMap(({ prefix, meaning }) =>
      meaning === 'noise' ? [`${prefix}${prefix.endsWith(':') ? ' 1,2' : ''}`] : [],
    ),
  ),
  ...UNLISTED,
]
const COMMANDS = ['+CGMI', '+CGMM', '+CGMR', '+CGSN', '+CIMI', '+CCID', '+ICCID', '+QCCID', '^ICCID', '#CCID']

let gateway: Gateway | undefined
afterEach(() => gateway?.close())

/** What the driver has learnt of a family's module in quiet. */
async function learnt(family: string, faults: readonly Fault[]) {
  await gateway?.close()
  const quiet = { quietedBy: 'ATE0', lines: [''], everyMs: 1_000_000, everyAnswers: 0 }
  const noiseless = { ...FAMILIES[family]?.profile, noise: quiet }
  gateway = await Gateway.open({ family, profile: noiseless }, { timings: { listTimeoutMs: 200 } })
  for (const fault of faults) gateway.sim.fault(fault)
  gateway.modem.start()
  await untilState(gateway.modem, 'ready')
  const { manufacturer, model, revision, profile, imei, imsi, iccid } = gateway.modem.status()
  return { manufacturer, model, revision, profile, imei, imsi, iccid }
}

describe.each(Object.keys(FAMILIES))('%s', (family) => {
  test('is known for what it is, whatever stands around its answers', async () => {
    const known = await learnt(family, [])
    expect(known.imei).toMatch(/^\d{15}$/)
    for (const where of ['before', 'inside', 'after'] as const) {
      const faults = COMMANDS.map(
        (command): Fault => ({ kind: 'urc', command, where, lines: EVERYBODYS, times: 'always' }),
      )
      expect(await learnt(family, faults), where).toEqual({ ...known, imei: gateway?.sim.imei })
    }
  })

  test('is known when its first answers are cut in two by a line', async () => {
    const { manufacturer, model } = await learnt(family, [])
    const cut = (command: string, text = ''): Fault => ({
      kind: 'answer',
      command,
      text: `\r\n${text.slice(0, 3)}\r\n^LTERSRP:-97,-10\r\n${text.slice(3)}\r\n\r\nOK\r\n`,
    })
    const again = await learnt(family, [
      cut('+CGMI', manufacturer),
      cut('+CGMM', model),
      cut('+CGSN', '3569380356438091'),
    ])
    expect(again).toMatchObject({ manufacturer, model, imei: gateway?.sim.imei })
  })
})

test('a noisy E3372 is restarted by its own command', async () => {
  gateway = await Gateway.open({ family: 'e3372', timing: { factor: 0.001 } })
  const { sim, modem } = gateway
  sim.fault({ kind: 'urc', command: '*', where: 'before', lines: ['^LTERSRP:-97,-10'], times: 'always' })
  modem.start()
  await untilState(modem, 'ready')
  expect(modem.status()).toMatchObject({ profile: 'huawei-stick', manufacturer: 'huawei', model: 'E3372' })
  const restarted = modem.reset()
  await until(() => sim.commandLines.some((line) => line.includes('RESET') || line.includes('CFUN=1,1')))
  expect(sim.commandLines.filter((line) => line.includes('CFUN=1,1'))).toEqual([])
  await restarted
})

test('what a person asks by hand is answered without the lines of any family', async () => {
  gateway = await Gateway.open({ family: 'e3372', timing: { factor: 0.001 } })
  const { sim, modem } = gateway
  modem.start()
  await untilState(modem, 'ready')
  const listed = EVERYBODYS.filter((line) => !UNLISTED.includes(line))
  sim.fault({ kind: 'urc', command: '*', where: 'before', lines: listed, times: 'always' })
  expect(await modem.command('AT+CGMM', 1_000)).toEqual(['E3372'])
  expect(await modem.command('ATI', 1_000)).toEqual(expect.not.arrayContaining(listed))
})
