/** Groups: who is in them, and everything that is done to them. Writing to one is `POST /messages`. */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { parseAddress } from '../../domain/address.ts'
import { contentTypeOf, isPicture, MAGIC_BYTES } from '../../domain/media.ts'
import { findContact } from '../../store/contacts.ts'
import { detailsOf, findGroup, listGroups, recipientsOf } from '../../store/groups.ts'
import { numbersOf } from '../../store/phone-groups.ts'
import type { GroupRow } from '../../store/tables/mailbox.ts'
import { groupView } from '../conversation-views.ts'
import { recipientView } from '../message-views.ts'
import { pageQuery, pageReply } from '../page.ts'
import { portraitQuery, sendPortrait } from '../portrait.ts'
import type { ApiPorts, GroupSettings, PersonIds } from '../ports.ts'
import { invalid, notFound, Problem } from '../problem.ts'
import { demandContact, demandGroup, demandMessage, peopleByAci, peopleByAddress, signalIdOf } from '../reads.ts'
import { type Call, ok, type Route, route } from '../route.ts'
import { addressOfWords } from '../usernames.ts'
import { newPhoneGroup, onlyForNumbers, revisePhoneGroup } from './phone-groups.ts'

/** The largest group that Signal has. */
const PEOPLE_MAX = 1_000
/** Four weeks, as the longest that the apps offer. */
const TIMER_SECONDS_MAX = 4 * 7 * 86_400
/** Of the picture; a body holds a third more as base64. */
const AVATAR_BYTES_MAX = 150_000

/** As much of a picture as tells what it is. */
const MAGIC_BASE64_CHARS = 4 * Math.ceil(MAGIC_BYTES / 3)

const title = z.string().min(1).max(128)
const description = z.string().max(2_000)
const timer = z.int().min(0).max(TIMER_SECONDS_MAX).describe('Seconds; 0: messages stay.')
const who = z.string().min(1).max(100)
const people = z
  .array(who)
  .max(PEOPLE_MAX)
  .describe('Numbers, `signal:<aci>`, usernames (`u:name.01`), or ids of contacts.')
const avatar = z
  .base64()
  .max(Math.ceil((AVATAR_BYTES_MAX * 4) / 3))
  .refine((text) => isPicture(contentTypeOf(octets(text.slice(0, MAGIC_BASE64_CHARS)), undefined)), {
    message: 'By its first octets that is no picture.',
  })
  .describe(`The picture, at most ${AVATAR_BYTES_MAX} bytes.`)

const newGroup = z.strictObject({
  kind: z
    .enum(['signal', 'phone'])
    .default('signal')
    .describe('`phone`: of phone numbers, written to over MMS; it is the same group whoever lists its numbers how.'),
  title: title.optional().describe('A group on Signal needs one.'),
  texts_apart: z.boolean().optional().describe('Of a group of phone numbers: a text for each in place of MMS.'),
  description: description.default(''),
  members: people.default([]),
  timer_seconds: timer.default(0),
  announcements_only: z.boolean().default(false).describe('Only administrators may write.'),
  avatar: avatar.optional(),
})

const level = z.enum(['members', 'admins'])
const settings = z
  .strictObject({
    title: title.optional(),
    description: description.optional(),
    timer_seconds: timer.optional(),
    announcements_only: z.boolean().optional(),
    who_edits: level.optional().describe('Who may change title, description, picture and timer.'),
    who_adds: level.optional().describe('Who may add people.'),
    link: z.enum(['off', 'join', 'request']).optional().describe('`request`: an administrator lets people in.'),
    reset_link: z.boolean().optional().describe('A fresh link; the one before works no more.'),
    avatar: avatar.nullable().optional().describe('null takes it away.'),
    texts_apart: z.boolean().optional().describe('Of a group of phone numbers: a text for each in place of MMS.'),
  })
  .refine((body) => Object.keys(body).length > 0, { message: 'Say what to change.' })

async function view({ db }: ApiPorts, group: GroupRow) {
  const details = detailsOf(group)
  const row = await db.selectFrom('conversations').select('id').where('group_id', '=', group.id).executeTakeFirst()
  const numbers = numbersOf(group)
  if (numbers !== undefined) return groupView(group, details, row?.id ?? null, await peopleByAddress(db, numbers))
  const acis = [
    ...details.members.map(({ aci }) => aci),
    ...details.invited,
    ...details.requesting,
    ...(details.banned ?? []),
  ]
  return groupView(group, details, row?.id ?? null, await peopleByAci(db, acis))
}

/** The group after a command: what it did is in the mailbox by then. */
async function after(ports: ApiPorts, signalId: string) {
  const group = await findGroup(ports.db, { signalId })
  if (group === undefined) throw new Problem({ status: 404, code: 'unknown-group', title: 'Not found' })
  return await view(ports, group)
}

