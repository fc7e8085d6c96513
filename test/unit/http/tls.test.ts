import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { examineCertificate } from '../../../src/doctor/certificate.ts'
import { newSetupCode } from '../../../src/http/setup-code.ts'
import type { Log } from '../../../src/log.ts'
import { KeptCertificate } from '../../../src/service/kept-certificate.ts'
import { type MadeCertificate, makeCertificate } from '../../certificate.ts'
import { run } from '../cli/run.ts'
import { PASSWORD } from './browser.ts'
import { exchange } from './exchange.ts'
import { type Rig, startRig } from './rig.ts'

const DAY_MS = 86_400_000

let directory: string
let files: { cert: string; key: string }
let kept: KeptCertificate
let rig: Rig
const said: string[] = []
const log: Log = {
  debug: () => {},
  info: (_, message) => said.push(`info ${message}`),
  warn: (_, message) => said.push(`warn ${message}`),
  error: () => {},
}

function put(made: Partial<MadeCertificate>): void {
  if (made.cert !== undefined) writeFileSync(files.cert, made.cert)
  if (made.key !== undefined) writeFileSync(files.key, made.key)
}

/** The serial number of whoever answers. */
function served(): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: rig.port, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()?.serialNumber ?? '')
      socket.destroy()
    })
    socket.once('error', reject)
  })
}

function serial({ cert }: MadeCertificate): string {
  return new X509Certificate(cert).serialNumber
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'causeway-tls-'))
  files = { cert: join(directory, 'cert.pem'), key: join(directory, 'key.pem') }
  put(makeCertificate('box.example'))
  kept = new KeptCertificate(files, () => Date.now(), log)
  rig = await startRig({ tls: kept })
})
afterAll(async () => {
  await rig.stop()
  rmSync(directory, { recursive: true, force: true })
})

describe('with a certificate', () => {
  test('API and inbox are there over HTTPS alone, and cookies are for HTTPS', async () => {
    const code = await newSetupCode(rig.ports)
    const payload = JSON.stringify({ code, password: PASSWORD, name: 'Ada' })
    const reply = await new Promise<{ status: number | undefined; cookie: string }>((resolve, reject) => {
      const outgoing = request(
        {
          host: '127.0.0.1',
          port: rig.port,
          path: '/api/v1/setup',
          method: 'POST',
          ca: kept.current.cert,
          servername: 'box.example',
          headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) },
        },
        (response) => {
          response.resume()
          resolve({ status: response.statusCode, cookie: String(response.headers['set-cookie']) })
        },
      )
      outgoing.once('error', reject)
      outgoing.end(payload)
    })
    expect(reply).toEqual({ status: 201, cookie: expect.stringMatching(/^cw_session=.*; HttpOnly; .*; Secure$/) })
    await expect(exchange({ host: '127.0.0.1', port: rig.port }, 'GET', '/healthz', {})).rejects.toThrow()
    expect((await rig.call('GET', '/healthz', { local: true })).status).toBe(200)
  })

  test('a renewed one is taken up without a restart, a spoiled one is not', async () => {
    const [first, second, stray] = [await served(), makeCertificate('box.example'), makeCertificate('box.example')]
    kept.look()
    expect(await served()).toBe(first)
    put(second)
    kept.look()
    expect(await served()).toBe(serial(second))
    put({ cert: stray.cert })
    kept.look()
    kept.look()
    expect(await served()).toBe(serial(second))
    expect(said).toEqual([
      'info a renewed certificate is in use',
      'warn the renewed certificate cannot be used; the one before stays in use',
    ])
    put({ key: stray.key })
    kept.look()
    expect(await served()).toBe(serial(stray))
  })

  test('the command line believes the certificate that is configured, or handed over, and no other', async () => {
    const env = { CAUSEWAY_URL: `https://127.0.0.1:${rig.port}`, CAUSEWAY_TOKEN: await rig.token('modems:read') }
    const doubted = await run(['modem', 'list'], { env, cwd: directory })
    expect([doubted.code, doubted.err]).toEqual([69, expect.stringMatching(/self-signed.*--ca FILE/)])
    writeFileSync(join(directory, 'here.yaml'), 'http: { tls: { cert: cert.pem, key: key.pem } }\n')
    const pinned = await run(['modem', 'list', '--config', 'here.yaml'], { env, cwd: directory })
    expect([pinned.code, pinned.out]).toEqual([0, expect.stringMatching(/^kitchen /)])
    writeFileSync(join(directory, 'other.pem'), makeCertificate('box.example').cert)
    const other = await run(['modem', 'list', '--ca', 'other.pem'], { env, cwd: directory })
    expect(other.code).toBe(69)
  })
})

