/** Recorded conversations played back to the driver. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { addressOf } from '../../../modem/pdu/address.ts'
import { encodeSubmit } from '../../../modem/pdu/encode.ts'
import { split } from '../../../modem/pdu/segments.ts'
import { SimulatedModem } from '../../../modem/sim/modem.ts'
import { RadioNetwork } from '../../../modem/sim/network.ts'
import { type ReplayEvent, replay } from '../../../src/sandbox/replay.ts'
import { makeModem, RecordingSink, until, untilState } from '../../unit/modem/bench.ts'

async function played(trace: string): Promise<{ state: string; events: string[] }> {
  const events: ReplayEvent[] = []
  const state = await replay(trace, (event) => events.push(event))
  return { state, events: events.map(({ event, detail }) => `${event} ${detail}`) }
}

const traces = join(import.meta.dirname, 'traces')

test.each(readdirSync(traces))('%s: the driver gets ready, reads and sends', async (file) => {
  const { state, events } = await played(readFileSync(join(traces, file), 'utf8'))
  expect(state).toBe('ready')
  expect(events).toContainEqual(expect.stringMatching(/^message deliver from \+/))
  expect(events).toContainEqual('submitted reference 77')
  expect(events).toContainEqual('not-in-trace AT+CNMI=?')
})

test.each(['e3372', 'sim800'])('the trace of a session with %s, played back, is the same session', async (family) => {
  const network = new RadioNetwork()
  const sim = new SimulatedModem(network, { number: '+4915550001', family })
  const sink = new RecordingSink()
  const modem = makeModem(`tcp://127.0.0.1:${await sim.listen()}`, sink)
  network.person('+4915550002').send('+4915550001', 'recorded')
  modem.start()
  await untilState(modem, 'ready')
  const [part] = split('out', { reference: 0 })
  if (part === undefined) throw new Error('a text has a part')
  await modem.submit(encodeSubmit({ ...part, address: addressOf('+4915550002') }), { moreToFollow: false })
  await until(() => sink.pdus.length >= 1)
  const trace = modem.transcript(false)
  await modem.stop()
  await sim.stop()
  network.stop()
  const { state, events } = await played(trace)
  expect(state).toBe('ready')
  expect(events).toContainEqual('message deliver from +4915550002: recorded')
  expect(events).toContainEqual(expect.stringMatching(/^submitted reference 0$/))
  expect(events.filter((event) => event.startsWith('not-in-trace'))).toEqual([])
})

test('a wire that is cut in the recording is taken up again', async () => {
  const trace = readFileSync(join(traces, 'late-noise.txt'), 'utf8').replace('pause 20', 'unplug')
  const { state, events } = await played(trace)
  expect(state).toBe('ready')
  expect(events).toContainEqual(expect.stringMatching(/^refused .*port has ended/))
})

test.each(['', '# nothing\n', 'a letter to a friend\n', '> AT\n'])(
  'a file without a conversation is said to be one, and no modem waited for: %j',
  async (text) => {
    const { state, events } = await played(text)
    expect(state).toBe('absent')
    expect(events).toEqual([expect.stringContaining('nothing in the file that a modem has said')])
  },
)
