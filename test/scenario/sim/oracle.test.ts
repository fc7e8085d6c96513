/**
 * tshark reads what our codec encodes: what the simulated network delivers is judged by a decoder that is not ours. Left
 * out, with a notice, where tshark is not installed.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { addressOf } from '../../../modem/pdu/address.ts'
import { encodeDeliver } from '../../../modem/pdu/encode.ts'
import { split } from '../../../modem/pdu/segments.ts'
import { timestampOf } from '../../../modem/pdu/timestamp.ts'

const hasTshark = spawnSync('tshark', ['--version']).status === 0 && spawnSync('text2pcap', ['--version']).status === 0
if (!hasTshark) process.stderr.write('tshark is not installed: nobody but us reads what the codec encodes\n')

const texts = [
  'How are you?',
  'Grüße aus Ålesund: {[~^|\\]} §5, 12 €',
  'Привет, как дела?',
  'see 😀 you',
  'x'.repeat(160),
  '€'.repeat(80),
  'ж'.repeat(70),
]

/** Sender and text of each TPDU, as tshark has them. */
function asTsharkReads(tpdus: readonly Uint8Array[]): { from: string; text: string }[] {
  const directory = mkdtempSync(join(tmpdir(), 'causeway-tshark-'))
  try {
    const dump = tpdus.map((tpdu) => `000000 ${Buffer.from(tpdu).toString('hex').replace(/../g, '$& ').trim()}\n`)
    const [hex, pcap] = [join(directory, 'tpdus.txt'), join(directory, 'tpdus.pcapng')]
    writeFileSync(hex, dump.join('\n'))
    execFileSync('text2pcap', ['-q', '-P', 'gsm_sms', hex, pcap], { stdio: 'ignore' })
    const read = ['-r', pcap, '-T', 'json', '-e', 'gsm_sms.sms_text', '-e', 'gsm_sms.tp-oa']
    const packets: { _source: { layers: Record<string, string[]> } }[] = JSON.parse(
      execFileSync('tshark', read, { stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8' }),
    )
    return packets.map(({ _source: { layers } }) => ({
      from: layers['gsm_sms.tp-oa']?.[0] ?? '',
      text: layers['gsm_sms.sms_text']?.[0] ?? '',
    }))
  } finally {
    rmSync(directory, { recursive: true })
  }
}

test.runIf(hasTshark)('tshark reads every text and sender that we encode', () => {
  const tpdus = texts.map((text) => {
    const [part, ...others] = split(text, { reference: 1 })
    if (part === undefined || others.length > 0) throw new Error('each text is one part')
    return encodeDeliver({ ...part, address: addressOf('+4915550002'), scts: timestampOf(Date.UTC(2026, 10, 22), 60) })
  })
  expect(asTsharkReads(tpdus)).toEqual(texts.map((text) => ({ from: '4915550002', text })))
})
