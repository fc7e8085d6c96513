/** The commands of the house to the groups of an account: people become service ids, texts become messages. */
import { CausewayError } from '../../domain/errors.ts'
import type { Database } from '../../store/database.ts'
import type { PeerIds, SignalGroups } from '../contract.ts'
import { signalError } from '../errors.ts'
import { peerOf } from '../ids.ts'
import { serviceIdOf } from '../peers.ts'
import type { DataMessage } from '../proto/messages.ts'
import type { GroupSettings, MemberOutcome } from './contract.ts'
import type { Groups } from './groups.ts'

const titleCharactersMax = 32
const descriptionCharactersMax = 480

export class GroupCommands implements SignalGroups {
  readonly #db: Database
  readonly #groups: Groups
  readonly #resolve: (ids: PeerIds) => Promise<PeerIds>
  readonly #pack: (text: string, timestampMs: number) => Promise<DataMessage>
  readonly #transcribe: (message: DataMessage, timestampMs: number, outcomes: readonly MemberOutcome[]) => Promise<void>
  readonly #approve: (ids: PeerIds) => Promise<void>

  constructor(parts: {
    db: Database
    groups: Groups
    resolve: (ids: PeerIds) => Promise<PeerIds>
    pack: (text: string, timestampMs: number) => Promise<DataMessage>
    transcribe: (message: DataMessage, timestampMs: number, outcomes: readonly MemberOutcome[]) => Promise<void>
    approve: (ids: PeerIds) => Promise<void>
  }) {
    this.#db = parts.db
    this.#groups = parts.groups
    this.#resolve = parts.resolve
    this.#pack = parts.pack
    this.#transcribe = parts.transcribe
    this.#approve = parts.approve
  }

  async send({ groupId, text, timestampMs }: Parameters<SignalGroups['send']>[0]): Promise<readonly MemberOutcome[]> {
    const packed = await this.#pack(text, timestampMs)
    const { message, outcomes } = await this.#groups.send(groupId, packed, timestampMs)
    await this.#transcribe(message, timestampMs, outcomes)
    return outcomes
  }

  async create(request: Parameters<SignalGroups['create']>[0]): Promise<string> {
    demandLengths(request)
    return await this.#groups.create({ ...request, people: await this.#serviceIds(request.people) })
  }

  async configure(id: string, wanted: GroupSettings): Promise<void> {
    demandLengths(wanted)
    await this.#groups.configure(id, wanted)
  }

  setAvatar(id: string, avatar: Uint8Array | undefined): Promise<void> {
    return this.#groups.setAvatar(id, avatar)
  }

  async add(id: string, people: readonly PeerIds[]): Promise<void> {
    await this.#groups.add(id, await this.#serviceIds(people))
  }

  remove(id: string, who: string): Promise<void> {
    return this.#groups.remove(id, who)
  }

  setRole(id: string, aci: string, admin: boolean): Promise<void> {
    return this.#groups.setRole(id, aci, admin)
  }

  approve(id: string, aci: string): Promise<void> {
    return this.#groups.approve(id, aci)
  }

  accept(id: string): Promise<void> {
    return this.#groups.accept(id)
  }

  leave(id: string): Promise<void> {
    return this.#groups.leave(id)
  }

  join(link: string): Promise<string> {
    return this.#groups.join(link)
  }

  async approveIdentities(id: string): Promise<void> {
    const { state } = await this.#groups.keeper.demand(id)
    for (const { aci } of state.members) await this.#approve(peerOf(aci))
  }

  async learn(masterKey: Uint8Array): Promise<void> {
    await this.#db.transaction().execute((transaction) => this.#groups.keeper.learn(masterKey, transaction))
    await this.#groups.keeper.fetchDue()
  }

  async #serviceIds(people: readonly PeerIds[]): Promise<string[]> {
    const ids: string[] = []
    for (const person of people) {
      const id = serviceIdOf(await this.#resolve(person))
      if (id === undefined) throw signalError('not-on-signal')
      ids.push(id)
    }
    return ids
  }
}

function demandLengths({ title, description }: { title?: string; description?: string }): void {
  const isTooLong =
    [...(title ?? '')].length > titleCharactersMax || [...(description ?? '')].length > descriptionCharactersMax
  if (title === undefined ? !isTooLong : title.trim() !== '' && !isTooLong) return
  throw new CausewayError({
    code: 'group-words',
    message: `A group has a title of 1 to ${titleCharactersMax} characters and a description of at most ${descriptionCharactersMax}.`,
    retry: 'never',
  })
}
