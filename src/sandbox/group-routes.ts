/**
 * Routes of the storage service for groups that the mock lacks or only pretends: changing a group, its log in pages, joining
 * by a link, and its avatar's way to the content server; and refusing what is sent to a group in one request. All others
 * are the mock's.
 */
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import {
  GroupPublicParams,
  type ServerSecretParams,
  UuidCiphertext,
} from '@signalapp/libsignal-client/dist/zkgroup/index.js'
import { logPage } from './group-logs.ts'
import { avatarKey, GroupRefusal, modifyGroup } from './group-rules.ts'
import { type MockServer, Proto } from './mock.ts'

const prefix = '/storageService/v2/groups'
const bodyOctetsMax = 8 * 1024 * 1024
const together = '/org.signal.chat.messages.MessagesAnonymous/SendMultiRecipientMessage'
/** A gRPC message of two octets: SendMultiRecipientMessageResponse { failedUnidentifiedAuthorization {} }. */
const unauthorized = Buffer.from([0, 0, 0, 0, 2, 0x1a, 0])

interface Answer {
  status: number
  body: Uint8Array
  headers?: Record<string, string>
}

interface Caller {
  group: NonNullable<Awaited<ReturnType<MockServer['getGroup']>>>
  aci: Uint8Array
  pni: Uint8Array | undefined
}

export class GroupRoutes {
  readonly #server: MockServer
  readonly #secret: () => ServerSecretParams
  readonly #avatars = new Map<string, Buffer>()
  #refusing = false
  #refusedTogether = 0
  /** Changes in one page of a log; the service's own bound. */
  logsAtOnce = 64
  /** Pages of logs that were asked for. */
  logPages = 0

  constructor(server: MockServer, secret: () => ServerSecretParams) {
    this.#server = server
    this.#secret = secret
  }

  /** Encrypted pictures of groups and profiles by their place. */
  get avatars(): Map<string, Buffer> {
    return this.#avatars
  }

  /** Whether everything about groups is refused, as by a service that is out of order. Creating goes on. */
  refuse(refusing: boolean): void {
    this.#refusing = refusing
  }

  /** So many messages to members together are refused: the endorsements that they go by do not hold. */
  refuseTogether(times: number): void {
    this.#refusedTogether = times
  }

  /** How many of those are still to come. */
  get refusalsTogether(): number {
    return this.#refusedTogether
  }

  /** False when the request is the mock's. */
  serve(request: Http2ServerRequest, response: Http2ServerResponse): boolean {
    const url = new URL(request.url, 'https://localhost')
    if (url.pathname === together && this.#refusedTogether > 0) {
      this.#refusedTogether -= 1
      request.resume()
      response.writeHead(200, { 'content-type': 'application/grpc' })
      response.addTrailers({ 'grpc-status': '0' })
      response.end(unauthorized)
      return true
    }
    const route = this.#route(request.method, url)
    if (route === undefined) return false
    void route(request)
      .catch(
        (error: unknown): Answer => ({
          status: error instanceof GroupRefusal ? error.status : 500,
          body: Buffer.from(error instanceof Error ? error.message : ''),
        }),
      )
      .then(({ status, body, headers }) => {
        response.writeHead(status, { ...headers, 'content-type': 'application/x-protobuf' })
        response.end(body)
      })
    return true
  }

