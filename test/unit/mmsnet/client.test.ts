/** The client against the simulated MMSC on real sockets: what each thing that goes wrong comes back as. */
import { createServer, type Server } from 'node:net'
import { describe, expect, it } from 'vitest'
import { BearerError } from '../../../modem/mms/bearer/bearer.ts'
import { interfaceBearer } from '../../../modem/mms/bearer/interface.ts'
import { createMmsExchange } from '../../../modem/mms/client.ts'
import { encodePdu } from '../../../modem/mms/encode.ts'
import { systemClock } from '../../../modem/serial/surroundings.ts'
import { afterwards, BEN, PICTURE, pduIn, sendRequest, silent, US, world } from './world.ts'

const bytesMax = 100_000
const quick = { firstByteMs: 200, silenceMs: 200, wholeMs: 5_000, connectMs: 2_000, resolveMs: 2_000 }

async function withPicture(options: Parameters<typeof world>[0] = {}) {
  const built = await world(options)
  const ben = built.mmsc.handset(BEN)
  ben.send({ to: [US], text: 'look', files: [PICTURE] })
  await expect.poll(() => built.mmsc.ledger.pushes({ to: US }).length).toBe(1)
  const [message] = built.mmsc.messages()
  const [delivery] = message?.deliveries ?? []
  const url = `http://mmsc.sim/m/${delivery?.key}`
  return { ...built, ben, url, retrieve: () => built.exchange.retrieve({ url, transactionId: 'T', bytesMax }) }
}

