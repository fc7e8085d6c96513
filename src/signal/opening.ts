/**
 * Opens one envelope: which of our identities it is for, what the outer layer says, decryption, padding, content.
 * Reads and collects in the given unit; commits nothing, tells nobody, and throws `Unreadable` for whatever is wrong
 * with the envelope. Any other error means that our own storage failed, and then nothing is known about the envelope.
 */
import {
  CiphertextMessageType,
  ContentHint,
  DecryptionErrorMessage,
  ErrorCode,
  groupDecrypt,
  PlaintextContent,
  PreKeySignalMessage,
  ProtocolAddress,
  type PublicKey,
  processSenderKeyDistributionMessage,
  SenderKeyDistributionMessage,
  SessionRecord,
  SignalMessage,
  sealedSenderDecryptToUsmc,
  signalDecrypt,
  signalDecryptPreKey,
} from '@signalapp/libsignal-client'
import { unpad } from './content.ts'
import type { Credentials } from './credentials.ts'
import { isCode, shortly } from './errors.ts'
import type { PeerIds } from './facts.ts'
import { isGenuine } from './genuine.ts'
import { isPni, type OwnKind, octets, peerOf, readServiceId } from './ids.ts'
import { isTime } from './incoming.ts'
import { type Envelope, envelopeCodec } from './proto/envelope.ts'
import { type Content, contentCodec } from './proto/messages.ts'
import { forgetShares } from './sender-key-shares.ts'
import { pruneSenderKeys } from './sender-keys-kept.ts'
import type { ProtocolStores, RatchetUnit } from './stores.ts'

/** Envelope types (reference/signal-service.md 5.1); not the numbers of ciphertext types inside sealed sender. */
const envelopeTypes = { ratchet: 1, preKey: 3, serverReceipt: 5, sealed: 6, plaintext: 8 } as const

export interface EnvelopeSender {
  aci: string
  deviceId: number
  sealed: boolean
  e164: string | undefined
  /** A phone-number identity that this account proved to be its own. */
  provenPni: string | undefined
}

export type Opened =
  | { kind: 'nothing'; why: string }
  | { kind: 'server-receipt'; from: PeerIds; timestampMs: number; serverTimestampMs: number }
  | { kind: 'retry-request'; sender: EnvelopeSender; sentTimestampMs: number; forThisDevice: boolean }
  | {
      kind: 'content'
      sender: EnvelopeSender
      own: OwnKind
      content: Content
      timestampMs: number
      serverTimestampMs: number
      /** Where the server says that our phone-number identity is another one now: its service id. */
      updatedPni: string | undefined
    }

/** What a peer needs to be told so that it sends a message again. */
export interface RetryCase {
  aci: string
  deviceId: number
  ciphertext: Uint8Array<ArrayBuffer>
  type: CiphertextMessageType
  timestampMs: number
  /** Base64, where the outer layer names one. */
  groupId: string | undefined
  /** As far as can be told from outside; else it is a receipt or a sign of the moment. */
  isMessage: boolean
}

export class Unreadable extends Error {
  readonly code: string
  readonly from: PeerIds | undefined
  /** Set when the sender should be asked to send it again. */
  readonly retry: RetryCase | undefined
  /** The message key was used up all the same. */
  readonly keepRatchet: boolean

  constructor(
    code: string,
    detail: string,
    more: { from?: PeerIds | undefined; retry?: RetryCase | undefined; keepRatchet?: boolean } = {},
  ) {
    super(detail)
    this.name = 'Unreadable'
    this.code = code
    this.from = more.from
    this.retry = more.retry
    this.keepRatchet = more.keepRatchet ?? false
  }
}

export interface OpeningContext {
  unit: RatchetUnit
  credentials: Credentials
  trustRoots: PublicKey[]
}

/** The server’s name of an envelope, for a log line or a name under which something unreadable is kept. */
export function serverGuidOf(envelope: Uint8Array): string | undefined {
  try {
    const { serverGuid, serverGuidBinary } = envelopeCodec.decode(envelope)
    if (serverGuidBinary !== undefined && serverGuidBinary.length > 0)
      return Buffer.from(serverGuidBinary).toString('hex')
    return serverGuid === '' ? undefined : serverGuid
  } catch {
    return undefined
  }
}

