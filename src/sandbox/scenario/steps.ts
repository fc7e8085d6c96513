/** What the gateway of a scenario is told to do, and what it must have done: the lines beside those of the radio. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ModemState } from '../../../modem/contract.ts'
import type { HandsetFile } from '../../../modem/sim/mmsc-handset.ts'
import type { OutgoingMedia } from '../../domain/media.ts'
import { type Action, ActionError, type Arguments, type Parameter } from '../action.ts'
import { sentFile } from '../mms-actions.ts'
import { spanMs } from './durations.ts'
import type { ScenarioWorld } from './world.ts'

const modem: Parameter = { name: 'modem', summary: 'which one', kind: 'text', fallback: 'a' }
const to: Parameter = { name: 'to', summary: 'number, or name of a modem', kind: 'text', required: true }
const text: Parameter = { name: 'text', summary: 'what is written', kind: 'text', required: true }

export const stepActions: readonly Action<ScenarioWorld>[] = [
  {
    name: 'start',
    summary: 'The driver opens its ports; left out, it does so before the first step.',
    parameters: [],
    run: async (world) => world.start(),
  },
  {
    name: 'send',
    summary:
      'The gateway sends a text, or a picture message, and the file goes on: see `expect message`. Every number has a phone.',
    parameters: [
      text,
      to,
      { name: 'as', summary: 'how later lines call it', kind: 'text', fallback: 'it' },
      modem,
      { name: 'file', summary: 'path of a file that goes with it, as a picture message', kind: 'text' },
      { name: 'picture', summary: 'the same with a small picture', kind: 'flag', fallback: false },
    ],
    check: (given) => {
      if (given.flag('picture') && given.optionalText('file') !== undefined) {
        throw new ActionError('bad-argument', 'send: --file or --picture, not both')
      }
    },
    run: async (world, given) => {
      const sender = modemOf(world, given)
      const name = given.text('as')
      if (world.outgoing.messages.some((message) => message.name === name)) {
        throw new ActionError('bad-argument', `there is a message ${name} already: give this one a name with --as`)
      }
      const number = world.numberOf(given.text('to'))
      if (!world.modems.some((other) => other.number === number)) world.phone(number)
      const path = given.optionalText('file')
      const media = given.flag('picture') || path !== undefined ? [mediaOf(await sentFile(path))] : []
      if (media.length > 0) world.mmsc.handset(number)
      void world.outgoing.send(name, number, given.text('text'), () => sender.driver.id, media)
    },
  },
  {
    name: 'dial',
    summary: 'The gateway asks the network by USSD, as *100#, and waits for its answer.',
    parameters: [{ name: 'code', summary: 'what is dialled', kind: 'text', required: true }, modem],
    run: async (world, given) => {
      const answer = await modemOf(world, given).driver.ussd(given.text('code'))
      world.ussdAnswer = answer.text ?? ''
    },
  },
  {
    name: 'reply',
    summary: 'The gateway answers a menu of the network.',
    parameters: [text, modem],
    run: async (world, given) => {
      const answer = await modemOf(world, given).driver.replyUssd(given.text('text'))
      world.ussdAnswer = answer.text ?? ''
    },
  },
  {
    name: 'wait',
    summary: 'Lets time pass.',
    parameters: [{ name: 'time', summary: 'as 300ms, 2s', kind: 'text', required: true }],
    check: (given) => {
      spanMs(given.text('time'))
    },
    run: async (_world, given) => {
      await sleep(spanMs(given.text('time')))
    },
  },
]

function mediaOf({ media: contentType, name: fileName, data }: HandsetFile): OutgoingMedia {
  return {
    id: fileName,
    contentType,
    fileName,
    bytes: data.length,
    viewOnce: false,
    width: undefined,
    height: undefined,
    voice: false,
    borderless: false,
    gif: false,
    caption: undefined,
    blurhash: undefined,
    async *read() {
      yield data
    },
  }
}

/** What was seen, and whether that is what was expected. */
export interface Sight {
  holds: boolean
  /** In words, for a line that failed: "it took it 2 times". */
  seen: string
}

export interface Expectation extends Action<ScenarioWorld> {
  /** Looked at until it holds; those that count are looked at once more at the end of the file. */
  look(world: ScenarioWorld, given: Arguments): Sight
  counts: boolean
}

const times: Parameter = { name: 'times', summary: 'how often', kind: 'integer', fallback: 1 }
const within: Parameter = { name: 'within', summary: 'how long that may take', kind: 'text', fallback: '10s' }

