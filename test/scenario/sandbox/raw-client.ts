/**
 * A bare Signal client on libsignal's own connection, with its keys in memory: what the harness is judged by, so that
 * nothing of the product's Signal driver takes part.
 */
import { randomBytes, X509Certificate } from 'node:crypto'
import * as signal from '@signalapp/libsignal-client'
import type { AuthenticatedChatConnection, AuthMessagesService } from '@signalapp/libsignal-client/dist/net.js'
import { AccountAttributes, BuildVariant, Net } from '@signalapp/libsignal-client/dist/net.js'
import { ProfileKey } from '@signalapp/libsignal-client/dist/zkgroup/index.js'
import { EMPTY_DATA_MESSAGE, Proto } from '../../../src/sandbox/mock.ts'
import type { CustomSignalServer } from '../../../src/signal/server.ts'

type Chat = AuthenticatedChatConnection & AuthMessagesService

class Sessions extends signal.SessionStore {
  readonly #records = new Map<string, signal.SessionRecord>()
  async saveSession(name: signal.ProtocolAddress, record: signal.SessionRecord): Promise<void> {
    this.#records.set(name.toString(), record)
  }
  async getSession(name: signal.ProtocolAddress): Promise<signal.SessionRecord | null> {
    return this.#records.get(name.toString()) ?? null
  }
  async getExistingSessions(): Promise<signal.SessionRecord[]> {
    throw new Error('not used')
  }
}

class Identities extends signal.IdentityKeyStore {
  readonly #known = new Map<string, signal.PublicKey>()
  readonly key: signal.PrivateKey
  readonly registrationId: number
  constructor(key: signal.PrivateKey, registrationId: number) {
    super()
    this.key = key
    this.registrationId = registrationId
  }
  async getIdentityKey(): Promise<signal.PrivateKey> {
    return this.key
  }
  async getLocalRegistrationId(): Promise<number> {
    return this.registrationId
  }
  async saveIdentity(name: signal.ProtocolAddress, key: signal.PublicKey): Promise<signal.IdentityChange> {
    this.#known.set(name.toString(), key)
    return signal.IdentityChange.NewOrUnchanged
  }
  async isTrustedIdentity(name: signal.ProtocolAddress, key: signal.PublicKey): Promise<boolean> {
    const known = this.#known.get(name.toString())
    return known === undefined || known.serialize().every((octet, index) => octet === key.serialize()[index])
  }
  async getIdentity(name: signal.ProtocolAddress): Promise<signal.PublicKey | null> {
    return this.#known.get(name.toString()) ?? null
  }
}

class PreKeys extends signal.PreKeyStore {
  async savePreKey(): Promise<void> {}
  async getPreKey(): Promise<signal.PreKeyRecord> {
    throw new Error('no one-time keys were uploaded')
  }
  async removePreKey(): Promise<void> {}
}

class SignedPreKeys extends signal.SignedPreKeyStore {
  readonly record: signal.SignedPreKeyRecord
  constructor(record: signal.SignedPreKeyRecord) {
    super()
    this.record = record
  }
  async saveSignedPreKey(): Promise<void> {}
  async getSignedPreKey(): Promise<signal.SignedPreKeyRecord> {
    return this.record
  }
}

class KyberPreKeys extends signal.KyberPreKeyStore {
  readonly record: signal.KyberPreKeyRecord
  constructor(record: signal.KyberPreKeyRecord) {
    super()
    this.record = record
  }
  async saveKyberPreKey(): Promise<void> {}
  async getKyberPreKey(): Promise<signal.KyberPreKeyRecord> {
    return this.record
  }
  async markKyberPreKeyUsed(): Promise<void> {}
}

interface IdentityKeys {
  identity: signal.PrivateKey
  signed: signal.SignedPreKeyRecord
  kyber: signal.KyberPreKeyRecord
}

/** A text as this client decrypted it. */
export interface RawText {
  text: string
  sealed: boolean
  fromAci: string
}

export class RawClient {
  readonly net: Net
  readonly profileKey = new ProfileKey(new Uint8Array(randomBytes(32)))
  readonly password = randomBytes(16).toString('hex')
  readonly texts: RawText[] = []
  readonly receipts: { kind: number; timestamps: number[] }[] = []
  readonly serverReceipts: number[] = []
  readonly interruptions: string[] = []
  readonly failures: string[] = []
  readonly serverGuids: string[] = []
  queueEmpty = 0
  /** Whether the next connection takes envelopes; otherwise they stay un-acknowledged. */
  acknowledge = true
  aci = ''
  readonly #trustRoots: readonly Uint8Array[]
  readonly #keys = { aci: identityKeys(), pni: identityKeys() }
  readonly #identities = new Identities(this.#keys.aci.identity, 4321)
  readonly #sessions = new Sessions()
  #chat: Chat | undefined
  #busy: Promise<unknown> = Promise.resolve()

