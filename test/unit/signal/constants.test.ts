import { X509Certificate } from 'node:crypto'
import { PublicKey } from '@signalapp/libsignal-client'
import { GenericServerPublicParams, ServerPublicParams } from '@signalapp/libsignal-client/dist/zkgroup/index.js'
import { expect, test } from 'vitest'
import { parametersOf } from '../../../src/signal/constants.ts'

test.each(['production', 'staging'] as const)('the constants of %s are what libsignal takes', (kind) => {
  const { trustRoots, zkgroup, caPems } = parametersOf({ kind })
  expect(trustRoots).toHaveLength(2)
  for (const root of trustRoots) expect(PublicKey.deserialize(root).serialize()).toHaveLength(33)
  expect(() => new ServerPublicParams(zkgroup.serverPublicParams)).not.toThrow()
  expect(() => new GenericServerPublicParams(zkgroup.genericServerPublicParams)).not.toThrow()
  expect(() => new GenericServerPublicParams(zkgroup.backupServerPublicParams)).not.toThrow()
  expect(caPems.map((pem) => new X509Certificate(pem).fingerprint256.replaceAll(':', ''))).toEqual([
    'DDB0F92BB95C8D6FD202EA6E8CC5CCD182B544F8CD696F47D580659DDC9DF65A',
    '2642F1F90B389FED2558D7324CA26D70E750B06F87C595C5DE955E2560821657',
  ])
})

test('a custom server brings its own', () => {
  const server = {
    kind: 'custom',
    host: 'localhost',
    ports: { chat: 1, cdsi: 1, svr2: 1, svrB: 1 },
    caPem: 'pem',
    storageUrl: 'https://localhost:1/storageService',
    cdnUrls: { '0': 'a', '2': 'b', '3': 'c' },
    zkgroup: {
      serverPublicParams: Uint8Array.of(1),
      genericServerPublicParams: Uint8Array.of(2),
      backupServerPublicParams: Uint8Array.of(3),
    },
    trustRoots: [Uint8Array.of(5)],
    directoryFile: undefined,
  } as const
  expect(parametersOf(server)).toMatchObject({ trustRoots: [Uint8Array.of(5)], caPems: ['pem'], cdnUrls: { '3': 'c' } })
})