/** Opens an envelope that the server pushed at `serverTimestampMs` (its own clock). */
export async function openEnvelope(
  bytes: Uint8Array,
  serverTimestampMs: number,
  context: OpeningContext,
): Promise<Opened> {
  const envelope = decodeEnvelope(bytes)
  const { credentials } = context
  const source = readServiceId(envelope.sourceServiceIdBinary, envelope.sourceServiceId)
  const timestampMs = envelope.clientTimestamp ?? 0
  const serverMs = isTime(envelope.serverTimestamp) ? envelope.serverTimestamp : serverTimestampMs
  if (!isTime(timestampMs)) throw new Unreadable('timestamp-range', 'an envelope of a time that no calendar has')
  if (envelope.type === envelopeTypes.serverReceipt) {
    if (source === undefined) throw new Unreadable('source-missing', 'a delivery receipt that does not say from whom')
    return { kind: 'server-receipt', from: peerOf(source), timestampMs, serverTimestampMs: serverMs }
  }
  const own = destinationOf(envelope, credentials)
  if (own === undefined) return { kind: 'nothing', why: 'addressed to somebody else' }
  if (envelope.content === undefined || envelope.content.length === 0) {
    throw new Unreadable('envelope-empty', 'an envelope without content')
  }
  const opening = new Opening(context, own, timestampMs, serverMs, updatedPniIn(envelope))
  const content = octets(envelope.content)
  if (envelope.type === envelopeTypes.sealed) return await opening.sealed(content)
  const type = unsealedTypes.get(envelope.type ?? 0)
  if (type === undefined) throw new Unreadable('envelope-type', `an envelope of unknown type ${envelope.type ?? 0}`)
  if (source === undefined || isPni(source) || !isDeviceId(envelope.sourceDeviceId)) {
    throw new Unreadable('source-missing', 'an unsealed envelope without a sender')
  }
  const sender = {
    aci: source,
    deviceId: envelope.sourceDeviceId,
    sealed: false,
    e164: undefined,
    provenPni: undefined,
  }
  // An unsealed envelope has no hint: what nobody is to be woken for is a receipt or a sign.
  const place = { isMessage: envelope.urgent !== false }
  return await opening.inner(sender, type, content, ContentHint.Resendable, place)
}

const unsealedTypes = new Map<number, CiphertextMessageType>([
  [envelopeTypes.ratchet, CiphertextMessageType.Whisper],
  [envelopeTypes.preKey, CiphertextMessageType.PreKey],
  [envelopeTypes.plaintext, CiphertextMessageType.Plaintext],
])

class Opening {
  readonly #unit: RatchetUnit
  readonly #stores: ProtocolStores
  readonly #credentials: Credentials
  readonly #trustRoots: PublicKey[]
  readonly #own: OwnKind
  readonly #timestampMs: number
  readonly #serverMs: number
  readonly #updatedPni: string | undefined

  constructor(
    context: OpeningContext,
    own: OwnKind,
    timestampMs: number,
    serverMs: number,
    updatedPni: string | undefined,
  ) {
    this.#updatedPni = updatedPni
    this.#unit = context.unit
    this.#credentials = context.credentials
    this.#trustRoots = context.trustRoots
    this.#own = own
    this.#stores = context.unit.stores(context.credentials.identities[own])
    this.#timestampMs = timestampMs
    this.#serverMs = serverMs
  }

