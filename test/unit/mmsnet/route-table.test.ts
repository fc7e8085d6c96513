/** What of the kernel's rules and tables makes sure that MMS leaves by one interface, in the words of `ip -j`. */
import { describe, expect, it } from 'vitest'
import { commandsFor, deviceOf, flawOf, tableFor } from '../../../modem/mms/bearer/route-table.ts'

const SOURCE = '10.1.2.3'
const local = { priority: 0, src: 'all', table: 'local' }
const main = { priority: 32766, src: 'all', table: 'main' }
const ours = { priority: 264, src: SOURCE, table: '264007' }

describe('a rule', () => {
  it.each<readonly [string, unknown, string | undefined]>([
    ['for the address, before all others', [local, ours, main], '264007'],
    ['listed in any order', [main, ours, local], '264007'],
    ['behind one for another address', [local, { priority: 10, src: '10.9.9.9', table: '5' }, ours, main], '264007'],
    ['that is not there', [local, main], undefined],
    ['for another address', [local, { ...ours, src: '10.1.2.4' }, main], undefined],
    ['for a network', [local, { ...ours, src: '10.1.2.0', srclen: 24 }, main], undefined],
    ['with a mark besides', [local, { ...ours, fwmark: '0x1' }, main], undefined],
    ['that is the other way round', [local, { ...ours, not: null }, main], undefined],
    [
      'behind that of a VPN',
      [local, { priority: 5, not: null, src: 'all', fwmark: '0xca6c', table: '51820' }, ours],
      undefined,
    ],
    ['behind one for a network', [local, { priority: 5, src: '10.0.0.0', srclen: 8, table: '7' }, ours], undefined],
    ['that leads to the main table', [local, { ...ours, table: 'main' }], undefined],
    ['that is no rule', 'nonsense', undefined],
    ['among nonsense', [null, 7, local, ours], '264007'],
  ])('%s', (_, rules, table) => {
    expect(tableFor(SOURCE, rules)).toEqual(table === undefined ? { reason: expect.any(String) } : { table })
  })
})

describe('a table', () => {
  const way = { dst: 'default', dev: 'wwan0' }
  const nowhere = { type: 'unreachable', dst: 'default', dev: 'lo', metric: 4_278_198_272 }

  it.each<readonly [string, unknown, boolean]>([
    ['with a way and an end', [way, nowhere], true],
    ['with a way for one network only', [{ dst: '10.0.0.0/8', dev: 'wwan0' }, nowhere], true],
    ['that ends otherwise', [way, { ...nowhere, type: 'blackhole' }], true],
    ['without an end', [way], false],
    ['with an end for one network only', [way, { ...nowhere, dst: '10.0.0.0/8' }], false],
    ['with another way', [way, { dst: '10.0.0.0/8', dev: 'eth0' }, nowhere], false],
    ['with nothing but an end', [nowhere], false],
    ['that is empty', [], false],
  ])('%s', (_, routes, sound) => {
    expect(flawOf('wwan0', routes) === undefined).toBe(sound)
  })
})

it('what sets it up takes away what was for addresses and interfaces before', () => {
  const need = { interfaceName: 'wwan0', interfaceIndex: 7, source: SOURCE, gateway: undefined }
  const stale = [
    { ...ours, src: '10.1.2.99' },
    { ...ours, table: '264003' },
    { priority: 264, src: '10.7.7.7', table: '264099' },
  ]
  expect(commandsFor(need, [local, ...stale, main]).map((args) => args.join(' '))).toEqual([
    'route replace unreachable default metric 4278198272 table 264007',
    'route replace default dev wwan0 metric 1 table 264007',
    'rule del from 10.1.2.99 lookup 264007 priority 264',
    'rule del from 10.1.2.3 lookup 264003 priority 264',
    'rule add from 10.1.2.3 lookup 264007 priority 264',
  ])
  expect(commandsFor({ ...need, gateway: '10.1.2.1' }, [])[1]?.join(' ')).toBe(
    'route replace default via 10.1.2.1 dev wwan0 metric 1 table 264007 onlink',
  )
})

it('reads by which interface a packet leaves', () => {
  expect(deviceOf([{ dst: '198.51.100.10', from: SOURCE, dev: 'wwan0' }])).toBe('wwan0')
  expect(deviceOf([])).toBeUndefined()
})