describe('retrieving', () => {
  it('gives the PDU, asked of the proxy with an absolute address', async () => {
    const { retrieve, mmsc, url } = await withPicture()
    expect(pduIn(await retrieve())).toMatchObject({ type: 'm-retrieve-conf', from: { address: BEN } })
    const [request] = mmsc.ledger.requests({ from: US })
    expect(request).toMatchObject({ method: 'GET', url, bytes: 0 })
    expect(request?.headers).toMatchObject({
      host: 'mmsc.sim',
      connection: 'close',
      'user-agent': 'Android MmsLib/1.0',
      accept: '*/*, application/vnd.wap.mms-message',
    })
    expect(Object.keys(request?.headers ?? {})).not.toEqual(expect.arrayContaining(['accept-encoding', 'expect']))
  })

  it('completes an address that wants the transaction', async () => {
    const { exchange, mmsc, url } = await withPicture({
      mmsc: { appendsTransactionId: true },
      carrier: { appendTransactionId: true },
    })
    const transactionId = mmsc.messages()[0]?.deliveries[0]?.transactionId ?? ''
    const answer = await exchange.retrieve({ url: `${url}?message-id=`, transactionId, bytesMax })
    expect(pduIn(answer).type).toBe('m-retrieve-conf')
  })

  it('says what the status was, and follows no redirect', async () => {
    const { retrieve, mmsc } = await withPicture()
    mmsc.fault({ kind: 'redirect', location: 'http://mmsc.sim/elsewhere' })
    mmsc.fault({ kind: 'status', status: 503 })
    expect(await retrieve()).toEqual({ kind: 'status', status: 503 })
    expect(await retrieve()).toEqual({ kind: 'status', status: 302 })
    expect(mmsc.ledger.requests({ from: US })).toHaveLength(2)
  })

  it('tells a portal from a PDU, whatever either calls itself', async () => {
    const { retrieve, mmsc } = await withPicture()
    mmsc.fault({ kind: 'portal' })
    expect(await retrieve()).toEqual({ kind: 'portal', contentType: 'text/html' })
    mmsc.fault({ kind: 'portal', type: 'application/vnd.wap.mms-message' })
    expect(await retrieve()).toMatchObject({ kind: 'portal' })
    mmsc.fault({ kind: 'wrong-type', type: 'text/plain' })
    expect(pduIn(await retrieve()).type).toBe('m-retrieve-conf')
  })

  it('counts a body that ends before its declared length', async () => {
    const { retrieve, mmsc } = await withPicture()
    mmsc.fault({ kind: 'cut', bytes: 1000 })
    const answer = await retrieve()
    expect(answer).toMatchObject({ kind: 'cut', bytes: 1000 })
    mmsc.fault({ kind: 'wrong-length', by: 100 })
    const longer = await retrieve()
    if (longer.kind !== 'cut') throw new Error(longer.kind)
    expect(longer.bytesDeclared - longer.bytes).toBe(100)
  })

  it('understands chunks and gzip, though it asks for neither', async () => {
    const { retrieve, mmsc } = await withPicture()
    for (const kind of ['chunked', 'gzip'] as const) {
      mmsc.fault({ kind })
      expect(pduIn(await retrieve()).type).toBe('m-retrieve-conf')
    }
  })

  it('takes no more than it was told, packed or not, declared or not', async () => {
    const { exchange, mmsc, url } = await withPicture()
    const little = () => exchange.retrieve({ url, transactionId: 'T', bytesMax: 3000 })
    expect(await little()).toEqual({ kind: 'too-large', bytesMax: 3000 })
    mmsc.fault({ kind: 'chunked' })
    expect(await little()).toEqual({ kind: 'too-large', bytesMax: 3000 })
    mmsc.fault({ kind: 'gzip' })
    expect(await little()).toEqual({ kind: 'too-large', bytesMax: 3000 })
  })

  it('gives up an answer that stands still', async () => {
    const { retrieve, mmsc } = await withPicture({ timings: quick })
    mmsc.fault({ kind: 'stall', at: 'body' })
    expect(await retrieve()).toMatchObject({
      kind: 'unreachable',
      step: 'http',
      reason: expect.stringContaining('middle'),
    })
    mmsc.fault({ kind: 'stall', at: 'start' })
    expect(await retrieve()).toMatchObject({ kind: 'unreachable', step: 'http', reason: 'no answer came' })
  })

  it('can be called off', async () => {
    const { exchange, mmsc, url } = await withPicture()
    mmsc.fault({ kind: 'stall', at: 'start' })
    const control = new AbortController()
    const answer = exchange.retrieve({ url, transactionId: 'T', bytesMax }, control.signal)
    await expect.poll(() => mmsc.ledger.requests({ from: US }).length).toBe(1)
    control.abort()
    expect(await answer).toEqual({ kind: 'unreachable', step: 'http', bodySent: true, reason: 'it was called off' })
    expect(await exchange.retrieve({ url, transactionId: 'T', bytesMax }, control.signal)).toMatchObject({
      kind: 'unreachable',
      bodySent: false,
    })
  })

  it('asks no forged address, not even of the proxy', async () => {
    const { exchange, mmsc } = await withPicture()
    const before = mmsc.ledger.requests().length
    for (const url of [
      'http://127.0.0.1:1/x',
      'http://localhost/x',
      'http://mmsc.sim/x\r\nX: y',
      'file:///etc/passwd',
    ]) {
      expect(await exchange.retrieve({ url, transactionId: 'T', bytesMax })).toMatchObject({ kind: 'refused-url' })
    }
    expect(mmsc.ledger.requests()).toHaveLength(before)
  })

  it('lets no transaction identifier write into the request', async () => {
    const { exchange } = await withPicture({ carrier: { appendTransactionId: true } })
    const url = 'http://mmsc.sim/m?message-id='
    const answer = await exchange.retrieve({ url, transactionId: 'T\r\nX: y', bytesMax })
    expect(answer).toMatchObject({ kind: 'refused-url' })
  })
})