  #route(method: string, url: URL): ((request: Http2ServerRequest) => Promise<Answer>) | undefined {
    const { pathname, searchParams } = url
    if (this.#refusing && method === 'GET' && pathname.startsWith(prefix)) {
      return async () => ({ status: 503, body: Buffer.alloc(0) })
    }
    if (method === 'PATCH' && pathname.replace(/\/$/, '') === prefix) {
      return (request) => this.#modify(request, searchParams.get('inviteLinkPassword'))
    }
    if (method === 'GET' && pathname.startsWith(`${prefix}/logs/`)) {
      return async (request) => {
        const { group, aci } = await this.#caller(request)
        this.logPages += 1
        return logPage(group, aci, request, this.logsAtOnce)
      }
    }
    if (method === 'GET' && pathname.startsWith(`${prefix}/join/`)) {
      return (request) => this.#joinInfo(request, pathname.slice(`${prefix}/join/`.length))
    }
    if (method === 'GET' && pathname === `${prefix}/avatar/form`) return (request) => this.#avatarForm(request)
    if (method === 'POST' && pathname === '/') return (request) => this.#storeAvatar(request)
    if (method === 'GET' && /^\/(groups|profiles)\//.test(pathname)) {
      return async () => {
        const body = this.#avatars.get(pathname.slice(1))
        return body === undefined ? { status: 404, body: Buffer.alloc(0) } : { status: 200, body }
      }
    }
    return undefined
  }

  async #modify(request: Http2ServerRequest, password: string | null) {
    const { group, aci, pni } = await this.#caller(request)
    const actions = Proto.GroupChange.Actions.decode(await bodyOf(request))
    if (actions.groupId.length > 0) throw new GroupRefusal(400, 'a change that names its group')
    const wanted = {
      group,
      actions,
      aciCiphertext: new Uint8Array(aci),
      pniCiphertext: pni === undefined ? undefined : new Uint8Array(pni),
    }
    const linkPassword = password === null ? undefined : Buffer.from(password, 'base64url')
    const { conflict, signedChange } = modifyGroup(this.#secret(), wanted, linkPassword)
    if (conflict || signedChange === undefined) return { status: 409, body: Buffer.alloc(0) }
    const groupSendEndorsementsResponse = this.#endorsements(group, aci)
    return {
      status: 200,
      body: Proto.GroupChangeResponse.encode({ groupChange: signedChange, groupSendEndorsementsResponse }),
    }
  }

  async #joinInfo(request: Http2ServerRequest, password: string) {
    const { group, aci } = await this.#caller(request)
    const { state } = group
    const isRight = Buffer.from(state.inviteLinkPassword ?? []).equals(Buffer.from(password, 'base64url'))
    const level = state.accessControl?.addFromInviteLink ?? 0
    const { ANY, ADMINISTRATOR } = Proto.AccessControl.AccessRequired
    if (!isRight || (level !== ANY && level !== ADMINISTRATOR)) throw new GroupRefusal(403, 'the link is not valid')
    const pendingAdminApproval = (state.membersPendingAdminApproval ?? []).some(
      ({ userId }) => userId != null && Buffer.from(userId).equals(aci),
    )
    return {
      status: 200,
      body: Proto.GroupJoinInfo.encode({
        publicKey: state.publicKey,
        title: state.title,
        avatar: state.avatarUrl,
        memberCount: state.members?.length ?? 0,
        addFromInviteLink: level,
        version: state.version,
        pendingAdminApproval,
        pendingAdminApprovalFull: null,
        description: state.description,
      }),
    }
  }

  async #avatarForm(request: Http2ServerRequest) {
    const { name } = credentialsOf(request)
    const id = Buffer.from(new GroupPublicParams(new Uint8Array(name)).getGroupIdentifier().serialize())
    const key = avatarKey(id.toString('base64'))
    const fields = { credential: 'sandbox', acl: 'private', algorithm: 'sandbox', date: '', policy: '', signature: '' }
    return { status: 200, body: Proto.AvatarUploadAttributes.encode({ key, ...fields }) }
  }

  /** A form as browsers post it: `key` and `file` are what counts. */
  async #storeAvatar(request: Http2ServerRequest) {
    const body = await bodyOf(request)
    const headers = { 'content-type': request.headers['content-type'] ?? '' }
    const form = await new Response(new Uint8Array(body), { headers }).formData()
    const [key, file] = [form.get('key'), form.get('file')]
    if (typeof key !== 'string' || file === null || typeof file === 'string') throw new GroupRefusal(400, 'no form')
    this.#avatars.set(key, Buffer.from(await file.arrayBuffer()))
    return { status: 204, body: Buffer.alloc(0) }
  }

  #endorsements(group: Caller['group'], aci: Uint8Array) {
    const member = (group.state.members ?? []).find(({ userId }) => userId != null && Buffer.from(userId).equals(aci))
    if (member?.userId == null) return null
    return group.getGroupSendEndorsementResponse(new UuidCiphertext(new Uint8Array(aci)))
  }

  async #caller(request: Http2ServerRequest): Promise<Caller> {
    const { name, password } = credentialsOf(request)
    const presentation = await this.#server.verifyGroupCredentials(name, password)
    const group = await this.#server.getGroup(name)
    if (group === undefined) throw new GroupRefusal(403, 'no such group')
    const pni = presentation.getPniCiphertext()?.serialize()
    return { group, aci: presentation.getUuidCiphertext().serialize(), pni }
  }
}

function credentialsOf(request: Http2ServerRequest): { name: Buffer<ArrayBuffer>; password: Buffer<ArrayBuffer> } {
  const encoded = /^basic (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? ''
  const [name = '', password = ''] = Buffer.from(encoded, 'base64').toString().split(':')
  return { name: Buffer.from(name, 'hex'), password: Buffer.from(password, 'hex') }
}

async function bodyOf(request: Http2ServerRequest): Promise<Buffer<ArrayBuffer>> {
  const chunks: Buffer[] = []
  let octets = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    octets += chunk.length
    if (octets > bodyOctetsMax) throw new GroupRefusal(400, 'too much')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
