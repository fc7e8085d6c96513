/** The carriers that we ship are usable rows, and a SIM finds its own or is asked about. */
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { describe, expect, it } from 'vitest'
import type { CarrierRecord } from '../../../modem/mms/carrier.ts'
import {
  type CarriersFile,
  carrierRecords,
  carriersOf,
  type OverridesFile,
  searchCarriers,
} from '../../../modem/mms/carriers.ts'
import { carrierLine, knownCarriers } from '../../../src/cli/carriers.ts'
import { readCarrierFiles } from '../../../src/config/carriers-file.ts'

const files = readCarrierFiles<CarriersFile, OverridesFile>()
const shipped = carrierRecords(files.carriers, files.overrides)

describe('what we ship', () => {
  it('says its source and licence', () => {
    const text = readFileSync(new URL('../../../modem/mms/carriers.json', import.meta.url), 'utf8')
    expect(JSON.parse(text)).toMatchObject({
      source: expect.stringContaining('mobile-broadband-provider-info'),
      licence: expect.stringContaining('public domain'),
    })
    expect(text.length).toBeLessThan(100_000)
  })

  it('has only rows with which a message can be sent', () => {
    expect(shipped.length).toBeGreaterThan(300)
    expect(new Set(shipped.map(({ id }) => id)).size).toBe(shipped.length)
    for (const { id, name, match, apn, mmsc, proxy, dns = [], auth, user } of shipped) {
      expect(id).toMatch(/^[a-z]{2}(-[a-z0-9]+)+$/)
      expect(
        [name, apn].every((text) => text.trim() === text && text !== ''),
        id,
      ).toBe(true)
      expect(match.length, id).toBeGreaterThan(0)
      for (const { mcc, mnc } of match) expect(`${mcc}-${mnc}`, id).toMatch(/^\d{3}-\d{2,3}$/)
      expect(new URL(mmsc).protocol, id).toMatch(/^https?:$/)
      if (proxy !== null) {
        expect(proxy.host, id).toMatch(/^[a-z0-9.-]+$/)
        if (/^[\d.]+$/.test(proxy.host)) expect(isIP(proxy.host), id).toBe(4)
        expect(Number.isInteger(proxy.port) && proxy.port > 0 && proxy.port < 65_536, id).toBe(true)
      }
      expect(
        dns.every((address) => isIP(address) === 4),
        id,
      ).toBe(true)
      expect(auth === 'none', id).toBe(user === undefined)
    }
  })

  it('has what was broken in the database put right', () => {
    const of = (id: string) => shipped.find((record) => record.id === id)
    expect(shipped.map(({ mmsc }) => mmsc)).toEqual(
      expect.arrayContaining(['http://mmsu.pelephone.net.il', 'http://mms.vox.com.py/mmsc']),
    )
    expect(of('hr-carnet-tele2')?.proxy).toEqual({ host: '193.12.40.66', port: 8080 })
    expect(shipped.some(({ id, mmsc }) => id.startsWith('gb-') && mmsc.includes('.co.za'))).toBe(false)
  })

  it('has a reason and evidence for each exception, and each is of use', () => {
    for (const { mmscHosts = [], networks = [], why, evidence } of files.overrides.overrides) {
      expect([why.length > 20, ['source', 'manual', 'report', 'measured', 'memory'].includes(evidence)]).toEqual([
        true,
        true,
      ])
      for (const host of mmscHosts)
        expect([host, shipped.some(({ mmsc }) => new URL(mmsc).host === host)]).toEqual([host, true])
      for (const network of networks) {
        expect([
          network,
          shipped.some(({ match }) => match.some(({ mcc, mnc }) => `${mcc}-${mnc}` === network)),
        ]).toEqual([network, true])
      }
    }
  })

  it('has the exceptions in the records', () => {
    const verizon = carriersOf(shipped, { imsi: '311480123456789' }).chosen
    expect(verizon).toMatchObject({
      maxMessageSize: 1_258_291,
      appendTransactionId: true,
      answerAtContentLocation: true,
      headers: { 'X-VzW-MDN': '1{{msisdn_national}}' },
    })
    expect(verizon?.source).toContain('Verizon')
    expect(searchCarriers(shipped, 'andorra')).toMatchObject([
      { maxMessageSize: 307_200, headers: {}, recipientLimit: 20 },
    ])
  })
})

