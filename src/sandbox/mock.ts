/**
 * The one door to `@signalapp/mock-server`: what it needs before it loads on Node 20, and the names that this folder
 * uses of it. The mock is CommonJS and has no public door to its connections, hence the deep path.
 */
import './with-resolvers.ts'
import { createRequire } from 'node:module'
import type { Duplex } from 'node:stream'
import { encryptAttachment } from '@signalapp/mock-server/src/crypto.js'
import { attachmentToPointer } from '@signalapp/mock-server/src/data/attachment.js'

export type { Device } from '@signalapp/mock-server'
export {
  EMPTY_DATA_MESSAGE,
  EMPTY_GROUP_ACTIONS,
  EnvelopeType,
  Group as MockGroup,
  loadCertificates,
  PrimaryDevice,
  Proto,
  ReceiptType,
  Server as MockServer,
  ServiceIdKind,
  StorageState,
} from '@signalapp/mock-server'
export { serializeContacts } from '@signalapp/mock-server/src/data/contacts.js'
export { Connection as MockConnection } from '@signalapp/mock-server/src/server/ws/index.js'
export type { WSRequest, WSResponse } from '@signalapp/mock-server/src/server/ws/service.js'
export type {
  AciString,
  RegistrationId,
  ServiceIdString,
} from '@signalapp/mock-server/src/types.js'

/** A websocket of the mock's own `ws`, as far as this folder touches it. */
export interface MockWebSocket {
  close(code?: number): void
  terminate(): void
  once(event: 'close', listener: () => void): void
}

interface WebSocketConstructor {
  new (
    address: null,
    protocols: undefined,
    options: { autoPong: boolean },
  ): MockWebSocket & { setSocket(socket: Duplex, head: Buffer, options: object): void }
}

const requireLikeMock = createRequire(createRequire(import.meta.url).resolve('@signalapp/mock-server'))
const WebSocket = requireLikeMock('ws') as WebSocketConstructor

/**
 * A server-side websocket over an accepted HTTP/2 stream. It answers pings (the mock's own do not, and die when idle
 * for 45 s).
 */
export function openWebSocket(stream: Duplex): MockWebSocket {
  const socket = new WebSocket(null, undefined, { autoPong: true })
  socket.setSocket(stream, Buffer.alloc(0), {})
  return socket
}

/** An encrypted attachment of these octets: what to store under the key, and how to point at it. */
export function sealAttachment(content: Buffer<ArrayBuffer>) {
  const attachment = encryptAttachment(content)
  return { blob: attachment.blob, pointer: (cdnKey: string) => attachmentToPointer(cdnKey, attachment) }
}
