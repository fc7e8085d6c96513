/** Somebody's endpoint for webhooks: keeps what it is sent, and answers as it is told. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { WebhookCall } from './answer.ts'

export interface Received {
  id: string
  headers: IncomingHttpHeaders
  text: string
  body: WebhookCall
}

export interface Endpoint {
  url: string
  received: Received[]
  /** How it answers from now on. */
  answer: (response: ServerResponse) => void
  until(condition: () => boolean): Promise<void>
  stop(): Promise<void>
}

export async function startEndpoint(): Promise<Endpoint> {
  let told = () => {}
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.once('end', () => {
      const text = Buffer.concat(chunks).toString('utf8')
      endpoint.received.push({
        id: String(request.headers['webhook-id']),
        headers: request.headers,
        text,
        body: JSON.parse(text),
      })
      endpoint.answer(response)
      told()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const endpoint: Endpoint = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received: [],
    answer: (response) => response.writeHead(204).end(),
    until: async (condition) => {
      while (!condition()) {
        await new Promise<void>((resolve) => {
          told = resolve
        })
      }
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return endpoint
}
