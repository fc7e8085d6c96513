/** The byte pipe over real TCP sockets and, where socat is installed, a real PTY. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { listSerialPorts } from '../../../modem/serial/listing.ts'
import type { SerialTransport } from '../../../modem/serial/pipe.ts'
import { systemClock } from '../../../modem/serial/surroundings.ts'
import { parseTcpPort } from '../../../modem/serial/tcp.ts'
import { parseTranscript, Transcript, traced } from '../../../modem/serial/trace.ts'
import { openTransport } from '../../../modem/serial/transport.ts'
import { boardUnderVoltage, replugUsb, usbDeviceOf } from '../../../modem/serial/usb.ts'
import { until } from './bench.ts'

const OPTIONS = {
  baudRate: 115_200,
  openTimeoutMs: 2_000,
  closeTimeoutMs: 500,
  presenceEveryMs: 20,
  clock: systemClock,
}

const cleanUp: (() => unknown)[] = []
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step()
})

/** Everything that arrives, as text. */
function collect(pipe: SerialTransport): { text: string; reasons: string[] } {
  const seen = { text: '', reasons: [] as string[] }
  pipe.onData((octets) => {
    seen.text += Buffer.from(octets).toString('latin1')
  })
  pipe.onClosed((reason) => seen.reasons.push(reason))
  return seen
}

async function peer(): Promise<{ port: string; server: Server; connected: Promise<Socket> }> {
  const server = createServer()
  const connected = new Promise<Socket>((resolve) =>
    server.once('connection', (socket) => {
      socket.on('error', () => {})
      resolve(socket)
    }),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanUp.push(() => server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { port: `tcp://127.0.0.1:${address.port}`, server, connected }
}

describe('a port in the configuration', () => {
  test.each([
    ['tcp://127.0.0.1:4000', { host: '127.0.0.1', port: 4000 }],
    ['tcp://box.lan:4000/', { host: 'box.lan', port: 4000 }],
    ['tcp://[::1]:4000', { host: '::1', port: 4000 }],
    ['tcp://box:0', undefined],
    ['tcp://box:70000', undefined],
    ['tcp://box', undefined],
    ['/dev/ttyUSB2', undefined],
  ])('%s', (port, address) => {
    expect(parseTcpPort(port)).toEqual(address)
  })

  test('that is neither a device nor an address is refused with words', async () => {
    await expect(openTransport('ttyUSB2', OPTIONS)).rejects.toMatchObject({
      code: 'absent',
      message: expect.stringContaining('/dev/'),
    })
  })

  test('whose device is not there is absent', async () => {
    await expect(openTransport('/dev/serial/by-id/none', OPTIONS)).rejects.toMatchObject({ code: 'absent' })
  })

  test('that nobody listens on is absent', async () => {
    const { port, server } = await peer()
    await new Promise((resolve) => server.close(resolve))
    await expect(openTransport(port, OPTIONS)).rejects.toMatchObject({ code: 'absent' })
  })
})

describe('a TCP pipe', () => {
  test('carries octets both ways, keeps what came early, and tells its end once', async () => {
    const { port, connected } = await peer()
    const pipe = await openTransport(port, OPTIONS)
    const socket = await connected
    socket.write('early ')
    const seen = collect(pipe)
    let heard = ''
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1')
    })
    await pipe.write(Buffer.from('AT\r\xff', 'latin1'), 500)
    await until(() => heard === 'AT\r\xff')
    socket.write('late')
    await until(() => seen.text === 'early late')
    socket.destroy()
    await until(() => seen.reasons.length > 0)
    await pipe.close()
    expect(seen.reasons).toHaveLength(1)
    await expect(pipe.write(Buffer.from('AT\r'), 500)).rejects.toMatchObject({ code: 'closed' })
  })

  test('H8 a write that the other side never takes is given up after its own limit', async () => {
    const { port, connected } = await peer()
    const pipe = await openTransport(port, OPTIONS)
    const socket = await connected
    socket.pause()
    collect(pipe)
    const flood = Buffer.alloc(64 * 1024 * 1024)
    await expect(pipe.write(flood, 100)).rejects.toMatchObject({ code: 'write-timeout' })
    await pipe.close()
  })
})

const hasSocat = spawnSync('socat', ['-V']).status === 0

