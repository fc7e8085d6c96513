/** Reads what we ship of carriers: data files of `modem/mms`, which itself reads nothing. */
import { readFileSync } from 'node:fs'

/** The content of both files, for `carrierRecords`. */
export function readCarrierFiles<Carriers, Overrides>(): { carriers: Carriers; overrides: Overrides } {
  return { carriers: read('carriers.json'), overrides: read('carrier-overrides.json') }
}

function read<Content>(file: string): Content {
  return JSON.parse(readFileSync(new URL(`../../modem/mms/${file}`, import.meta.url), 'utf8'))
}
