/** tshark as a decoder: TPDUs in, its fields out. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const hasTshark =
  spawnSync('tshark', ['--version']).status === 0 && spawnSync('text2pcap', ['--version']).status === 0

/** Field name to value, as tshark shows it; of names that occur more than once the last one counts. */
export type Fields = ReadonlyMap<string, string>

/** As the phone network brings them: SMS-DELIVER and SMS-STATUS-REPORT. */
export function readMobileTerminated(tpdus: readonly Uint8Array[]): Fields[] {
  return read('gsm_sms', tpdus)
}

/** As a phone hands them to the network: inside an RP-DATA (3GPP TS 24.011 §7.3.1.2), which says the direction. */
export function readMobileOriginated(tpdus: readonly Uint8Array[]): Fields[] {
  const toServiceCentre = [0, 1, 0, 7, 0x91, 0x94, 0x51, 0x55, 0x05, 0, 0]
  return read(
    'gsm_a_rp',
    tpdus.map((tpdu) => Uint8Array.of(...toServiceCentre, tpdu.length, ...tpdu)),
  )
}

function read(dissector: string, frames: readonly Uint8Array[]): Fields[] {
  const directory = mkdtempSync(join(tmpdir(), 'causeway-tshark-'))
  try {
    const dump = frames.map((frame) => `000000 ${Buffer.from(frame).toString('hex').replace(/../g, '$& ').trim()}\n`)
    const [hex, pcap] = [join(directory, 'tpdus.txt'), join(directory, 'tpdus.pcapng')]
    writeFileSync(hex, dump.join('\n'))
    execFileSync('text2pcap', ['-q', '-P', dissector, hex, pcap], { stdio: 'ignore' })
    const options = ['-r', pcap, '-o', 'gsm_sms.reassemble:FALSE', '-T', 'json', '-J', 'gsm_sms']
    const packets: { _source: { layers: { gsm_sms: object } } }[] = JSON.parse(
      execFileSync('tshark', options, { stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8', maxBuffer: 2 ** 26 }),
    )
    return packets.map((packet) => new Map(leaves(packet._source.layers.gsm_sms)))
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** Every value under its own name, whatever it is nested in. Names of branches say things too, with no value. */
function leaves(branch: object): [string, string][] {
  return Object.entries(branch).flatMap(([name, value]): [string, string][] =>
    typeof value === 'object' && value !== null ? [[name, ''], ...leaves(value)] : [[name, String(value)]],
  )
}
