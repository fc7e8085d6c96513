/**
 * A content server of our own on a real socket, for what the mock server lacks: ranges, tus and signed uploads that are
 * cut off in the middle and go on, and answers that are wrong.
 */
import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'

const certificates = join(
  dirname(createRequire(import.meta.url).resolve('@signalapp/mock-server/package.json')),
  'certs',
)
const pem = (name: string) => readFileSync(join(certificates, name), 'utf8')

export interface CdnStub {
  url: string
  caPems: string[]
  /** What can be downloaded. */
  files: Map<string, Buffer>
  /** What was uploaded, whole or not. */
  uploads: Map<string, Buffer>
  /** Method and path (and range) of each request. */
  requests: string[]
  /** The next transfers break off after so many octets, in either direction. */
  breakAfter: number[]
  /** The next transfers stand still after so many octets, in either direction, for as long as the other side stays. */
  holdAfter: number[]
  ranges: boolean
  close(): Promise<void>
}

export async function openCdn(): Promise<CdnStub> {
  const server = createServer({ key: pem('key.pem'), cert: pem('full-cert.pem') }, (request, response) => {
    handle(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stub: CdnStub = {
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    caPems: [pem('ca-cert.pem')],
    files: new Map(),
    uploads: new Map(),
    requests: [],
    breakAfter: [],
    holdAfter: [],
    ranges: true,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return stub

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = decodeURIComponent(request.url ?? '')
    const range = request.headers.range ?? request.headers['content-range']
    stub.requests.push([request.method, path, range].filter((part) => part !== undefined).join(' '))
    if (request.method === 'GET') return give(path.replace('/attachments/', ''), request, response)
    const octets = Number(request.headers['upload-length'] ?? 0)
    if (path.startsWith('/tus')) {
      const key =
        path.split('/')[2] ??
        Buffer.from(String(request.headers['upload-metadata']).split(' ')[1] ?? '', 'base64').toString()
      const there = stub.uploads.get(key)
      if (request.method === 'HEAD') {
        response.writeHead(there === undefined ? 404 : 200, { 'upload-offset': String(there?.length ?? 0) }).end()
        return
      }
      if (request.method === 'PATCH' && Number(request.headers['upload-offset']) !== there?.length) {
        response.writeHead(409).end()
        return
      }
      await take(key, request, request.method === 'POST' ? Buffer.alloc(0) : (there ?? Buffer.alloc(0)))
      response.writeHead(request.method === 'POST' ? 201 : 204, { 'upload-length': String(octets) }).end()
      return
    }
    if (request.method === 'POST') {
      response.writeHead(201, { location: `${stub.url}/session/k` }).end()
      return
    }
    const [, from, total] = /^bytes (?:(\d+)-\d+|\*)\/(\d+)$/.exec(String(request.headers['content-range'] ?? '')) ?? []
    const there = stub.uploads.get('k') ?? Buffer.alloc(0)
    if (total !== undefined && from === undefined) {
      const head = there.length === 0 ? {} : { range: `bytes=0-${there.length - 1}` }
      response.writeHead(there.length === Number(total) ? 200 : 308, head).end()
      return
    }
    if (Number(from ?? 0) > there.length) {
      response.writeHead(400).end()
      return
    }
    await take('k', request, there.subarray(0, Number(from ?? 0)))
    response.writeHead(200).end()
  }

  async function take(key: string, request: IncomingMessage, before: Buffer): Promise<void> {
    const limit = stub.breakAfter.shift()
    const hold = stub.holdAfter.shift()
    let all = before
    stub.uploads.set(key, all)
    let room = Buffer.from(before)
    for await (const chunk of request as AsyncIterable<Buffer>) {
      const length = all.length + chunk.length
      // Doubled: copied anew with each chunk, a large file would take a minute of a busy machine.
      if (length > room.length) room = Buffer.concat([all], length * 2)
      chunk.copy(room, all.length)
      all = room.subarray(0, length)
      if (hold !== undefined && all.length - before.length >= hold) {
        stub.uploads.set(key, all)
        await new Promise((resolve) => request.once('close', resolve))
        throw new Error('nobody is there any more')
      }
      if (limit !== undefined && all.length - before.length >= limit) {
        stub.uploads.set(key, all.subarray(0, before.length + limit))
        request.destroy()
        throw new Error('broken off')
      }
      stub.uploads.set(key, all)
    }
  }

  function give(key: string, request: IncomingMessage, response: ServerResponse): void {
    const file = stub.files.get(key)
    if (file === undefined) {
      response.writeHead(404).end()
      return
    }
    const from = stub.ranges ? Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0) : 0
    if (from > 0 && from >= file.length) {
      response.writeHead(416, { 'content-range': `bytes */${file.length}` }).end()
      return
    }
    const body = file.subarray(from)
    const head = from === 0 ? {} : { 'content-range': `bytes ${from}-${file.length - 1}/${file.length}` }
    response.writeHead(from === 0 ? 200 : 206, { 'content-length': body.length, ...head })
    const limit = stub.breakAfter.shift()
    const hold = stub.holdAfter.shift()
    if (hold !== undefined) response.write(body.subarray(0, hold))
    else if (limit === undefined) response.end(body)
    else response.write(body.subarray(0, limit), () => setTimeout(() => response.destroy(), 20))
  }
}
