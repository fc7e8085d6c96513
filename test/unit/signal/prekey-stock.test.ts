/** One-time keys that run low are told of while they cannot be filled up, and no longer once they are. */
import { IdentityKeyPair } from '@signalapp/libsignal-client'
import { expect, test } from 'vitest'
import type { Chat } from '../../../src/signal/chat.ts'
import { systemClock, systemRandom } from '../../../src/signal/clock.ts'
import type { Credentials } from '../../../src/signal/credentials.ts'
import { PreKeyKeeper } from '../../../src/signal/prekeys.ts'
import type { Fetcher } from '../../../src/signal/rest.ts'
import { openDatabase } from '../../../src/store/database.ts'

const quiet = () => {}
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet }
const identity = (own: 'aci' | 'pni') => ({ own, keyPair: IdentityKeyPair.generate() })

test('few keys are told of until new ones are taken', async () => {
  const db = await openDatabase({ path: ':memory:', key: new Uint8Array(32) })
  try {
    const server = { left: 100, uploads: 200 }
    const answer = (status: number, json?: object) => ({
      status,
      headers: [],
      body: json === undefined ? undefined : new Uint8Array(Buffer.from(JSON.stringify(json))),
    })
    const fetcher: Fetcher = {
      fetch: async ({ verb, path }) => {
        if (verb === 'PUT') return answer(server.uploads)
        return path.startsWith('/v2/keys/check') ? answer(200) : answer(200, { count: 100, pqCount: server.left })
      },
    }
    const chat = { authenticated: () => fetcher } as unknown as Chat
    const credentials = { identities: { aci: identity('aci'), pni: identity('pni') } } as unknown as Credentials
    const keeper = new PreKeyKeeper({ db, chat, credentials, clock: systemClock, random: systemRandom, log })

    expect(keeper.runsShortAt).toBeUndefined()
    await keeper.maintain()
    await keeper.maintain()
    expect(keeper.runsShortAt).toBeUndefined()
    Object.assign(server, { left: 7, uploads: 503 })
    await expect(keeper.maintain()).rejects.toThrow()
    expect(keeper.runsShortAt).toBe(7)
    server.uploads = 200
    await keeper.maintain()
    expect(keeper.runsShortAt).toBeUndefined()
  } finally {
    await db.destroy()
  }
})
