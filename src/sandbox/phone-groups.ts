/**
 * Groups on a simulated phone: makes them, changes them (telling the members as a phone does, with the signed change),
 * writes into them one by one. Works with the mock's own reading of groups, so that nothing of the gateway's is judged
 * by itself.
 */

import { Aci } from '@signalapp/libsignal-client'
import {
  ClientZkProfileOperations,
  ExpiringProfileKeyCredentialResponse,
  GroupMasterKey,
  GroupSecretParams,
  ProfileKey,
} from '@signalapp/libsignal-client/dist/zkgroup/index.js'
import {
  type AciString,
  type Device,
  EMPTY_DATA_MESSAGE,
  EMPTY_GROUP_ACTIONS,
  MockGroup,
  type PrimaryDevice,
  Proto,
} from './mock.ts'
import type { SignalHost } from './signal-host.ts'

type Actions = Partial<typeof EMPTY_GROUP_ACTIONS>

export class PhoneGroups {
  readonly #host: SignalHost
  readonly #protocol: PrimaryDevice
  /** Profile keys that others have shown us, by account. */
  readonly #profileKeys = new Map<string, Uint8Array>()
  readonly #send: (to: AciString, content: Proto.Content.Params['content'], timestampMs: number) => Promise<void>
  readonly #masterKeys = new Map<string, Buffer>()

  constructor(
    host: SignalHost,
    protocol: PrimaryDevice,
    send: (to: AciString, content: Proto.Content.Params['content'], timestampMs: number) => Promise<void>,
  ) {
    this.#host = host
    this.#protocol = protocol
    this.#send = send
  }

  /** Takes note of what a message shows of its author and of a group. */
  learn(fromAci: string, message: Proto.DataMessage.Params): void {
    if (message.profileKey != null) this.#profileKeys.set(fromAci, message.profileKey)
    const masterKey = message.groupV2?.masterKey
    if (masterKey != null) this.#remember(Buffer.from(masterKey))
  }

  /** A group of these phones; others are added by `add`. */
  async create(title: string, others: readonly PrimaryDevice[]): Promise<string> {
    const group = await this.#protocol.createGroup({ title, members: [this.#protocol, ...others] })
    this.#remember(group.masterKey)
    return group.id
  }

