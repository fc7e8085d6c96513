/** An MMSC that wants https: its certificate is verified, and nothing is sent to one that is not its own. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { interfaceBearer } from '../../../modem/mms/bearer/interface.ts'
import { createMmsExchange } from '../../../modem/mms/client.ts'
import { systemClock } from '../../../modem/serial/surroundings.ts'
import { afterwards, silent, world } from './world.ts'

/** A certificate that signs itself, for this address. */
function certificate(address: string): { key: Buffer; cert: Buffer } {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-tls-'))
  afterwards(() => rmSync(folder, { recursive: true }))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const names = ['-subj', '/CN=mmsc', '-addext', `subjectAltName=IP:${address}`]
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
  execFileSync('openssl', ['req', ...kind, ...names, '-keyout', key, '-out', cert], { stdio: 'ignore' })
  return { key: readFileSync(key), cert: readFileSync(cert) }
}

it('is posted to when its certificate is right, and only then', async () => {
  const { carrier } = await world()
  const posted = async (address: string, isKnown: boolean) => {
    const own = certificate(address)
    let requests = 0
    const server = createServer(own, (request, response) => {
      requests++
      request.resume().on('end', () => response.end())
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    afterwards(() => void server.close())
    const place = server.address()
    const port = place === null || typeof place === 'string' ? 0 : place.port
    const exchange = createMmsExchange({
      carrier: { ...carrier, mmsc: `https://127.0.0.1:${port}/mms` },
      bearer: interfaceBearer({ interfaceName: 'lo', dns: [] }),
      clock: systemClock,
      log: silent,
      ...(isKnown ? { authorities: [own.cert.toString()] } : {}),
    })
    const answer = await exchange.submit({ pdu: new Uint8Array([0x8c, 0x83]) })
    return { answer, requests }
  }
  expect(await posted('127.0.0.1', true)).toEqual({ answer: { kind: 'accepted' }, requests: 1 })
  const refused = { answer: { kind: 'unreachable', step: 'http', bodySent: false }, requests: 0 }
  expect(await posted('127.0.0.1', false)).toMatchObject(refused)
  expect(await posted('127.0.0.2', true)).toMatchObject(refused)
})