async function personOf(ports: ApiPorts, words: string): Promise<PersonIds> {
  const { db, region } = ports
  const contact = words.startsWith('con_') ? await demandContact(db, words) : undefined
  if (contact !== undefined) {
    return { aci: contact.aci ?? undefined, pni: contact.pni ?? undefined, e164: contact.e164 ?? undefined }
  }
  const address = parseAddress((await addressOfWords(ports, words)).address, region)
  if (address.kind === 'signal') return { aci: address.aci, pni: undefined, e164: undefined }
  if (address.kind === 'e164') return { aci: undefined, pni: undefined, e164: address.e164 }
  throw new Problem({ status: 422, code: 'not-on-signal', title: 'A short code is not on Signal' })
}

/** Whoever is named in a path: an account id, `pni:…`, a number, or the id of a contact. */
async function serviceIdOf(ports: ApiPorts, words: string): Promise<string> {
  if (/^pni:/i.test(words)) return `PNI:${words.slice(4).toLowerCase()}`
  if (/^[0-9a-f]{8}-[0-9a-f-]{27}$/i.test(words)) return words.toLowerCase()
  const person = await personOf(ports, words)
  const contact = person.e164 === undefined ? undefined : await findContact(ports.db, { e164: person.e164 })
  const aci = person.aci ?? contact?.aci ?? undefined
  if (aci !== undefined) return aci
  throw new Problem({ status: 404, code: 'group-not-member', title: 'Nobody of that number is known in a group' })
}

function octets(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, 'base64'))
}

function wanted(body: z.output<typeof settings>): GroupSettings {
  return {
    ...(body.title === undefined ? {} : { title: body.title }),
    ...(body.description === undefined ? {} : { description: body.description }),
    ...(body.timer_seconds === undefined ? {} : { timerSeconds: body.timer_seconds }),
    ...(body.announcements_only === undefined ? {} : { announcementsOnly: body.announcements_only }),
    ...(body.who_edits === undefined ? {} : { whoEdits: body.who_edits }),
    ...(body.who_adds === undefined ? {} : { whoAdds: body.who_adds }),
    ...(body.link === undefined ? {} : { link: body.link }),
    ...(body.reset_link === undefined ? {} : { resetLink: body.reset_link }),
  }
}

/** Does something to the group of the path, and answers with the group as it is then. */
async function act(call: Call<unknown, unknown>, work: (signalId: string) => Promise<void>) {
  const group = await demandGroup(call.ports.db, call.params['id'])
  const signalId = signalIdOf(group)
  await work(signalId)
  return ok(await after(call.ports, signalId))
}

/** Where the group is a request, that is accepted, too. */
async function letIn(ports: ApiPorts, signalId: string): Promise<void> {
  const { conversation_id: id } = await after(ports, signalId)
  if (id !== null) await ports.router.accept(id)
}

