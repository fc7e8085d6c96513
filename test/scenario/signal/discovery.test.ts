/**
 * libsignal's calls beneath its public contact discovery are there and take what we give them: against the sandbox's server,
 * which has no contact discovery, so that a question fails, as one does when the network is gone.
 */
import { expect, test } from 'vitest'
import { libsignalCdsi } from '../../../src/signal/cdsi.ts'
import { openNet } from '../../../src/signal/chat.ts'
import { asCauseway } from '../../../src/signal/errors.ts'
import { World } from './kit.ts'

test('a question with numbers, a token and proven accounts goes out, and fails like the network', async () => {
  const world = await World.open()
  const kept: Uint8Array[] = []
  const asked = libsignalCdsi({ net: openNet(world.server.customServer()) })({
    auth: { username: 'u', password: 'p' },
    newE164s: ['+15550000201'],
    previousE164s: ['+15550000202'],
    token: new Uint8Array(40),
    acisAndAccessKeys: [
      { aci: '9d0652a3-dcc3-4d11-975f-74d61598733f', accessKey: Buffer.alloc(16).toString('base64') },
    ],
    signal: AbortSignal.timeout(500),
    keepToken: async (token) => void kept.push(token),
  })
  const code = await asked.then(
    () => 'answered',
    (error: unknown) => asCauseway(error).code,
  )
  expect(code).toBe('signal-unreachable')
  expect(kept).toEqual([])
})
