/** Addresses that come in a text message of a stranger: which are asked, and as what. */
import { describe, expect, it } from 'vitest'
import { addressOctets, refusedAddress } from '../../../modem/mms/http/ip.ts'
import { guardUrl } from '../../../modem/mms/http/url.ts'

const context = { ownNetworks: ['192.168.178.24/24', 'fd12:3456::5/64'], trusted: [{ host: '127.0.0.1', port: 8002 }] }

const ASKED: readonly (readonly [string, string, number, string])[] = [
  ['http://mms/', 'mms', 80, '/'],
  ['http://mmsc.example.net', 'mmsc.example.net', 80, '/'],
  ['http://mmsc/mmrelay.app', 'mmsc', 80, '/mmrelay.app'],
  ['HTTP://MMSC.Example.Net:8002/a?b=c', 'mmsc.example.net', 8002, '/a?b=c'],
  ['http://mmsc.example.net./x', 'mmsc.example.net', 80, '/x'],
  ['http://mmsc.example.net?message-id=', 'mmsc.example.net', 80, '/?message-id='],
  ['http://mmsc.example.net/a/../b|{c}%20', 'mmsc.example.net', 80, '/a/../b|{c}%20'],
  ['http://mmsc.example.net/x#part', 'mmsc.example.net', 80, '/x'],
  ['https://mmsc.example.net/x', 'mmsc.example.net', 443, '/x'],
  ['http://10.1.2.3:8080/x', '10.1.2.3', 8080, '/x'],
  ['http://172.16.0.1/x', '172.16.0.1', 80, '/x'],
  ['http://192.168.1.1/x', '192.168.1.1', 80, '/x'],
  ['http://100.64.0.1/x', '100.64.0.1', 80, '/x'],
  ['http://0x0a.1.2.3/x', '10.1.2.3', 80, '/x'],
  ['http://[fd00::1]/x', 'fd00::1', 80, '/x'],
  ['http://[2001:db8::1]:81/x', '2001:db8::1', 81, '/x'],
  ['http://[64:ff9b::a01:203]/x', '64:ff9b::a01:203', 80, '/x'],
  ['http://127.0.0.1:8002/servlets/mms', '127.0.0.1', 8002, '/servlets/mms'],
]

const REFUSED: readonly string[] = [
  '',
  'mmsc.example.net/x',
  '//mmsc.example.net/x',
  'file:///etc/passwd',
  'ftp://mmsc.example.net/x',
  'gopher://mmsc.example.net/x',
  'javascript:alert(1)',
  'http:/mmsc.example.net/x',
  'http:mmsc.example.net',
  'http:///x',
  'http://',
  'http://mmsc.example.net/x\r\nHost: other',
  'http://mmsc.example.net/x\nX: y',
  'http://mmsc.example.net/a b',
  ' http://mmsc.example.net/x',
  'http://mmsc.example.net/\u0000',
  'http://mmsc.example.net/ü',
  'http://mmsç.example.net/',
  'http://user@mmsc.example.net/',
  'http://user:secret@mmsc.example.net/',
  'http://mmsc.example.net@127.0.0.1/',
  'http://mmsc.example.net\\@127.0.0.1/',
  'http://mmsc.example.net:0/',
  'http://mmsc.example.net:65536/',
  'http://mmsc.example.net:80:80/',
  'http://mmsc.example.net:/',
  'http://mmsc%2eexample.net/',
  'http://localhost/',
  'http://LOCALHOST./',
  'http://a.localhost/',
  'http://printer.local/',
  'http://metadata.google.internal/',
  'http://127.0.0.1/',
  'http://127.0.0.1:8003/',
  'http://127.1/',
  'http://2130706433/',
  'http://0x7f000001/',
  'http://0177.0.0.1/',
  'http://0x7f.0.0.1/',
  'http://017700000001/',
  'http://0/',
  'http://0.0.0.0/',
  'http://169.254.169.254/latest/meta-data',
  'http://0xa9fea9fe/',
  'http://100.100.100.200/',
  'http://224.0.0.1/',
  'http://239.255.255.250:1900/',
  'http://240.0.0.1/',
  'http://255.255.255.255/',
  'http://192.168.178.1/',
  'http://192.168.178.24:8080/api',
  'http://3232281089/',
  'http://[::1]/',
  'http://[::]/',
  'http://[0:0:0:0:0:0:0:1]/',
  'http://[::ffff:127.0.0.1]/',
  'http://[::ffff:7f00:1]/',
  'http://[::ffff:192.168.178.1]/',
  'http://[::127.0.0.1]/',
  'http://[64:ff9b::7f00:1]/',
  'http://[2002:7f00:1::]/',
  'http://[2001:0:1::1]/',
  'http://[fe80::1]/',
  'http://[fe80::1%25eth0]/',
  'http://[ff02::1]/',
  'http://[fd12:3456::99]/',
  'http://[fd00:ec2::254]/',
  'http://[::1/',
  'http://1.2.3.4.5/',
  'http://256.256.256.256/',
  `http://mmsc.example.net/${'x'.repeat(2100)}`,
  `http://${'a.'.repeat(150)}net/`,
]

describe('the address of a message', () => {
  it.each(ASKED)('%s is asked', (text, host, port, target) => {
    const guarded = guardUrl(text, context)
    expect(guarded).toMatchObject({ ok: true, url: { host, port, target } })
  })

  it.each(REFUSED)('%j is never asked', (text) => {
    expect(guardUrl(text, context)).toEqual({ ok: false, reason: expect.any(String) })
  })

  it('names host and port for the MMSC as HTTP wants it', () => {
    const authority = (text: string) => {
      const guarded = guardUrl(text, context)
      return guarded.ok ? guarded.url.authority : guarded.reason
    }
    expect(authority('http://mmsc.example.net/')).toBe('mmsc.example.net')
    expect(authority('http://mmsc.example.net:80/')).toBe('mmsc.example.net')
    expect(authority('http://mmsc.example.net:8002/')).toBe('mmsc.example.net:8002')
    expect(authority('http://[fd00::1]:8002/')).toBe('[fd00::1]:8002')
  })
})

describe('a literal address', () => {
  it('is octets, in all its canonical forms', () => {
    const hex = (text: string) => Buffer.from(addressOctets(text) ?? []).toString('hex')
    expect(hex('10.1.2.255')).toBe('0a0102ff')
    expect(hex('::1')).toBe('00000000000000000000000000000001')
    expect(hex('2001:db8::a:1')).toBe('20010db8000000000000000000 0a0001'.replace(' ', ''))
    expect(hex('::ffff:1.2.3.4')).toBe('00000000000000000000ffff01020304')
    for (const none of ['', 'mms', '1.2.3', '1.2.3.4.5', '1.2.3.256', ':::', '1::2::3', '::12345', '1:2:3', '::1%lo']) {
      expect([none, addressOctets(none)]).toEqual([none, undefined])
    }
  })

  it('is refused when it is none, or one of this machine', () => {
    expect(refusedAddress('mms', [])).toBeDefined()
    expect(refusedAddress('10.0.0.7', [])).toBeUndefined()
    expect(refusedAddress('10.0.0.7', ['10.0.0.1/24'])).toBeDefined()
    expect(refusedAddress('10.0.1.7', ['10.0.0.1/24'])).toBeUndefined()
    expect(refusedAddress('10.0.0.7', ['not a network'])).toBeUndefined()
  })
})
