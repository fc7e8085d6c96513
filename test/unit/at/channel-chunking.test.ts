/** Whatever way the octets are cut and whatever URCs come in between, a command gets the same answer. */
import { expect, test } from 'vitest'
import { AtChannel } from '../../../modem/at/channel.ts'
import { Priority } from '../../../modem/at/priority.ts'
import { listMessages, submitMessage } from '../../../modem/at/sms.ts'
import type { SerialTransport } from '../../../modem/serial/pipe.ts'
import { systemClock } from '../../../modem/serial/surroundings.ts'
import { Random } from './random.ts'
import { CHANNEL_TIMINGS, Recorder } from './wire.ts'

const SILENT_LOG = { debug() {}, info() {}, warn() {}, error() {} }
const LIMIT_MS = 5_000
/** How many streams each property is held against. */
const STREAMS = 10_000
const PROPERTY_LIMIT = { timeout: 120_000 }

/** A pipe whose far end is a function: answers each write with octets, cut as `cut` says. */
function answering(reply: (text: string) => string, cut: (octets: Uint8Array) => Uint8Array[]): SerialTransport {
  let listener: (octets: Uint8Array) => void = () => {}
  return {
    port: 'here',
    write: async (octets) => {
      for (const chunk of cut(Buffer.from(reply(Buffer.from(octets).toString('latin1')), 'latin1'))) listener(chunk)
    },
    onData: (next) => {
      listener = next
    },
    onClosed: () => {},
    close: async () => {},
  }
}

function pdu(random: Random, octets: number): string {
  return `00${Array.from({ length: octets }, () => random.below(256).toString(16).padStart(2, '0')).join('')}`.toUpperCase()
}

test(
  'a list with URCs between its lines gives the same messages and the same URCs for any chunking',
  PROPERTY_LIMIT,
  async () => {
    for (let seed = 1; seed <= STREAMS; seed += 1) {
      const random = new Random(seed)
      const urcs: string[] = []
      const expected: [number, string][] = []
      let stream = ''
      const disturb = () => {
        const kind = random.below(6)
        if (kind === 0) {
          const text = `+CMTI: "SM",${random.below(30)}`
          urcs.push(text)
          stream += `\r\n${text}\r\n`
        } else if (kind === 1) {
          // Lengths of list entries are even here and those of URCs odd, so that a line has one owner only.
          const octets = 15 + 2 * random.below(10)
          const body = pdu(random, octets)
          urcs.push(`+CDS: ${octets}|${body}`)
          stream += `\r\n+CDS: ${octets}\r\n${body}\r\n`
        } else if (kind === 2) {
          urcs.push('RING')
          stream += random.pick(['\r\nRING\r\n', '\nRING\n', '\r\r\nRING\r\r\n'])
        }
      }
      for (let index = 0; index < 1 + random.below(6); index += 1) {
        const octets = 14 + 2 * random.below(10)
        const body = pdu(random, octets)
        expected.push([index, body])
        disturb()
        stream += `\r\n+CMGL: ${index},1,,${octets}\r\n`
        disturb()
        stream += `${body}\r\n`
      }
      disturb()
      stream += '\r\nOK\r\n'
      const told = new Recorder()
      const longest = random.pick([1, 2, 5, 17, 4_096])
      const channel = new AtChannel(
        answering(
          () => stream,
          (octets) => random.cut(octets, longest),
        ),
        told,
        {
          clock: systemClock,
          log: SILENT_LOG,
          timings: CHANNEL_TIMINGS,
        },
      )
      const messages = await channel.run(listMessages(LIMIT_MS), Priority.poll)
      expect(
        messages.map(({ index, pdu: line }) => [index, line]),
        `seed ${seed}`,
      ).toEqual(expected)
      expect(
        told.urcs.map(({ text, body }) => (body === undefined ? text : `${text}|${body}`)),
        `seed ${seed}`,
      ).toEqual(urcs)
      await channel.close('done')
    }
  },
)

test('a submission sees its prompt and its reference for any chunking, echo and URC', PROPERTY_LIMIT, async () => {
  for (let seed = 1; seed <= STREAMS; seed += 1) {
    const random = new Random(seed)
    const reference = random.below(256)
    const echo = random.below(2) === 1
    const prompt = random.pick(['\r\n> ', '\r\n>', '\r\n>\r\n', '> ', '\n> '])
    const urc = () => random.pick(['', '', '\r\n+CMTI: "SM",1\r\n', '\r\nRING\r\n', '\r\n^RSSI:9\r\r\n'])
    const reply = (text: string) =>
      text.endsWith('\x1a')
        ? `${echo ? text : ''}${urc()}\r\n+CMGS: ${reference}\r\n${urc()}\r\nOK\r\n`
        : `${echo ? text : ''}${urc()}${prompt}${prompt.endsWith('\n') || random.below(2) === 0 ? urc() : ''}`
    const longest = random.pick([1, 2, 5, 4_096])
    const channel = new AtChannel(
      answering(reply, (octets) => random.cut(octets, longest)),
      new Recorder(),
      {
        clock: systemClock,
        log: SILENT_LOG,
        timings: CHANNEL_TIMINGS,
      },
    )
    const limits = { promptTimeoutMs: LIMIT_MS, timeoutMs: LIMIT_MS, beforeBodyTimeoutMs: LIMIT_MS }
    const command = submitMessage(Uint8Array.of(1, 0, 1), limits, random.below(2) === 0 ? async () => {} : undefined)
    await expect(channel.run(command, Priority.send), `seed ${seed}`).resolves.toBe(reference)
    await channel.close('done')
  }
})
