/** The way to the simulated world: only in the sandbox, only for administrators, only what is on the list. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Rig, startRig } from './rig.ts'

const asked: [string, Readonly<Record<string, unknown>>][] = []
const world = {
  perform: async (action: string, given: Readonly<Record<string, unknown>>) => {
    asked.push([action, given])
    if (given['person'] === 'nobody') return { status: 404, result: undefined, message: 'there is no nobody' }
    return { status: 200, result: [], message: undefined }
  },
}
const PATH = '/api/v1/simulator'
const offline = { action: 'offline', person: 'ana', on: 'signal' }
let sandbox: Rig
let live: Rig

beforeAll(async () => {
  sandbox = await startRig({ world })
  live = await startRig()
})
afterAll(async () => {
  await sandbox.stop()
  await live.stop()
})

describe('the simulated world over the API', () => {
  it('does not exist outside of the sandbox, not even for administrators', async () => {
    const token = await live.token('admin')
    expect((await live.call('GET', PATH, { token })).status).toBe(404)
    expect((await live.call('POST', `${PATH}/actions`, { token, json: offline })).status).toBe(404)
  })

  it('is closed to everybody but administrators', async () => {
    const token = await sandbox.token('messages:send', 'messages:read', 'system:read')
    expect((await sandbox.call('GET', PATH, { token })).status).toBe(403)
    expect((await sandbox.call('POST', `${PATH}/actions`, { token, json: offline })).status).toBe(403)
    expect(asked).toEqual([])
  })

  it('passes on what is on its list, and nothing that reads files or takes raw octets', async () => {
    const token = await sandbox.token('admin')
    expect((await sandbox.call('POST', `${PATH}/actions`, { token, json: offline })).status).toBe(200)
    expect(asked).toEqual([['offline', { person: 'ana', on: 'signal' }]])
    for (const json of [
      { action: 'picture', from: 'ana', file: '/etc/hostname' },
      { action: 'inject', modem: 'a', tpdu: '00' },
      { action: 'flood', modem: 'a', bytes: 1 },
      { ...offline, file: '/etc/hostname' },
    ]) {
      expect((await sandbox.call('POST', `${PATH}/actions`, { token, json })).status).toBe(422)
    }
    expect(asked).toHaveLength(1)
  })

  it('says in the world’s own words what the world refuses', async () => {
    const token = await sandbox.token('admin')
    const json = { ...offline, person: 'nobody' }
    const { status, body } = await sandbox.call('POST', `${PATH}/actions`, { token, json })
    expect([status, body.code, body.detail]).toEqual([404, 'sandbox-refused', 'there is no nobody'])
  })
})
