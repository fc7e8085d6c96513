/**
 * Sends one content to the members of a group: together, in one request under our sender key, where the service has
 * licensed us to (endorsements) and their devices hold the key; one by one for all others. What is repeated goes under
 * its first timestamp, and within this process only to those who have not had it.
 */
import {
  ContentHint,
  ErrorCode,
  LibSignalErrorBase,
  ProtocolAddress,
  type ServiceId,
} from '@signalapp/libsignal-client'
import type { CausewayError } from '../../domain/errors.ts'
import type { Log } from '../../log.ts'
import type { Database } from '../../store/database.ts'
import type { SenderCertificates } from '../certificates.ts'
import type { Chat } from '../chat.ts'
import type { Clock } from '../clock.ts'
import type { Credentials } from '../credentials.ts'
import { asCauseway, isCode, shortly, signalError } from '../errors.ts'
import { setTraits } from '../peers.ts'
import { type Content, contentCodec } from '../proto/messages.ts'
import { rememberSent } from '../send-log.ts'
import { type Outgoing, type Sender, sendTimeoutMs } from '../sender.ts'
import type { SenderKeys } from '../sender-keys.ts'
import type { SessionKeeper } from '../sessions.ts'
import type { MemberOutcome } from './contract.ts'
import { renewEndorsementsBeforeMs, tokenFor } from './endorsements.ts'
import type { GroupFetching } from './fetching.ts'
import type { GroupKeeper } from './keeper.ts'
import type { KnownGroup } from './known.ts'
import type { GroupState } from './state.ts'

/** One try and three healed ones. */
const triesMax = 4
const atOnce = 8
/** Messages of which it is remembered who has had them. */
const servedMax = 200

export interface GroupOutgoing {
  groupId: string
  content: Content
  timestampMs: number
  urgent: boolean
  /** Service ids; all other members where left out. */
  recipients?: readonly string[]
}

export class GroupSender {
  readonly #db: Database
  readonly #chat: Chat
  readonly #clock: Clock
  readonly #log: Log
  readonly #credentials: Credentials
  readonly #certificates: SenderCertificates
  readonly #sender: Sender
  readonly #sessions: SessionKeeper
  readonly #keys: SenderKeys
  readonly #keeper: GroupKeeper
  readonly #fetching: GroupFetching
  readonly #served = new Map<string, Map<string, MemberOutcome>>()

  constructor(parts: {
    db: Database
    chat: Chat
    clock: Clock
    log: Log
    credentials: Credentials
    certificates: SenderCertificates
    sender: Sender
    sessions: SessionKeeper
    keys: SenderKeys
    keeper: GroupKeeper
    fetching: GroupFetching
  }) {
    this.#db = parts.db
    this.#chat = parts.chat
    this.#clock = parts.clock
    this.#log = parts.log
    this.#credentials = parts.credentials
    this.#certificates = parts.certificates
    this.#sender = parts.sender
    this.#sessions = parts.sessions
    this.#keys = parts.keys
    this.#keeper = parts.keeper
    this.#fetching = parts.fetching
  }

  /**
   * Resolves when the server has accepted it for everybody who is there, with what became of it for each. Errors:
   * CausewayError `unknown-group`, and as `SignalAccount.sendText`; `identity-changed` when somebody's safety number
   * waits for approval (then nothing was sent).
   */
  async send(outgoing: GroupOutgoing): Promise<readonly MemberOutcome[]> {
    const group = await this.#licensed(outgoing.groupId)
    const recipients = await this.#welcome([...new Set(outgoing.recipients ?? this.#others(group))])
    await this.#demandTrust(recipients)
    const run = new Run(outgoing, this.#servedBefore(outgoing))
    const waiting = recipients.filter((id) => !run.outcomes.has(id))
    const reachable = await this.#withSessions(waiting, run)
    const together = reachable.filter((aci) => group.endorsements?.byAci[aci] !== undefined)
    await this.#together(together, run)
    await each(
      reachable.filter((id) => !run.outcomes.has(id)),
      (id) => this.#alone(id, group, run),
    )
    if (run.failure !== undefined) throw run.failure
    return [...run.outcomes.values()]
  }

  /**
   * To the members who hold our key already, in one request; others go without, since a sign is of no use a moment later.
   * Errors as `send`.
   */
  async signal(outgoing: GroupOutgoing): Promise<void> {
    const group = await this.#keeper.demand(outgoing.groupId)
    const licensed = this.#others(group).filter((aci) => group.endorsements?.byAci[aci] !== undefined)
    const recipients = await this.#welcome(licensed)
    await this.#demandTrust(recipients)
    const ready = await this.#keys.holding(await this.#keys.distribution(group.id), recipients)
    await this.#together(ready, new Run(outgoing, new Map(), true))
  }

  #others({ state }: { state: GroupState }): string[] {
    return state.members.map(({ aci }) => aci).filter((aci) => aci !== this.#credentials.aci)
  }

  /** Without those whom the owner keeps out: in a group, too, they are not written to. */
  async #welcome(ids: readonly string[]): Promise<string[]> {
    const rows = await this.#db.selectFrom('signal_blocked').select('aci').where('aci', 'in', ids).execute()
    const blocked = new Set(rows.map(({ aci }) => aci))
    return ids.filter((id) => !blocked.has(id))
  }

