/**
 * A modem behind a serial server (RFC 2217): the line is set before anything is said, octets arrive as they are however
 * they are cut, a server that refuses, sets another speed or says nothing is an error in words, and the driver runs on it.
 */
import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { openRfc2217, parseRfc2217Port } from '../../../modem/serial/rfc2217.ts'
import { systemClock } from '../../../modem/serial/surroundings.ts'
import { TelnetReader, type TelnetToken, telnetData, telnetSub, telnetVerb } from '../../../modem/serial/telnet.ts'
import { SimulatedModem } from '../../../modem/sim/modem.ts'
import { RadioNetwork } from '../../../modem/sim/network.ts'
import { makeModem, RecordingSink, until, untilState } from './bench.ts'

const COM_PORT = 44
const BAUD = 115_200
const cleaning: (() => unknown)[] = []
afterEach(async () => {
  for (const step of cleaning.splice(0).reverse()) await step()
})

interface Habits {
  /** What it makes of the speed that is asked for; undefined: says nothing of it. */
  baud?: (rate: number) => number | undefined
  answers?: 'do' | 'dont' | 'nothing'
  /** Where the data goes: the modem. */
  modem?: (toModem: Socket) => void
  pieces?: number
}

/** A serial server as RFC 2217 has it. */
class SerialServer {
  readonly commands: number[][] = []
  readonly data: number[] = []
  readonly verbs: string[] = []
  readonly #habits: Habits
  readonly #server: Server
  socket: Socket | undefined

  constructor(habits: Habits) {
    this.#habits = habits
    this.#server = createServer((socket) => this.#serve(socket))
  }

  async listen(): Promise<{ host: string; port: number }> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    cleaning.push(() => {
      this.socket?.destroy()
      this.#server.close()
    })
    const address = this.#server.address()
    return { host: '127.0.0.1', port: typeof address === 'object' ? (address?.port ?? 0) : 0 }
  }

  say(octets: Uint8Array): void {
    const size = this.#habits.pieces ?? octets.length
    for (let at = 0; at < octets.length; at += size) this.socket?.write(octets.subarray(at, at + size))
  }

  #serve(socket: Socket): void {
    this.socket = socket
    socket.setNoDelay(true)
    socket.on('error', () => {})
    this.#habits.modem?.(socket)
    const reader = new TelnetReader()
    socket.on('data', (chunk) => {
      for (const token of reader.push(chunk)) this.#take(token)
    })
  }

  #take(token: TelnetToken): void {
    const { answers = 'do', baud = (rate: number) => rate } = this.#habits
    if (token.kind === 'data') this.data.push(...token.octets)
    else if (token.kind === 'verb') {
      this.verbs.push(`${token.verb} ${token.option}`)
      if (answers !== 'nothing' && token.verb === 'will') this.say(telnetVerb(answers, token.option))
      if (answers !== 'nothing' && token.verb === 'do') this.say(telnetVerb('will', token.option))
    } else if (token.option === COM_PORT) {
      const [command = 0, ...value] = token.octets
      this.commands.push([command, ...value])
      const rate = command === 1 ? baud(Buffer.from(token.octets).readUInt32BE(1)) : undefined
      if (command !== 1) this.say(telnetSub(COM_PORT, [command + 100, ...value]))
      else if (rate !== undefined) {
        const octets = Buffer.alloc(4)
        octets.writeUInt32BE(rate)
        this.say(telnetSub(COM_PORT, [101, ...octets]))
      }
    }
  }
}

async function opened(habits: Habits = {}, timeoutMs = 2_000) {
  const server = new SerialServer(habits)
  const address = await server.listen()
  const pipe = await openRfc2217('rfc2217://x:1', address, { baudRate: BAUD, timeoutMs, clock: systemClock })
  cleaning.push(() => pipe.close())
  return { server, pipe }
}