  constructor(server: CustomSignalServer) {
    this.#trustRoots = server.trustRoots
    this.net = new Net({
      localTestServer: true,
      userAgent: 'raw-client',
      TESTING_localServer_chatPort: server.ports.chat,
      TESTING_localServer_cdsiPort: server.ports.cdsi,
      TESTING_localServer_svr2Port: server.ports.svr2,
      TESTING_localServer_svrBPort: server.ports.svrB,
      TESTING_localServer_rootCertificateDer: new Uint8Array(new X509Certificate(server.caPem).raw),
      TESTING_localServer_httpVersion: 2,
    })
    this.net.setRemoteConfig(
      new Map([
        ['grpc.MessagesSendMessage', 'ws'],
        ['grpc.MessagesAnonymousSendSingleRecipientMessage', 'ws'],
      ]),
      BuildVariant.Production,
    )
  }

  get username(): string {
    return `${this.aci}.1`
  }

  /** Registers this number through the registration service; `code` is awaited once it was asked for. */
  async register(e164: string, code: () => Promise<string>): Promise<void> {
    const session = await this.net.createRegistrationSession({ e164 })
    await session.submitCaptcha('signalcaptcha://solved')
    await session.requestVerification({ transport: 'sms', client: 'android', languages: ['en'] })
    if (await session.verifySession('000000')) throw new Error('a wrong code was taken')
    if (!(await session.verifySession(await code()))) throw new Error('the code was refused')
    const { aci, pni } = this.#keys
    const account = await session.registerAccount({
      accountPassword: this.password,
      skipDeviceTransfer: true,
      accountAttributes: new AccountAttributes({
        recoveryPassword: new Uint8Array(randomBytes(32)),
        aciRegistrationId: 4321,
        pniRegistrationId: 4322,
        registrationLock: null,
        unidentifiedAccessKey: this.profileKey.deriveAccessKey(),
        unrestrictedUnidentifiedAccess: false,
        capabilities: new Set(['attachmentBackfill', 'spqr', 'usernameChangeSyncMessage']),
        discoverableByPhoneNumber: true,
      }),
      aciPublicKey: aci.identity.getPublicKey(),
      pniPublicKey: pni.identity.getPublicKey(),
      aciSignedPreKey: aci.signed,
      pniSignedPreKey: pni.signed,
      aciPqLastResortPreKey: aci.kyber,
      pniPqLastResortPreKey: pni.kyber,
    })
    this.aci = account.aci.getServiceIdString()
  }

