/** Certificates of sealed senders: once judged genuine they still expire, and forged ones never become genuine. */
import { PrivateKey, SenderCertificate, ServerCertificate } from '@signalapp/libsignal-client'
import { expect, test } from 'vitest'
import { isGenuine } from '../../../src/signal/genuine.ts'

const expiresMs = 2_000_000_000_000
const [root, otherRoot, serverKey, sender] = Array.from({ length: 4 }, () => PrivateKey.generate())
if (!root || !otherRoot || !serverKey || !sender) throw new Error('no keys')
const roots = [otherRoot.getPublicKey(), root.getPublicKey()]

function certificateBy(signer: PrivateKey): SenderCertificate {
  const server = ServerCertificate.new(1, serverKey?.getPublicKey() ?? signer.getPublicKey(), root ?? signer)
  const aci = '9d0652a3-dcc3-4d11-975f-74d61598733f'
  const key = sender?.getPublicKey() ?? signer.getPublicKey()
  return SenderCertificate.new(aci, null, 1, key, expiresMs, server, signer)
}

test('one that was judged genuine is so until it expires, and by its own roots alone', () => {
  const octets = certificateBy(serverKey).serialize()
  const read = () => SenderCertificate.deserialize(octets)
  expect(isGenuine(read(), roots, expiresMs - 1)).toBe(true)
  expect(isGenuine(read(), roots, expiresMs)).toBe(true)
  expect(isGenuine(read(), roots, expiresMs + 1)).toBe(false)
  expect(isGenuine(read(), roots, expiresMs - 1)).toBe(true)
  expect(isGenuine(read(), [otherRoot.getPublicKey()], expiresMs - 1)).toBe(false)
})

test('one that was judged for the first time after its end is not genuine, nor one with another signature', () => {
  const fresh = certificateBy(serverKey)
  expect(isGenuine(fresh, [...roots], expiresMs + 1)).toBe(false)
  const forged = certificateBy(otherRoot)
  for (let time = 0; time < 3; time++) expect(isGenuine(forged, roots, expiresMs - 1)).toBe(false)
})