const states: readonly ModemState[] = [
  'absent',
  'starting',
  'sim-locked',
  'no-sim',
  'searching',
  'ready',
  'resyncing',
  'failed',
]

export const expectations: readonly Expectation[] = [
  expectation(
    'state',
    'A modem is in this state.',
    [{ name: 'state', summary: 'which', kind: 'text', required: true, oneOf: states }, modem],
    (world, given) => {
      const { state, reason } = modemOf(world, given).driver.status()
      return {
        holds: state === given.text('state'),
        seen: `it is ${state}${reason === undefined ? '' : ` (${reason})`}`,
      }
    },
  ),
  expectation(
    'message',
    'What became of a text that the gateway sent.',
    [
      {
        name: 'status',
        summary: 'which state',
        kind: 'text',
        required: true,
        oneOf: ['sending', 'sent', 'uncertain', 'delivered', 'failed'],
      },
      { name: 'as', summary: 'its name', kind: 'text', fallback: 'it' },
    ],
    (world, given) => {
      const message = world.outgoing.messages.find(({ name }) => name === given.text('as'))
      if (message === undefined) return { holds: false, seen: `there is no message ${given.text('as')}` }
      return { holds: message.state === given.text('status'), seen: `it is ${message.state} (${message.detail})` }
    },
  ),
  counted(
    'took',
    'The network took this text of ours, by its own book: all its parts, none twice.',
    [text, { name: 'to', summary: 'for whom', kind: 'text' }],
    (world, given) => {
      const recipient = given.optionalText('to')
      const ours = world.network.ledger
        .texts(recipient === undefined ? {} : { to: world.numberOf(recipient) })
        .filter((one) => one.text === given.text('text') && world.modems.some(({ number }) => number === one.from))
      return ours.reduce((sum, { counts }) => sum + Math.max(...counts), 0)
    },
  ),
  counted(
    'got',
    'Somebody got this text on their phone.',
    [{ name: 'person', summary: 'who', kind: 'text', required: true }, text],
    (world, given) =>
      world.phone(given.text('person')).inbox.filter((received) => received.text === given.text('text')).length,
  ),
  counted(
    'received',
    'The gateway received this text.',
    [
      text,
      { name: 'from', summary: 'of whom', kind: 'text' },
      { name: 'flash', summary: 'as a flash message', kind: 'flag' },
    ],
    (world, given) => {
      const [from, flash] = [given.optionalText('from'), given.optionalFlag('flash')]
      return world.inbox.messages.filter(
        (message) =>
          message.text === given.text('text') &&
          (from === undefined || message.from.address === from) &&
          (flash === undefined || (message.flash === true) === flash),
      ).length
    },
  ),
  counted(
    'call',
    'The gateway noted a missed call.',
    [{ name: 'from', summary: 'of whom', kind: 'text' }],
    (world, given) => {
      const from = given.optionalText('from')
      return world.inbox.calls.filter((call) => from === undefined || call.fromAddress === from).length
    },
  ),
  counted(
    'broadcast',
    'The gateway noted a cell broadcast.',
    [text, { name: 'severity', summary: 'as severe', kind: 'text' }],
    (world, given) => {
      const severity = given.optionalText('severity')
      return world.inbox.broadcasts.filter(
        (one) => one.text === given.text('text') && (severity === undefined || one.severity === severity),
      ).length
    },
  ),
  counted(
    'quarantined',
    'The gateway could not read so many messages, and kept them.',
    [],
    (world) => world.inbox.quarantined.length,
  ),
  counted(
    'data',
    'The gateway received so many messages for programs.',
    [{ name: 'port', summary: 'for this port', kind: 'integer' }],
    (world, given) => {
      const port = given.optionalInteger('port')
      return world.inbox.dataItems.filter(({ ports }) => port === undefined || ports?.destination === port).length
    },
  ),
  expectation(
    'waiting',
    'The network has said that something waits, as voicemail.',
    [
      { name: 'type', summary: 'what', kind: 'text', required: true, oneOf: ['voicemail', 'fax', 'email', 'other'] },
      { name: 'count', summary: 'how many', kind: 'integer' },
    ],
    (world, given) => {
      const last = world.inbox.notices.findLast(({ type }) => type === given.text('type'))
      const count = given.optionalInteger('count')
      const holds = last !== undefined && (count === undefined || last.count === count)
      return { holds, seen: last === undefined ? 'nothing was said about that' : `so many: ${last.count ?? 'unknown'}` }
    },
  ),
  counted(
    'picture',
    'The gateway received a picture message with this text.',
    [
      text,
      { name: 'from', summary: 'of whom', kind: 'text' },
      { name: 'files', summary: 'with so many', kind: 'integer' },
    ],
    (world, given) => {
      const [from, files] = [given.optionalText('from'), given.optionalInteger('files')]
      return world.inbox.messages.filter(
        (message) =>
          message.transport === 'mms' &&
          message.text === given.text('text') &&
          (from === undefined || message.from.address === world.numberOf(from)) &&
          (files === undefined || (message.media ?? []).length === files),
      ).length
    },
  ),
  counted(
    'got-picture',
    'Somebody got this picture message on their phone.',
    [
      { name: 'person', summary: 'who', kind: 'text', required: true },
      text,
      { name: 'files', summary: 'with so many', kind: 'integer' },
    ],
    (world, given) => {
      const files = given.optionalInteger('files')
      return world.mmsc
        .handset(world.numberOf(given.text('person')))
        .inbox.filter((got) => got.text === given.text('text') && (files === undefined || got.files.length === files))
        .length
    },
  ),
  counted(
    'picture-told',
    'The owner was told of so many picture messages with these words in it.',
    [text],
    (world, given) =>
      [...world.inbox.pictureNotices.values()].filter((notice) => notice.text.includes(given.text('text'))).length,
  ),
  counted(
    'mms-answered',
    'So many picture messages at the MMSC have been answered with “retrieved”, by its own book.',
    [],
    (world) => {
      const ours = new Set(world.modems.map(({ number }) => number))
      const all = world.mmsc.messages().flatMap(({ deliveries }) => deliveries)
      return all.filter((delivery) => ours.has(delivery.to) && delivery.state === 'retrieved').length
    },
  ),
  expectation('answer', 'What the network answered by USSD last.', [text], (world, given) => ({
    holds: world.ussdAnswer === given.text('text'),
    seen: world.ussdAnswer === undefined ? 'nothing was asked yet' : `it answered ${JSON.stringify(world.ussdAnswer)}`,
  })),
  expectation(
    'used',
    'So many places of a memory are taken.',
    [
      { name: 'memory', summary: 'which', kind: 'text', required: true },
      { name: 'places', summary: 'how many', kind: 'integer', required: true },
      modem,
    ],
    (world, given) => {
      const { used } = modemOf(world, given).modem.storage(given.text('memory'))
      return { holds: used === given.integer('places'), seen: `${used} are taken` }
    },
  ),
  counted(
    'recovery',
    'So often the driver had to do this about a modem.',
    [
      {
        name: 'step',
        summary: 'what',
        kind: 'text',
        required: true,
        oneOf: ['resync', 'reopen', 'radio', 'restart', 'replug', 'give-up'],
      },
      modem,
    ],
    (world, given) => {
      const { counts } = modemOf(world, given).driver.status().recovery
      return Object.entries(counts).find(([step]) => step === given.text('step'))?.[1] ?? 0
    },
  ),
  counted(
    'asked',
    'So often the driver gave a modem this command.',
    [{ name: 'command', summary: 'the beginning of the line, as AT+CPIN=', kind: 'text', required: true }, modem],
    (world, given) =>
      modemOf(world, given).modem.commandLines.filter((line) => line.startsWith(given.text('command'))).length,
  ),
]