  /** The sealed layer: libsignal opens it without judging the certificate, so we judge it. */
  async sealed(content: Uint8Array<ArrayBuffer>): Promise<Opened> {
    if (this.#own === 'pni') throw new Unreadable('sealed-to-pni', 'a sealed message to a phone-number identity')
    const usmc = await this.#guard('sealed-undecryptable', undefined, () =>
      sealedSenderDecryptToUsmc(content, this.#stores.identities),
    )
    const certificate = usmc.senderCertificate()
    if (!isGenuine(certificate, this.#trustRoots, this.#serverMs)) {
      throw new Unreadable('sealed-certificate', 'the sender’s certificate is forged or expired')
    }
    const aci = readServiceId(undefined, certificate.senderUuid())
    const deviceId = certificate.senderDeviceId()
    if (aci === undefined || isPni(aci) || !isDeviceId(deviceId)) {
      throw new Unreadable('sealed-certificate', 'the sender’s certificate names no account')
    }
    if (aci === this.#credentials.aci && deviceId === this.#credentials.deviceId) {
      return { kind: 'nothing', why: 'sent by this device' }
    }
    const e164 = certificate.senderE164() ?? undefined
    const sender = { aci, deviceId, sealed: true, e164, provenPni: undefined }
    const groupId = usmc.groupId()
    const named = groupId === null ? undefined : Buffer.from(groupId).toString('base64')
    const place = { isMessage: true, groupId: named }
    return await this.inner(sender, usmc.msgType(), usmc.contents(), usmc.contentHint(), place)
  }

  async inner(
    sender: EnvelopeSender,
    type: CiphertextMessageType,
    ciphertext: Uint8Array<ArrayBuffer>,
    hint: ContentHint,
    place: { isMessage: boolean; groupId?: string | undefined },
  ): Promise<Opened> {
    if (type === CiphertextMessageType.Plaintext) return await this.#retryRequest(sender, ciphertext)
    const from = peerOf(sender.aci, sender.e164)
    let padded: Uint8Array
    try {
      padded = await this.#decrypt(sender, type, ciphertext)
    } catch (error) {
      if (this.#unit.storageFailure !== undefined) throw this.#unit.storageFailure
      if (isCode(error, ErrorCode.DuplicatedMessage)) return { kind: 'nothing', why: 'seen before' }
      if (isCode(error, ErrorCode.SealedSenderSelfSend)) return { kind: 'nothing', why: 'sent by this device' }
      const { aci, deviceId } = sender
      const item = { aci, deviceId, ciphertext, type, timestampMs: this.#timestampMs, groupId: undefined, ...place }
      const retry = hint === ContentHint.Implicit ? undefined : item
      throw new Unreadable('undecryptable', shortly(error), { from, retry })
    }
    const content = decodeContent(padded, from)
    if (type === CiphertextMessageType.PreKey) this.#forgetShares(sender)
    await this.#senderKey(sender, content)
    return {
      kind: 'content',
      sender: { ...sender, provenPni: await this.#provenPni(sender, content) },
      own: this.#own,
      content,
      timestampMs: this.#timestampMs,
      serverTimestampMs: this.#serverMs,
      updatedPni: this.#updatedPni,
    }
  }

  async #decrypt(
    sender: EnvelopeSender,
    type: CiphertextMessageType,
    ciphertext: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array> {
    const { sessions, identities, preKeys, signedPreKeys, kyberPreKeys, senderKeys } = this.#stores
    const remote = ProtocolAddress.new(sender.aci, sender.deviceId)
    const local = this.#credentials.identities[this.#own].address
    switch (type) {
      case CiphertextMessageType.Whisper:
        return await signalDecrypt(SignalMessage.deserialize(ciphertext), remote, local, sessions, identities)
      case CiphertextMessageType.PreKey:
        return await signalDecryptPreKey(
          PreKeySignalMessage.deserialize(ciphertext),
          remote,
          local,
          sessions,
          identities,
          preKeys,
          signedPreKeys,
          kyberPreKeys,
        )
      case CiphertextMessageType.SenderKey:
        return await groupDecrypt(remote, senderKeys, ciphertext)
      default:
        throw new Error(`unknown kind of ciphertext ${type}`)
    }
  }

  /** The peer could not decrypt something of ours. Its session is put away if it is the one that failed. */
  async #retryRequest(sender: EnvelopeSender, bytes: Uint8Array<ArrayBuffer>): Promise<Opened> {
    const from = peerOf(sender.aci, sender.e164)
    const message = await this.#guard('plaintext-malformed', from, async () =>
      DecryptionErrorMessage.extractFromSerializedBody(PlaintextContent.deserialize(bytes).body()),
    )
    const forThisDevice = message.deviceId() === this.#credentials.deviceId
    if (forThisDevice) this.#forgetShares(sender)
    const ratchetKey = message.ratchetKey()
    if (forThisDevice && ratchetKey !== undefined) {
      const remote = ProtocolAddress.new(sender.aci, sender.deviceId)
      const { sessions } = this.#unit.stores(this.#credentials.identities.aci)
      const known = await sessions.getSession(remote)
      if (known?.currentRatchetKeyMatches(ratchetKey) === true) {
        const session = SessionRecord.deserialize(known.serialize())
        session.archiveCurrentState()
        await sessions.saveSession(remote, session)
      }
    }
    return { kind: 'retry-request', sender, sentTimestampMs: message.timestamp(), forThisDevice }
  }

  /** Who begins a session anew may have lost our sender keys with the old one. */
  #forgetShares({ aci, deviceId }: EnvelopeSender): void {
    this.#unit.write(`shares ${aci} ${deviceId}`, undefined, (transaction) => forgetShares(transaction, aci, deviceId))
  }

  /** A key for group messages that the sender hands us; one that does not parse costs nothing but itself. */
  async #senderKey(sender: EnvelopeSender, content: Content): Promise<void> {
    const bytes = content.senderKeyDistributionMessage
    if (bytes === undefined || bytes.length === 0) return
    try {
      const message = SenderKeyDistributionMessage.deserialize(octets(bytes))
      const remote = ProtocolAddress.new(sender.aci, sender.deviceId)
      await processSenderKeyDistributionMessage(remote, message, this.#stores.senderKeys)
      this.#unit.write(`sender keys ${remote.toString()}`, undefined, (transaction) =>
        pruneSenderKeys(transaction, sender.aci, sender.deviceId),
      )
    } catch {
      if (this.#unit.storageFailure !== undefined) throw this.#unit.storageFailure
    }
  }

  /** The PNI that the content claims, where we hold that identity's key and it signed the sender's. */
  async #provenPni(sender: EnvelopeSender, content: Content): Promise<string | undefined> {
    const { pni, signature } = content.pniSignatureMessage ?? {}
    if (pni?.length !== 16 || signature === undefined) return undefined
    const claimed = readServiceId(Uint8Array.of(1, ...pni), undefined)
    if (claimed === undefined) return undefined
    const pniKey = await this.#stores.identities.getIdentity(ProtocolAddress.new(claimed, 1))
    const aciKey = await this.#stores.identities.getIdentity(ProtocolAddress.new(sender.aci, sender.deviceId))
    if (pniKey === null || aciKey === null) return undefined
    return pniKey.verifyAlternateIdentity(aciKey, octets(signature)) ? claimed.slice(4) : undefined
  }

  async #guard<T>(code: string, from: PeerIds | undefined, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (this.#unit.storageFailure !== undefined) throw this.#unit.storageFailure
      throw new Unreadable(code, shortly(error), { from })
    }
  }
}

