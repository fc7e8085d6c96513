/** The log of a group in pages, as Signal's storage service hands it out; the mock gives all of it at once. */
import type { Http2ServerRequest } from 'node:http2'
import { UuidCiphertext } from '@signalapp/libsignal-client/dist/zkgroup/index.js'
import { GroupRefusal } from './group-rules.ts'
import { type MockServer, Proto } from './mock.ts'

type Group = NonNullable<Awaited<ReturnType<MockServer['getGroup']>>>

/** Endorsements that end sooner are issued anew with the log. */
const endorsedEnoughS = 6 * 3600

export interface LogAnswer {
  status: number
  headers: Record<string, string>
  body: Uint8Array
}

/** The changes from the revision that the request names, at most `atMost` of them. Throws `GroupRefusal`. */
export function logPage(group: Group, aci: Uint8Array, request: Http2ServerRequest, atMost: number): LogAnswer {
  const url = new URL(request.url, 'https://localhost')
  const from = Number(url.pathname.split('/').at(-1))
  const cached = request.headers['cached-send-endorsements']
  if (!Number.isInteger(from) || typeof cached !== 'string') throw new GroupRefusal(400, 'not a request for a log')
  const member = group.getMember(new UuidCiphertext(new Uint8Array(aci)))
  if (member === undefined || from < (member.joinedAtVersion ?? 0)) throw new GroupRefusal(403, 'not for this member')
  const limit = Math.min(atMost, Number(url.searchParams.get('limit') ?? atMost))
  const all = group.getChangesSince(from).groupChanges ?? []
  const groupChanges = all.slice(0, limit)
  const isRenewed = Number(cached) < Date.now() / 1000 + endorsedEnoughS
  const groupSendEndorsementsResponse =
    isRenewed || groupChanges.some(({ groupChange }) => changesMembers(groupChange?.actions))
      ? group.getGroupSendEndorsementResponse(new UuidCiphertext(new Uint8Array(aci)))
      : null
  const body = Proto.GroupChanges.encode({ groupChanges, groupSendEndorsementsResponse })
  if (groupChanges.length === all.length) return { status: 200, headers: {}, body }
  const range = `versions ${from}-${from + limit - 1}/${group.state.version ?? 0}`
  return { status: 206, headers: { 'content-range': range }, body }
}

function changesMembers(actions: Uint8Array | null | undefined): boolean {
  if (actions == null) return false
  const { addMembers, deleteMembers, promoteMembersPendingProfileKey, promoteMembersPendingPniAciProfileKey } =
    Proto.GroupChange.Actions.decode(new Uint8Array(actions))
  const lists = [addMembers, deleteMembers, promoteMembersPendingProfileKey, promoteMembersPendingPniAciProfileKey]
  return lists.some((list) => list.length > 0)
}
