/** What the simulated MMSC can be told to do wrong, out of words: every field checked against its kind of fault. */
import type { MmscErrand, MmscFault, MmscFaultKind } from '../../modem/sim/mmsc-faults.ts'
import { ActionError, type Arguments, type Parameter } from './action.ts'

type Field = 'status' | 'at' | 'bytes' | 'type' | 'by' | 'location' | 'text' | 'hex'

/** Fields of each kind; with a question mark where it may be left out. */
const FIELDS: Readonly<Record<MmscFaultKind, readonly (Field | `${Field}?`)[]>> = {
  status: ['status'],
  stall: ['at'],
  cut: ['bytes'],
  portal: ['type?'],
  'wrong-length': ['by'],
  redirect: ['location'],
  gzip: [],
  chunked: [],
  'wrong-type': ['type'],
  'no-confirmation': [],
  empty: [],
  'pdu-status': ['status', 'text?'],
  octets: ['hex'],
}

const MEANINGS: Readonly<Record<Field, string>> = {
  status: 'HTTP status (503), or status octet of a PDU (0xe5)',
  at: 'start, or body: where it never goes on',
  bytes: 'octets of the body after which the connection ends',
  type: 'content type that is said',
  by: 'how much more (or less) Content-Length says',
  location: 'where a redirection points',
  text: 'what a refusal says',
  hex: 'octets in the place of the PDU',
}

const ERRANDS: readonly MmscErrand[] = ['retrieve', 'submit', 'answer']
const TIMES_MAX = 1_000

export const mmsFaultParameters: readonly Parameter[] = [
  { name: 'kind', summary: 'what goes wrong', kind: 'text', required: true, oneOf: Object.keys(FIELDS) },
  { name: 'on', summary: 'at which requests; all when left out', kind: 'text', oneOf: ERRANDS },
  { name: 'modem', summary: 'only of this modem', kind: 'text' },
  { name: 'skip', summary: 'lets so many of them pass first', kind: 'integer', fallback: 0 },
  { name: 'times', summary: 'how often it happens, or always', kind: 'text', fallback: '1' },
  ...Object.entries(MEANINGS).map(([name, summary]): Parameter => ({ name, summary, kind: 'text' })),
]

/** @param from the number that is meant, if only one is. Throws ActionError `bad-argument`. */
export function mmscFaultOf(given: Arguments, from: string | undefined): MmscFault {
  const kind = given.text('kind')
  const wanted = new Map(Object.entries(FIELDS)).get(kind) ?? []
  const fields: Record<string, string | number> = {}
  for (const name of Object.keys(MEANINGS)) {
    const word = given.optionalText(name)
    const isOptional = wanted.some((field) => field === `${name}?`)
    const isKnown = isOptional || wanted.some((field) => field === name)
    if (word === undefined && isKnown && !isOptional)
      throw wrong(`${kind} wants --${name} (${MEANINGS[name as Field]})`)
    if (word === undefined) continue
    if (!isKnown) throw wrong(`${kind} has no --${name}`)
    fields[name] = readField(name as Field, word)
  }
  const times = given.text('times')
  if (times !== 'always' && !(Number.isInteger(Number(times)) && Number(times) > 0 && Number(times) <= TIMES_MAX)) {
    throw wrong(`--times is a number from 1 to ${TIMES_MAX}, or always`)
  }
  const on = given.optionalText('on')
  // The kind is one of those above, with all that it has, each checked.
  return {
    kind,
    ...fields,
    skip: given.integer('skip'),
    times: times === 'always' ? 'always' : Number(times),
    ...(on === undefined ? {} : { on }),
    ...(from === undefined ? {} : { from }),
  } as MmscFault
}

function readField(name: Field, word: string): string | number {
  switch (name) {
    case 'status':
    case 'bytes':
    case 'by': {
      const number = Number(word)
      if (word.trim() === '' || !Number.isInteger(number) || (name !== 'by' && number < 0)) {
        throw wrong(`--${name} is a whole number`)
      }
      return number
    }
    case 'at':
      if (word !== 'start' && word !== 'body') throw wrong('--at is start or body')
      return word
    case 'hex':
      if (!/^(?:[0-9a-f]{2})+$/i.test(word)) throw wrong('--hex are octets in hex')
      return word
    default:
      return word
  }
}

function wrong(what: string): ActionError {
  return new ActionError('bad-argument', `fault mms: ${what}`)
}