describe('submitting', () => {
  it('gives the confirmation, and the message arrives with its picture', async () => {
    const { exchange, mmsc } = await world()
    const ben = mmsc.handset(BEN)
    const answer = await exchange.submit({ pdu: sendRequest({ to: [BEN], text: 'hello', files: [PICTURE] }) })
    expect(pduIn(answer)).toMatchObject({ type: 'm-send-conf', transactionId: 'S1', responseStatus: 0x80 })
    await expect.poll(() => ben.inbox.length).toBe(1)
    expect(ben.inbox[0]).toMatchObject({ from: US, to: [BEN], text: 'hello', files: [{ name: 'cat.jpg' }] })
    const [request] = mmsc.ledger.requests({ type: 'm-send-req' })
    expect(request?.headers).toMatchObject({
      'content-type': 'application/vnd.wap.mms-message',
      'content-length': String(request?.bytes),
    })
    expect(request?.headers).not.toHaveProperty('transfer-encoding')
  })

  it('sends the headers of the carrier, filled in, and never what could break the request', async () => {
    const { exchange, mmsc } = await world({
      carrier: {
        headers: {
          'X-VzW-MDN': '1{{msisdn_national}}',
          'X-MDN': '{{msisdn}}',
          'Transfer-Encoding': 'chunked',
          'X-Bad': 'a\r\nb',
          'Bad Name': 'x',
        },
        uaProfHeader: 'Profile',
        uaProfUrl: 'http://example.net/ua.xml',
      },
    })
    await exchange.submit({ pdu: sendRequest({ to: [BEN], text: 'x' }) })
    const headers = mmsc.ledger.requests()[0]?.headers ?? {}
    expect(headers).toMatchObject({
      'x-vzw-mdn': '115550001',
      'x-mdn': '4915550001',
      profile: 'http://example.net/ua.xml',
    })
    for (const name of ['transfer-encoding', 'x-bad', 'bad name']) expect(headers).not.toHaveProperty(name)
  })

  it('counts an answer without a body as accepted, wherever it is posted', async () => {
    const { exchange, mmsc } = await world()
    const pdu = encodePdu({ type: 'm-notifyresp-ind', transactionId: 'T9', version: '1.2', status: 0x81 })
    expect(await exchange.submit({ pdu })).toEqual({ kind: 'accepted' })
    expect(await exchange.submit({ pdu, url: 'http://mmsc.sim/m/9-9' })).toEqual({ kind: 'accepted' })
    expect(mmsc.ledger.requests({ type: 'm-notifyresp-ind' }).map(({ url }) => url)).toEqual([
      'http://mmsc.sim/',
      'http://mmsc.sim/m/9-9',
    ])
  })

  it('says that the body had left when no confirmation comes, and the message may be there', async () => {
    const { exchange, mmsc } = await world({ timings: quick })
    const pdu = sendRequest({ to: [BEN], text: 'x', files: [PICTURE] })
    mmsc.fault({ kind: 'no-confirmation' })
    expect(await exchange.submit({ pdu })).toMatchObject({ kind: 'unreachable', step: 'http', bodySent: true })
    expect(mmsc.messages()).toHaveLength(1)
    // The same transaction again is the same message.
    expect(pduIn(await exchange.submit({ pdu })).type).toBe('m-send-conf')
    expect(mmsc.messages()).toHaveLength(1)
    mmsc.fault({ kind: 'stall', at: 'start' })
    expect(await exchange.submit({ pdu: sendRequest({ to: [BEN], text: 'x' }, 'S2') })).toMatchObject({
      bodySent: true,
    })
  })

  it('says that it had not when the other side takes only its beginning', async () => {
    const server = await reading(1)
    const { exchange } = await world({ carrier: { proxy: server.proxy } })
    const pdu = sendRequest({ to: [BEN], files: [{ ...PICTURE, data: new Uint8Array(4_900_000) }] })
    expect(await exchange.submit({ pdu })).toMatchObject({ kind: 'unreachable', step: 'http', bodySent: false })
  })

  it('names the proxy when nobody listens there', async () => {
    const { exchange } = await world({ carrier: { proxy: { host: '127.0.0.1', port: await freePort() } } })
    const answer = await exchange.submit({ pdu: sendRequest({ to: [BEN], text: 'x' }) })
    expect(answer).toMatchObject({ kind: 'unreachable', step: 'proxy', bodySent: false })
  })

  it('names the resolver when the MMSC is a name and there is no proxy', async () => {
    const { exchange } = await world({ carrier: { proxy: null } })
    const answer = await exchange.submit({ pdu: sendRequest({ to: [BEN], text: 'x' }) })
    expect(answer).toMatchObject({ kind: 'unreachable', step: 'dns', bodySent: false })
  })

  it('names the bearer when it does not open', async () => {
    const { exchange } = await world({ bearer: interfaceBearer({ interfaceName: 'none0', dns: [] }) })
    const answer = await exchange.submit({ pdu: sendRequest({ to: [BEN], text: 'x' }) })
    expect(answer).toMatchObject({ kind: 'unreachable', step: 'bearer', bodySent: false })
  })
})

