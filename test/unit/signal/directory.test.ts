/** The file that stands in for contact discovery on a custom server. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Directory } from '../../../src/signal/contract.ts'
import { openDirectory } from '../../../src/signal/directory.ts'

const signal = new AbortController().signal
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'causeway-directory-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

function directory(file: string | undefined): Directory {
  const server = {
    kind: 'custom',
    host: 'localhost',
    ports: { chat: 1, cdsi: 1, svr2: 1, svrB: 1 },
    caPem: '',
    storageUrl: '',
    cdnUrls: { '0': '', '2': '', '3': '' },
    zkgroup: {
      serverPublicParams: new Uint8Array(),
      genericServerPublicParams: new Uint8Array(),
      backupServerPublicParams: new Uint8Array(),
    },
    trustRoots: [],
    directoryFile: file,
  } as const
  // A file asks neither the database nor the connection.
  const unused = undefined as never
  return openDirectory(server, { db: unused, chat: unused, now: () => 0 })
}

test('numbers in the file are found, others are not, and ids are brought into one form', async () => {
  const path = join(folder, 'numbers.jsonl')
  writeFileSync(path, '{"e164":"+15550000001","aci":"AB-1","pni":"PNI:CD-2"}\n\n{"e164":"+15550000002","pni":"ef-3"}\n')
  const found = await directory(path).lookUp(['+15550000001', '+15550000002', '+15550000003'], signal)
  expect([...found.values()]).toEqual([
    { e164: '+15550000001', aci: 'ab-1', pni: 'cd-2' },
    { e164: '+15550000002', aci: undefined, pni: 'ef-3' },
  ])
})

test.each([['no JSON at all'], ['{"aci":"ab"}'], ['[]']])(
  'a file with the line %j is an error, not an empty directory',
  async (line) => {
    const path = join(folder, 'numbers.jsonl')
    writeFileSync(path, `${line}\n`)
    await expect(directory(path).lookUp(['+15550000001'], signal)).rejects.toMatchObject({
      code: 'signal-directory',
      message: expect.stringContaining(path),
    })
  },
)

test('a missing file, or none configured, is an error that says so', async () => {
  await expect(directory(join(folder, 'gone')).lookUp(['+1'], signal)).rejects.toMatchObject({
    code: 'signal-directory',
  })
  await expect(directory(undefined).lookUp(['+1'], signal)).rejects.toMatchObject({ code: 'signal-directory' })
})