/** Two PTYs joined by socat: `device` for the pipe, `peer` for the test; killing the process is the unplug. */
async function ptyPair(): Promise<{ device: string; peer: string; socat: ChildProcess }> {
  const directory = await mkdtemp(join(tmpdir(), 'causeway-pty-'))
  cleanUp.push(() => rm(directory, { recursive: true, force: true }))
  const [device, far] = [join(directory, 'device'), join(directory, 'peer')]
  const socat = spawn('socat', ['-d', '-d', `pty,raw,echo=0,link=${device}`, `pty,raw,echo=0,link=${far}`])
  cleanUp.push(() => socat.kill())
  let told = ''
  socat.stderr?.on('data', (chunk: Buffer) => {
    told += chunk.toString()
  })
  await until(() => told.includes('starting data transfer'))
  return { device, peer: far, socat }
}

describe.runIf(hasSocat)('a device', () => {
  test('carries octets both ways, and is held exclusively', async () => {
    const pair = await ptyPair()
    const pipe = await openTransport(pair.device, OPTIONS)
    const far = await openTransport(pair.peer, OPTIONS)
    cleanUp.push(() => Promise.all([pipe.close(), far.close()]))
    const [here, there] = [collect(pipe), collect(far)]
    await pipe.write(Buffer.from('AT\r'), 500)
    await until(() => there.text === 'AT\r')
    await far.write(Buffer.from('\r\n> '), 500)
    await until(() => here.text === '\r\n> ')
    await expect(openTransport(pair.device, OPTIONS)).rejects.toMatchObject({ code: 'busy' })
  })

  test('H9 an unplug is told once, and no write is pending for ever', async () => {
    const pair = await ptyPair()
    const pipe = await openTransport(pair.device, OPTIONS)
    const far = await openTransport(pair.peer, OPTIONS)
    const seen = collect(pipe)
    await far.write(Buffer.from('here'), 500)
    await until(() => seen.text === 'here')
    pair.socat.kill()
    await until(() => seen.reasons.length > 0)
    await expect(pipe.write(Buffer.from('AT\r'), 300)).rejects.toMatchObject({ name: 'TransportError' })
    await Promise.all([pipe.close(), far.close()])
    expect(seen.reasons).toHaveLength(1)
  })

  test('H9 an unplug in the middle of a read is told as well, though serialport says nothing', async () => {
    for (let round = 0; round < 5; round += 1) {
      const pair = await ptyPair()
      const pipe = await openTransport(pair.device, OPTIONS)
      const seen = collect(pipe)
      pair.socat.kill()
      await until(() => seen.reasons.length > 0)
      await pipe.close()
    }
  })
})

describe('a trace', () => {
  test('can be read by people, hides the PIN, and gives the octets back', async () => {
    const { port, connected } = await peer()
    const transcript = new Transcript(systemClock)
    const pipe = traced(await openTransport(port, OPTIONS), transcript)
    cleanUp.push(() => pipe.close())
    const seen = collect(pipe)
    await pipe.write(Buffer.from('AT+CPIN="1234"\r'), 500)
    ;(await connected).write(Buffer.from('\r\nOK \\ \xff\r\n', 'latin1'))
    await until(() => seen.text.length > 0)
    const text = transcript.render(false)
    expect(text).toMatch(/^\d+\.\d{3} > AT\+CPIN="\*{4}"\\r\n\d+\.\d{3} < \\r\\nOK \\\\ \\xff\\r\\n\n$/)
    const entries = parseTranscript(`# a comment\n${text}`)
    expect(entries.map(({ direction }) => direction)).toEqual(['to-modem', 'from-modem'])
    expect(Buffer.from(entries[1]?.octets ?? []).toString('latin1')).toBe('\r\nOK \\ \xff\r\n')
  })

  test('masked, a number that came in pieces is hidden, and so are names and texts of the network', () => {
    const transcript = new Transcript(systemClock)
    const say = (text: string) => transcript.note('from-modem', Buffer.from(text))
    for (const char of '+CLIP: "+15550123",145') say(char)
    say('\r\n+CUSD: 0,"Your balance is\r\n')
    transcript.note('to-modem', Buffer.from('AT+CPIN="12'))
    transcript.note('to-modem', Buffer.from('34"\r'))
    say('3 pounds",15\r\n')
    const shown = parseTranscript(transcript.render(true)).map(({ octets }) => Buffer.from(octets).toString('latin1'))
    expect(shown.join('')).toMatch(/^\+CLIP: "\+\*{8}",145\r\n\+CUSD: 0,"\*+\r\nAT\+CPIN="\*\*\*\*"\r\*+",15\r\n$/)
    expect(transcript.render(false)).not.toContain('12\n')
  })

  test('masked, it shows no number and no text, but their length', () => {
    const transcript = new Transcript(systemClock)
    transcript.note('from-modem', Buffer.from('+CNUM: "","+15550100",145'))
    expect(transcript.render(true)).toContain('"+********",145')
  })

  test('is bounded: the oldest falls out', () => {
    const transcript = new Transcript(systemClock)
    for (let n = 0; n < 9_000; n += 1) transcript.note('to-modem', Buffer.from(`AT+N=${n}\r`))
    const lines = transcript.render(false).trimEnd().split('\n')
    expect(lines).toHaveLength(2_000)
    expect(lines.at(0)).toContain('AT+N=7000')
    expect(lines.at(-1)).toContain('AT+N=8999')
  })
})

