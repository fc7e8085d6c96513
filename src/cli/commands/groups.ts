/** Signal groups: who is in them, and what is done to them. */
import { createWriteStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { parseDuration } from '../../domain/duration.ts'
import { durationInWords } from '../../domain/words.ts'
import { EXIT, ExitError } from '../exit.ts'
import { type Address, call, download, findGateway, type GatewayOptions } from '../gateway.ts'
import type { GroupJson } from '../json.ts'
import { addressFor, allGroups, groupFor } from '../people.ts'
import { json, line, printable, table } from '../print.ts'

type Options = GatewayOptions & { json?: boolean }

export async function list(options: Options): Promise<void> {
  const groups = await allGroups(await findGateway(options))
  if (options.json === true) {
    for (const group of groups) json(group)
  } else if (groups.length === 0) line('No groups.')
  else
    table(groups.map((group) => [group.standing, `${group.members.length} members`, printable(group.title), group.id]))
}

export async function show(which: string, options: Options): Promise<void> {
  print(await groupFor(await findGateway(options), which), options)
}

export interface CreateOptions extends Options {
  description?: string
  timer?: string
  announcements?: boolean
  avatar?: string
}

export async function create(title: string, people: readonly string[], options: CreateOptions): Promise<void> {
  const gateway = await findGateway(options)
  const body = {
    title,
    description: options.description,
    members: await addresses(gateway, people),
    timer_seconds: options.timer === undefined ? undefined : seconds(options.timer),
    announcements_only: options.announcements,
    avatar: options.avatar === undefined ? undefined : await picture(options.avatar),
  }
  print(await call(gateway, 'POST', '/api/v1/groups', body), options)
}

export async function add(which: string, people: readonly string[], options: Options): Promise<void> {
  const gateway = await findGateway(options)
  const members = await addresses(gateway, people)
  print(await call(gateway, 'POST', await pathOf(gateway, which, '/members'), { members }), options)
}

export async function remove(which: string, who: string, options: Options): Promise<void> {
  const gateway = await findGateway(options)
  print(await call(gateway, 'DELETE', await memberPath(gateway, which, who)), options)
}

export async function ban(which: string, who: string, options: Options): Promise<void> {
  const gateway = await findGateway(options)
  print(await call(gateway, 'PUT', await memberPath(gateway, which, who, 'bans')), options)
}

export async function unban(which: string, who: string, options: Options): Promise<void> {
  const gateway = await findGateway(options)
  print(await call(gateway, 'DELETE', await memberPath(gateway, which, who, 'bans')), options)
}

export async function role(which: string, who: string, as: string, options: Options): Promise<void> {
  const gateway = await findGateway(options)
  const path = `${await memberPath(gateway, which, who)}/role`
  print(await call(gateway, 'POST', path, { role: as }), options)
}

export async function approve(which: string, who: string, options: Options): Promise<void> {
  const gateway = await findGateway(options)
  print(await call(gateway, 'POST', `${await memberPath(gateway, which, who)}/approve`), options)
}

/** `accept` an invitation; `leave` a group, or decline; `block` it, or `unblock` it. */
export async function decide(
  action: 'accept' | 'leave' | 'block' | 'unblock',
  which: string,
  options: Options,
): Promise<void> {
  const gateway = await findGateway(options)
  print(await call(gateway, 'POST', await pathOf(gateway, which, `/${action}`)), options)
}

export async function join(link: string, options: Options): Promise<void> {
  print(await call(await findGateway(options), 'POST', '/api/v1/groups/join', { link }), options)
}

/** One or more settings. */
export async function change(which: string, body: Record<string, unknown>, options: Options): Promise<void> {
  const gateway = await findGateway(options)
  print(await call(gateway, 'PATCH', await pathOf(gateway, which, ''), body), options)
}

export async function announcements(which: string, state: string, options: Options): Promise<void> {
  if (state !== 'on' && state !== 'off') throw new ExitError(EXIT.usage, `${state}: say on or off.`)
  await change(which, { announcements_only: state === 'on' }, options)
}

export async function timer(which: string, span: string, options: Options): Promise<void> {
  await change(which, { timer_seconds: span === 'off' ? 0 : seconds(span) }, options)
}

export async function avatar(
  which: string,
  file: string | undefined,
  options: Options & { output?: string },
): Promise<void> {
  if ((file === undefined) === (options.output === undefined)) {
    throw new ExitError(EXIT.usage, 'Name a picture (or none), or say where to put the present one: --output FILE.')
  }
  if (file === undefined) {
    const gateway = await findGateway(options)
    const target = options.output ?? ''
    const source = await download(gateway, await pathOf(gateway, which, '/avatar'))
    await pipeline(source, target === '-' ? process.stdout : createWriteStream(target, { flags: 'wx', mode: 0o600 }))
    if (target !== '-') line(target)
    return
  }
  await change(which, { avatar: file === 'none' ? null : await picture(file) }, options)
}

function seconds(span: string): number {
  const ms = parseDuration(span)
  if (ms !== undefined) return Math.round(ms / 1000)
  throw new ExitError(EXIT.usage, `${span}: write a span like 1h or P1D, or off.`)
}

async function picture(file: string): Promise<string> {
  try {
    return (await readFile(file)).toString('base64')
  } catch {
    throw new ExitError(EXIT.failed, `${file} cannot be read.`)
  }
}

async function addresses(gateway: Address, people: readonly string[]): Promise<string[]> {
  return await Promise.all(people.map((words) => addressFor(gateway, words)))
}

async function pathOf(gateway: Address, which: string, rest: string): Promise<string> {
  return `/api/v1/groups/${(await groupFor(gateway, which)).id}${rest}`
}

/** Somebody in the group, by name or address. */
async function memberPath(
  gateway: Address,
  which: string,
  who: string,
  list: 'members' | 'bans' = 'members',
): Promise<string> {
  const group = await groupFor(gateway, which)
  const wanted = who.toLowerCase()
  const everybody = [...group.members, ...group.invited, ...group.requesting, ...group.banned]
  const found = everybody.find(({ aci, name, address }) => [aci, name?.toLowerCase(), address].includes(wanted))
  const id = found === undefined ? who : (found.aci ?? found.address ?? who)
  return `/api/v1/groups/${group.id}/${list}/${encodeURIComponent(id)}`
}

function print(group: GroupJson, options: Options): void {
  if (options.json === true) {
    json(group)
    return
  }
  const standings = {
    member: group.admin ? 'you are an administrator' : 'you are a member',
    invited: 'you are invited: causeway group accept',
    requesting: 'you have asked to join',
    out: 'you are not in it',
    ended: 'it was ended',
  }
  line(`${printable(group.title)}  ${group.id}`)
  line(`  ${standings[group.standing]}`)
  if (group.blocked) line('  blocked: nothing of it is shown')
  if (group.description !== '') line(`  ${printable(group.description)}`)
  if (group.timer_seconds > 0) line(`  messages disappear after ${durationInWords(group.timer_seconds * 1000)}`)
  if (group.announcements_only) line('  only administrators write here')
  line(`  ${group.who_edits} may change it, ${group.who_adds} may add people`)
  if (group.link_url !== null) line(`  link (${group.link}): ${group.link_url}`)
  const rows = [
    ...group.members.map((one) => [one.admin ? 'administrator' : 'member', one] as const),
    ...group.invited.map((one) => ['invited', one] as const),
    ...group.requesting.map((one) => ['asks to join', one] as const),
    ...group.banned.map((one) => ['banned', one] as const),
  ]
  table(rows.map(([what, { name, address }]) => [`  ${what}`, printable(name ?? ''), address ?? '']))
}
