/** Reads the certificate that the configuration names, and says in plain words what is wrong with it. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { CausewayError } from '../domain/errors.ts'

export interface CertificateFiles {
  /** PEM: the certificate, and behind it those that vouch for it. */
  cert: string
  /** PEM. */
  key: string
}

export interface Certificate {
  /** PEM text of both. */
  cert: string
  key: string
  notAfterMs: number
}

/** Throws CausewayError `config-tls`: not there, not readable, no certificate, another one's key, not valid now. */
export function readCertificate(files: CertificateFiles, nowMs: number): Certificate {
  const cert = read('http.tls.cert', files.cert)
  const key = read('http.tls.key', files.key)
  const certificate = parseCertificate(files.cert, cert)
  if (!certificate.checkPrivateKey(parseKey(files.key, key))) {
    throw unusable(`The key ${files.key} belongs to another certificate than ${files.cert}; name two that fit.`)
  }
  const [notBeforeMs, notAfterMs] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)]
  if (nowMs > notAfterMs) {
    throw unusable(
      `The certificate ${files.cert} has expired (${day(notAfterMs)}); renew it, or take http.tls out of the configuration.`,
    )
  }
  if (nowMs < notBeforeMs) {
    throw unusable(
      `The certificate ${files.cert} is not valid before ${day(notBeforeMs)}; see that the machine’s clock is right.`,
    )
  }
  return { cert, key, notAfterMs }
}

function read(key: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code === 'EACCES' ? 'this user may not read it' : wordsOf(cause)
    throw unusable(`${key}: ${path} cannot be read (${why}).`, cause)
  }
}

function parseCertificate(path: string, pem: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch (cause) {
    throw unusable(`http.tls.cert: ${path} holds no certificate in PEM (-----BEGIN CERTIFICATE-----).`, cause)
  }
}

function parseKey(path: string, pem: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch (cause) {
    const isLocked = /ENCRYPTED/.test(pem)
    const why = isLocked
      ? 'is locked by a passphrase, which nobody could type at a start'
      : 'holds no private key in PEM'
    throw unusable(`http.tls.key: ${path} ${why}.`, cause)
  }
}

function day(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10)
}

function wordsOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}

function unusable(message: string, cause?: unknown): CausewayError {
  return new CausewayError({ code: 'config-tls', message, retry: 'after-human', cause })
}