test('ports are listed from the file system, with the name that survives a replug', async () => {
  const root = await mkdtemp(join(tmpdir(), 'causeway-sys-'))
  cleanUp.push(() => rm(root, { recursive: true, force: true }))
  const usb = join(root, 'sys/devices/usb1/1-1')
  const tty = join(usb, '1-1:1.2/ttyUSB2')
  await mkdir(tty, { recursive: true })
  await writeFile(join(usb, 'idVendor'), '2c7c\n')
  await writeFile(join(usb, 'idProduct'), '0125\n')
  await writeFile(join(usb, 'product'), 'Modem\n')
  await writeFile(join(usb, '1-1:1.2/bInterfaceNumber'), '02\n')
  const entry = join(root, 'sys/class/tty/ttyUSB2')
  await mkdir(entry, { recursive: true })
  await symlink(tty, join(entry, 'device'))
  await mkdir(join(root, 'sys/class/tty/tty1'), { recursive: true })
  await mkdir(join(root, 'dev/serial/by-id'), { recursive: true })
  await writeFile(join(root, 'dev/ttyUSB2'), '')
  await symlink('../../ttyUSB2', join(root, 'dev/serial/by-id/usb-Modem-if02-port0'))
  await expect(listSerialPorts(root)).resolves.toEqual([
    {
      path: '/dev/ttyUSB2',
      stablePath: '/dev/serial/by-id/usb-Modem-if02-port0',
      usbId: '2c7c:0125',
      interfaceNumber: 2,
      product: 'Modem',
    },
  ])
  await expect(listSerialPorts(join(root, 'nothing'))).resolves.toEqual([])
})

describe('the USB device behind a port', () => {
  let root: string
  afterEach(() => rm(root, { recursive: true, force: true }))

  test('is found through sysfs, switched off and on where that is permitted, else it says why not', async () => {
    root = await mkdtemp(join(tmpdir(), 'causeway-usb-'))
    const device = join(root, 'sys/devices/usb1/1-2')
    const port = join(device, '1-2:1.2/ttyUSB7')
    await mkdir(port, { recursive: true })
    await mkdir(join(root, 'sys/class/tty/ttyUSB7'), { recursive: true })
    await symlink(port, join(root, 'sys/class/tty/ttyUSB7/device'))
    await writeFile(join(device, 'idVendor'), '2c7c\n')
    await writeFile(join(device, 'authorized'), '1')
    const found = await usbDeviceOf('/dev/ttyUSB7', root)
    expect(found).toBe(device)
    const done = replugUsb(device, 200, systemClock)
    await eventually(async () => (await readFile(join(device, 'authorized'), 'utf8')) === '0')
    await expect(done).resolves.toBeUndefined()
    expect(await readFile(join(device, 'authorized'), 'utf8')).toBe('1')
    await expect(replugUsb(join(root, 'gone'), 1, systemClock)).resolves.toMatch(/^no right to switch/)
    await expect(usbDeviceOf('tcp://127.0.0.1:1', root)).resolves.toBeUndefined()
  })

  test('a board that says its supply is too low is heard', async () => {
    root = await mkdtemp(join(tmpdir(), 'causeway-power-'))
    await expect(boardUnderVoltage(root)).resolves.toBe(false)
    const monitor = join(root, 'sys/class/hwmon/hwmon1')
    await mkdir(monitor, { recursive: true })
    await writeFile(join(monitor, 'name'), 'rpi_volt\n')
    await writeFile(join(monitor, 'in0_lcrit_alarm'), '1\n')
    await expect(boardUnderVoltage(root)).resolves.toBe(true)
  })
})

async function eventually(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 2))
}
