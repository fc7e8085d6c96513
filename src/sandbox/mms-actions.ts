/** Picture messages on the simulated network: what people send and have got, what the MMSC does wrong, and its book. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import type { SimulatedMmsc } from '../../modem/sim/mmsc.ts'
import type { HandsetFile, HandsetMessage } from '../../modem/sim/mmsc-handset.ts'
import { contentTypeOf } from '../domain/media.ts'
import { type Action, ActionError, type Parameter } from './action.ts'
import { mmscFaultOf, mmsFaultParameters } from './mms-faults.ts'
import type { RadioWorld } from './radio-world.ts'
import { SMALL_PICTURE, SMALL_PICTURE_NAME } from './small-picture.ts'

/** A world with an MMSC on its radio network. */
export interface MmsWorld extends RadioWorld {
  readonly mmsc: SimulatedMmsc
}

const person: Parameter = { name: 'person', summary: 'who: a name or a number', kind: 'text', required: true }
const COPIES_MAX = 20

export const mmsActions: readonly Action<MmsWorld>[] = [
  {
    name: 'mms',
    summary: 'Somebody sends a picture message, to the gateway alone or to a group.',
    parameters: [
      { ...person, name: 'from' },
      { name: 'file', summary: 'path of the file; a small picture when left out', kind: 'text' },
      { name: 'also', summary: 'paths of further files, separated by commas', kind: 'text' },
      { name: 'text', summary: 'what is written beside it', kind: 'text' },
      { name: 'subject', summary: 'its subject', kind: 'text' },
      { name: 'only_text', summary: 'without a file', kind: 'flag', fallback: false },
      { name: 'with', summary: 'who else gets it, as chloe,+15550000204: a group', kind: 'text' },
      { name: 'to', summary: 'which modem (a, b) or number', kind: 'text', fallback: 'a' },
      {
        name: 'delivery_report',
        summary: 'the sender wants to hear that it has arrived',
        kind: 'flag',
        fallback: false,
      },
      { name: 'read_report', summary: 'and that it was read', kind: 'flag', fallback: false },
    ],
    run: async (world, given) => {
      const to = [given.text('to'), ...listed(given.optionalText('with'))].map((name) => numberOf(world, name))
      const paths = [given.optionalText('file'), ...listed(given.optionalText('also'))]
      const files = given.flag('only_text') ? [] : await Promise.all(paths.map(sentFile))
      const [text, subject] = [given.optionalText('text'), given.optionalText('subject')]
      const id = world.mmsc.handset(numberOf(world, given.text('from'))).send({
        to,
        files,
        ...(text === undefined ? {} : { text }),
        ...(subject === undefined ? {} : { subject }),
        deliveryReport: given.flag('delivery_report'),
        readReport: given.flag('read_report'),
      })
      return { id, to, bytes: files.reduce((sum, { data }) => sum + data.length, 0) }
    },
  },
  {
    name: 'mms-inbox',
    summary: 'The picture messages that somebody has got, and the reports on what they sent.',
    parameters: [person],
    run: async (world, given) => {
      const handset = world.mmsc.handset(numberOf(world, given.text('person')))
      return {
        messages: handset.inbox.map(shownPicture),
        delivery_reports: handset.deliveryReports,
        read_reports: handset.readReports,
      }
    },
  },
  {
    name: 'mms-read',
    summary: 'Somebody looks at all picture messages that they have got; senders who wanted to know are told.',
    parameters: [person],
    run: async (world, given) => {
      const handset = world.mmsc.handset(numberOf(world, given.text('person')))
      for (const message of handset.inbox) handset.read(message)
      return { messages: handset.inbox.length }
    },
  },
  {
    name: 'fault mms',
    summary: 'Arms a fault of the MMSC, as `status --status 503 --on retrieve --times 2`.',
    parameters: mmsFaultParameters,
    check: (given) => {
      mmscFaultOf(given, undefined)
    },
    run: async (world, given) => {
      const modem = given.optionalText('modem')
      world.mmsc.fault(mmscFaultOf(given, modem === undefined ? undefined : world.numberOf(modem)))
    },
  },
  {
    name: 'clear-mms-faults',
    summary: 'Takes all faults of the MMSC away, those of its pushes too.',
    parameters: [],
    run: async (world) => {
      world.mmsc.clearFaults()
      world.mmsc.pushes = { copies: 1 }
    },
  },
  {
    name: 'mms-pushes',
    summary: 'What becomes of the MMSC’s pushes from now on.',
    parameters: [
      { name: 'copies', summary: 'how often each is sent; 0: it is lost', kind: 'integer', fallback: 1 },
      { name: 'location', summary: 'a forged address in place of the message’s', kind: 'text' },
    ],
    check: (given) => {
      const copies = given.integer('copies')
      if (copies < 0 || copies > COPIES_MAX)
        throw new ActionError('bad-argument', `mms-pushes: 0 to ${COPIES_MAX} copies`)
    },
    run: async (world, given) => {
      const location = given.optionalText('location')
      world.mmsc.pushes = { copies: given.integer('copies'), ...(location === undefined ? {} : { location }) }
    },
  },
  {
    name: 'mmsc',
    summary:
      'Changes how the MMSC works: what it takes, how long it keeps a message, how soon it repeats a notification.',
    parameters: [
      { name: 'bytes_max', summary: 'octets of a message that it takes', kind: 'integer' },
      { name: 'keeps_ms', summary: 'how long it keeps a message', kind: 'integer' },
      { name: 'repeat_ms', summary: 'after which a notification without an answer is repeated', kind: 'integer' },
    ],
    run: async ({ mmsc: { settings } }, given) => {
      settings.maxMessageSize = given.optionalInteger('bytes_max') ?? settings.maxMessageSize
      settings.validityMs = given.optionalInteger('keeps_ms') ?? settings.validityMs
      settings.renotifyAfterMs = given.optionalInteger('repeat_ms') ?? settings.renotifyAfterMs
      const { maxMessageSize, validityMs, renotifyAfterMs } = settings
      return { bytes_max: maxMessageSize, keeps_ms: validityMs, repeat_ms: renotifyAfterMs }
    },
  },
  {
    name: 'mms-ledger',
    summary: 'The MMSC’s book: what it has taken and for whom, every request that reached it, every push that it sent.',
    parameters: [{ name: 'requests', summary: 'every request and push, too', kind: 'flag', fallback: false }],
    run: async ({ mmsc }, given) => ({
      messages: mmsc.messages().map(({ id, from, to, cc, bytes, deliveries }) => ({
        id,
        from,
        to: [...to, ...cc],
        bytes,
        deliveries: deliveries.map(({ to: number, state, notifications, retrievals }) => ({
          to: number,
          state,
          notifications,
          retrievals,
        })),
      })),
      ...(given.flag('requests') ? { requests: mmsc.ledger.requests(), pushes: mmsc.ledger.pushes() } : {}),
    }),
  },
]