describe('a certificate that cannot be used', () => {
  const nowMs = Date.now()
  const good = makeCertificate('box.example', { untilMs: nowMs + 60 * DAY_MS })
  const locked = String(
    createPrivateKey(good.key).export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }),
  )
  const table: [string, Partial<MadeCertificate>, RegExp][] = [
    ['has expired', makeCertificate('x', { fromMs: nowMs - 9 * DAY_MS, untilMs: nowMs - DAY_MS }), /has expired/],
    ['is not valid yet', makeCertificate('x', { fromMs: nowMs + DAY_MS, untilMs: nowMs + 2 * DAY_MS }), /clock/],
    ['is of another key', { cert: good.cert, key: makeCertificate('x').key }, /belongs to another certificate/],
    ['is none', { cert: 'hello', key: good.key }, /holds no certificate in PEM/],
    ['has a key that is none', { cert: good.cert, key: 'hello' }, /holds no private key/],
    ['has a locked key', { cert: good.cert, key: locked }, /passphrase/],
    ['is not there', { key: good.key }, /http\.tls\.cert: .* cannot be read/],
  ]

  test.each(table)('because it %s is a plain error at the start and a finding', (_, { cert, key }, words) => {
    const here = mkdtempSync(join(directory, 'bad-'))
    const tls = { cert: join(here, 'cert.pem'), key: join(here, 'key.pem') }
    if (cert !== undefined) writeFileSync(tls.cert, cert)
    if (key !== undefined) writeFileSync(tls.key, key)
    expect(() => new KeptCertificate(tls, () => nowMs, log)).toThrow(
      expect.objectContaining({ code: 'config-tls', message: expect.stringMatching(words) }),
    )
    const http = { tls } as Parameters<typeof examineCertificate>[0]['http']
    expect(examineCertificate({ http }, nowMs)).toEqual([
      expect.objectContaining({ id: 'tls.unusable', severity: 'error', what: expect.stringMatching(words) }),
    ])
  })

  test('that cannot even be looked at any more leaves the one before in use', () => {
    const [plain, behind] = [join(directory, 'plain'), join(directory, 'loop')]
    writeFileSync(plain, good.cert)
    symlinkSync(behind, behind)
    const tls = { cert: join(directory, 'seen.pem'), key: join(directory, 'seen.key') }
    writeFileSync(tls.cert, good.cert)
    writeFileSync(tls.key, good.key)
    const certificate = new KeptCertificate(tls, () => nowMs, log)
    rmSync(tls.cert)
    symlinkSync(behind, tls.cert)
    certificate.look()
    expect(certificate.current.cert).toBe(good.cert)
    const within = { cert: join(plain, 'cert.pem'), key: tls.key }
    expect(() => new KeptCertificate(within, () => nowMs, log)).toThrow(
      expect.objectContaining({ code: 'config-tls', message: expect.stringContaining('cannot be read') }),
    )
  })

  test('is told of a fortnight before its end', () => {
    const tls = { cert: join(directory, 'good.pem'), key: join(directory, 'good.key') }
    writeFileSync(tls.cert, good.cert)
    writeFileSync(tls.key, good.key)
    const http = { tls } as Parameters<typeof examineCertificate>[0]['http']
    const severity = (atMs: number) => examineCertificate({ http }, atMs).map(({ id, severity }) => `${id} ${severity}`)
    expect(severity(nowMs)).toEqual(['tls.expiring ok'])
    expect(severity(nowMs + 50 * DAY_MS)).toEqual(['tls.expiring warning'])
    expect(severity(nowMs + 61 * DAY_MS)).toEqual(['tls.unusable error'])
  })

  test('ends the start with exit code 78, before anything is begun', async () => {
    writeFileSync(join(directory, 'bad.yaml'), `data_dir: never\nhttp: { tls: { cert: none.pem, key: none.pem } }\n`)
    const ended = await run(['serve', '--config', 'bad.yaml'], { cwd: directory })
    expect([ended.code, ended.err]).toEqual([78, expect.stringMatching(/^http\.tls\.cert: .*none\.pem cannot be read/)])
  })
})
