/**
 * The support bundle: one file to attach to a bug report. Whatever is handed in is redacted once more here, so that nothing
 * gets in by being forgotten elsewhere.
 */
import { gzipSync } from 'node:zlib'
import type { Finding } from '../domain/finding.ts'
import { Redaction } from './redaction.ts'
import { type TarFile, tar } from './tar.ts'

/** A key of the configuration; private and secret ones are only said to be set. */
export interface BundledKey {
  key: string
  value: string | undefined
  source: string
  where: string | undefined
  kind: 'open' | 'private' | 'secret'
}

/** What is left out is not in it, and the README in it says so. */
export interface BundleParts {
  findings: readonly Finding[]
  config: readonly BundledKey[]
  versions: object
  health?: unknown
  modems?: unknown
  signal?: unknown
  queue?: unknown
  webhooks?: unknown
  database?: unknown
  log?: readonly object[]
  /** What the owner calls modems, which stands in what is said of them. */
  names?: readonly string[]
}

/** File → what it is, in the order in which they are. */
const CONTENTS: Readonly<Record<string, string>> = {
  'doctor.txt': 'what the doctor found, with what to do about it',
  'versions.json': 'versions of the program, Node, the system and Redis',
  'config.txt': 'keys of the configuration with their origin; private values and secrets only as being set',
  'health.json': 'each component: pass, warn or fail',
  'modems.json': 'what each modem is and can do, its network, its storage, what healed it',
  'signal.json': 'the state of the Signal account, not whose it is',
  'queue.json': 'how many messages wait or failed, by state and transport; what is paused',
  'webhooks.json': 'how many webhooks there are, and how their deliveries stand; not where they go',
  'database.json': 'up to which migration it is',
  'log.jsonl': 'the last lines of the log, info and graver',
}

/** In words, for who is about to hand it over. */
export function describeContents(names: readonly string[]): string[] {
  return names.map((name) => `${name}  ${CONTENTS[name.split('/').at(-1) ?? ''] ?? 'what all this is'}`)
}

/** A `.tar.gz`. `randomOctets` makes the key of its marks, which is kept nowhere. */
export function makeBundle(
  parts: BundleParts,
  { nowMs, randomOctets }: { nowMs: number; randomOctets: (count: number) => Uint8Array },
): Buffer {
  const { findings, config, log, names, ...others } = parts
  const redaction = new Redaction(randomOctets(32), names)
  const asJson = (value: unknown) => `${JSON.stringify(redaction.all(value), undefined, 2)}\n`
  const texts: Record<string, string> = {
    'doctor.txt': findings.map((finding) => `${redaction.text(findingText(finding))}\n`).join(''),
    'config.txt': config.map((key) => `${redaction.text(keyText(key))}\n`).join(''),
  }
  if (log !== undefined) texts['log.jsonl'] = log.map((line) => `${JSON.stringify(redaction.all(line))}\n`).join('')
  for (const [name, value] of Object.entries(others)) if (value !== undefined) texts[`${name}.json`] = asJson(value)
  const folder = folderName(nowMs)
  const files = Object.keys(CONTENTS).flatMap((name): TarFile[] => {
    const content = texts[name]
    return content === undefined ? [] : [{ name: `${folder}/${name}`, content }]
  })
  const missing = Object.keys(CONTENTS).filter((name) => texts[name] === undefined)
  const readme = readmeText(files, missing, nowMs)
  return gzipSync(tar([{ name: `${folder}/README.txt`, content: readme }, ...files], nowMs))
}

/** `causeway-bundle-20261123-031500`. */
export function folderName(nowMs: number): string {
  const time = new Date(nowMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')
  return `causeway-bundle-${time}`
}

function readmeText(files: readonly TarFile[], missing: readonly string[], nowMs: number): string {
  return [
    `Support bundle of a Causeway gateway, made ${new Date(nowMs).toISOString()}. Made to be attached to a bug report.`,
    '',
    ...describeContents(files.map(({ name }) => name)).map((line) => line.replace(/^[^/]*\//, '  ')),
    '',
    'Not in it: texts of messages, names of people, numbers, accounts, addresses, PINs, tokens, keys.',
    'A number, an account or a modem’s name stands as [number 3fa91c], [account 3fa91c], [name 3fa91c]: the same mark is the',
    'same one, within this bundle alone.',
    ...(missing.length === 0 ? [] : ['', `The gateway did not run, so these are missing: ${missing.join(', ')}.`]),
    '',
  ].join('\n')
}

/** Behind its first line a fault in the configuration shows those of the file where it is. */
function findingText({ id, severity, what, fix }: Finding): string {
  return `${severity} ${id}: ${what.split('\n', 1)[0]}${fix === undefined ? '' : `\n    ${fix}`}`
}

function keyText({ key, value, source, where, kind }: BundledKey): string {
  if (source === 'default') return `${key} = ${value ?? '(not set)'}    default`
  return `${key} = ${kind === 'open' ? value : `(${kind}, set)`}    ${source === 'file' ? where : `${source} ${where}`}`
}