export const groupRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/groups',
    scope: 'messages:read',
    summary:
      'Groups, newest first: those on Signal that we are in, are invited to, or were in, and those of phone numbers.',
    query: z.strictObject({ ...pageQuery }),
    handle: async (call) => {
      const { limit, cursor } = call.query
      const page = await listGroups(call.ports.db, { limit, cursor })
      const views = new Map<string, Awaited<ReturnType<typeof view>>>()
      for (const group of page.data) views.set(group.id, await view(call.ports, group))
      return pageReply(call, page, (group) => views.get(group.id))
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/groups/:id/avatar',
    scope: 'messages:read',
    summary: 'The picture of the group, as it was set. 404 when it has none (`avatar_url` is null then).',
    query: portraitQuery,
    handle: async (call) => {
      const { ports, params } = call
      const group = await demandGroup(ports.db, params['id'])
      const picture = await ports.signal.groups().avatar(signalIdOf(group))
      if (picture === undefined) throw notFound('picture')
      const tag = createHash('sha256').update(picture).digest('hex')
      return await sendPortrait(call, tag, async () => picture)
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/groups',
    scope: 'messages:send',
    summary:
      'Creates a group; 201. On Signal with us as its administrator; of phone numbers (`kind: phone`) it is theirs and ours, and is found where it exists. Members who have not written to us yet are invited, since only they can let us add them.',
    body: newGroup,
    handle: async ({ ports, body }) => {
      if (body.kind === 'phone') {
        const made = await view(ports, await newPhoneGroup(ports, body))
        return { status: 201, body: made, headers: { Location: `/api/v1/groups/${made.id}` } }
      }
      if (body.title === undefined || body.texts_apart !== undefined) {
        throw invalid([
          { pointer: '/title', code: 'custom', message: 'A group on Signal has a title, and no texts_apart.' },
        ])
      }
      const persons: PersonIds[] = []
      for (const words of body.members) persons.push(await personOf(ports, words))
      const signalId = await ports.signal.groups().create({
        title: body.title,
        description: body.description,
        people: persons,
        timerSeconds: body.timer_seconds,
        announcementsOnly: body.announcements_only,
        avatar: body.avatar === undefined ? undefined : octets(body.avatar),
      })
      const created = await after(ports, signalId)
      return { status: 201, body: created, headers: { Location: `/api/v1/groups/${created.id}` } }
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/groups/join',
    scope: 'messages:send',
    summary: 'Joins a group by its link, or asks to, where an administrator lets people in.',
    body: z.strictObject({ link: z.string().min(1).max(1_000).describe('https://signal.group/#…') }),
    handle: async ({ ports, body }) => ok(await after(ports, await ports.signal.groups().join(body.link))),
  }),
  route({
    method: 'GET',
    path: '/api/v1/groups/:id',
    scope: 'messages:read',
    summary: 'One group: members, invitations, requests, and what we are to it.',
    handle: async ({ ports, params }) => ok(await view(ports, await demandGroup(ports.db, params['id']))),
  }),
  route({
    method: 'PATCH',
    path: '/api/v1/groups/:id',
    scope: 'messages:send',
    summary: 'Changes what a group is like; all members see who did it.',
    body: settings,
    handle: async (call) => {
      const group = await demandGroup(call.ports.db, call.params['id'])
      if (group.numbers !== null)
        return ok(await view(call.ports, await revisePhoneGroup(call.ports, group, call.body)))
      return act(call, async (signalId) => {
        const { avatar: picture, texts_apart: apart, ...rest } = call.body
        if (apart !== undefined) throw onlyForNumbers()
        const groups = call.ports.signal.groups()
        if (Object.keys(rest).length > 0) await groups.configure(signalId, wanted(call.body))
        if (picture !== undefined) await groups.setAvatar(signalId, picture === null ? undefined : octets(picture))
      })
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/groups/:id/members',
    scope: 'messages:send',
    summary: 'Adds people; those who have not written to us yet are invited.',
    body: z.strictObject({ members: people.min(1) }),
    handle: async (call) =>
      act(call, async (signalId) => {
        const persons: PersonIds[] = []
        for (const words of call.body.members) persons.push(await personOf(call.ports, words))
        await call.ports.signal.groups().add(signalId, persons)
      }),
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/groups/:id/members/:who',
    scope: 'messages:send',
    summary: 'Removes a member, withdraws an invitation, or refuses somebody who asks to join.',
    handle: async (call) =>
      act(call, async (signalId) => {
        await call.ports.signal.groups().remove(signalId, await serviceIdOf(call.ports, call.params['who'] ?? ''))
      }),
  }),
  ...(['PUT', 'DELETE'] as const).map((method) =>
    route({
      method,
      path: '/api/v1/groups/:id/bans/:who',
      scope: 'messages:send',
      summary:
        method === 'PUT'
          ? 'Removes whoever it is, and bans them: the link lets them in no more, until somebody adds them again or lifts the ban. Administrators only; also for somebody who has left.'
          : 'Lifts a ban: they may come back by the link.',
      handle: async (call) =>
        act(call, async (signalId) => {
          const groups = call.ports.signal.groups()
          const who = await serviceIdOf(call.ports, call.params['who'] ?? '')
          await (method === 'PUT' ? groups.ban(signalId, who) : groups.unban(signalId, who))
        }),
    }),
  ),
  route({
    method: 'POST',
    path: '/api/v1/groups/:id/members/:who/role',
    scope: 'messages:send',
    summary: 'Makes somebody an administrator, or an ordinary member again.',
    body: z.strictObject({ role: z.enum(['admin', 'member']) }),
    handle: async (call) =>
      act(call, async (signalId) => {
        const aci = await serviceIdOf(call.ports, call.params['who'] ?? '')
        await call.ports.signal.groups().setRole(signalId, aci, call.body.role === 'admin')
      }),
  }),
  route({
    method: 'POST',
    path: '/api/v1/groups/:id/members/:who/approve',
    scope: 'messages:send',
    summary: 'Lets somebody in who asks to join by the link.',
    handle: async (call) =>
      act(call, async (signalId) => {
        await call.ports.signal.groups().approve(signalId, await serviceIdOf(call.ports, call.params['who'] ?? ''))
      }),
  }),
  ...(['accept', 'leave', 'block', 'unblock'] as const).map((action) =>
    route({
      method: 'POST',
      path: `/api/v1/groups/:id/${action}`,
      scope: 'messages:send',
      summary: {
        accept: 'Accepts an invitation, or lets in a group that a stranger has added you to.',
        leave: 'Leaves the group, declines its invitation, or takes back a request to join.',
        block:
          'Blocks the group: nothing more of it is shown, nobody in it gets receipts for it, and nothing is sent there. You stay in it, and nobody is told but your own other devices.',
        unblock: 'Unblocks the group: what comes from now on is shown. What came meanwhile is gone.',
      }[action],
      handle: async (call) =>
        act(call, async (signalId) => {
          await call.ports.signal.groups()[action](signalId)
          if (action === 'accept') await letIn(call.ports, signalId)
        }),
    }),
  ),
  route({
    method: 'GET',
    path: '/api/v1/messages/:id/recipients',
    scope: 'messages:read',
    summary: 'What became of a message to a group for each member.',
    handle: async ({ ports, params }) => {
      const message = await demandMessage(ports.db, params['id'])
      const rows = await recipientsOf(ports.db, message.id)
      const ids = rows.map(({ aci }) => aci)
      const known = [...(await peopleByAci(ports.db, ids)), ...(await peopleByAddress(ports.db, ids))]
      const data = rows.map((row) => recipientView(row, known))
      return ok({ data, next_cursor: null })
    },
  }),
]
