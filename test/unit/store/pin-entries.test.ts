import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openDatabase } from '../../../src/store/database.ts'
import { readPinEntries, writePinEntries } from '../../../src/store/pin-entries.ts'

test('what became of a PIN survives the process', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'causeway-pins-'))
  const options = { path: join(directory, 'causeway.db'), key: new Uint8Array(32).fill(7) }
  try {
    const before = await openDatabase(options)
    expect(await readPinEntries(before)).toBeUndefined()
    await writePinEntries(before, [{ hash: 'a' }])
    await writePinEntries(before, [{ hash: 'a' }, { hash: 'b' }])
    await before.destroy()
    const after = await openDatabase(options)
    expect(await readPinEntries(after)).toEqual([{ hash: 'a' }, { hash: 'b' }])
    await after.destroy()
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})
