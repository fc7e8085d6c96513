/** What people can be told to do in groups. */
import type { Action, Parameter } from './action.ts'
import { ActionError } from './action.ts'
import type { SandboxWorld } from './world.ts'

const person: Parameter = { name: 'person', summary: 'who: a name or a number', kind: 'text', required: true }
const group: Parameter = { name: 'group', summary: 'its title', kind: 'text', required: true }
const to: Parameter = { name: 'to', summary: 'which modem (a, b) or number', kind: 'text', fallback: 'a' }

export const groupActions: readonly Action<SandboxWorld>[] = [
  {
    name: 'group-create',
    summary:
      'Somebody makes a group with the echo bot and the gateway, which is added when it has written to them, else invited.',
    parameters: [person, { ...group, name: 'title' }, to],
    run: async (world, given) => {
      const who = world.signalPerson(given.text('person'))
      const others = world.people.flatMap(({ key, signal }) =>
        key === 'echo' && signal !== undefined && signal !== who ? [signal] : [],
      )
      const id = await who.createGroup(given.text('title'), others)
      return { id, gateway: await who.addToGroup(id, world.numberOf(given.text('to'))) }
    },
  },
  {
    name: 'group-text',
    summary: 'Somebody writes into a group.',
    parameters: [person, group, { name: 'text', summary: 'what is written', kind: 'text', required: true }],
    run: async (world, given) => {
      const who = world.signalPerson(given.text('person'))
      await who.sendToGroup(await groupOf(world, given.text('person'), given.text('group')), given.text('text'))
    },
  },
  {
    name: 'group-rename',
    summary: 'Somebody gives a group another title.',
    parameters: [person, group, { name: 'title', summary: 'the new one', kind: 'text', required: true }],
    run: async (world, given) => {
      const who = world.signalPerson(given.text('person'))
      await who.renameGroup(await groupOf(world, given.text('person'), given.text('group')), given.text('title'))
    },
  },
  {
    name: 'group-add',
    summary: 'Somebody adds the gateway to a group, or invites it.',
    parameters: [person, group, to],
    run: async (world, given) => {
      const who = world.signalPerson(given.text('person'))
      const id = await groupOf(world, given.text('person'), given.text('group'))
      return { gateway: await who.addToGroup(id, world.numberOf(given.text('to'))) }
    },
  },
  {
    name: 'group-remove',
    summary: 'Somebody removes the gateway from a group.',
    parameters: [person, group, to],
    run: async (world, given) => {
      const who = world.signalPerson(given.text('person'))
      const id = await groupOf(world, given.text('person'), given.text('group'))
      await who.removeFromGroup(id, world.numberOf(given.text('to')))
    },
  },
]

async function groupOf(world: SandboxWorld, who: string, title: string): Promise<string> {
  const id = await world.signalPerson(who).groupTitled(title)
  if (id !== undefined) return id
  throw new ActionError('impossible', `${who} has heard of no group called ${title}`)
}