describe('an answer from a stranger', () => {
  it.each([
    ['nothing', ''],
    ['no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    ['length and chunks', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nab'],
    ['endless headers', `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(10_000)}\r\n`],
    ['a change of protocol', 'HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'],
    ['a bad length', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n'],
    ['bad gzip', 'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nab'],
    ['another coding', 'HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\nab'],
    ['chunks without an end', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab'],
  ])('that is %s comes back as no answer', async (_, text) => {
    const server = await saying(text)
    const { exchange } = await world({ carrier: { proxy: server.proxy }, timings: quick })
    const answer = await exchange.submit({ pdu: sendRequest({ to: [BEN], text: 'x' }) })
    expect(answer).toMatchObject({ kind: 'unreachable', step: 'http', bodySent: true })
  })

  it('without a length ends with its connection', async () => {
    const server = await saying('HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<html>')
    const { exchange } = await world({ carrier: { proxy: server.proxy } })
    const answer = await exchange.submit({ pdu: sendRequest({ to: [BEN], text: 'x' }) })
    expect(answer).toEqual({ kind: 'portal', contentType: 'text/html' })
  })
})

describe('a name', () => {
  const lease = (addresses: readonly string[], connected: string[]) => ({
    kind: 'interface' as const,
    open: () =>
      Promise.resolve({
        label: 'test',
        ownNetworks: ['192.168.178.24/24'],
        resolve: () => Promise.resolve(addresses),
        connect: (address: string) => {
          connected.push(address)
          return Promise.reject(new BearerError('connect', 'no'))
        },
        close: () => Promise.resolve(),
      }),
  })
  const asked = async (addresses: readonly string[]) => {
    const connected: string[] = []
    const { carrier } = await world()
    const bearer = lease(addresses, connected)
    const exchange = createMmsExchange({
      carrier: { ...carrier, proxy: null },
      bearer,
      clock: systemClock,
      log: silent,
    })
    const answer = await exchange.retrieve({ url: 'http://rebound.example.net/x', transactionId: 'T', bytesMax })
    return { answer, connected }
  }

  it.each([['127.0.0.1'], ['169.254.169.254'], ['192.168.178.1'], ['::1'], ['::ffff:127.0.0.1'], ['nonsense']])(
    'that leads to %s is never connected to',
    async (address) => {
      const { answer, connected } = await asked([address])
      expect(answer).toMatchObject({ kind: 'refused-url' })
      expect(connected).toEqual([])
    },
  )

  it('that leads to several places is tried at those that are allowed', async () => {
    const { answer, connected } = await asked(['127.0.0.1', '10.0.0.1', '10.0.0.2'])
    expect(answer).toMatchObject({ kind: 'unreachable', step: 'http', bodySent: false })
    expect(connected).toEqual(['10.0.0.1', '10.0.0.2'])
  })
})

async function listening(server: Server) {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  afterwards(() => void server.close())
  return { proxy: { host: '127.0.0.1', port: address.port }, port: address.port }
}

/** Says this to whoever has asked, and hangs up. */
function saying(text: string) {
  return listening(createServer((socket) => socket.on('error', () => {}).once('data', () => socket.end(text))))
}

/** Hangs up after so many octets of a request. */
function reading(bytes: number) {
  return listening(
    createServer((socket) => {
      let seen = 0
      socket.on('error', () => {})
      socket.on('data', (chunk) => {
        seen += chunk.length
        if (seen >= bytes) socket.resetAndDestroy()
      })
    }),
  )
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return address === null || typeof address === 'string' ? 0 : address.port
}
