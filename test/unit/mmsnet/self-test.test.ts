/** What `causeway mms test` says of each step, against the simulated MMSC. */
import { describe, expect, it } from 'vitest'
import { interfaceBearer } from '../../../modem/mms/bearer/interface.ts'
import { mmsSelfTest } from '../../../modem/mms/self-test.ts'
import type { MmscFault } from '../../../modem/sim/mmsc-faults.ts'
import { US, world } from './world.ts'

async function told(options: Parameters<typeof world>[0] = {}, fault?: MmscFault) {
  const { exchange, carrier, mmsc } = await world(options)
  if (fault !== undefined) mmsc.fault(fault)
  const steps: string[] = []
  let last = ''
  for await (const { step, ok, detail } of mmsSelfTest({ exchange, carrier, number: US, transactionId: 'test1' })) {
    steps.push(ok ? step : `not ${step}`)
    last = detail
  }
  return { steps, last, mmsc }
}

describe('the test of a carrier', () => {
  it('sends one message to ourselves and names every step that holds', async () => {
    const { steps, mmsc } = await told()
    expect(steps).toEqual(['bearer', 'proxy', 'http', 'pdu'])
    expect(mmsc.messages()).toHaveLength(1)
    expect(mmsc.messages()[0]).toMatchObject({ from: US, to: [US] })
  })

  it.each<readonly [string, Parameters<typeof world>[0], MmscFault | undefined, readonly string[], string]>([
    [
      'the bearer',
      { bearer: interfaceBearer({ interfaceName: 'none0', dns: [] }) },
      undefined,
      ['not bearer'],
      'none0',
    ],
    ['the resolver', { carrier: { proxy: null } }, undefined, ['bearer', 'not dns'], 'resolver'],
    ['the proxy', { carrier: { proxy: { host: '127.0.0.1', port: 1 } } }, undefined, ['bearer', 'not proxy'], 'ECONN'],
    ['the settings', { carrier: { mmsc: 'ftp://mms' } }, undefined, ['bearer', 'proxy', 'not http'], 'never asked'],
    ['the status', {}, { kind: 'status', status: 403 }, ['bearer', 'proxy', 'not http'], 'APN'],
    ['a portal', {}, { kind: 'portal' }, ['bearer', 'proxy', 'not http'], 'text/html'],
    ['silence', {}, { kind: 'no-confirmation' }, ['bearer', 'proxy', 'not http'], 'may arrive'],
    ['no confirmation', {}, { kind: 'empty' }, ['bearer', 'proxy', 'http', 'not pdu'], 'no confirmation'],
    ['a broken one', {}, { kind: 'octets', hex: '8c81' }, ['bearer', 'proxy', 'http', 'not pdu'], 'cannot be read'],
    [
      'a refusal',
      {},
      { kind: 'pdu-status', status: 0xe1, text: 'No' },
      ['bearer', 'proxy', 'http', 'not pdu'],
      '0xe1: No',
    ],
  ])('says that it was %s', async (_, options, fault, expected, words) => {
    const { steps, last } = await told(options, fault)
    expect(steps).toEqual(expected)
    expect(last).toContain(words)
  })
})