  /** With endorsements that hold for a while yet, where the service can be asked. */
  async #licensed(groupId: string): Promise<KnownGroup & { state: NonNullable<KnownGroup['state']> }> {
    const group = await this.#keeper.demand(groupId)
    const expireAtMs = group.endorsements?.expireAtMs ?? 0
    if (!group.isDue && expireAtMs - this.#clock.now() > renewEndorsementsBeforeMs) return group
    if (group.standing !== 'member') return group
    try {
      return await this.#fetching.refresh(groupId)
    } catch (error) {
      // One by one they can be reached without it.
      this.#log.info({ cause: shortly(error) }, 'a group was not brought up to date before sending')
      return group
    }
  }

  async #demandTrust(recipients: readonly string[]): Promise<void> {
    if (recipients.length === 0) return
    const doubtful = await this.#db
      .selectFrom('signal_identities')
      .select('address')
      .where('address', 'in', recipients)
      .where('approved', '=', 0)
      .limit(1)
      .executeTakeFirst()
    if (doubtful !== undefined) throw signalError('identity-changed')
  }

  async #withSessions(ids: readonly string[], run: Run): Promise<string[]> {
    const reachable: string[] = []
    await each(ids, async (id) => {
      try {
        await this.#sessions.ensure(id)
        reachable.push(id)
      } catch (error) {
        await this.#failed(id, error, run)
      }
    })
    return ids.filter((id) => reachable.includes(id))
  }

  /** One request for all of them. Whoever is left without an outcome is to be served alone. */
  async #together(acis: readonly string[], run: Run): Promise<void> {
    const { outgoing } = run
    let isRenewed = false
    for (let tries = 1; tries <= triesMax; tries += 1) {
      const group = await this.#keeper.demand(outgoing.groupId)
      const now = this.#clock.now()
      const distributionId = await this.#keys.distribution(group.id)
      const open = acis.filter((aci) => !run.outcomes.has(aci) && !run.apart.has(aci))
      await this.#keys.handOver(
        distributionId,
        open,
        (aci) => this.#licence(group, aci),
        (aci) => run.apart.add(aci),
      )
      const ready = open.filter((aci) => !run.apart.has(aci))
      const token = tokenFor(group.endorsements, ready, group.cipher, now)
      if (token === undefined) return
      try {
        const payload = await this.#encrypt(group, distributionId, ready, run)
        const connection = await this.#chat.anonymous()
        const { unregisteredIds } = await connection.sendMultiRecipientMessage(
          { payload, timestamp: outgoing.timestampMs, auth: token, onlineOnly: run.isSign, urgent: outgoing.urgent },
          { abortSignal: AbortSignal.timeout(sendTimeoutMs) },
        )
        const gone = new Set(unregisteredIds.map((id) => id.getServiceIdString()))
        for (const aci of ready) {
          if (gone.has(aci)) await this.#unregistered(aci, run)
          else run.note(aci, 'sent', 'sealed, in one request with the others')
        }
        return
      } catch (error) {
        if (LibSignalErrorBase.is(error, ErrorCode.MismatchedDevices)) {
          await this.#heal(group.id, error.entries)
          continue
        }
        const { retry, code } = asCauseway(error)
        if (isCode(error, ErrorCode.RequestUnauthorized)) {
          if (isRenewed) return
          isRenewed = true
          await this.#renew(group.id)
          continue
        }
        if (retry === 'after-human' || (retry === 'same-transport' && code !== 'signal-failed')) throw asCauseway(error)
        this.#log.warn({ cause: shortly(error) }, 'a group message goes to its members one by one')
        return
      }
    }
  }

  async #encrypt(
    group: KnownGroup,
    distributionId: string,
    acis: readonly string[],
    run: Run,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const { outgoing, content } = run
    const certificate = await this.#certificates.get()
    const recipients: ProtocolAddress[] = []
    for (const aci of acis) {
      const devices = await this.#sessions.devices(aci)
      for (const { deviceId, usable } of devices) if (usable) recipients.push(ProtocolAddress.new(aci, deviceId))
    }
    return await this.#keys.encrypt({
      distributionId,
      content,
      certificate,
      idOctets: group.cipher.idOctets,
      recipients,
      hint: run.isSign ? ContentHint.Implicit : ContentHint.Resendable,
      alongside: async (transaction, nowMs) => {
        if (run.isSign) return
        for (const to of acis) await rememberSent(transaction, { ...outgoing, to }, content, nowMs)
      },
    })
  }

  async #alone(id: string, group: KnownGroup, run: Run): Promise<void> {
    const { content, timestampMs, urgent } = run.outgoing
    try {
      const { sealed } = await this.#sender.send({
        to: id,
        content,
        timestampMs,
        urgent,
        hint: ContentHint.Resendable,
        log: true,
        group: this.#licence(group, id),
      })
      run.note(id, 'sent', sealed ? 'sealed, on its own' : 'on its own')
    } catch (error) {
      await this.#failed(id, error, run)
    }
  }

  async #failed(id: string, error: unknown, run: Run): Promise<void> {
    const cause = asCauseway(error)
    if (cause.code === 'not-on-signal') await this.#unregistered(id, run)
    else if (cause.retry === 'never') run.note(id, 'failed', cause.message)
    else run.failure = worse(run.failure, cause)
  }

  async #unregistered(id: string, run: Run): Promise<void> {
    await setTraits(this.#db, id, { unregisteredAtMs: this.#clock.now() })
    await this.#sessions.forget(id)
    run.note(id, 'unregistered', 'is not registered with Signal (any more)')
  }

  /** Brings our lists of devices in line; one that is gone must not read on. */
  async #heal(
    groupId: string,
    entries: readonly {
      account: ServiceId
      missingDevices: number[]
      extraDevices: number[]
      staleDevices: number[]
    }[],
  ): Promise<void> {
    for (const entry of entries) {
      const aci = entry.account.getServiceIdString()
      if (entry.extraDevices.length + entry.staleDevices.length > 0) await this.#keys.rotate(groupId)
      // Last: a changed identity ends it here, and what the old device held must be worthless all the same.
      await this.#sessions.heal(aci, entry)
    }
  }

  async #renew(groupId: string): Promise<void> {
    await this.#db
      .updateTable('signal_groups')
      .set({ endorsements_json: null, endorsements_expire_at_ms: 0 })
      .where('id', '=', groupId)
      .execute()
    await this.#fetching.refresh(groupId).catch((error: unknown) => {
      this.#log.info({ cause: shortly(error) }, 'endorsements could not be renewed')
    })
  }

  #licence(group: KnownGroup, aci: string): NonNullable<Outgoing['group']> {
    const token = tokenFor(group.endorsements, [aci], group.cipher, this.#clock.now())
    return { idOctets: group.cipher.idOctets, token }
  }

  #servedBefore({ groupId, timestampMs }: GroupOutgoing): Map<string, MemberOutcome> {
    const key = `${groupId} ${timestampMs}`
    const known = this.#served.get(key)
    if (known !== undefined) return known
    const [oldest] = this.#served.keys()
    if (oldest !== undefined && this.#served.size >= servedMax) this.#served.delete(oldest)
    const fresh = new Map<string, MemberOutcome>()
    this.#served.set(key, fresh)
    return fresh
  }
}

/** One call of `send`: what has become of it for whom. */
class Run {
  readonly outgoing: GroupOutgoing
  readonly content: Uint8Array
  readonly outcomes: Map<string, MemberOutcome>
  /** Who could not be handed the key; what is wrong shows again when they are served alone. */
  readonly apart = new Set<string>()
  /** Something that may pass: whoever it hit is tried again. */
  failure: CausewayError | undefined
  /** For those who are connected; never asked for again. */
  readonly isSign: boolean

  constructor(outgoing: GroupOutgoing, outcomes: Map<string, MemberOutcome>, isSign = false) {
    this.outgoing = outgoing
    this.isSign = isSign
    this.content = contentCodec.encode(outgoing.content)
    this.outcomes = outcomes
  }

  note(aci: string, outcome: MemberOutcome['outcome'], detail: string): void {
    this.outcomes.set(aci, { aci, outcome, detail })
  }
}

/** What a person must decide comes before what time heals. */
function worse(one: CausewayError | undefined, other: CausewayError): CausewayError {
  if (one === undefined) return other
  return other.retry === 'after-human' ? other : one
}

async function each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values()
  const worker = async () => {
    for (const item of queue) await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker))
}
