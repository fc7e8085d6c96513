/** Envelopes as the sandbox's Signal server makes and stamps them. */
import { randomUUID } from 'node:crypto'
import type { Device } from './mock.ts'
import { EnvelopeType, Proto, type ServiceIdKind } from './mock.ts'

/** One ciphertext on its way to one device. */
export interface Ciphertext {
  /** Undefined for sealed senders. */
  source: Device | undefined
  type: EnvelopeType
  target: Device
  /** Which identity of the target it is for. */
  identity: ServiceIdKind
  content: Buffer<ArrayBuffer>
  /** The sender's timestamp (ms). */
  timestamp: bigint
}

export function envelopeOf({ source, type, target, identity, content, timestamp }: Ciphertext): Buffer<ArrayBuffer> {
  const sender = type === EnvelopeType.SealedSender ? undefined : source
  return Buffer.from(
    Proto.Envelope.encode({
      ...empty,
      ...stamp(),
      type: protoType(type),
      sourceServiceIdBinary: sender?.aciBinary ?? null,
      sourceDeviceId: sender?.deviceId ?? null,
      destinationServiceIdBinary: target.getServiceIdBinaryByKind(identity) ?? null,
      clientTimestamp: timestamp,
      content,
    }),
  )
}

/** The same envelope with an id and a time of the server. */
export function stamped(octets: Buffer<ArrayBuffer>): Buffer<ArrayBuffer> {
  return Buffer.from(Proto.Envelope.encode({ ...Proto.Envelope.decode(octets), ...stamp() }))
}

function stamp() {
  const guid = randomUUID()
  return {
    serverGuid: guid,
    serverGuidBinary: new Uint8Array(Buffer.from(guid.replaceAll('-', ''), 'hex')),
    serverTimestamp: BigInt(Date.now()),
  }
}

function protoType(type: EnvelopeType): Proto.Envelope.Type {
  switch (type) {
    case EnvelopeType.CipherText:
      return Proto.Envelope.Type.DOUBLE_RATCHET
    case EnvelopeType.PreKey:
      return Proto.Envelope.Type.PREKEY_MESSAGE
    case EnvelopeType.SealedSender:
      return Proto.Envelope.Type.UNIDENTIFIED_SENDER
    case EnvelopeType.Plaintext:
      return Proto.Envelope.Type.PLAINTEXT_CONTENT
    case EnvelopeType.SenderKey:
      throw new Error('sender keys travel sealed')
  }
}

const empty: Proto.Envelope.Params = {
  type: null,
  sourceServiceId: null,
  sourceDeviceId: null,
  destinationServiceId: null,
  clientTimestamp: null,
  content: null,
  serverGuid: null,
  serverTimestamp: null,
  ephemeral: null,
  urgent: null,
  updatedPni: null,
  story: null,
  reportSpamToken: null,
  sourceServiceIdBinary: null,
  destinationServiceIdBinary: null,
  serverGuidBinary: null,
  updatedPniBinary: null,
}
