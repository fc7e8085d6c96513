/** What can be seen to hinder dialling, each with what to do, in a file system that the test has made. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type PppPlace, pppObstacle } from '../../../modem/mms/bearer/ppp-obstacle.ts'

let root: string
let place: PppPlace

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'cw-obstacle-'))
  for (const folder of ['dev', 'var/lock', 'sbin']) await mkdir(join(root, folder), { recursive: true })
  place = { device: join(root, 'dev/ttyUSB3'), pppd: join(root, 'sbin/pppd'), chat: join(root, 'sbin/chat'), root }
  for (const file of [place.device, join(root, 'dev/ppp')]) await writeFile(file, '')
  // Root by its mode bits, so that it serves whoever runs the tests.
  for (const file of ['sbin/pppd', 'sbin/chat']) {
    await writeFile(join(root, file), '#!/bin/sh\n')
    await chmod(join(root, file), 0o4755)
  }
})
afterEach(() => rm(root, { recursive: true, force: true }))

const lock = (pid: string) => writeFile(join(root, 'var/lock/LCK..ttyUSB3'), pid)

describe('what hinders dialling', () => {
  it('is nothing where all is there, and a lock of a process that has ended is none', async () => {
    expect(await pppObstacle(place)).toBeUndefined()
    await lock('    4194999\n')
    expect(await pppObstacle(place)).toBeUndefined()
    await lock('not a number')
    expect(await pppObstacle(place)).toBeUndefined()
  })

  it.each([
    ['no pppd', () => rm(join(root, 'sbin/pppd')), 'pppd-missing', /install the package ppp/],
    ['no chat', () => rm(join(root, 'sbin/chat')), 'pppd-missing', /there is no .*chat/],
    ['pppd of others', () => chmod(join(root, 'sbin/pppd'), 0o600), 'not-permitted', /group dip/],
    ['no PPP in the kernel', () => rm(join(root, 'dev/ppp')), 'no-kernel-support', /no \/dev\/ppp/],
    ['no port', () => rm(join(root, 'dev/ttyUSB3')), 'port', /there is no port/],
    ['a port in use', () => lock(`${process.pid}\n`), 'port', new RegExp(`process ${process.pid}.*holds the port`)],
  ])('is told with what to do: %s', async (_what, spoil, failure, words) => {
    await spoil()
    expect(await pppObstacle(place)).toMatchObject({ failure, step: 'bearer', message: expect.stringMatching(words) })
  })

  it.skipIf(process.getuid?.() === 0)('is told with what to do: a pppd that is not root', async () => {
    await chmod(join(root, 'sbin/pppd'), 0o755)
    expect(await pppObstacle(place)).toMatchObject({ failure: 'not-permitted' })
  })
})
