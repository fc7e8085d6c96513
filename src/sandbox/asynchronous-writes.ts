/**
 * HTTP/2 over connections that never fail in the middle of reading. Node 20 ends with a segmentation fault when a write
 * to a TLS connection that is gone fails while what came over it is being taken apart: the failure comes back at once,
 * begins to take the same octets apart once more, and frees them under the first (seen in core dumps of the process that
 * hosts the sandbox: `Http2StreamListener::OnStreamRead` after `OnStreamAfterWrite`). A gateway that is killed among a
 * thousand letters does that to its server. Over a stream made in JavaScript, a write ends in a turn of its own.
 */
import type { Http2SecureServer } from 'node:http2'
import { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'

/** Puts such a stream under every HTTP/2 connection of a listener; to be called before its first. HTTP/1.1 stays as it is. */
export function writeAsynchronously(https: Http2SecureServer): void {
  const accept = https.listeners('secureConnection')
  https.removeAllListeners('secureConnection')
  https.on('secureConnection', (socket: TLSSocket) => {
    const { alpnProtocol } = socket
    const line = alpnProtocol === 'h2' ? Object.assign(wrapped(socket), { alpnProtocol }) : socket
    for (const listener of accept) listener.call(https, line)
  })
}

function wrapped(socket: TLSSocket): Duplex {
  // Node does so for what it reads from directly; without it small answers wait for the peer's acknowledgement.
  socket.setNoDelay(true)
  const line = Duplex.from({ readable: socket, writable: socket })
  // A line that breaks is told by its end; its session hears of it as of any other.
  line.on('error', () => socket.destroy())
  return line
}
