/** The connection as libsignal drives it: what it hands over is acknowledged once, whatever is asked of it afterwards. */
import type { Net } from '@signalapp/libsignal-client'
import { expect, test } from 'vitest'
import { Chat, type ChatState } from '../../../src/signal/chat.ts'
import { systemClock } from '../../../src/signal/clock.ts'

type Listener = Parameters<Net.Net['connectAuthenticatedChat']>[3]

const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** libsignal's network side, in so far as a connection is made and its listener kept. */
function fakeNet() {
  const listeners: Listener[] = []
  const net = {
    async connectAuthenticatedChat(_name: string, _password: string, _stories: boolean, listener: Listener) {
      listeners.push(listener)
      return { disconnect: async () => listener.onConnectionInterrupted(null) }
    },
  } as unknown as Net.Net
  return { net, listeners }
}

test('an envelope is acknowledged once, however often that is asked for: a second one panics inside libsignal', async () => {
  const { net, listeners } = fakeNet()
  const acks: (() => void)[] = []
  const states: ChatState['state'][] = []
  const events = {
    envelope: (_envelope: Uint8Array, _timestampMs: number, ack: () => void) => acks.push(ack),
    state: ({ state }: ChatState) => states.push(state),
    noticed: () => {},
    drained: () => {},
  }
  const chat = new Chat({ net, clock: systemClock, random: () => new Uint8Array(4), log: silent, events })
  chat.start('9d0652a3-dcc3-4d11-975f-74d61598733f.1', 'password')
  await expect.poll(() => states.at(-1)).toBe('connected')
  const sent: number[][] = [[], []]
  for (const [index, statuses] of sent.entries()) {
    const ack = {
      send(status: number) {
        if (statuses.length > 0) throw new Error(`panic: envelope ${index} was acknowledged before`)
        statuses.push(status)
      },
    }
    listeners[0]?.onIncomingMessage(new Uint8Array([index]), 1, ack as never)
  }
  for (const ack of [...acks, ...acks]) ack()
  expect(sent).toEqual([[200], [200]])
  await chat.stop()
  expect(states.at(-1)).toBe('stopped')
})
