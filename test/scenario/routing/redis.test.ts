import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { PrivateRedis } from '../../../src/routing/redis.ts'

const quiet = () => {}
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet }
let directory: string
const started: PrivateRedis[] = []

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'causeway-redis-'))
})
afterEach(async () => {
  for (const redis of started.splice(0)) await redis.stop()
  rmSync(directory, { recursive: true, force: true })
})

async function start(where = directory): Promise<PrivateRedis> {
  const redis = await PrivateRedis.start({ directory: where, runtimeDirectory: undefined, log })
  started.push(redis)
  return redis
}

function ask(socketPath: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath, () => socket.write(`${command}\r\n`))
    socket.once('data', (chunk) => {
      resolve(chunk.toString())
      socket.destroy()
    })
    socket.once('error', reject)
  })
}

function alive(pid: number | undefined): boolean {
  try {
    process.kill(pid ?? 0, 0)
    return true
  } catch {
    return false
  }
}

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  for (let round = 0; round < 2400; round++) {
    if (await what()) return
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error('it never came')
}

describe('a Redis of our own', () => {
  it('answers on its socket, opens no port, writes its file, and is gone after stop', async () => {
    const redis = await start()
    expect(await ask(redis.socketPath, 'PING')).toBe('+PONG\r\n')
    expect(await ask(redis.socketPath, 'CONFIG GET port')).toContain('\r\n0\r\n')
    expect(await ask(redis.socketPath, 'CONFIG GET appendonly')).toContain('yes')
    const { pid } = redis
    await redis.stop()
    expect(alive(pid)).toBe(false)
    await redis.stop()
  })

  it('comes back after it was killed, with what it held', async () => {
    const redis = await start()
    await ask(redis.socketPath, 'SET key value')
    await ask(redis.socketPath, 'CONFIG SET appendfsync always')
    await ask(redis.socketPath, 'SET other value')
    const { pid } = redis
    process.kill(pid ?? 0, 'SIGKILL')
    await until(() => redis.pid !== pid && redis.pid !== undefined)
    await until(async () => (await ask(redis.socketPath, 'GET other').catch(() => '')).includes('value'))
  })

  it('what a killed predecessor left is ended first, and its data kept', async () => {
    const socketPath = join(directory, 'redis.sock')
    const orphan = spawn(
      'redis-server',
      ['--port', '0', '--unixsocket', socketPath, '--dir', directory, '--appendonly', 'yes', '--save', ''],
      { stdio: 'ignore' },
    )
    const gone = new Promise((resolve) => orphan.once('exit', resolve))
    await until(async () => (await ask(socketPath, 'PING').catch(() => '')) === '+PONG\r\n')
    await ask(socketPath, 'SET key value')
    const redis = await start()
    await gone
    expect(redis.pid).not.toBe(orphan.pid)
    expect(await ask(redis.socketPath, 'GET key')).toContain('value')
  })

  it('one that another gateway works with is left alone', async () => {
    const first = await start()
    const client = connect(first.socketPath)
    client.write('PING\r\n')
    await new Promise((resolve) => client.once('data', resolve))
    await expect(start()).rejects.toMatchObject({ code: 'redis-in-use' })
    client.destroy()
    expect(await ask(first.socketPath, 'PING')).toBe('+PONG\r\n')
  })

  it('dies with us when we are killed', async () => {
    const program = `
      import { PrivateRedis } from ${JSON.stringify(new URL('../../../src/routing/redis.ts', import.meta.url).href)}
      const quiet = () => {}
      const log = { debug: quiet, info: quiet, warn: quiet, error: quiet }
      const redis = await PrivateRedis.start({ directory: ${JSON.stringify(directory)}, runtimeDirectory: undefined, log })
      console.log(redis.pid)
      setInterval(quiet, 1000)`
    const parent = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const pid = Number(await new Promise((resolve) => parent.stdout.once('data', (chunk) => resolve(String(chunk)))))
    expect(alive(pid)).toBe(true)
    parent.kill('SIGKILL')
    await until(() => !alive(pid))
  })

  it('a directory too deep for a socket gets one elsewhere', async () => {
    const redis = await start(join(directory, 'deep'.repeat(30)))
    expect(Buffer.byteLength(redis.socketPath)).toBeLessThan(108)
    expect(await ask(redis.socketPath, 'PING')).toBe('+PONG\r\n')
  })

  it('no server program: says the one line that installs it', async () => {
    const options = { directory, runtimeDirectory: undefined, searchPath: [directory], log }
    await expect(PrivateRedis.start(options)).rejects.toMatchObject({
      code: 'redis-missing',
      message: expect.stringContaining('apt-get install -y --no-install-recommends redis-server'),
    })
  })
})
