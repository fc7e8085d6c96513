/** The commands of the house to the groups of an account: people become service ids, texts become messages. */
import { CausewayError } from '../../domain/errors.ts'
import type { OutgoingMedia } from '../../domain/media.ts'
import { told } from '../../domain/told.ts'
import type { DatabaseTransaction } from '../../store/database.ts'
import type { OutgoingGroupText, SignalGroups } from '../contract.ts'
import type { Delivery } from '../delivery.ts'
import { signalError } from '../errors.ts'
import type { PeerIds } from '../facts.ts'
import { peerOf } from '../ids.ts'
import { quoteFor } from '../outgoing.ts'
import { serviceIdOf } from '../peers.ts'
import type { Content } from '../proto/messages.ts'
import { bodyOf } from '../ranges.ts'
import type { GroupSettings, MemberOutcome } from './contract.ts'
import type { Groups } from './groups.ts'

const titleCharactersMax = 32
const descriptionCharactersMax = 480

export class GroupCommands implements SignalGroups {
  readonly #groups: Groups
  readonly #own: string
  readonly #delivery: Pick<Delivery, 'resolve' | 'compose' | 'toGroup' | 'transcribeToGroup'>
  readonly #approve: (ids: PeerIds) => Promise<void>
  readonly #tell: (id: string, blocked: boolean, transaction: DatabaseTransaction) => Promise<() => void>

  constructor(parts: {
    groups: Groups
    /** Our own ACI. */
    own: string
    delivery: Pick<Delivery, 'resolve' | 'compose' | 'toGroup' | 'transcribeToGroup'>
    approve: (ids: PeerIds) => Promise<void>
    /** Tells our own other devices that the owner keeps a group out, or no longer. */
    tell: (id: string, blocked: boolean, transaction: DatabaseTransaction) => Promise<() => void>
  }) {
    this.#groups = parts.groups
    this.#own = parts.own
    this.#delivery = parts.delivery
    this.#approve = parts.approve
    this.#tell = parts.tell
  }

  async send(message: OutgoingGroupText): Promise<readonly MemberOutcome[]> {
    const { groupId, text, timestampMs, quote, timer, ranges, attachments: media = [] } = message
    const said = quoteFor(quote, this.#own, undefined)
    const timed = timer === undefined ? {} : { expireTimer: timer.seconds }
    const dataMessage = { ...bodyOf(text, ranges), ...said, ...timed }
    return await this.deliver({ groupId, content: { dataMessage }, timestampMs, media, quoted: quote?.file?.thumbnail })
  }

  /** A message, or what we do to one, to all other members. Errors as `send`. */
  async deliver(outgoing: {
    groupId: string
    content: Content
    timestampMs: number
    media: readonly OutgoingMedia[]
    quoted?: OutgoingMedia | undefined
  }): Promise<readonly MemberOutcome[]> {
    const { groupId, timestampMs } = outgoing
    await this.#groups.admit(groupId)
    const { content, outcomes } = await this.#delivery.toGroup(groupId, async () => {
      const whole = await this.#delivery.compose(outgoing)
      return await this.#groups.send(groupId, whole, timestampMs)
    })
    const sent = outcomes.filter(({ outcome }) => outcome === 'sent').map(({ aci }) => aci)
    await this.#delivery.transcribeToGroup(content, timestampMs, sent)
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

  avatar(id: string): Promise<Uint8Array | undefined> {
    return this.#groups.avatars.get(id)
  }

  async add(id: string, people: readonly PeerIds[]): Promise<void> {
    await this.#groups.add(id, await this.#serviceIds(people))
  }

  remove(id: string, who: string): Promise<void> {
    return this.#groups.remove(id, who)
  }

  ban(id: string, who: string): Promise<void> {
    return this.#groups.ban(id, who)
  }

  unban(id: string, who: string): Promise<void> {
    return this.#groups.unban(id, who)
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

  block(id: string): Promise<void> {
    return this.#groups.keeper.block(id, true, (transaction) => this.#tell(id, true, transaction))
  }

  unblock(id: string): Promise<void> {
    return this.#groups.keeper.block(id, false, (transaction) => this.#tell(id, false, transaction))
  }

  join(link: string): Promise<string> {
    return this.#groups.join(link)
  }

  async approveIdentities(id: string): Promise<void> {
    const { state } = await this.#groups.keeper.demand(id)
    for (const { aci } of state.members) await this.#approve(peerOf(aci))
  }

  async #serviceIds(people: readonly PeerIds[]): Promise<string[]> {
    const ids: string[] = []
    for (const person of people) {
      const id = serviceIdOf(await this.#delivery.resolve(person))
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
    ...told('group-words', { title_max: titleCharactersMax, description_max: descriptionCharactersMax }),
    message: `A group has a title of 1 to ${titleCharactersMax} characters and a description of at most ${descriptionCharactersMax}.`,
    retry: 'never',
  })
}