/** What stands between the commas. */
function listed(words: string | undefined): string[] {
  return (words ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
}

/** A picture message as the console shows it. */
export function shownPicture({ id, from, to, cc, subject, text, files }: HandsetMessage) {
  return {
    id,
    from,
    to: [...to, ...cc],
    subject: subject ?? null,
    text,
    files: files.map(({ media, name, data }) => ({
      type: media,
      name,
      bytes: data.length,
      sha256: createHash('sha256').update(data).digest('hex'),
    })),
  }
}

/** Of a modem, of somebody with a phone, or a number as it is. */
function numberOf(world: MmsWorld, nameOrNumber: string): string {
  return /^\+\d+$/.test(nameOrNumber) ? nameOrNumber : world.numberOf(nameOrNumber)
}

/** What stands at a path; a small picture where none is given. Throws ActionError `bad-argument`. */
export async function sentFile(path: string | undefined): Promise<HandsetFile> {
  if (path === undefined) return { media: 'image/png', name: SMALL_PICTURE_NAME, data: SMALL_PICTURE }
  const data = await readFile(path).catch((error: unknown) => {
    throw new ActionError('bad-argument', `mms: ${error instanceof Error ? error.message : String(error)}`)
  })
  return { media: contentTypeOf(data, undefined), name: basename(path), data }
}
