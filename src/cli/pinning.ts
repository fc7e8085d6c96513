/**
 * Whom to believe at an `https://` address. As every program does: whoever a known authority vouches for. Beside that one
 * certificate that was handed over (`--ca`), or that the configuration on this machine names: it is the gateway's own,
 * whatever name it is reached by, since nobody else has its key. Verification is never switched off.
 */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type ConnectionOptions, checkServerIdentity, rootCertificates } from 'node:tls'
import { EXIT, ExitError } from './exit.ts'

/** PEM of the certificate to believe; undefined: none beside the known authorities'. Throws ExitError 64. */
export async function pinFor(url: URL, options: { ca?: string; config?: string }): Promise<string | undefined> {
  if (url.protocol !== 'https:') return undefined
  const named = options.ca ?? process.env['CAUSEWAY_CA']
  if (named !== undefined) return readPem(named)
  return options.config !== undefined || isHere(url) ? await configured(options.config) : undefined
}

/** What a connection is to check. */
export function trusting(pem: string | undefined): ConnectionOptions {
  if (pem === undefined) return {}
  const pinned = new X509Certificate(pem).fingerprint256
  return {
    ca: [...rootCertificates, pem],
    // The gateway's own may be signed by an authority that only its owner knows.
    allowPartialTrustChain: true,
    checkServerIdentity: (name, certificate) =>
      certificate.fingerprint256 === pinned ? undefined : checkServerIdentity(name, certificate),
  } as ConnectionOptions
}

function isHere({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\./.test(hostname)
}

/** Where the configuration is wrong, its certificate is not believed, and the connection says what it thinks. */
async function configured(file: string | undefined): Promise<string | undefined> {
  const { loadConfig } = await import('../config.ts')
  try {
    const { tls } = loadConfig({ file }).http
    return tls === undefined ? undefined : readPem(tls.cert)
  } catch (error) {
    if (file !== undefined) throw error
    return undefined
  }
}

function readPem(path: string): string {
  try {
    const pem = readFileSync(path, 'utf8')
    new X509Certificate(pem)
    return pem
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new ExitError(EXIT.usage, `${path} holds no certificate that could be read (${why}).`, cause)
  }
}
