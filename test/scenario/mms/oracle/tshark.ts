/** tshark as a decoder of MMS PDUs: octets in, its fields out, in their order on the wire. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { captureOf } from './pcap.ts'

export const hasTshark = spawnSync('tshark', ['--version']).status === 0

/** `label` is how tshark names it to people, `show` its value as text, `value` its octets in hex. */
export interface ReadField {
  name: string
  label: string
  show: string
  value: string
}

/** The fields of each PDU below `mmse`; none for a PDU that tshark does not take for one. */
export function readPdus(pdus: readonly Uint8Array[]): readonly (readonly ReadField[])[] {
  const directory = mkdtempSync(join(tmpdir(), 'causeway-tshark-'))
  try {
    const file = join(directory, 'mms.pcap')
    writeFileSync(file, captureOf(pdus))
    const options = ['-n', '-r', file, '-Y', 'mmse', '-T', 'pdml']
    const pdml = execFileSync('tshark', options, {
      stdio: ['ignore', 'pipe', 'ignore'],
      encoding: 'utf8',
      maxBuffer: 2 ** 27,
    })
    return pdml.split('<packet>').slice(1).map(fieldsOf)
  } finally {
    rmSync(directory, { recursive: true })
  }
}

const FIELD = /<(?:field|proto) ([^>]*?)\/?>/g

function fieldsOf(packet: string): ReadField[] {
  const from = packet.indexOf('<proto name="mmse"')
  return [...packet.slice(from).matchAll(FIELD)].map(([, attributes = '']) => {
    const attribute = (name: string) => unescaped(new RegExp(` ${name}="([^"]*)"`).exec(` ${attributes}`)?.[1] ?? '')
    return {
      name: attribute('name'),
      label: attribute('showname').replace(/: .*/s, ''),
      show: attribute('show'),
      value: attribute('value'),
    }
  })
}

function unescaped(text: string): string {
  const named: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', amp: '&' }
  return text.replace(/&(?:#x([0-9a-f]+)|(\w+));/gi, (whole, code?: string, name = '') =>
    code === undefined ? (named[name] ?? whole) : String.fromCodePoint(Number.parseInt(code, 16)),
  )
}