describe('a SIM', () => {
  const row = (id: string, networks: string, more: Partial<CarrierRecord> = {}): CarrierRecord => {
    const template = shipped[0]
    if (template === undefined) throw new Error('no carriers')
    const match = networks.split(' ').map((network) => ({ mcc: network.slice(0, 3), mnc: network.slice(3) }))
    return { ...template, id, name: id, spn: [id], match, ...more }
  }
  const records = [
    row('Big', '31026'),
    row('Long', '310260'),
    row('Mint Mobile', '310260'),
    row('Other', '310410'),
    row('Sister A', '50501', { gid1: ['0a01'] }),
    row('Sister B', '50501', { gid1: ['0a02'] }),
  ]
  const names = (sim: Parameters<typeof carriersOf>[1]) => {
    const { candidates, chosen } = carriersOf(records, sim)
    return [candidates.map(({ id }) => id), chosen?.id]
  }

  it.each([
    ['finds the only one of its network', { imsi: '310410000000001' }, [['Other'], 'Other']],
    [
      'is asked about where several fit as well, longer networks first',
      { imsi: '310260000000001' },
      [['Long', 'Mint Mobile', 'Big'], undefined],
    ],
    [
      'is told by its provider’s name',
      { imsi: '310260000000001', spn: 'MINT MOBILE' },
      [['Mint Mobile', 'Long', 'Big'], 'Mint Mobile'],
    ],
    [
      'is told by a name that is alike',
      { imsi: '310260000000001', spn: 'Mint' },
      [['Mint Mobile', 'Long', 'Big'], 'Mint Mobile'],
    ],
    ['with two digits of network finds its own', { imsi: '310261000000001' }, [['Big'], 'Big']],
    [
      'is told by its group, padded as SIMs do',
      { imsi: '505010000000001', gid1: '0A02FFFF' },
      [['Sister B'], 'Sister B'],
    ],
    ['without a group is asked about', { imsi: '505010000000001' }, [['Sister A', 'Sister B'], undefined]],
    ['of an unknown network finds nobody', { imsi: '999990000000001', spn: 'Mint Mobile' }, [[], undefined]],
  ])('%s', (_rule, sim, expected) => {
    expect(names(sim)).toEqual(expected)
  })
})

describe('causeway mms carriers', () => {
  it('shows the candidates of a SIM, and whether one is taken', () => {
    expect(knownCarriers({ imsi: '21303' })).toMatchObject({
      carriers: [{ id: 'ad-andorra-telecom-mobiland' }],
      advice: 'ad-andorra-telecom-mobiland is taken.',
    })
    expect(knownCarriers({ imsi: '310260' }).advice).toContain('choose one')
    expect(knownCarriers({ imsi: '310260', spn: 'Mint' }).carriers[0]?.apn).toBe('wholesale')
    expect(knownCarriers({ imsi: '99999' })).toEqual({ carriers: [], advice: expect.stringContaining('by hand') })
    expect(() => knownCarriers({ imsi: 'x' })).toThrow('15 digits')
  })

  it('searches in everything that people know of a carrier', () => {
    const found = knownCarriers({ search: 'telenor mms' }).carriers
    expect(found.length).toBeGreaterThan(0)
    expect(found.every((record) => /telenor/i.test(JSON.stringify(record)))).toBe(true)
    expect(knownCarriers({}).carriers).toHaveLength(shipped.length)
    const play = knownCarriers({ search: 'mmsc.play.pl' }).carriers[0]
    expect(play && carrierLine(play)).toBe(
      'pl-play  Play (26006)\n    APN mms; MMSC http://mmsc.play.pl/mms/wapenc; up to 300 KB',
    )
  })
})
