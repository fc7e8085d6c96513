/**
 * Certificates for tests, signed by themselves: X.509 v3 (RFC 5280 section 4.1) written out in DER, since Node makes keys
 * and no certificates.
 */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'

export interface MadeCertificate {
  /** PEM. */
  cert: string
  key: string
}

const ECDSA_WITH_SHA256 = '06082a8648ce3d040302'
const COMMON_NAME = '0603550403'
const SUBJECT_ALT_NAME = '0603551d11'

/** For `name`, a host name; valid now for a day unless said otherwise (ms since epoch). */
export function makeCertificate(
  name: string,
  { fromMs = Date.now() - 3_600_000, untilMs = Date.now() + 86_400_000 }: { fromMs?: number; untilMs?: number } = {},
): MadeCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const hex = (text: string) => Buffer.from(text, 'hex')
  const whom = der(0x30, der(0x31, der(0x30, hex(COMMON_NAME), der(0x0c, Buffer.from(name)))))
  const algorithm = der(0x30, hex(ECDSA_WITH_SHA256))
  const serial = Buffer.concat([Buffer.of(1), randomBytes(15)])
  const names = der(0x30, der(0x82, Buffer.from(name)))
  const body = der(
    0x30,
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, serial),
    algorithm,
    whom,
    der(0x30, time(fromMs), time(untilMs)),
    whom,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(0x30, der(0x30, hex(SUBJECT_ALT_NAME), der(0x04, names)))),
  )
  const signature = sign('sha256', body, privateKey)
  const whole = der(0x30, body, algorithm, der(0x03, Buffer.of(0), signature))
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? []
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
    key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
  }
}

function der(tag: number, ...content: Uint8Array[]): Buffer {
  const body = Buffer.concat(content)
  const size =
    body.length < 128
      ? [body.length]
      : body.length < 256
        ? [0x81, body.length]
        : [0x82, body.length >> 8, body.length & 255]
  return Buffer.concat([Buffer.of(tag, ...size), body])
}

/** GeneralizedTime. */
function time(atMs: number): Buffer {
  return der(0x18, Buffer.from(`${new Date(atMs).toISOString().replaceAll(/[-:T]/g, '').slice(0, 14)}Z`))
}
