import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Rig, startRig } from './rig.ts'

let rig: Rig
const PAGE = '<!doctype html><title>Inbox</title>'

beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig.stop())

const get = (path: string, headers: Record<string, string> = {}) => rig.call('GET', path, { headers })

test('without a build, the page says so, and the API goes on', async () => {
  const reply = await get('/')
  expect([reply.status, reply.headers['content-type']]).toEqual([503, 'text/plain; charset=utf-8'])
  expect(reply.text).toMatch(/npm run build/)
  expect((await get('/assets/app-1.js')).status).toBe(404)
  expect((await get('/api/openapi.json')).status).toBe(200)
})

describe('the built inbox', () => {
  beforeAll(() => {
    const { inboxDirectory } = rig.ports
    mkdirSync(join(inboxDirectory, 'assets'), { recursive: true })
    const write = (name: string, content: string | Buffer) => writeFileSync(join(inboxDirectory, name), content)
    write('assets/app-1.js', 'let x = 1')
    write('assets/app-1.js.gz', gzipSync('let x = 1'))
    write('sw.js', '// worker')
    write('manifest.webmanifest', '{}')
    write('secret.key', 'not for anybody')
    writeFileSync(join(rig.directory, 'beside.js'), 'outside')
    write('index.html', PAGE)
  })

  test.each(['/', '/index.html', '/conversations/cnv_1', '/settings', '/apiary'])('is the page at %s', async (path) => {
    const reply = await get(path)
    expect([reply.status, reply.text]).toEqual([200, PAGE])
    expect(reply.headers['cache-control']).toBe('no-cache')
  })

  test('lets no script, style, frame or connection in but its own', async () => {
    const { headers } = await get('/')
    const policy = String(headers['content-security-policy'])
    expect(policy).not.toMatch(/unsafe|\*|https?:|data:/)
    for (const part of [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "connect-src 'self'",
      "worker-src 'self'",
      "img-src 'self' blob:",
      "media-src 'self' blob:",
      "frame-ancestors 'none'",
      "base-uri 'none'",
    ]) {
      expect(policy.split('; ')).toContain(part)
    }
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'permissions-policy': expect.stringContaining('geolocation=()'),
    })
  })

  test('keeps what is named by its content for ever, and asks about all else', async () => {
    const script = await get('/assets/app-1.js')
    expect([script.text, script.headers['content-type']]).toEqual(['let x = 1', 'text/javascript; charset=utf-8'])
    expect(script.headers['cache-control']).toBe('public, max-age=31536000, immutable')
    for (const [path, type] of [
      ['/sw.js', 'text/javascript; charset=utf-8'],
      ['/manifest.webmanifest', 'application/manifest+json; charset=utf-8'],
    ] as const) {
      const { status, headers } = await get(path)
      expect([status, headers['content-type'], headers['cache-control']]).toEqual([200, type, 'no-cache'])
    }
  })

  test('gives what was compressed beforehand to those who take it', async () => {
    const zipped = await get('/assets/app-1.js', { 'accept-encoding': 'br, gzip' })
    expect([zipped.headers['content-encoding'], zipped.headers['vary']]).toEqual(['gzip', 'Accept-Encoding'])
    expect(Number(zipped.headers['content-length'])).toBe(gzipSync('let x = 1').length)
    expect((await get('/assets/app-1.js', { 'accept-encoding': 'identity' })).headers['content-encoding']).toBe(
      undefined,
    )
  })

  test.each([
    '/assets/gone.js',
    '/secret.key',
    '/assets/app-1.js.gz',
    '/../beside.js',
    '/%2e%2e/beside.js',
    '/assets/..%2f..%2fbeside.js',
    '/webhooks/nothing',
    '/readyz/nothing',
  ])('gives nothing at %s', async (path) => {
    expect((await get(path)).status).toBe(404)
  })

  test('answers HEAD without the page, and refuses to be posted to', async () => {
    const head = await rig.call('HEAD', '/')
    expect([head.status, head.text, head.headers['content-length']]).toEqual([200, '', String(PAGE.length)])
    expect((await rig.call('POST', '/')).status).toBe(404)
    expect((await get('/api/v1/nothing')).status).toBe(401)
  })

  test('is read anew when it was built anew', async () => {
    writeFileSync(join(rig.ports.inboxDirectory, 'index.html'), `${PAGE}2`)
    expect((await get('/')).text).toBe(`${PAGE}2`)
  })
})