describe('the line', () => {
  test('is set to 8N1 at the speed asked for, without flow control, DTR and RTS on', async () => {
    const { server } = await opened()
    expect(server.commands).toEqual([
      [10, 0],
      [11, 0],
      [2, 8],
      [3, 1],
      [4, 1],
      [5, 1],
      [5, 8],
      [5, 11],
      [1, 0x00, 0x01, 0xc2, 0x00],
    ])
  })

  test.each<[Habits, RegExp]>([
    [{ answers: 'dont' }, /does not let its line be set/],
    [{ answers: 'nothing' }, /no agreement about the line within/],
    [{ baud: () => 9_600 }, /set 9600 baud and not 115200/],
    [{ baud: () => undefined }, /no agreement/],
    [{ modem: (socket) => void socket.end() }, /closed/],
  ])('that is not set is an error: %j', async (habits, words) => {
    await expect(opened(habits, 300)).rejects.toMatchObject({ message: expect.stringMatching(words) })
  })

  test('an option that is nothing to us is refused once, however often it is offered', async () => {
    const { server } = await opened()
    for (let times = 0; times < 50; times += 1) server.say(telnetVerb('do', 24))
    server.say(telnetVerb('will', 1))
    await until(() => server.verbs.includes('dont 1'))
    expect(server.verbs.filter((verb) => verb === 'wont 24')).toHaveLength(1)
  })
})

describe('octets', () => {
  test.each([1, 3, 1_000])(
    'arrive as they are in pieces of %i, with what is negotiated between them',
    async (pieces) => {
      const { server, pipe } = await opened({ pieces })
      const all = Uint8Array.from({ length: 512 }, (_, at) => at & 255)
      const got: number[] = []
      pipe.onData((octets) => got.push(...octets))
      server.say(telnetData(all.subarray(0, 300)))
      server.say(telnetSub(COM_PORT, [107, 0xff]))
      server.say(telnetData(all.subarray(300)))
      await pipe.write(all, 1_000)
      await until(() => got.length >= 512 && server.data.length >= 512)
      expect([got, server.data]).toEqual([[...all], [...all]])
    },
  )

  test('wait while the server asks for it, but not for ever', async () => {
    const { server, pipe } = await opened()
    let heard = 0
    pipe.onData(() => {
      heard += 1
    })
    server.say(telnetSub(COM_PORT, [108]))
    server.say(Uint8Array.of(65))
    await until(() => heard > 0)
    await expect(pipe.write(Uint8Array.of(1), 50)).rejects.toMatchObject({ code: 'write-timeout' })
    const written = pipe.write(Uint8Array.of(2), 5_000)
    server.say(telnetSub(COM_PORT, [109]))
    await written
    await until(() => server.data.length > 0)
    expect(server.data).toEqual([2])
  })

  test('a sub-negotiation without an end is bounded, and what follows it is read', () => {
    const reader = new TelnetReader()
    const endless = new Uint8Array(100_000).fill(7)
    expect(reader.push(Uint8Array.of(255, 250, 44))).toEqual([])
    expect(reader.push(endless)).toEqual([])
    expect(reader.push(Uint8Array.of(255, 240, 65))).toEqual([{ kind: 'data', octets: Uint8Array.of(65) }])
  })
})

test('the driver gets ready behind such a server, and a text comes through', async () => {
  const network = new RadioNetwork()
  const sim = new SimulatedModem(network, { number: '+4915550001' })
  const server = new SerialServer({
    modem: (socket) => {
      const wire = sim.connect()
      wire.on('data', (octets: Buffer) => socket.write(telnetData(octets)))
      const reader = new TelnetReader()
      socket.on('data', (octets) => {
        for (const token of reader.push(octets)) if (token.kind === 'data') wire.write(Buffer.from(token.octets))
      })
    },
  })
  const { port } = await server.listen()
  const sink = new RecordingSink()
  const modem = makeModem(`rfc2217://127.0.0.1:${port}`, sink)
  cleaning.push(
    () => network.stop(),
    () => sim.stop(),
    () => modem.stop(),
  )
  modem.start()
  await untilState(modem, 'ready')
  network.person('+4915550002').send('+4915550001', 'over there')
  await until(() => sink.events.some((event) => event.startsWith('released')))
})

test.each([
  ['rfc2217://box:4000', { host: 'box', port: 4000 }],
  ['rfc2217://[::1]:1', { host: '::1', port: 1 }],
  ['rfc2217://box', undefined],
  ['tcp://box:4000', undefined],
])('%s is read as %j', (port, address) => {
  expect(parseRfc2217Port(port)).toEqual(address)
})
