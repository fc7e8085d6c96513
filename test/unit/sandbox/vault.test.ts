import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { StandInVault } from '../../../src/sandbox/vault.ts'

const script = fileURLToPath(new URL('./keep-in-vault.ts', import.meta.url))

let directory: string
let vault: StandInVault

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'causeway-vault-'))
  vault = new StandInVault(join(directory, 'vault'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const ana = { username: 'ana', password: '' }
const key = Buffer.from('a master key')

describe('the stand-in for the PIN service', () => {
  it('gives the key for the PIN, ten tries, and ten again after the right one', async () => {
    await vault.keep(ana, '2468', key)
    for (let left = 9; left > 0; left--) {
      await expect(vault.open(ana, '1111')).rejects.toMatchObject({
        code: 'signal-pin-wrong',
        cause: { triesLeft: left },
      })
    }
    expect(Buffer.from(await vault.open(ana, '2468'))).toEqual(key)
    for (let left = 9; left >= 0; left--) {
      await expect(vault.open(ana, '1111')).rejects.toMatchObject({
        code: 'signal-pin-wrong',
        cause: { triesLeft: left },
      })
    }
    await expect(vault.open(ana, '2468')).rejects.toMatchObject({ code: 'signal-pin-gone' })
  })

  it('keeps nothing that was erased', async () => {
    await vault.keep(ana, '2468', key)
    await vault.erase(ana)
    await expect(vault.open(ana, '2468')).rejects.toMatchObject({ code: 'signal-pin-gone' })
  })

  it('loses no word of two processes that speak at once', async () => {
    const names = ['ben', 'carla']
    const keep = (name: string) =>
      promisify(execFile)(process.execPath, ['--import', 'tsx', script, vault.path, name, '200'])
    await Promise.all(names.map(keep))
    for (const name of names) {
      const opened = await vault.open({ username: name, password: '' }, `${name}200`)
      expect(Buffer.from(opened).toString()).toBe(`${name}200`)
    }
  })
})
