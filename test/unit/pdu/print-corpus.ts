/** Everything that the codec makes of the corpus and of some instants, as text; run by itself under several zones. */
import { fileURLToPath } from 'node:url'
import { addressOf } from '../../../modem/pdu/address.ts'
import { encodeDeliver, encodeSubmit } from '../../../modem/pdu/encode.ts'
import { tpduToJson } from '../../../modem/pdu/json.ts'
import { toHex } from '../../../modem/pdu/octets.ts'
import { split } from '../../../modem/pdu/segments.ts'
import { instantMs, timestampOf } from '../../../modem/pdu/timestamp.ts'
import { decodePdu, decodeTpdu } from '../../../modem/pdu/tpdu.ts'
import { legalPdus } from './corpus.ts'

export function printCorpus(): string {
  const lines = legalPdus.map(({ pdu, direction }) => JSON.stringify(tpduToJson(decodePdu(pdu, direction))))
  const address = addressOf('+447700900123')
  // Around the changes to summer time of New York and Europe.
  for (const instant of [
    '2026-03-08T06:59:59Z',
    '2026-03-08T07:00:00Z',
    '2026-03-29T01:00:00Z',
    '2026-11-01T05:30:00Z',
  ]) {
    for (const offsetMinutes of [0, 60, 330, -210, -720, 840]) {
      const scts = timestampOf(Date.parse(instant), offsetMinutes)
      const [part] = split('hi', { reference: 0 })
      if (part === undefined) throw new Error('no part')
      const deliver = encodeDeliver({ ...part, address, scts })
      const submit = encodeSubmit({ ...part, address, validity: { format: 'absolute', ...scts } })
      const again = decodeTpdu(deliver, 'mt')
      lines.push(
        `${toHex(deliver)} ${toHex(submit)} ${again.type === 'deliver' && again.scts && instantMs(again.scts)}`,
      )
    }
  }
  return lines.join('\n')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(`${new Date(Date.UTC(2026, 0, 15)).getTimezoneOffset()}\n${printCorpus()}\n`)
}