  /** Base64 ids of the groups that this phone has heard of. */
  get ids(): readonly string[] {
    return [...this.#masterKeys.keys()]
  }

  async title(id: string): Promise<string> {
    return (await this.#group(id)).title
  }

  /** Account ids of the members. */
  async members(id: string): Promise<AciString[]> {
    const group = await this.#group(id)
    return (group.state.members ?? []).flatMap(({ userId }) =>
      userId === null ? [] : [group.decryptServiceId(new Uint8Array(userId)) as AciString],
    )
  }

  /** Adds somebody whose profile key this phone knows, invites anybody else. */
  async add(id: string, who: Device, timestampMs: number): Promise<'added' | 'invited'> {
    const group = await this.#group(id)
    const { DEFAULT } = Proto.Member.Role
    const nobody = { profileKey: null, presentation: null, joinedAtVersion: null, labelEmoji: null, labelString: null }
    const presentation = await this.#presentation(group, who)
    if (presentation === undefined) {
      const member = { ...nobody, userId: group.encryptServiceId(who.aci), role: DEFAULT }
      const added = { member, addedByUserId: null, timestamp: null }
      await this.#change(group, { addMembersPendingProfileKey: [{ added }] }, timestampMs, [who.aci])
      return 'invited'
    }
    const added = { ...nobody, userId: null, role: DEFAULT, presentation: Buffer.from(presentation) }
    await this.#change(group, { addMembers: [{ added, joinFromInviteLink: false }] }, timestampMs, [who.aci])
    return 'added'
  }

  async rename(id: string, title: string, timestampMs: number): Promise<void> {
    const group = await this.#group(id)
    const blob = group.encryptBlob({ content: { title } })
    await this.#change(group, { modifyTitle: { title: blob } }, timestampMs, [])
  }

  async remove(id: string, aci: AciString, timestampMs: number): Promise<void> {
    const group = await this.#group(id)
    const deleteMembers = [{ deletedUserId: group.encryptServiceId(aci) }]
    await this.#change(group, { deleteMembers }, timestampMs, [aci])
  }

  /** Writes to all other members, one by one. */
  async write(id: string, text: string, timestampMs: number): Promise<void> {
    const group = await this.#group(id)
    await this.#post(group, { body: text, profileKey: this.#protocol.profileKey.serialize() }, null, timestampMs, [])
  }

  async #change(group: MockGroup, actions: Actions, timestampMs: number, alsoTo: readonly AciString[]): Promise<void> {
    const { aci, pni } = this.#protocol.device
    const onServer = await this.#host.getGroup(group.publicParams.serialize())
    if (onServer === undefined) throw new Error('the server does not know the group')
    const { signedChange } = await this.#host.modifyGroup({
      group: onServer,
      actions: { ...EMPTY_GROUP_ACTIONS, ...actions, version: group.revision + 1 },
      aciCiphertext: group.encryptServiceId(aci),
      pniCiphertext: pni === undefined ? undefined : group.encryptServiceId(pni),
    })
    if (signedChange === undefined) throw new Error('somebody else was faster')
    const after = new MockGroup({ secretParams: group.secretParams, groupState: onServer.state })
    await this.#post(after, {}, Buffer.from(Proto.GroupChange.encode(signedChange)), timestampMs, alsoTo)
  }

  async #post(
    group: MockGroup,
    message: Partial<Proto.DataMessage.Params>,
    change: Buffer<ArrayBuffer> | null,
    timestampMs: number,
    alsoTo: readonly AciString[],
  ): Promise<void> {
    const revision = group.state.version ?? 0
    const groupV2 = { masterKey: group.masterKey, revision, groupChange: change }
    const dataMessage = { ...EMPTY_DATA_MESSAGE, ...message, groupV2, timestamp: BigInt(timestampMs) }
    const members = (group.state.members ?? []).flatMap(({ userId }) =>
      userId === null ? [] : [group.decryptServiceId(new Uint8Array(userId)) as AciString],
    )
    for (const aci of new Set([...members, ...alsoTo])) {
      if (aci === this.#protocol.device.aci || this.#host.isUnregistered(aci)) continue
      await this.#send(aci, { dataMessage }, timestampMs)
    }
  }

  async #presentation(group: MockGroup, who: Device): Promise<Uint8Array | undefined> {
    const key = this.#profileKeys.get(who.aci)
    if (key === undefined || who.profileKeyCommitment === undefined) return undefined
    const operations = new ClientZkProfileOperations(this.#host.publicParams)
    const profileKey = new ProfileKey(new Uint8Array(key))
    const context = operations.createProfileKeyCredentialRequestContext(Aci.fromUuid(who.aci), profileKey)
    const response = await this.#host.issueExpiringProfileKeyCredential(who, context.getRequest())
    if (response === undefined) return undefined
    const received = new ExpiringProfileKeyCredentialResponse(new Uint8Array(response))
    const credential = operations.receiveExpiringProfileKeyCredential(context, received)
    return operations.createExpiringProfileKeyCredentialPresentation(group.secretParams, credential).serialize()
  }

  async #group(id: string): Promise<MockGroup> {
    const masterKey = this.#masterKeys.get(id)
    if (masterKey === undefined) throw new Error('this phone has heard of no such group')
    const secretParams = GroupSecretParams.deriveFromMasterKey(new GroupMasterKey(new Uint8Array(masterKey)))
    const onServer = await this.#host.getGroup(secretParams.getPublicParams().serialize())
    if (onServer === undefined) throw new Error('the server does not know the group')
    return new MockGroup({ secretParams, groupState: onServer.state })
  }

  #remember(masterKey: Buffer): void {
    const secretParams = GroupSecretParams.deriveFromMasterKey(new GroupMasterKey(new Uint8Array(masterKey)))
    const id = Buffer.from(secretParams.getPublicParams().getGroupIdentifier().serialize()).toString('base64')
    this.#masterKeys.set(id, masterKey)
  }
}

/** Base64 of the group's id. */
export function groupIdOf(masterKey: Uint8Array): string {
  const secretParams = GroupSecretParams.deriveFromMasterKey(new GroupMasterKey(new Uint8Array(masterKey)))
  return Buffer.from(secretParams.getPublicParams().getGroupIdentifier().serialize()).toString('base64')
}
