/**
 * What the scenarios of groups share: accounts that know each other, a group of them, and what they have seen of it. Groups
 * are the mock server's with the changes of groups served by the sandbox's own rules (src/sandbox/group-rules.ts).
 */
import { byAci, type Gateway, timestamp, until, type World } from './kit.ts'

export const aciOf = ({ account }: Gateway) => account.status().aci ?? ''

/** Accounts that know each other's profile keys, as people who have written to each other do. */
export async function acquainted(world: World, count: number): Promise<Gateway[]> {
  const gateways: Gateway[] = []
  for (let index = 0; index < count; index += 1) {
    gateways.push(await world.registeredGateway(`g${index}`, `+1555000010${index}`))
  }
  for (const one of gateways) {
    for (const other of gateways) {
      if (one === other) continue
      await one.account.sendText({ to: byAci(aciOf(other)), text: 'hello', timestampMs: timestamp() })
    }
  }
  await until(() => gateways.every(({ sink }) => sink.texts.length === count - 1))
  // Without a published profile somebody can only be invited.
  await until(() => requestsFor(world, '/v1/profile').filter(({ verb }) => verb === 'PUT').length === count)
  return gateways
}

export const plain = { description: '', timerSeconds: 0, announcementsOnly: false, avatar: undefined }

/** A group of the first with all others, known to everybody. */
export async function grouped(world: World, count: number): Promise<{ id: string; gateways: Gateway[] }> {
  const gateways = await acquainted(world, count)
  const [first, ...others] = gateways
  const people = others.map((other) => byAci(aciOf(other)))
  const id = (await first?.account.groups().create({ ...plain, title: 'Garden', people })) ?? ''
  await until(() => others.every(({ sink }) => sink.groups.some(({ group }) => group.standing === 'member')))
  return { id, gateways }
}

export const last = ({ sink }: Gateway) => sink.groups.at(-1)
export const groupTexts = ({ sink }: Gateway) => sink.texts.filter(({ groupId }) => groupId !== undefined)
export const requestsFor = (world: World, part: string) =>
  world.server.host.requests.filter(({ path }) => path.includes(part))
export const sendTo = ({ account }: Gateway, groupId: string, text: string, timestampMs = timestamp()) =>
  account.groups().send({ groupId, text, timestampMs })
