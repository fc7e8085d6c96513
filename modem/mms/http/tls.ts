/** TLS over a connection that a bearer gave, for the rare MMSC that wants it; the certificate is verified. */
import type { Duplex } from 'node:stream'
import { connect, rootCertificates } from 'node:tls'
import type { MmsUrl } from './url.ts'

/** Rejects when the certificate is not one for this host. The connection has ended then. */
export function secured(
  connection: Duplex,
  { host, isLiteral }: MmsUrl,
  authorities: readonly string[],
  signal: AbortSignal,
): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const secure = connect({
      socket: connection,
      host,
      ...(isLiteral ? {} : { servername: host }),
      ca: [...rootCertificates, ...authorities],
      minVersion: 'TLSv1.2',
    })
    const end = (error: Error) => {
      signal.removeEventListener('abort', stop)
      secure.destroy()
      connection.destroy()
      reject(error)
    }
    const stop = () => end(new Error('it was called off'))
    signal.addEventListener('abort', stop, { once: true })
    secure.once('error', end)
    secure.once('secureConnect', () => {
      signal.removeEventListener('abort', stop)
      secure.off('error', end)
      resolve(secure)
    })
    if (signal.aborted) stop()
  })
}