function decodeEnvelope(bytes: Uint8Array): Envelope {
  try {
    return envelopeCodec.decode(bytes)
  } catch (error) {
    throw new Unreadable('envelope-malformed', shortly(error))
  }
}

function decodeContent(padded: Uint8Array, from: PeerIds): Content {
  const plain = unpad(padded)
  if (plain === undefined)
    throw new Unreadable('padding', 'decrypted content without padding', { from, keepRatchet: true })
  try {
    return contentCodec.decode(plain)
  } catch (error) {
    throw new Unreadable('content-malformed', shortly(error), { from, keepRatchet: true })
  }
}

function destinationOf(envelope: Envelope, credentials: Credentials): OwnKind | undefined {
  const { destinationServiceIdBinary: binary, destinationServiceId: text } = envelope
  if ((binary === undefined || binary.length === 0) && text === undefined) return 'aci'
  const destination = readServiceId(binary, text)
  if (destination === credentials.aci) return 'aci'
  return destination === `PNI:${credentials.pni}` ? 'pni' : undefined
}

/** The binary form comes with or without the octet that says that it is a PNI. */
function updatedPniIn({ updatedPniBinary: binary, updatedPni: text }: Envelope): string | undefined {
  if (binary?.length === 16) return readServiceId(Uint8Array.of(1, ...binary), undefined)
  return readServiceId(binary, text === undefined || text.startsWith('PNI:') ? text : `PNI:${text}`)
}

function isDeviceId(value: number | undefined): value is number {
  return value !== undefined && value >= 1 && value <= 127
}