  async connect(): Promise<void> {
    const { acknowledge } = this
    const chat = await this.net.connectAuthenticatedChat(this.username, this.password, false, {
      onIncomingMessage: (envelope, _timestamp, ack) => {
        if (!acknowledge) return
        this.#busy = this.#busy
          .then(() => this.#receive(envelope))
          .catch((error: unknown) => this.failures.push(String(error)))
          .then(() => ack.send(200))
          // The connection may have gone meanwhile.
          .catch(() => {})
      },
      onQueueEmpty: () => {
        this.queueEmpty += 1
      },
      onConnectionInterrupted: (cause) => {
        this.interruptions.push(cause === null ? 'deliberate' : (signal.ErrorCode[cause.code] ?? String(cause.code)))
      },
    })
    // The package's own declaration of this merge names a module that does not resolve.
    this.#chat = chat as Chat
  }

  async disconnect(): Promise<void> {
    await this.#chat?.disconnect()
  }

  get chat(): Chat {
    if (this.#chat === undefined) throw new Error('not connected')
    return this.#chat
  }

  /** Sends a text unsealed to one device of an account. */
  async sendText(aci: string, text: string, timestamp = Date.now(), deviceIds: readonly number[] = [1]): Promise<void> {
    const to = signal.Aci.parseFromServiceIdString(aci)
    const content = Proto.Content.encode({
      content: {
        dataMessage: {
          ...EMPTY_DATA_MESSAGE,
          body: text,
          timestamp: BigInt(timestamp),
          profileKey: this.profileKey.serialize(),
        },
      },
      pniSignatureMessage: null,
      senderKeyDistributionMessage: null,
    })
    const padded = new Uint8Array(Buffer.concat([content, Buffer.from([0x80])]))
    const own = signal.ProtocolAddress.new(signal.Aci.parseFromServiceIdString(this.aci), 1)
    const contents = []
    for (const deviceId of deviceIds) {
      const address = signal.ProtocolAddress.new(to, deviceId)
      if ((await this.#sessions.getSession(address)) === null) await this.#startSession(aci, address, own)
      const session = await this.#sessions.getSession(address)
      contents.push({
        deviceId,
        registrationId: session?.remoteRegistrationId() ?? 0,
        contents: await signal.signalEncrypt(padded, address, own, this.#sessions, this.#identities),
      })
    }
    await this.chat.sendMessage({ destination: to, timestamp, contents, onlineOnly: false, urgent: true })
  }

  async #startSession(aci: string, address: signal.ProtocolAddress, own: signal.ProtocolAddress): Promise<void> {
    const path = `/v2/keys/${aci}/${address.deviceId()}`
    const reply = await this.chat.fetch({ verb: 'GET', path, headers: [] })
    if (reply.status !== 200) throw new Error(`keys: ${reply.status}`)
    const keys = JSON.parse(Buffer.from(reply.body ?? []).toString('utf8'))
    const [device] = keys.devices
    const bundle = signal.PreKeyBundle.new(
      device.registrationId,
      device.deviceId,
      device.preKey?.keyId ?? null,
      device.preKey ? publicKey(device.preKey.publicKey) : null,
      device.signedPreKey.keyId,
      publicKey(device.signedPreKey.publicKey),
      octets(device.signedPreKey.signature),
      publicKey(keys.identityKey),
      device.pqPreKey.keyId,
      signal.KEMPublicKey.deserialize(octets(device.pqPreKey.publicKey)),
      octets(device.pqPreKey.signature),
    )
    await signal.processPreKeyBundle(bundle, address, own, this.#sessions, this.#identities)
  }

  async #receive(octetsOfEnvelope: Uint8Array<ArrayBuffer>): Promise<void> {
    const envelope = Proto.Envelope.decode(octetsOfEnvelope)
    this.serverGuids.push(envelope.serverGuid ?? '')
    const body = envelope.content ?? new Uint8Array()
    const { Type } = Proto.Envelope
    if (envelope.type === Type.SERVER_DELIVERY_RECEIPT) {
      this.serverReceipts.push(Number(envelope.clientTimestamp))
      return
    }
    if (envelope.type === Type.UNIDENTIFIED_SENDER) {
      const usmc = await signal.sealedSenderDecryptToUsmc(body, this.#identities)
      const certificate = usmc.senderCertificate()
      const roots = this.#trustRoots.map((root) => signal.PublicKey.deserialize(new Uint8Array(root)))
      if (!certificate.validateWithTrustRoots(roots, Date.now())) throw new Error('forged certificate')
      await this.#open(usmc.contents(), usmc.msgType(), certificate.senderUuid(), certificate.senderDeviceId(), true)
      return
    }
    const from = signal.ServiceId.parseFromServiceIdBinary(
      new Uint8Array(envelope.sourceServiceIdBinary ?? []),
    ).getServiceIdString()
    const type = envelope.type === Type.PREKEY_MESSAGE ? 3 : 2
    await this.#open(body, type, from, envelope.sourceDeviceId ?? 1, false)
  }

  async #open(
    body: Uint8Array<ArrayBuffer>,
    type: number,
    fromAci: string,
    device: number,
    sealed: boolean,
  ): Promise<void> {
    const from = signal.ProtocolAddress.new(signal.Aci.parseFromServiceIdString(fromAci), device)
    const own = signal.ProtocolAddress.new(signal.Aci.parseFromServiceIdString(this.aci), 1)
    const plain =
      type === 3
        ? await signal.signalDecryptPreKey(
            signal.PreKeySignalMessage.deserialize(body),
            from,
            own,
            this.#sessions,
            this.#identities,
            new PreKeys(),
            new SignedPreKeys(this.#keys.aci.signed),
            new KyberPreKeys(this.#keys.aci.kyber),
          )
        : await signal.signalDecrypt(
            signal.SignalMessage.deserialize(body),
            from,
            own,
            this.#sessions,
            this.#identities,
          )
    const { content } = Proto.Content.decode(plain.slice(0, plain.lastIndexOf(0x80)))
    if (content?.dataMessage) this.texts.push({ text: content.dataMessage.body ?? '', sealed, fromAci })
    if (content?.receiptMessage) {
      const { type: kind, timestamp } = content.receiptMessage
      this.receipts.push({ kind: Number(kind ?? 0), timestamps: timestamp.map(Number) })
    }
  }
}

function identityKeys(): IdentityKeys {
  const identity = signal.PrivateKey.generate()
  const signed = signal.PrivateKey.generate()
  const kyber = signal.KEMKeyPair.generate()
  const signature = identity.sign(signed.getPublicKey().serialize())
  const kyberSignature = identity.sign(kyber.getPublicKey().serialize())
  return {
    identity,
    signed: signal.SignedPreKeyRecord.new(1, Date.now(), signed.getPublicKey(), signed, signature),
    kyber: signal.KyberPreKeyRecord.new(1, Date.now(), kyber, kyberSignature),
  }
}

function octets(base64: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(base64, 'base64'))
}

function publicKey(base64: string): signal.PublicKey {
  return signal.PublicKey.deserialize(octets(base64))
}