function expectation(
  name: string,
  summary: string,
  parameters: readonly Parameter[],
  look: Expectation['look'],
  counts = false,
): Expectation {
  const whole: Expectation = {
    name: `expect ${name}`,
    summary,
    parameters: [...parameters, within],
    counts,
    look,
    check: (given) => {
      spanMs(given.text('within'))
    },
    run: async (world, given) => {
      const untilMs = Date.now() + spanMs(given.text('within'))
      for (;;) {
        const { holds, seen } = look(world, given)
        if (holds) return
        if (Date.now() >= untilMs) throw new ActionError('not-so', seen)
        await sleep(LOOK_EVERY_MS)
      }
    },
  }
  return whole
}

/** How often what is expected is looked for. */
const LOOK_EVERY_MS = 10

function counted(
  name: string,
  summary: string,
  parameters: readonly Parameter[],
  count: (world: ScenarioWorld, given: Arguments) => number,
): Expectation {
  const look = (world: ScenarioWorld, given: Arguments): Sight => {
    const seen = count(world, given)
    return { holds: seen === given.integer('times'), seen: `${seen} times, not ${given.integer('times')}` }
  }
  return expectation(name, summary, [...parameters, times], look, true)
}

function modemOf(world: ScenarioWorld, given: Arguments) {
  return world.modem(given.text('modem'))
}
